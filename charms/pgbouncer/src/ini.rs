//! Ordered text of sections, keys and values, as PgBouncer reads it.
//!
//! A base document comes out of a databag, so the parser takes any text and never panics. Comments are not kept: the
//! charm writes none. `%include` is refused.

use std::fmt;

/// Longest document that is parsed, in bytes.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// A document: sections in order, each with its keys in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<Section>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    entries: Vec<(String, String)>,
}

/// Text that is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniError {
    line: usize,
    why: &'static str,
}

impl fmt::Display for IniError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for IniError {}

impl Ini {
    /// Parses a document. Keys keep their quotes.
    ///
    /// # Errors
    /// The first line that is neither a section, a key with its value, a comment nor empty.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        if text.len() > MAX_BYTES {
            return Err(IniError { line: 1, why: "the document is longer than 1 MiB" });
        }
        let mut ini = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            ini.add_line(text.trim()).map_err(|why| IniError { line, why })?;
        }
        Ok(ini)
    }

    fn add_line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.is_empty() || line.starts_with([';', '#']) {
            return Ok(());
        }
        if line.contains(char::is_control) {
            return Err("it has a control character");
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.strip_suffix(']').ok_or("a section has no closing bracket")?;
            self.section_mut(name);
            return Ok(());
        }
        let section = self.sections.last_mut().ok_or("a key stands before the first section")?;
        let (key, value) = split(line).ok_or("it is no key with a value")?;
        section.set(key, value.to_owned());
        Ok(())
    }

    /// Value of a key.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        let section = self.sections.iter().find(|found| found.name == section)?;
        section.entries.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// Sets a key in its place, or at the end of the section if it is new.
    pub fn set(&mut self, section: &str, key: &str, value: impl Into<String>) {
        self.section_mut(section).set(key, value.into());
    }

    /// Removes a key.
    pub fn unset(&mut self, section: &str, key: &str) {
        self.section_mut(section).entries.retain(|(found, _)| found != key);
    }

    /// Replaces all keys of a section.
    pub fn replace(&mut self, section: &str, entries: impl IntoIterator<Item = (String, String)>) {
        self.section_mut(section).entries = entries.into_iter().collect();
    }

    /// Keys of a section with their values.
    pub fn entries(&self, section: &str) -> impl Iterator<Item = (&str, &str)> {
        let found = self.sections.iter().find(|found| found.name == section);
        found.into_iter().flat_map(|section| &section.entries).map(|(key, value)| (key.as_str(), value.as_str()))
    }

    fn section_mut(&mut self, name: &str) -> &mut Section {
        let at = self.sections.iter().position(|section| section.name == name).unwrap_or_else(|| {
            self.sections.push(Section { name: name.to_owned(), entries: Vec::new() });
            self.sections.len() - 1
        });
        &mut self.sections[at]
    }
}

impl Section {
    fn set(&mut self, key: &str, value: String) {
        match self.entries.iter_mut().find(|(found, _)| found == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.to_owned(), value)),
        }
    }
}

impl fmt::Display for Ini {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, section) in self.sections.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            writeln!(f, "[{}]", section.name)?;
            for (key, value) in &section.entries {
                writeln!(f, "{}", format!("{key} = {value}").trim_end())?;
            }
        }
        Ok(())
    }
}

/// Splits a line at its first `=` outside of double quotes.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = line.char_indices().find(|(_, letter)| {
        quoted ^= *letter == '"';
        *letter == '=' && !quoted
    });
    let (key, value) = line.split_at(at?.0);
    let key = key.trim();
    (!key.is_empty()).then_some((key, value[1..].trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sections_and_keys_keep_their_order() {
        let text =
            "[databases]\nb = host=h dbname=b\n\"a=b\" = host=h\n\n[pgbouncer]\nlisten_port = 6432\nadmin_users =\n";
        let ini = Ini::parse(text).unwrap();
        assert_eq!(ini.to_string(), text);
        assert_eq!(ini.get("databases", "\"a=b\""), Some("host=h"));
        assert_eq!(ini.get("pgbouncer", "admin_users"), Some(""));
        assert_eq!(ini.get("peers", "1"), None);
    }

    #[test]
    fn comments_and_blanks_are_dropped_and_repeated_keys_taken_once() {
        let ini = Ini::parse("; note\n# note\n\n [a] \n k=1\n k = 2 \n").unwrap();
        assert_eq!(ini.to_string(), "[a]\nk = 2\n");
    }

    #[test]
    fn a_text_that_is_no_document_is_refused_with_its_line() {
        let table = [
            ("k = v", "line 1: a key stands before the first section"),
            ("[a]\n\n%include /etc/passwd", "line 3: it is no key with a value"),
            ("[a", "line 1: a section has no closing bracket"),
            ("[a]\n= v", "line 2: it is no key with a value"),
            ("[a]\nk = v\u{1}", "line 2: it has a control character"),
        ];
        for (text, expected) in table {
            assert_eq!(Ini::parse(text).unwrap_err().to_string(), expected, "{text}");
        }
        let long = "\n".repeat(MAX_BYTES + 1);
        assert_eq!(Ini::parse(&long).unwrap_err().to_string(), "line 1: the document is longer than 1 MiB");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "(\\PC|\n){0,80}") {
            if let Ok(ini) = Ini::parse(&text) {
                prop_assert_eq!(Ini::parse(&ini.to_string()).unwrap(), ini);
            }
        }

        #[test]
        fn lines_of_a_document_come_back(lines in "(\\[[a-c]\\]|[a-z\"=;]{1,4} ?= ?[a-z'\" ]{0,5}|\n){0,9}") {
            if let Ok(ini) = Ini::parse(&lines) {
                prop_assert_eq!(Ini::parse(&ini.to_string()).unwrap(), ini);
            }
        }
    }
}
