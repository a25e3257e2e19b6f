//! The two halves against each other, the first library's databag, and arbitrary data.

use proptest::prelude::*;

use super::*;
use crate::read::Read;
use crate::trial::{self, leader, said, written};

fn request_of(app: &str) -> Request {
    let spec = Spec {
        include_namespaces: Some(vec!["shop".to_owned()]),
        ttl: Some("30d".parse().unwrap()),
        ..Spec::default()
    };
    let target = Target { app: app.into(), relation_name: "backup".into(), model: "shop".into(), spec };
    let schedule = Schedule { cron: Some("0 2 * * *".parse().unwrap()), paused: true, ..Schedule::default() };
    Request { target, schedule }
}

/// The request as the provider reads it: `ttl` has no days.
fn received(request: &Request) -> Request {
    let mut request = request.clone();
    request.target.spec.ttl = request.target.spec.ttl.map(|ttl| ttl.without_days().parse().unwrap());
    request
}

fn databag(requests: &[Request]) -> Databag {
    written(&request(&leader(&[]), requests).app, &Databag::new())
}

fn read(bag: &Databag) -> Read<Vec<Request>> {
    provider::read(&View { remote_app: bag.clone(), ..trial::view(&[]) }, "own")
}

#[test]
fn one_request_fills_the_flat_keys_and_unset_fields_are_left_out() {
    let bag = databag(&[request_of("a")]);
    let texts = ["app", "relation_name", "model", "spec"].map(|key| bag.text(key).unwrap());
    let spec = r#"{"include_namespaces": ["shop"], "ttl": "720h0m0s", "schedule": "0 2 * * *", "paused": true, "skip_immediately": false, "use_owner_references_in_backup": false}"#;
    assert_eq!(texts, ["a", "backup", "shop", spec]);
    let list = format!(r#"[{{"app": "a", "relation_name": "backup", "model": "shop", "spec": {spec}}}]"#);
    assert_eq!(bag.text("backup_targets"), Some(list.as_str()));
}

#[test]
fn several_requests_are_all_in_the_list_and_the_first_in_the_flat_keys() {
    let all = [request_of("a"), request_of("b"), request_of("c")];
    let mut bag = databag(&all);
    assert_eq!(read(&bag), Read::Ready(all.iter().map(received).collect()));
    bag.remove("backup_targets");
    assert_eq!(read(&bag), Read::Ready(vec![received(&all[0])]));
    assert_eq!([not_carried(&[]), not_carried(&all[..1]), not_carried(&all)], [0, 0, 2]);
}

#[test]
fn without_requests_the_keys_are_deleted_and_a_second_time_no_key_is_written() {
    let full = databag(&[request_of("a")]);
    let view = View { local_app: Some(full.clone()), ..trial::view(&[]) };
    assert!(request(&view, &[request_of("a")]).is_empty());
    assert_eq!(written(&request(&view, &[]).app, &full), Databag::new());
    assert!(request(&leader(&[]), &[]).is_empty());
    assert!(request(&trial::view(&[]), &[request_of("a")]).is_empty(), "a unit that doesn't lead");
}

#[test]
fn requirers_of_the_first_library_have_our_model_and_no_schedule() {
    let spec = r#"{"include_namespaces":["x"],"label_selector":null,"ttl":null,"include_cluster_resources":false}"#;
    let bag = Databag::from_iter([("app", "old"), ("relation_name", "backup"), ("spec", spec)]);
    let requests = read(&bag).ready().unwrap().clone();
    assert_eq!((requests[0].target.model.as_str(), &requests[0].schedule), ("own", &Schedule::default()));
}

#[test]
fn a_bad_schedule_is_named_with_its_path() {
    let flat = |spec: &str| {
        let bag = Databag::from_iter([("app", "a"), ("relation_name", "b"), ("model", "m"), ("spec", spec)]);
        said(&read(&bag), |all| format!("{:?}", all[0].schedule.cron))
    };
    assert_eq!(flat(r#"{"schedule": ""}"#), "None");
    assert_eq!(flat(r#"{"schedule": "daily"}"#), format!("invalid spec.schedule: it {CronError}"));
    assert_eq!(flat(r#"{"paused": "no"}"#), "invalid spec.paused: it is neither true nor false");
    let entry = r#"{"app": "a", "relation_name": "b", "model": "m", "spec": {}}"#;
    let bad = entry.replace("{}", r#"{"schedule": 1}"#);
    let bag = Databag::from_iter([("backup_targets", format!("[{entry}, {bad}]"))]);
    let expected = "invalid backup_targets[1].spec.schedule: it is not a text";
    assert_eq!(said(&read(&bag), |_| "ready".into()), expected);
}

proptest! {
    #[test]
    fn arbitrary_data_is_read_without_a_panic(
        bag in trial::databag(&["backup_targets", "app", "relation_name", "model", "spec"]),
        list in "[\\[\\]{}\":,a-z_0-9 ]{0,40}",
    ) {
        for bag in [bag, Databag::from_iter([("backup_targets", list.as_str())]), Databag::from_iter([("spec", list.as_str())])] {
            if let Read::Ready(requests) = read(&bag) {
                prop_assert!(!requests.is_empty());
            }
        }
    }
}
