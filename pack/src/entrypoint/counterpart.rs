//! Declarations of `webcharm.yaml` that stand for code of a `src/charm.py`.

use std::fmt;

use serde_yaml::{Mapping, Value};

/// Declarations by section, such as `actions`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counterpart(Mapping);

impl Counterpart {
    /// Adds an entry to a section.
    pub(crate) fn add(&mut self, section: &str, name: &str, value: impl Into<Value>) {
        let section = self.0.entry(section.into()).or_insert_with(|| Mapping::new().into());
        if let Value::Mapping(section) = section {
            section.insert(name.into(), value.into());
        }
    }

    /// Adds the declarations of `other`.
    pub(crate) fn extend(&mut self, other: Self) {
        for (section, entries) in other.0 {
            let entries = entries.as_mapping().cloned().unwrap_or_default();
            for (name, value) in entries {
                self.add(section.as_str().unwrap_or_default(), name.as_str().unwrap_or_default(), value);
            }
        }
    }

    /// True if an action is declared.
    pub(crate) fn has_action(&self) -> bool {
        self.0.contains_key("actions")
    }

    /// True without a declaration.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the author's `webcharm.yaml` with these declarations. The author's own have priority, and so do their
    /// prefixes as a whole.
    pub(crate) fn join(&self, mut own: Mapping) -> Mapping {
        for (section, entries) in &self.0 {
            let entries = entries.as_mapping().into_iter().flatten();
            match own.entry(section.clone()).or_insert_with(|| Mapping::new().into()) {
                Value::Mapping(theirs) if section != "prefixes" || theirs.is_empty() => {
                    for (name, value) in entries {
                        theirs.entry(name.clone()).or_insert_with(|| value.clone());
                    }
                }
                _ => {}
            }
        }
        own
    }
}

impl fmt::Display for Counterpart {
    /// Writes the declarations in one line, as YAML: `actions: {load: {command: [python3, load.py]}}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections: Vec<_> = self.0.iter().map(|(name, value)| format!("{}: {}", flow(name), flow(value))).collect();
        f.write_str(&sections.join(", "))
    }
}

/// A value in YAML's flow style.
fn flow(value: &Value) -> String {
    match value {
        Value::Mapping(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{}: {}", flow(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Sequence(values) => format!("[{}]", values.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => serde_json::to_string(text).unwrap_or_default(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        _ => "null".to_owned(),
    }
}

/// True for a text that YAML reads as the same text without quotes, also inside of brackets.
fn is_plain(text: &str) -> bool {
    let has_letter_first = text.starts_with(|first: char| first.is_ascii_alphabetic() || "/_.…".contains(first));
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "_./-@%+=… ".contains(letter);
    let is_word =
        !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    has_letter_first && !text.ends_with(' ') && text.chars().all(is_safe) && is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_one_line_of_yaml_that_says_the_same() {
        let mut counterpart = Counterpart::default();
        let words = ["python3", "a b", "c ", "a: b", "a #b", "${param.x}", "", "yes", "1", "-c", "{", "ü\n"];
        let command: Vec<Value> = words.map(Value::from).to_vec();
        let action: Mapping = [(Value::from("command"), command.into())].into_iter().collect();
        counterpart.add("actions", "load-data", action);
        counterpart.add("prefixes", "options", "");
        let text = format!("{{{counterpart}}}");
        assert_eq!(serde_yaml::from_str::<Mapping>(&text).unwrap(), counterpart.0, "{text}");
        assert!(text.contains("actions: {load-data: {command: [python3, a b,"), "{text}");
    }

    #[test]
    fn the_author_s_own_declarations_have_priority() {
        let own: Mapping =
            serde_yaml::from_str("{variables: {A: x}, prefixes: {framework: F_}, integrations: 5}").unwrap();
        let mut counterpart = Counterpart::default();
        for (section, name) in [("variables", "A"), ("variables", "B"), ("prefixes", "options"), ("integrations", "c")]
        {
            counterpart.add(section, name, "y");
        }
        let mut more = Counterpart::default();
        more.add("actions", "d", "z");
        counterpart.extend(more);
        let joined = Value::from(counterpart.join(own));
        let expected = "{variables: {A: x, B: y}, prefixes: {framework: F_}, integrations: 5, actions: {d: z}}";
        assert_eq!(joined, serde_yaml::from_str::<Value>(expected).unwrap());
        assert!(Counterpart::default().is_empty() && !counterpart.is_empty());
    }
}
