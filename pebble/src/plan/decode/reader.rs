//! Conversion of nodes to types as in Go's yaml.v3, with its messages.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Kind, Node};
use crate::plan::quote::{quote, shortened};
use crate::plan::yaml::{self, Resolved};
use crate::plan::{Environment, Span};

/// Error of a section that can't be decoded.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// Errors about kinds and fields, with their lines.
    Kinds(Vec<String>),
    /// An error that ended the decoding.
    Value(String),
    /// An object that must not be null.
    Null(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinds(complaints) => write!(f, "yaml: unmarshal errors:\n  {}", complaints.join("\n  ")),
            Self::Value(message) | Self::Null(message) => f.write_str(message),
        }
    }
}

const MAX_COMPLAINTS: usize = 1_000;

/// Treatment of unknown fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused,
    Ignored,
}

/// Entry of a mapping: the key's text, the key and the value.
pub(super) type Entry<'n> = (String, &'n Node, &'n Node);

/// Converts nodes to types and collects errors.
pub(super) struct Reader<'t> {
    text: &'t str,
    origin: Origin,
    /// Ends of the lines that count, found once, at the first error.
    ends: OnceCell<Vec<usize>>,
    unknown: Unknown,
    complaints: Vec<String>,
    null: Option<String>,
}

/// Counting of lines for messages.
enum Origin {
    /// All lines of the text.
    Text,
    /// Lines that are not blank, from this offset on: Pebble prints a section anew before it decodes it, which drops
    /// blank lines.
    Section(usize),
    /// Always line 1, for a section in flow style.
    Flow,
}

impl<'t> Reader<'t> {
    /// A reader of the top level.
    pub(super) fn whole(text: &'t str, unknown: Unknown) -> Self {
        Self { text, origin: Origin::Text, ends: OnceCell::new(), unknown, complaints: Vec::new(), null: None }
    }

    /// A reader of the section with this key.
    pub(super) fn section(text: &'t str, key: &Node, unknown: Unknown) -> Self {
        let after_key = match (&key.kind, key.offset) {
            (Kind::Scalar { text: name, .. }, Some(offset)) => text.get(offset + name.len()..).unwrap_or_default(),
            _ => "",
        };
        let value = after_key.trim_start_matches(['"', '\'', ':', ' ', '\t', '\r', '\n']);
        let origin = match after_key.find('\n') {
            Some(end) if !value.starts_with(['{', '[']) => Origin::Section(text.len() - after_key.len() + end + 1),
            _ => Origin::Flow,
        };
        Self { origin, ..Self::whole(text, unknown) }
    }

    pub(super) fn in_flow(&self) -> bool {
        matches!(self.origin, Origin::Flow)
    }

    pub(super) fn ignores_unknown(&self) -> bool {
        self.unknown == Unknown::Ignored
    }

    /// Decodes a section's value. A missing value is an end of file, as in Pebble.
    pub(super) fn run<T>(
        &mut self,
        node: &Node,
        decode: impl FnOnce(&mut Self, &Node) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if matches!(&node.kind, Kind::Scalar { text, plain: true } if text.is_empty()) && !self.ignores_unknown() {
            return Err(DecodeError::Value("EOF".to_owned()));
        }
        let value = decode(self, node)?;
        self.finish(value)
    }

    /// Returns the value, or the collected errors.
    pub(super) fn finish<T>(&mut self, value: T) -> Result<T, DecodeError> {
        if !self.complaints.is_empty() {
            return Err(DecodeError::Kinds(std::mem::take(&mut self.complaints)));
        }
        self.null.take().map_or(Ok(value), |message| Err(DecodeError::Null(message)))
    }

    /// Records a null object, which is reported only without other errors.
    pub(super) fn null(&mut self, message: String) {
        self.null.get_or_insert(message);
    }

    /// Text of a scalar; empty for null.
    pub(super) fn text(&mut self, node: &Node, type_: &str) -> String {
        match &node.kind {
            _ if node.is_null() => String::new(),
            Kind::Scalar { text, .. } => text.clone(),
            _ => {
                self.misfit(node, type_);
                String::new()
            }
        }
    }

    /// An integer of 64 bits, or a float without its fraction.
    pub(super) fn int(&mut self, node: &Node) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "Pebble cuts the fraction off too")]
        let value = match node.resolved() {
            Some(Resolved::Null) => return None,
            Some(Resolved::Int(value)) => i64::try_from(value).ok(),
            Some(Resolved::Float(value)) if value.abs() < 9e18 => Some(value as i64),
            _ => None,
        };
        if value.is_none() {
            self.misfit(node, "int");
        }
        value
    }

    /// A user or group id. Pebble accepts negative ones here and fails at the start of a process.
    pub(super) fn id(&mut self, node: &Node) -> Option<u32> {
        let value = self.int(node)?;
        if u32::try_from(value).is_err() {
            self.misfit(node, "int");
        }
        u32::try_from(value).ok()
    }

    pub(super) fn span(node: &Node) -> Result<Option<Span>, DecodeError> {
        match &node.kind {
            _ if node.is_null() => Ok(None),
            Kind::Scalar { text, .. } => text.parse().map(Some).map_err(|error| DecodeError::Value(format!("{error}"))),
            _ => Err(DecodeError::Value("duration must be a YAML string".to_owned())),
        }
    }

    pub(super) fn float(node: &Node) -> Result<Option<f64>, DecodeError> {
        let text = match &node.kind {
            _ if node.is_null() => return Ok(None),
            Kind::Scalar { text, .. } => text,
            _ => return Err(DecodeError::Value("value must be a YAML number".to_owned())),
        };
        let named = text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_alphabetic());
        let digits = if yaml::separates_digits(text) { text.replace('_', "") } else { text.clone() };
        let value = digits.parse().ok().filter(|value: &f64| named || value.is_finite());
        value.map(Some).ok_or_else(|| DecodeError::Value(format!("invalid floating-point number {}", quote(text))))
    }

    /// A list of texts without its nulls.
    pub(super) fn list(&mut self, node: &Node) -> Vec<String> {
        match &node.kind {
            _ if node.is_null() => Vec::new(),
            Kind::Sequence(items) => {
                items.iter().filter(|item| !item.is_null()).map(|item| self.text(item, "string")).collect()
            }
            _ => {
                self.misfit(node, "[]string");
                Vec::new()
            }
        }
    }

    /// A mapping of texts; a null value is an empty text.
    pub(super) fn map(
        &mut self,
        node: &Node,
        type_: &str,
        value_type: &str,
    ) -> Result<BTreeMap<String, String>, DecodeError> {
        let entries = self.entries(node, type_)?;
        Ok(entries.into_iter().map(|(key, _, value)| (key, self.text(value, value_type))).collect())
    }

    pub(super) fn environment(&mut self, node: &Node) -> Result<Environment, DecodeError> {
        self.map(node, "map[string]string", "string").map(Environment::from)
    }

    /// Entries of a mapping, those merged with `<<` last; no entries for null. Null keys are skipped.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, type_: &str) -> Result<Vec<Entry<'n>>, DecodeError> {
        let mut known = BTreeSet::new();
        let mut entries = Vec::new();
        if !node.is_null() {
            self.gather(node, type_, &mut known, &mut entries)?;
        }
        Ok(entries)
    }

    fn gather<'n>(
        &mut self,
        node: &'n Node,
        type_: &str,
        known: &mut BTreeSet<String>,
        entries: &mut Vec<Entry<'n>>,
    ) -> Result<(), DecodeError> {
        let Kind::Mapping(pairs) = &node.kind else {
            self.misfit(node, type_);
            return Ok(());
        };
        if self.has_doubles(pairs) {
            return Ok(());
        }
        for (key, value) in pairs.iter().filter(|(key, _)| !is_merge(key) && !key.is_null()) {
            let name = self.text(key, "string");
            if matches!(key.kind, Kind::Scalar { .. }) && known.insert(name.clone()) {
                entries.push((name, key, value));
            }
        }
        for (_, merged) in pairs.iter().filter(|(key, _)| is_merge(key)) {
            match &merged.kind {
                Kind::Mapping(_) => self.gather(merged, type_, known, entries)?,
                Kind::Sequence(items) if items.iter().all(|item| matches!(item.kind, Kind::Mapping(_))) => {
                    items.iter().try_for_each(|item| self.gather(item, type_, known, entries))?;
                }
                _ => {
                    let message = "yaml: map merge requires map or sequence of maps as the value";
                    return Err(DecodeError::Value(message.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Reports duplicate keys, pair by pair; true if there are any.
    fn has_doubles(&mut self, pairs: &[(Node, Node)]) -> bool {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let keys = pairs.iter().enumerate().filter_map(|(at, (key, _))| match &key.kind {
            Kind::Scalar { text, .. } => Some((at, text.as_str())),
            _ => None,
        });
        for (at, text) in keys.clone() {
            places.entry(text).or_default().push(at);
        }
        let before = self.complaints.len();
        for (at, text) in keys {
            for later in places[text].iter().filter(|later| **later > at) {
                let (first, line) = (self.line(&pairs[at].0), self.line(&pairs[*later].0));
                self.complain(format!("line {line}: mapping key {} already defined at line {first}", quote(text)));
                if self.complaints.len() >= MAX_COMPLAINTS {
                    return true;
                }
            }
        }
        self.complaints.len() > before
    }

    /// Records an error, up to [`MAX_COMPLAINTS`].
    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }

    /// Reports a field that the type does not have.
    pub(super) fn unknown(&mut self, name: &str, key: &Node, type_: &str) {
        if self.unknown == Unknown::Refused {
            let line = self.line(key);
            self.complain(format!("line {line}: field {} not found in type {type_}", shortened(name)));
        }
    }

    /// Reports a node of another kind than the type's.
    fn misfit(&mut self, node: &Node, type_: &str) {
        let what = match &node.kind {
            Kind::Sequence(_) => "!!seq".to_owned(),
            Kind::Mapping(_) => "!!map".to_owned(),
            Kind::Scalar { text, .. } => {
                let tag = node.resolved().unwrap_or(Resolved::Text).tag();
                // Go counts bytes; a character at the cut is dropped.
                let shown =
                    if text.len() > 10 { format!("{}...", &text[..text.floor_char_boundary(7)]) } else { text.clone() };
                format!("{tag} `{shown}`")
            }
        };
        let line = self.line(node);
        self.complain(format!("line {line}: cannot unmarshal {what} into {type_}"));
    }

    fn line(&self, node: &Node) -> usize {
        match (&self.origin, node.offset) {
            (Origin::Flow, _) | (_, None) => 1,
            (_, Some(offset)) => self.ends.get_or_init(|| self.line_ends()).partition_point(|end| *end < offset) + 1,
        }
    }

    fn line_ends(&self) -> Vec<usize> {
        let (start, blank_counts) = match self.origin {
            Origin::Section(start) => (start, false),
            Origin::Text | Origin::Flow => (0, true),
        };
        let mut at = start;
        let mut ends = Vec::new();
        for line in self.text.get(start..).unwrap_or_default().split_inclusive('\n') {
            at += line.len();
            if line.ends_with('\n') && (blank_counts || !line.trim().is_empty()) {
                ends.push(at - 1);
            }
        }
        ends
    }
}

fn is_merge(key: &Node) -> bool {
    key.resolved() == Some(Resolved::Merge)
}
