//! Log targets: one for each usable address, and none that is left behind.

use pebble::plan::{LogTarget, LogTargetType, Override};

use super::*;
use crate::relation::loki::LOKI;

/// Addresses of Loki's units as JSON, by the unit's number.
fn loki(units: &[(u32, &str)]) -> Integration {
    let mut integration = related(&LOKI, "logging", &[]);
    let bag = |url: &str| Databag::from_iter([("endpoint", format!("{{\"url\": \"{url}\"}}"))]);
    integration.relations[0].view.units =
        units.iter().map(|(number, url)| (UnitName::new("loki", *number), bag(url))).collect();
    integration
}

/// State after an event with these Lokis.
fn after(mut seen: Seen, lokis: Vec<Integration>) -> Seen {
    seen.integrations = lokis;
    let steps = decide(&seen);
    let seen = carry_out(seen, &steps);
    assert_eq!(names(&decide(&seen)), [""; 0], "a second event has nothing to do");
    seen
}

/// Targets of the plan in use: name and location.
fn used(seen: &Seen) -> Vec<(String, String)> {
    let Some(Workload::Here(container)) = &seen.workload else { panic!("no container") };
    let used = container.plan.log_targets.iter().filter(|(_, target)| target.takes("flask"));
    used.map(|(name, target)| (name.clone(), target.location.clone())).collect()
}

fn pair(name: &str, location: &str) -> (String, String) {
    (name.to_owned(), location.to_owned())
}

const A: &str = "http://a:3100/loki/api/v1/push";
const B: &str = "http://b:3100/loki/api/v1/push";

#[test]
fn each_unit_of_loki_is_a_target_before_the_services_start() {
    let mut seen = fresh();
    seen.integrations = vec![loki(&[(0, A), (1, B)])];
    let steps = decide(&seen);
    assert_eq!(names(&steps)[0], "configure the forwarding of logs");
    let Action::ForwardLogs(layer) = &steps.effects.iter().find(|step| names_forwarding(step)).unwrap().action else {
        panic!("{steps:?}")
    };
    assert_eq!(layer.label, "flask-app-log-forwarding");
    let labels = [
        ("product", "Juju"),
        ("charm", "shop-k8s"),
        ("juju_model", "m"),
        ("juju_model_uuid", "20ce8299-3634-4bef-8bd8-5ace6c8816b4"),
        ("juju_application", "shop"),
        ("juju_unit", "shop/0"),
        ("job", "juju_m_20ce8299_shop"),
    ];
    let expected = LogTarget {
        type_: LogTargetType::Loki,
        location: A.to_owned(),
        services: vec!["all".to_owned()],
        override_: Override::Replace,
        labels: labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into(),
    };
    assert_eq!(layer.log_targets["loki/0"], expected);
    assert_eq!(used(&after(seen, vec![loki(&[(0, A), (1, B)])])), [pair("loki/0", A), pair("loki/1", B)]);
}

fn names_forwarding(step: &Step) -> bool {
    matches!(step.action, Action::ForwardLogs(_))
}

#[test]
fn a_target_goes_with_its_unit_and_the_last_one_with_its_relation() {
    let seen = after(fresh(), vec![loki(&[(0, A), (1, B)])]);
    let seen = after(seen, vec![loki(&[(1, B)])]);
    assert_eq!(used(&seen), [pair("loki/1", B)]);
    let seen = after(seen, Vec::new());
    assert_eq!(used(&seen), []);
    let Some(Workload::Here(container)) = &seen.workload else { panic!("no container") };
    let removed = &container.plan.log_targets["loki/1"];
    let (services, labels) = (removed.services.join(" "), removed.labels.len());
    assert_eq!((removed.location.as_str(), services.as_str(), labels), ("(removed)", "-all", 0));
}

#[test]
fn a_location_that_changes_gets_another_name_for_pebble_keeps_the_first() {
    let seen = after(fresh(), vec![loki(&[(0, A)])]);
    let seen = after(seen, vec![loki(&[(0, B)])]);
    assert_eq!(used(&seen), [pair(&renamed_of(B), B)]);
    let seen = after(seen, vec![loki(&[(0, A)])]);
    assert_eq!(
        used(&seen),
        [pair(&renamed_of(A), A)],
        "the name of the unit is of a location that the plan shows no more"
    );
    let seen = after(seen, vec![loki(&[(0, B)])]);
    assert_eq!(used(&seen), [pair(&renamed_of(B), B)]);
}

/// Name of a later location of `loki/0`, by the tool `sha256sum`.
fn renamed_of(url: &str) -> String {
    let hash = match url {
        A => "6d8c3503",
        _ => "37b81d0c",
    };
    format!("loki/0#{hash}")
}

#[test]
fn two_lokis_of_one_name_are_told_apart_by_their_locations() {
    let seen = after(fresh(), vec![loki(&[(0, A)]), loki(&[(0, B)])]);
    assert_eq!(used(&seen), [pair("loki/0", A), pair(&renamed_of(B), B)]);
}

#[test]
fn an_address_that_cannot_be_used_is_told_and_the_others_are_used() {
    let mut seen = fresh();
    let mut lokis = loki(&[(0, "loki:3100"), (1, B)]);
    lokis.relations[0].view.units.insert(UnitName::new("loki", 2), Databag::new());
    seen.integrations = vec![lokis];
    let steps = decide(&seen);
    let expected = "logging: no logs go to loki/0: endpoint: its url is not an http or https address";
    assert_eq!((steps.warnings.as_slice(), steps.holds.len()), ([expected.to_owned()].as_slice(), 0));
    assert_eq!(used(&carry_out(seen, &steps)), [pair("loki/1", B)]);
}

#[test]
fn before_juju_3_4_no_logs_are_forwarded_and_that_is_told() {
    let mut seen = fresh();
    seen.unit.forwards_logs = false;
    seen.integrations = vec![loki(&[(0, A)])];
    let steps = decide(&seen);
    assert!(
        steps.warnings[0].starts_with("logging: logs are not forwarded: that needs Juju 3.4"),
        "{:?}",
        steps.warnings
    );
    assert!(!steps.effects.iter().any(names_forwarding));
}

#[test]
fn logs_are_forwarded_and_ended_while_the_workload_waits() {
    let mut seen = Seen { peer: None, integrations: vec![loki(&[(0, A)])], ..fresh() };
    let steps = decide(&seen);
    assert_eq!((names(&steps), steps.holds.len()), (vec!["configure the forwarding of logs".to_owned()], 1));
    seen = carry_out(seen, &steps);
    seen.integrations = Vec::new();
    assert_eq!(names(&decide(&seen)), ["configure the forwarding of logs"]);
}

#[test]
fn targets_of_the_rock_are_left_alone() {
    let mut seen = fresh();
    let own = LogTarget {
        type_: LogTargetType::Loki,
        location: "http://mine".to_owned(),
        services: vec!["all".to_owned()],
        override_: Override::Replace,
        labels: BTreeMap::new(),
    };
    container(&mut seen).plan.log_targets.insert("loki/0".to_owned(), own.clone());
    seen.integrations = vec![loki(&[(0, A)])];
    let steps = decide(&seen);
    let forwarded = steps.effects.iter().find_map(|step| match &step.action {
        Action::ForwardLogs(layer) => Some(layer.log_targets.keys().cloned().collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(forwarded, Some(vec![renamed_of(A)]));
}
