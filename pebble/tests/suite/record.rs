//! Recordings of a real Pebble's answers, and the comparison with them.
//!
//! Values that differ between runs are normalized: times, versions, boot ids, the test's folder, its user, and what a case
//! hides. Ids are numbered in the order in which a case first sees them, and changes, which Pebble lists in random order,
//! are sorted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// Normalizer of answers.
pub(crate) struct Normalizer {
    /// Texts of this run, such as the test's folder, and what stands for them.
    hidden: Vec<(String, &'static str)>,
    /// Numbers of changes, tasks and notices, in the order in which they were first seen.
    ids: BTreeMap<(&'static str, String), usize>,
}

impl Normalizer {
    /// A normalizer for a case in this folder.
    pub(crate) fn new(dir: String) -> Normalizer {
        Normalizer { hidden: vec![(dir, "<dir>")], ids: BTreeMap::new() }
    }

    /// Replaces a text of this run, for example a port, by a name.
    pub(crate) fn hide(&mut self, text: String, name: &'static str) {
        self.hidden.push((text, name));
    }

    /// Normalizes a value.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(self.map(map)),
            Value::Array(list) => sorted(list).into_iter().map(|value| self.value(value)).collect(),
            Value::String(text) => Value::String(self.text(text)),
            other => other.clone(),
        }
    }

    fn map(&mut self, map: &Map<String, Value>) -> Map<String, Value> {
        // A change has tasks, a task a progress, a notice occurrences.
        let owner = if map.contains_key("progress") {
            "task"
        } else if map.contains_key("occurrences") {
            "notice"
        } else {
            "change"
        };
        let mut normalized = Map::new();
        for (key, value) in map {
            normalized.insert(key.clone(), self.field(owner, map, key, value));
        }
        normalized
    }

    fn field(&mut self, owner: &'static str, map: &Map<String, Value>, key: &str, value: &Value) -> Value {
        let notice_of_change = map.get("type").is_some_and(|kind| kind == "change-update");
        match (key, value) {
            ("id", Value::String(id)) => self.id(owner, id),
            ("change" | "change-id", Value::String(id)) => self.id("change", id),
            ("task-id", Value::String(id)) => self.id("task", id),
            ("key", Value::String(id)) if notice_of_change => self.id("change", id),
            ("version" | "boot-id" | "http-address", Value::String(_)) => json!(format!("<{key}>")),
            ("user-id" | "group-id", Value::Number(id)) => json!(own(id.as_u64())),
            // The names of these ids depend on the machine.
            ("user" | "group", Value::String(_)) if map.contains_key("last-modified") => {
                json!(format!("<{key}>"))
            }
            _ => self.value(value),
        }
    }

    /// The n-th id of its kind.
    fn id(&mut self, owner: &'static str, id: &str) -> Value {
        let next = self.ids.keys().filter(|(other, _)| *other == owner).count() + 1;
        let number = *self.ids.entry((owner, id.to_owned())).or_insert(next);
        json!(format!("<{owner} {number}>"))
    }

    /// Text without times, hidden texts, and the random part of a temporary file's name.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = self.hidden.iter().fold(text.to_owned(), |text, (hidden, name)| text.replace(hidden, name));
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|&at| is_time(&rest.as_bytes()[at..])) {
            plain.push_str(&rest[..at]);
            plain.push_str("<time>");
            let tail = &rest[at + 19..];
            rest = tail.trim_start_matches(|character: char| character.is_ascii_digit() || ".:+-Z".contains(character));
        }
        without_random(&(plain + rest))
    }
}

/// Sorts a list of changes by id; other lists stay as they are.
fn sorted(list: &[Value]) -> Vec<&Value> {
    let mut list: Vec<&Value> = list.iter().collect();
    if list.iter().all(|value| value.get("ready").is_some()) {
        list.sort_by_key(|change| change["id"].as_str().and_then(|id| id.parse::<u64>().ok()));
    }
    list
}

/// Replaces the random digits of a temporary file `NAME.DIGITS~`.
fn without_random(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split('~').collect();
    let last = pieces.pop().unwrap_or_default();
    let stripped = pieces.into_iter().map(|piece| match piece.rsplit_once('.') {
        Some((name, digits)) if digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format!("{name}.<drawn>~"),
        _ => format!("{piece}~"),
    });
    stripped.collect::<String>() + last
}

/// True if the text begins with a date and a time.
fn is_time(text: &[u8]) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    text.len() >= shape.len()
        && shape
            .iter()
            .zip(text)
            .all(|(shape, byte)| if *shape == b'd' { byte.is_ascii_digit() } else { shape == byte })
}

/// Replaces the ids of the user who runs the suite.
fn own(id: Option<u64>) -> Value {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    match id {
        Some(id) if id == u64::from(user) || id == u64::from(group) => json!("<own>"),
        other => json!(other),
    }
}

/// Writes a case's recording, or compares the answers with it.
pub(crate) fn settle(case: &str, answers: &[Value]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(format!("{case}.json"));
    if std::env::var_os("RECORD").is_some() {
        assert!(testkit::chosen_pebble().is_some(), "record a real Pebble: set PEBBLE_BINARY");
        let text = serde_json::to_string_pretty(answers).expect("values are JSON") + "\n";
        return std::fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}; record it from a real Pebble", path.display()));
    let recorded: Vec<Value> = serde_json::from_str(&text).expect("recordings are lists");
    let differences = differences(&recorded, answers);
    assert!(differences.is_empty(), "{case} differs from its recording:\n{}", differences.join("\n"));
}

/// One line for each difference between answers and recording.
fn differences(recorded: &[Value], answers: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for n in 0..recorded.len().max(answers.len()) {
        let (recorded, answer) = (recorded.get(n), answers.get(n));
        let named = answer.or(recorded);
        let name = ["request", "call", "fact"].iter().find_map(|key| named?.get(key)?.as_str()).unwrap_or_default();
        compare(&format!("{n} {name}:"), recorded, answer, &mut found);
    }
    found
}

fn compare(place: &str, recorded: Option<&Value>, answer: Option<&Value>, found: &mut Vec<String>) {
    match (recorded, answer) {
        (Some(Value::Object(recorded)), Some(Value::Object(answer))) => {
            let keys: BTreeSet<&String> = recorded.keys().chain(answer.keys()).collect();
            keys.into_iter()
                .for_each(|key| compare(&format!("{place} .{key}"), recorded.get(key), answer.get(key), found));
        }
        (Some(Value::Array(recorded)), Some(Value::Array(answer))) => {
            let pairs = (0..recorded.len().max(answer.len())).map(|n| (n, recorded.get(n), answer.get(n)));
            // After a missing or an additional item all others would differ.
            let most = if recorded.len() == answer.len() { usize::MAX } else { 1 };
            for (n, recorded, answer) in pairs.filter(|(_, recorded, answer)| recorded != answer).take(most) {
                compare(&format!("{place} [{n}]"), recorded, answer, found);
            }
        }
        _ if recorded == answer => {}
        _ => {
            let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            found.push(format!("{place}\n    recorded {}\n    answered {}", show(recorded), show(answer)));
        }
    }
}
