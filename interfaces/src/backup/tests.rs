//! The two halves against the documented example, odd databags, and arbitrary ones.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::read::Read;
use crate::trial::{self, written};

fn path(text: &str) -> AbsolutePath {
    AbsolutePath::new(text).unwrap()
}

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/backup.json"))
}

/// The request of the example, from its options.
fn wanted() -> Request {
    let script = path("/opt/backup-integrator-charm/backup-integrator/scripts/run-before-backup");
    let fileset = Fileset::parse(example().config("fileset")).unwrap();
    Request { fileset, commands: [(Moment::BeforeBackup, script)].into() }
}

#[test]
fn the_documented_example_is_written_and_read_byte_for_byte() {
    let (fresh, old) =
        (example().requirer("backup-integrator/0", true), example().requirer("backup-integrator/0", false));
    let databag = old.local_app.clone().unwrap();
    assert_eq!(written(&request(&fresh, &wanted()).app, &Databag::new()), databag);
    assert!(request(&old, &wanted()).is_empty(), "a second time there is no key to write");
    let agent = example().provider("bacula-fd/0", false);
    assert_eq!(provider::read(&agent), Read::Ready(wanted()));
}

#[test]
fn a_request_replaces_every_key_of_the_databag() {
    let mut view = trial::leader(&[("fileset", "/old"), ("run-after-restore", "/gone"), ("version-7", "x")]);
    let changes = request(&view, &wanted());
    let after = written(&changes.app, view.local_app.as_ref().unwrap());
    assert_eq!(after, wanted().databag());
    view.local_app = Some(after);
    assert!(request(&view, &wanted()).is_empty());
}

#[test]
fn a_unit_that_does_not_lead_writes_no_request() {
    assert!(request(&View::empty("backup", RelationId(20)), &wanted()).is_empty());
}

#[test]
fn an_agent_turns_a_request_into_the_parameters_of_its_jobs() {
    let bag = [("fileset", "/a, /b"), ("run-before-backup", "/1"), ("run-after-restore", "//4/")];
    let request = provider::read(&trial::view(&bag)).ready().unwrap().clone();
    assert_eq!(request.fileset.iter().map(AbsolutePath::as_str).collect::<Vec<_>>(), ["/a", "/b"]);
    let commands = Moment::ALL.map(|moment| request.commands.get(&moment).map(AbsolutePath::as_str));
    assert_eq!(commands, [Some("/1"), None, None, Some("//4")], "an unset command is none");
}

#[test]
fn every_bad_field_is_named_in_order_and_no_value_is_shown() {
    let table: [(&[(&str, &str)], &str); 8] = [
        (&[], "waiting fileset"),
        (&[("fileset", "/a"), ("unknown", "x")], "ready"),
        (&[("run-before-backup", "/a")], "invalid fileset: it is missing"),
        (&[("fileset", "")], "invalid fileset: it is empty"),
        (&[("fileset", ",")], "invalid fileset: it has no path"),
        (&[("fileset", "/a,b")], "invalid fileset: it has an entry that is not an absolute path"),
        (&[("fileset", "/a"), ("run-after-backup", "")], "invalid run-after-backup: it is not an absolute path"),
        (
            &[("run-after-restore", "/a\n"), ("run-before-backup", "x"), ("fileset", "x")],
            "invalid fileset, run-before-backup, run-after-restore: it has an entry that is not an absolute path",
        ),
    ];
    for (bag, expected) in table {
        assert_eq!(trial::said(&provider::read(&trial::view(bag)), |_| "ready".into()), expected, "{bag:?}");
    }
    let error = Request::from_databag(&Databag::from_iter([("run-before-restore", "x")])).unwrap_err();
    assert_eq!(error.to_string(), "invalid backup relation data: fileset, run-before-restore");
    assert_eq!(provider::read(&View::empty("backup", RelationId(20))), Read::Absent);
}

const KEYS: [&str; 5] = ["fileset", "run-before-backup", "run-after-backup", "run-before-restore", "run-after-restore"];

proptest! {
    #[test]
    fn arbitrary_databags_are_read_and_written_back(bag in trial::databag(&KEYS)) {
        let view = View { remote_app: bag, ..trial::view(&[]) };
        if let Read::Ready(request) = provider::read(&view) {
            prop_assert_eq!(Request::from_databag(&request.databag()), Ok(request));
        }
    }

    #[test]
    fn every_request_is_read_as_it_was_written(files in proptest::collection::vec("/[a-z./ ]{0,9}[a-z]", 1..4), set: [bool; 4]) {
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        let chosen = Moment::ALL.into_iter().zip(set).filter(|(_, set)| *set);
        let commands = chosen.map(|(moment, _)| (moment, path(&format!("/opt/{}", moment.key())))).collect();
        let wanted = Request { fileset: Fileset::new(&files).unwrap(), commands };
        let changes = request(&trial::leader(&[]), &wanted);
        let view = View { remote_app: written(&changes.app, &Databag::new()), ..trial::view(&[]) };
        prop_assert_eq!(provider::read(&view), Read::Ready(wanted));
    }
}
