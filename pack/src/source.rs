//! A YAML file with its content and the lines of its keys.

use std::cell::Cell;

use serde_yaml::Mapping;

use crate::finding::{Finding, Weight};
use crate::folder::Folder;
use crate::{Error, File, yaml};

/// A file whose document is a mapping.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its name in messages.
    pub(crate) file: String,
    /// Its content.
    pub(crate) document: Mapping,
    text: String,
    /// Files whose content `document` has, too: under a key, or without one among its own keys.
    beside: Vec<(Option<&'static str>, Source)>,
    /// Findings that still get a line: looking a line up reads the whole text.
    lines: Cell<usize>,
}

/// Largest number of findings with a line in one file.
const LINES: usize = 100;

impl Source {
    /// Reads `file` of the folder `dir`. `None`: it is missing.
    pub(crate) fn read(dir: &Folder, file: &str) -> Result<Option<Self>, Error> {
        let Some(text) = dir.utf8(file)? else { return Ok(None) };
        let failed = |source| Error::Parse { path: dir.place(file).display().to_string(), source };
        Self::parse(file, text).map_err(failed).map(Some)
    }

    /// Parses the text of `file`.
    pub(crate) fn parse(file: &str, text: String) -> Result<Self, ::yaml::Error> {
        let document = yaml::parse(&text)?;
        Ok(Self { file: file.to_owned(), document, text, beside: Vec::new(), lines: Cell::new(LINES) })
    }

    /// The mapping under `key`, empty if it is missing.
    pub(crate) fn section(&self, key: &str) -> Mapping {
        yaml::section(&self.document, key)
    }

    /// Adds a file whose content stands under `key` of the document, so that findings below that key name the file.
    /// Without a key, those about keys that this file lacks do.
    pub(crate) fn add(&mut self, key: Option<&'static str>, file: Self) {
        self.beside.push((key, file));
    }

    /// The file of the key at `path`, and the rest of the path in it.
    fn file_of<'a, 'p>(&'a self, path: &'p [&'p str]) -> (&'a Self, &'p [&'p str]) {
        let has = |(key, file): &&(Option<&str>, Self)| match (key, path.first()) {
            (Some(key), Some(first)) => key == first,
            (None, Some(first)) => file.document.contains_key(*first) && line(&self.text, &[first]).is_none(),
            (_, None) => false,
        };
        match self.beside.iter().find(has) {
            Some((Some(_), file)) => (file, &path[1..]),
            Some((None, file)) => (file, path),
            None => (self, path),
        }
    }

    /// The file as it is.
    pub(crate) fn file(&self) -> File {
        File { content: self.text.clone().into_bytes(), executable: false }
    }

    fn line(&self, path: &[&str]) -> Option<usize> {
        self.lines.set(self.lines.get().checked_sub(1)?);
        line(&self.text, path)
    }

    /// A refusal of the key at `path`. The first [`LINES`] findings have a line.
    pub(crate) fn refused(&self, path: &[&str], what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        let (source, path) = self.file_of(path);
        Finding {
            file: source.file.clone(),
            line: source.line(path),
            weight: Weight::Refused,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// The line of the key at `path`, or of the last key above it that has a line of its own.
///
/// Keys are found by their indentation; a key of a mapping in braces counts as on the line of the key above.
pub(crate) fn line(text: &str, path: &[&str]) -> Option<usize> {
    let mut lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| has_content(line)).collect();
    let mut found = None;
    for key in path {
        let Some(depth) = lines.first().map(|(_, line)| indent(line)) else { break };
        let here = |(_, line): &(usize, &str)| indent(line) == depth && names(line.trim_start(), key);
        let Some(at) = lines.iter().position(here) else { break };
        found = Some(lines[at].0 + 1);
        let below = lines[at + 1..].iter().take_while(|(_, line)| indent(line) > depth);
        lines = below.copied().collect();
    }
    found
}

fn has_content(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn names(line: &str, key: &str) -> bool {
    let bare = line.split_once(':').map_or("", |(name, _)| name.trim_end());
    [format!("\"{key}\""), format!("'{key}'"), key.to_owned()].iter().any(|spelling| spelling == bare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# options: here\nname: x\n\nconfig:\n  options:\n    # a comment\n    \"a\":\n      type: int\n    b: {type: x}\ntype: charm\n";

    #[test]
    fn each_key_has_its_line() {
        for (path, expected) in [
            (&["name"][..], Some(2)),
            (&["config"], Some(4)),
            (&["config", "options", "a", "type"], Some(8)),
            (&["config", "options", "b", "type"], Some(9)),
            (&["config", "options", "missing"], Some(5)),
            (&["type"], Some(10)),
            (&["missing"], None),
            (&[], None),
        ] {
            assert_eq!(line(TEXT, path), expected, "{path:?}");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_mapping_and_a_list_is_refused() {
        assert!(Source::parse("f", String::new()).unwrap().document.is_empty());
        assert!(Source::parse("f", "- a".to_owned()).is_err());
        let merged = Source::parse("f", "a: &a {x: 1}\nb: {<<: *a}\n".to_owned()).unwrap();
        assert_eq!(merged.section("b").get("x"), Some(&serde_yaml::Value::from(1)));
    }

    proptest! {
        #[test]
        fn a_line_is_one_of_the_texts(text in "([ a-c:\n'\"#-]|\\PC){0,60}", path in prop::collection::vec("[a-c]", 0..4)) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some(found) = line(&text, &path) {
                prop_assert!(found >= 1 && found <= text.lines().count());
            }
        }
    }
}
