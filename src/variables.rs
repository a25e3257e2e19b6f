//! Variables that `webcharm.yaml` declares, and values inside of JSON documents. Pure.

use std::collections::BTreeMap;

use pebble::plan::Environment;
use serde_json::Value;
use switches::{Origin, Variable, Word};

/// Deepest and longest JSON document that is looked into, in bytes.
const LONGEST_DOCUMENT: usize = 64 * 1024;

/// Value that a JSON pointer finds in a document. Without a pointer, the whole text. A text is given without its
/// quotes, `null` as missing, and any other value as JSON.
///
/// # Errors
///
/// The fault of a text that is no JSON document.
pub fn pointed(text: Option<&str>, pointer: Option<&str>) -> Result<Option<String>, &'static str> {
    let (Some(text), Some(pointer)) = (text, pointer) else { return Ok(text.map(str::to_owned)) };
    if text.len() > LONGEST_DOCUMENT {
        return Err("it is longer than 64 KiB");
    }
    let document: Value = serde_json::from_str(text).map_err(|_| "it is not JSON")?;
    Ok(document.pointer(pointer).filter(|value| !value.is_null()).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}

/// Adds the variables that are texts with `${…}`. One whose word has no value gets its default, or is left out.
pub fn fill(
    declared: &BTreeMap<String, Variable>,
    word: impl Fn(&Word) -> Option<String>,
    environment: &mut Environment,
) {
    let texts = declared.iter().filter_map(|(name, variable)| match &variable.origin {
        Origin::Text(text) => Some((name, variable, text)),
        _ => None,
    });
    let filled: Vec<_> = texts
        .filter_map(|(name, variable, text)| {
            let value = text.fill(|asked| match asked {
                Word::Variable(name) => environment.get(name).cloned(),
                other => word(other),
            });
            Some((name.clone(), value.or_else(|| variable.default.clone())?))
        })
        .collect();
    environment.extend(filled);
}

#[cfg(test)]
mod tests {
    use switches::Switches;

    use super::*;

    #[test]
    fn a_pointer_finds_texts_numbers_and_documents() {
        let document = r#"{"users": [{"name": "a", "age": 3, "tags": ["x"], "none": null}]}"#;
        let at = |pointer: &str| pointed(Some(document), Some(pointer)).unwrap();
        assert_eq!(at("/users/0/name").as_deref(), Some("a"));
        assert_eq!(at("/users/0/age").as_deref(), Some("3"));
        assert_eq!(at("/users/0/tags").as_deref(), Some(r#"["x"]"#));
        assert_eq!((at("/users/0/none"), at("/users/1")), (None, None));
        assert_eq!(pointed(Some("x"), None).unwrap().as_deref(), Some("x"));
        assert_eq!(pointed(None, Some("/a")), Ok(None));
        assert_eq!(pointed(Some("x"), Some("/a")), Err("it is not JSON"));
        assert_eq!(pointed(Some(&"[".repeat(70_000)), Some("")), Err("it is longer than 64 KiB"));
        assert_eq!(pointed(Some(&"[".repeat(60_000)), Some("")), Err("it is not JSON"));
    }

    #[test]
    fn texts_are_filled_with_variables_and_words_or_left_out() {
        let text =
            "variables: {URL: '${DB}?a=${app}', OTHER: 'x${GONE}', DEFAULT: {value: '${GONE}', default: d}, PLAIN: 1}";
        let declared = Switches::parse(text.as_bytes()).unwrap().variables;
        let mut environment: Environment = [("DB", "pg://")].into_iter().collect();
        fill(&declared, |word| (*word == Word::App).then(|| "shop".to_owned()), &mut environment);
        let all: Vec<_> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(all, ["DB=pg://", "DEFAULT=d", "PLAIN=1", "URL=pg://?a=shop"]);
    }
}
