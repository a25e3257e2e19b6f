//! Output formats of Juju's tools: json, yaml, and smart (strings and lists of strings bare, other values as YAML).

use super::yaml;
use serde_json::Value;

/// Output of a tool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    /// No output.
    Silent,
    /// Text that is printed as it is in every format.
    Raw(String),
    /// A value, printed in the requested format.
    Value(Value),
}

impl Output {
    /// A list of strings.
    pub(crate) fn list(items: impl IntoIterator<Item = String>) -> Output {
        Output::Value(items.into_iter().collect::<Vec<_>>().into())
    }

    /// The text for standard output. The error is an unknown format.
    pub(crate) fn print(self, format: Option<&str>) -> Result<String, String> {
        let value = match self {
            Output::Silent => return Ok(String::new()),
            Output::Raw(text) => return Ok(text),
            Output::Value(value) => value,
        };
        match format {
            None | Some("smart") => Ok(smart(&value)),
            Some("json") => Ok(json(&value)),
            Some("yaml") => Ok(yaml::document(&value)),
            Some(other) => Err(format!("unknown format \"{other}\"")),
        }
    }
}

fn smart(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() => String::new(),
        Value::String(text) => format!("{text}\n"),
        Value::Bool(true) => "True\n".to_owned(),
        Value::Bool(false) => "False\n".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(|item| format!("{item}\n")).collect()
        }
        other => yaml::document(other),
    }
}

/// JSON as Go prints it: on one line, with `<`, `>`, `&` and Unicode's line separators escaped.
fn json(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_format_prints_each_kind() {
        for (value, smart, json, yaml) in [
            (json!(null), "", "null\n", "null\n"),
            (json!("a"), "a\n", "\"a\"\n", "a\n"),
            (json!(""), "", "\"\"\n", "\"\"\n"),
            (json!(true), "True\n", "true\n", "true\n"),
            (json!(7), "7\n", "7\n", "7\n"),
            (json!(["a", "b"]), "a\nb\n", "[\"a\",\"b\"]\n", "- a\n- b\n"),
            (json!([]), "", "[]\n", "[]\n"),
            (json!({"k": "<v>"}), "k: <v>\n", "{\"k\":\"\\u003cv\\u003e\"}\n", "k: <v>\n"),
            (json!({}), "{}\n", "{}\n", "{}\n"),
        ] {
            let print = |format| Output::Value(value.clone()).print(format).unwrap();
            assert_eq!(
                (print(None), print(Some("json")), print(Some("yaml"))),
                (smart.into(), json.into(), yaml.into())
            );
        }
    }

    #[test]
    fn an_unknown_format_is_refused() {
        assert_eq!(Output::Value(json!(1)).print(Some("xml")).unwrap_err(), "unknown format \"xml\"");
    }
}
