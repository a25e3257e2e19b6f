//! Check of the author's services and checks against the keys that Pebble takes, before anything is built: Pebble itself
//! would refuse the layer only once the pod starts.

use pack::Finding;
use pack::keys::{Keys, ValueKind};
use serde_yaml::{Mapping, Value};

/// Keys of a service in a layer of Pebble: <https://documentation.ubuntu.com/pebble/reference/layer-specification/>.
const SERVICE: [&str; 22] = [
    "summary",
    "description",
    "startup",
    "override",
    "command",
    "after",
    "before",
    "requires",
    "workload",
    "environment",
    "user-id",
    "user",
    "group-id",
    "group",
    "working-dir",
    "on-success",
    "on-failure",
    "on-check-failure",
    "backoff-delay",
    "backoff-factor",
    "backoff-limit",
    "kill-delay",
];

/// Keys of a check.
const CHECK: [&str; 9] = ["override", "level", "startup", "period", "timeout", "threshold", "http", "tcp", "exec"];

/// Keys of the mappings in a check.
const IN_CHECK: [(&str, &[&str]); 3] = [
    ("http", &["url", "headers"]),
    ("tcp", &["port", "host"]),
    ("exec", &["command", "service-context", "environment", "user-id", "user", "group-id", "group", "working-dir"]),
];

/// Kind of the value of a key of a service or check.
fn kind(key: &str) -> ValueKind {
    match key {
        "after" | "before" | "requires" => ValueKind::List,
        "environment" | "on-check-failure" | "http" | "tcp" | "exec" => ValueKind::Mapping,
        _ => ValueKind::Text,
    }
}

/// Keys of `services` and `checks` that Pebble would refuse, in the document of this text.
pub(crate) fn findings(file: &str, text: &str, document: &Mapping) -> Vec<Finding> {
    let keys = Keys { file, text };
    let mut found = Vec::new();
    for (name, service) in section(document, "services") {
        found.extend(keys.unknown(&["services", name], service, &SERVICE, "a Pebble service"));
        found.extend(keys.of_kind(&["services", name], service, kind));
    }
    for (name, check) in section(document, "checks") {
        found.extend(keys.unknown(&["checks", name], check, &CHECK, "a Pebble check"));
        for (kind, known) in IN_CHECK {
            let inner = check.as_mapping().and_then(|check| check.get(kind));
            let of = format!("an {kind} check");
            let of = if kind == "tcp" { "a tcp check" } else { &of };
            found.extend(inner.iter().flat_map(|value| keys.unknown(&["checks", name, kind], value, known, of)));
        }
    }
    found
}

/// The named values of a section. A section of another kind is refused where the whole file is read.
fn section<'a>(document: &'a Mapping, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let section = document.get(key).and_then(Value::as_mapping);
    section.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// The findings, one in a line.
pub(crate) fn lines(findings: &[Finding]) -> String {
    let (line, count) = (|finding: &Finding| format!("\n  {finding}"), findings.len());
    let lines: String = findings.iter().take(MOST).map(line).collect();
    let more = if count > MOST { format!("\n  and {} more", count - MOST) } else { String::new() };
    lines + &more
}

/// Most findings in a message.
const MOST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let document = serde_yaml::from_str(text).unwrap();
        findings("rockcraft.yaml", text, &document).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_keys_of_services_and_checks_have_their_line_and_the_nearest_name() {
        let text = "name: x\nservices:\n  flask:\n    override: replace\n    comand: gunicorn\nchecks:\n  up:\n    \
            override: replace\n    http:\n      header: {}\n";
        assert_eq!(
            told(text),
            [
                "rockcraft.yaml:5: services.flask: `comand` is no key of a Pebble service: write `command`",
                "rockcraft.yaml:10: checks.up.http: `header` is no key of an http check: write `headers`",
            ]
        );
        assert_eq!(
            told("services: {web: gunicorn}\nchecks: {up: {tcp: {port: 1}, exec: {command: x, user: y}}}").len(),
            1
        );
        let kinds = "services:\n  web:\n    override: [merge]\n    user-id: 5\n    after: db\n    environment: [A=1]\n";
        assert_eq!(
            told(kinds),
            [
                "rockcraft.yaml:3: services.web.override is no text: write one value in its line",
                "rockcraft.yaml:5: services.web.after is no list: write `- …` lines below it",
                "rockcraft.yaml:6: services.web.environment is no mapping: write `name: …` lines below it",
            ]
        );
        assert_eq!(told("services: [1]\nchecks:\nparts: {a: {b: c}}"), [""; 0]);
    }

    #[test]
    fn many_findings_are_cut() {
        let keys: String = (0..30).map(|number| format!("  s{number}: {{oops: 1}}\n")).collect();
        let text = format!("services:\n{keys}");
        let found = findings("rockcraft.yaml", &text, &serde_yaml::from_str(&text).unwrap());
        assert!(lines(&found).ends_with("\n  and 10 more"));
    }
}
