//! The model against the testing library of ops: 234 small scenarios, made and recorded by `record.py`, run here too. Each
//! result that differs is in `differences.yaml`, with the side that is right by Juju's documentation.

#![allow(clippy::unwrap_used, reason = "a test")]

mod golden;
mod interpreter;
mod outcome;
mod scenario;

use scenario::Scenario;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A rule by which results differ, and the results that it explains.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    rule: String,
    ops: String,
    ours: String,
    right: Right,
    why: String,
    source: String,
    /// For each scenario the paths that differ.
    results: BTreeMap<String, BTreeSet<String>>,
}

/// The side that does what Juju does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Right {
    Ops,
    Ours,
    Both,
    Neither,
}

fn recorded() -> Vec<Scenario> {
    let lines = include_str!("recorded.jsonl").lines().skip(1);
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn accepted() -> Vec<Difference> {
    serde_yaml::from_str(include_str!("differences.yaml")).unwrap()
}

/// The paths at which two results differ. Two refusals are equal whatever their names, and one refusal is one difference.
fn differing(path: &str, theirs: &Value, ours: &Value, found: &mut BTreeSet<String>) {
    match (theirs, ours) {
        (Value::Object(one), Value::Object(other)) => {
            for word in ["error", "refused"] {
                if one.contains_key(word) != other.contains_key(word) {
                    found.insert(format!("{path}.{word}"));
                    return;
                }
            }
            for key in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}.{key}");
                match (one.get(key), other.get(key)) {
                    (Some(_), Some(_)) if key == "error" || key == "refused" => return,
                    (Some(one), Some(other)) => differing(&path, one, other, found),
                    _ => {
                        found.insert(path);
                    }
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                let path = if path.is_empty() { at.to_string() } else { format!("{path}.{at}") };
                differing(&path, one, other, found);
            }
        }
        _ if theirs != ours => {
            found.insert(path.to_owned());
        }
        _ => {}
    }
}

#[test]
fn each_result_is_that_of_ops_or_an_accepted_difference() {
    let mut explained: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for difference in accepted() {
        for (scenario, paths) in difference.results {
            explained.entry(scenario).or_default().extend(paths);
        }
    }
    let mut wrong = Vec::new();
    for scenario in recorded() {
        let ours = outcome::outcomes(&scenario);
        let mut found = BTreeSet::new();
        differing("", &scenario.outcomes, &ours, &mut found);
        if found != explained.remove(&scenario.id).unwrap_or_default() {
            wrong.push(format!("{} {found:?}\n  ops  {}\n  ours {ours}", scenario.id, scenario.outcomes));
        }
    }
    assert!(wrong.is_empty(), "{} scenarios differ from the table:\n{}", wrong.len(), wrong.join("\n"));
    assert!(explained.is_empty(), "scenarios of the table that are not there: {explained:?}");
}

#[test]
fn each_accepted_difference_says_which_side_is_right_and_why() {
    for difference in accepted() {
        let Difference { rule, ops, ours, why, source, results, .. } = &difference;
        assert!([ops, ours, why].iter().all(|text| text.len() > 10), "{rule} explains nothing");
        assert!(source.starts_with("https://"), "{rule} names no page");
        assert!(!results.is_empty(), "{rule} explains no result");
    }
    assert!(
        accepted().iter().all(|difference| difference.right != Right::Ops),
        "where ops is right, ours is to be mended"
    );
}

#[test]
fn two_hundred_scenarios_of_every_kind_are_recorded() {
    let all = recorded();
    let kinds: BTreeSet<&str> = all.iter().filter_map(|scenario| Some(scenario.id.split_once('-')?.0)).collect();
    assert!(all.len() >= 200, "{}", all.len());
    let wanted = [
        "actions",
        "databags",
        "deferrals",
        "endings",
        "networks",
        "ports",
        "secrets",
        "statuses",
        "storages",
        "wrong_names",
    ];
    assert_eq!(kinds, BTreeSet::from(wanted));
}
