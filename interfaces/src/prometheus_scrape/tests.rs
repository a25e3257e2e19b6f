//! The two halves against the documented example, odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;
use serde_json::json;

use super::provider::Published;
use super::*;
use crate::alert_rules;
use crate::example::Example;
use crate::trial::{self, said, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/prometheus-scrape.json"))
}

fn jobs() -> Vec<Job> {
    let job = |name: Option<&str>, path: &str, target: &str, labels: &[(&str, &str)]| Job {
        metrics_path: path.to_owned(),
        static_configs: vec![StaticConfig {
            targets: vec![target.to_owned()],
            labels: labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect(),
        }],
        job_name: name.map(str::to_owned),
    };
    let scheduler = "my-app-0.my-app-endpoints.my-model.svc.cluster.local:9100";
    vec![job(None, "/metrics", "*:8080", &[]), job(Some("scheduler"), "/worker", scheduler, &[("role", "scheduler")])]
}

/// What the example's unit publishes. The example leaves the rules' prose out.
fn publish(view: &View, unit: &str, address: &str, fqdn: &str) -> Changes {
    let topology = Topology::example(unit);
    let rules = alert_rules::document(vec![alert_rules::host_health(&topology)]);
    let (jobs, address) = (jobs(), Some(address.parse().unwrap()));
    let published = Published { topology: &topology, jobs: Some(&jobs), alert_rules: &rules, address, fqdn };
    provider::publish(view, &published)
}

fn without_prose(mut rules: Value) -> Value {
    for rule in rules["groups"][0]["rules"].as_array_mut().unwrap() {
        rule["annotations"] = json!({"summary": "…", "description": "…"});
    }
    rules
}

#[test]
fn the_documented_example_is_published() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    let fqdn = "my-app-0.my-app-endpoints.my-model.svc.cluster.local";
    let changes = publish(&fresh, "my-app/0", "10.1.0.7", fqdn);
    let (app, expected) = (written(&changes.app, &Databag::new()), old.local_app.clone().unwrap());
    for key in [JOBS, METADATA] {
        assert_eq!(app.text(key), expected.text(key), "byte for byte");
    }
    let value = |bag: &Databag| serde_json::from_str::<Value>(bag.text(RULES).unwrap()).unwrap();
    assert_eq!(without_prose(value(&app)), value(&expected));
    let unit = written(&changes.unit, &Databag::new());
    assert_eq!(unit, old.local_unit);
    let again = View { local_app: Some(app), local_unit: unit, ..fresh };
    assert!(publish(&again, "my-app/0", "10.1.0.7", fqdn).is_empty(), "a second time there is nothing to write");
}

#[test]
fn a_unit_that_does_not_lead_writes_its_address_alone() {
    let (fresh, old) = (example().requirer("my-app/1", true), example().requirer("my-app/1", false));
    let fqdn = "my-app-1.my-app-endpoints.my-model.svc.cluster.local";
    let changes = publish(&fresh, "my-app/1", "10.1.0.8", fqdn);
    assert_eq!((changes.app.is_empty(), written(&changes.unit, &Databag::new())), (true, old.local_unit));
}

#[test]
fn the_same_json_in_another_spelling_is_left_and_unknown_jobs_are_kept() {
    let view = trial::leader(&[(JOBS, "[]"), (METADATA, "{}"), (RULES, "{ }")]);
    let topology = Topology::example("my-app/0");
    let published =
        Published { topology: &topology, jobs: None, alert_rules: &json!({}), address: None, fqdn: "my-app-0" };
    let changes = provider::publish(&view, &published);
    assert_eq!(changes.app.keys().collect::<Vec<_>>(), [METADATA]);
    assert_eq!(changes.unit.texts().text(ADDRESS), Some("my-app-0"), "without an address the name stands for it");
}

#[test]
fn prometheus_expands_the_example() {
    let scraped = read(&example().provider("prometheus-k8s/0", false)).ready().cloned().unwrap();
    assert_eq!((&scraped.topology, &scraped.jobs), (&Topology::example("my-app/0"), &jobs()));
    let targets: Vec<_> = scraped.targets().into_iter().map(|at| (at.target, at.metrics_path, at.labels)).collect();
    let [zero, one, scheduler] = &targets[..] else { panic!("{targets:?}") };
    assert_eq!(
        (zero.0.as_str(), zero.1.as_str(), zero.2["juju_unit"].as_str()),
        ("10.1.0.7:8080", "/metrics", "my-app/0")
    );
    assert_eq!((one.0.as_str(), one.2["juju_application"].as_str()), ("10.1.0.8:8080", "my-app"));
    let (role, unit) = (scheduler.2.get("role").map(String::as_str), scheduler.2.get("juju_unit"));
    assert_eq!((scheduler.1.as_str(), role, unit), ("/worker", Some("scheduler"), None));
    let names: Vec<_> = scraped.targets().into_iter().map(|at| at.job_name).collect();
    let prefix = "juju_my-model_20ce8299_my-app_prometheus_scrape-";
    assert_eq!(names, [format!("{prefix}0"), format!("{prefix}0"), format!("{prefix}scheduler")]);
}

#[test]
fn a_complaint_is_one_line_and_odd_ones_are_ignored() {
    let table = [
        ("", None),
        (r#"{"valid": true, "errors": "", "scrape_job_errors": ""}"#, None),
        (r#"{"valid": false, "errors": "bad\nrule", "scrape_job_errors": "bad job"}"#, Some("bad rule; bad job")),
        (r#"{"valid": false}"#, Some("no reason given")),
        ("nonsense", None),
        ("[1]", None),
        (r#"{"errors": {"a": 1}}"#, Some(r#"{"a": 1}"#)),
    ];
    for (event, expected) in table {
        assert_eq!(provider::complaint(&trial::view(&[(EVENT, event)])).as_deref(), expected, "{event}");
    }
    let long = format!(r#"{{"errors": "{}"}}"#, "x".repeat(5000));
    assert_eq!(provider::complaint(&trial::view(&[(EVENT, &long)])).unwrap().len(), 300);
    let changes = answer(&trial::leader(&[]), "bad rule", "");
    let event = written(&changes.app, &Databag::new());
    assert_eq!(provider::complaint(&trial::view(&[(EVENT, event.text(EVENT).unwrap())])).as_deref(), Some("bad rule"));
}

#[test]
fn what_prometheus_cannot_use_is_told_by_its_key() {
    let many = format!("[{}]", vec!["{}"; 200].join(","));
    let table = [
        (vec![], "waiting scrape_metadata"),
        (vec![(METADATA, "1"), (JOBS, "[]")], "invalid scrape_metadata: it is not an object of texts"),
        (vec![(METADATA, META)], "waiting scrape_jobs"),
        (vec![(METADATA, META), (JOBS, "[x]")], "invalid scrape_jobs: it is not JSON"),
        (vec![(METADATA, META), (JOBS, "[1]")], "invalid scrape_jobs: it is not a list of jobs"),
        (vec![(METADATA, META), (JOBS, &many)], "invalid scrape_jobs: it has more than 128 entries"),
        (vec![(METADATA, META), (JOBS, "[]"), (RULES, "]")], "invalid alert_rules: it is not JSON"),
        (vec![(METADATA, META), (JOBS, "[{}]")], "ready"),
    ];
    for (data, expected) in table {
        assert_eq!(said(&read(&trial::view(&data)), |_| "ready".to_owned()), expected, "{data:.200?}");
    }
    assert_eq!(read(&View::empty("metrics-endpoint", RelationId(1))), Read::Absent);
}

const META: &str = r#"{"model": "m", "model_uuid": "u", "application": "a"}"#;

#[test]
fn a_job_without_targets_is_every_unit_at_port_80_and_odd_addresses_are_left_out() {
    let mut view = trial::view(&[(METADATA, META), (JOBS, "[{}]")]);
    let unit = |number: u32, address: &str| (UnitName::new("shop", number), Databag::from_iter([(ADDRESS, address)]));
    view.units = [unit(0, "fe80::1"), unit(1, ""), unit(2, "a b"), unit(3, "shop-3")].into();
    let scraped = read(&view).ready().cloned().unwrap();
    let targets: Vec<_> = scraped.targets().into_iter().map(|at| at.target).collect();
    assert_eq!(targets, ["[fe80::1]:80", "shop-3:80"]);
}

proptest! {
    #[test]
    fn arbitrary_data_is_read_or_refused(app in trial::databag(&[METADATA, JOBS, RULES, EVENT]), unit in trial::databag(&[ADDRESS, FQDN, PATH])) {
        let mut view = trial::view(&[]);
        view.remote_app = app;
        view.units = [(UnitName::new("shop", 0), unit)].into();
        if let Read::Ready(scraped) = read(&view) {
            let _ = scraped.targets();
        }
        let _ = provider::complaint(&view);
    }
}
