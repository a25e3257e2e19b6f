//! Keys of a file that its reader doesn't know, told with their lines and the nearest name that it knows.

use serde_yaml::{Mapping, Value};

use crate::finding::{Finding, Weight};
use crate::source::line;
use crate::yaml;

/// Most findings: each looks its line up in the whole text.
const MOST: usize = 20;

/// Kind of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A text, or a number or `true` as one.
    Text,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

impl ValueKind {
    /// True if the value is of this kind, or empty.
    fn is_of(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Sequence(_) => self == Self::List,
            Value::Mapping(_) => self == Self::Mapping,
            _ => self == Self::Text,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::List => "list",
            Self::Mapping => "mapping",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Text => "write one value in its line",
            Self::List => "write `- …` lines below it",
            Self::Mapping => "write `name: …` lines below it",
        }
    }
}

/// A file and its text.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// Name of the file in messages.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Keys<'_> {
    /// Refusals of what isn't `known` in `value`, the mapping at `path`. `of` names the object that has the known keys, such
    /// as "a service of Pebble". A value that is no mapping is refused too, except an empty one.
    #[must_use]
    pub fn unknown(&self, path: &[&str], value: &Value, known: &[&str], of: &str) -> Vec<Finding> {
        match value {
            Value::Mapping(mapping) => self.keys(path, mapping, known, of),
            Value::Null => Vec::new(),
            _ => {
                let remedy = format!("write the keys of {of} below it, each in a line of its own");
                vec![self.refused(path, format!("{} is no mapping", path.join(".")), remedy)]
            }
        }
    }

    /// Refusals of the values in the mapping `value` at `path` that aren't of the kind that `kind` has for their key.
    #[must_use]
    pub fn of_kind(&self, path: &[&str], value: &Value, kind: impl Fn(&str) -> ValueKind) -> Vec<Finding> {
        let entries = value.as_mapping().into_iter().flatten();
        let entries = entries.filter_map(|(key, value)| Some((key.as_str()?, value)));
        let wrong = entries.filter(|(key, value)| !kind(key).is_of(value)).take(MOST);
        let finding = |(key, _): (&str, &Value)| {
            let path = [path, &[key]].concat();
            self.refused(&path, format!("{} is no {}", path.join("."), kind(key).name()), kind(key).remedy().to_owned())
        };
        wrong.map(finding).collect()
    }

    fn keys(&self, path: &[&str], mapping: &Mapping, known: &[&str], of: &str) -> Vec<Finding> {
        let unknown = yaml::keys(mapping).filter(|key| !known.contains(key)).take(MOST);
        let finding = |key: &str| {
            let what = format!("{}: `{key}` is no key of {of}", path.join("."));
            let remedy = juju::nearest(key, known.iter().copied()).map(|meant| format!("write `{meant}`"));
            self.refused(&[path, &[key]].concat(), what, remedy.unwrap_or_else(|| "remove it".to_owned()))
        };
        unknown.map(finding).collect()
    }

    fn refused(&self, path: &[&str], what: String, remedy: String) -> Finding {
        let (file, line) = (self.file.to_owned(), line(self.text, path));
        Finding { file, line, weight: Weight::Refused, what, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_has_its_line_and_the_nearest_name() {
        let text = "services:\n  web:\n    comand: x\n    override: merge\n    colour: red\n  mail: x\n  off:\n";
        let document: Value = serde_yaml::from_str(text).unwrap();
        let keys = Keys { file: "f.yaml", text };
        let told = |service: &str| {
            let value = &document["services"][service];
            let found = keys.unknown(&["services", service], value, &["command", "override"], "a service");
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            told("web"),
            [
                "f.yaml:3: services.web: `comand` is no key of a service: write `command`",
                "f.yaml:5: services.web: `colour` is no key of a service: remove it",
            ]
        );
        let no_mapping =
            "f.yaml:6: services.mail is no mapping: write the keys of a service below it, each in a line of its own";
        assert_eq!(told("mail"), [no_mapping]);
        assert_eq!(told("off"), [""; 0]);
        let kind = |key: &str| if key == "override" { ValueKind::List } else { ValueKind::Text };
        let found = keys.of_kind(&["services", "web"], &document["services"]["web"], kind);
        let told = found.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(told, ["f.yaml:4: services.web.override is no list: write `- …` lines below it"]);
    }
}
