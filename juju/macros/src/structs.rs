//! Structs with typed fields: the options, and the parameters of an action.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use juju_metadata::{ActionDeclaration, CharmFiles, ConfigOption, ConfigValue, OptionKind};
use serde_json::Value;

use crate::JUJU;
use crate::ident::{camel, field};

/// A field of a struct.
struct Field {
    /// Name in Juju.
    key: String,
    doc: String,
    kind: String,
    /// Expression for a missing value; `None` makes it an error.
    default: Option<String>,
}

/// `struct Config`.
pub(crate) fn config(charm: &CharmFiles) -> Result<String, String> {
    let fields: Vec<Field> = charm.options.iter().map(|(name, option)| option_field(name, option)).collect();
    structure("Config", "Options of the application.", "option", &fields)
}

/// Name and text of the struct of an action's parameters; the name is `()` without parameters.
pub(crate) fn params(name: &str, action: &ActionDeclaration) -> Result<(String, String), String> {
    if action.params.is_empty() {
        return Ok(("()".to_owned(), String::new()));
    }
    let struct_name = format!("{}Params", camel(name));
    let required = |key: &String| action.required.contains(key);
    let fields: Vec<Field> =
        action.params.iter().map(|(key, schema)| param_field(key, schema, required(key))).collect();
    let text = structure(&struct_name, &format!("Parameters of the action `{name}`."), "parameter", &fields)?;
    Ok((struct_name, text))
}

fn option_field(name: &str, option: &ConfigOption) -> Field {
    let (kind, default) = match (option.kind, &option.default) {
        (OptionKind::Secret, _) => (format!("{JUJU}::SecretId"), None),
        (OptionKind::String, default) => ("::std::string::String".to_owned(), default.as_ref().map(text_literal)),
        (OptionKind::Int, default) => ("i64".to_owned(), default.as_ref().map(ToString::to_string)),
        (OptionKind::Float, default) => ("f64".to_owned(), default.as_ref().map(|value| format!("({value} as f64)"))),
        (OptionKind::Boolean, default) => ("bool".to_owned(), default.as_ref().map(ToString::to_string)),
    };
    let doc = documentation(&option.description, &format!("Option `{name}`."));
    finished(name, doc, kind, default)
}

fn param_field(name: &str, schema: &Value, required: bool) -> Field {
    let json = format!("{JUJU}::__private::serde_json");
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("string") => "::std::string::String".to_owned(),
        Some("integer") => "i64".to_owned(),
        Some("number") => "f64".to_owned(),
        Some("boolean") => "bool".to_owned(),
        Some("array") => format!("::std::vec::Vec<{json}::Value>"),
        Some("object") => format!("{json}::Map<::std::string::String, {json}::Value>"),
        _ => format!("{json}::Value"),
    };
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let doc = documentation(text, &format!("Parameter `{name}`."));
    // Juju fills in the default of a parameter that is not given.
    if required || schema.get("default").is_some() {
        return Field { key: name.to_owned(), doc, kind, default: None };
    }
    finished(name, doc, kind, None)
}

/// A field that may be missing: with its default, or else optional.
fn finished(name: &str, doc: String, kind: String, default: Option<String>) -> Field {
    let (kind, default) = match default {
        Some(default) => (kind, default),
        None => (format!("::std::option::Option<{kind}>"), "::std::option::Option::None".to_owned()),
    };
    Field { key: name.to_owned(), doc, kind, default: Some(default) }
}

fn text_literal(value: &ConfigValue) -> String {
    format!("::std::string::String::from({:?})", value.to_string())
}

/// First paragraph of a description as documentation.
pub(crate) fn documentation(description: &str, otherwise: &str) -> String {
    let paragraph = description.trim().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { otherwise.to_owned() } else { line }
}

fn structure(name: &str, doc: &str, what: &str, fields: &[Field]) -> Result<String, String> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let (mut declared, mut read) = (String::new(), String::new());
    for Field { key, doc, kind, default } in fields {
        let ident = field(key);
        if let Some(other) = taken.insert(ident.clone(), key) {
            return Err(format!("the {what}s {other} and {key} have one name in Rust: {ident}"));
        }
        let get = match default {
            Some(default) => format!("values.get({key:?})?.unwrap_or({default})"),
            None => format!("values.required({key:?})?"),
        };
        writeln!(declared, "#[doc = {doc:?}] pub {ident}: {kind},").expect("a String takes everything");
        writeln!(read, "{ident}: {get},").expect("a String takes everything");
    }
    Ok(format!(
        "#[doc = {doc:?}] #[derive(Clone, Debug, PartialEq)] pub struct {name} {{ {declared} }}
        impl<'de> {JUJU}::__private::serde::Deserialize<'de> for {name} {{
            fn deserialize<D: {JUJU}::__private::serde::Deserializer<'de>>(from: D) -> ::std::result::Result<Self, D::Error> {{
                #[allow(unused_variables)]
                let values = {JUJU}::__private::Values::read(from)?;
                ::std::result::Result::Ok(Self {{ {read} }})
            }}
        }}"
    ))
}
