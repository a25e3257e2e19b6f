//! Scripts of the options on the unit's machine, one event at a time.

use std::fs;
use std::os::unix::fs::MetadataExt;

use juju::{Databag, Event, StatusKind};

use crate::unit::{APP, SCRIPT, SCRIPTS, Unit, active, bag, state, written};

#[test]
fn an_invalid_fileset_is_logged_with_its_reason_and_writes_no_script() {
    let mut unit = Unit::new();
    let after = unit.run(&Event::ConfigChanged, &state(true, &[("fileset", "secret/path"), (SCRIPTS[0], SCRIPT)]));
    assert_eq!(after.unit_status.unwrap().kind, StatusKind::Blocked);
    let log: Vec<_> = unit.context.records().log.iter().map(|line| line.message.clone()).collect();
    assert_eq!(log, ["invalid config: fileset: it has an entry that is not an absolute path"]);
    assert_eq!(unit.scripts(), [""; 0]);
}

#[test]
fn each_script_has_its_own_file_and_its_own_key() {
    for set in 0..16_u8 {
        let chosen: Vec<_> = SCRIPTS.into_iter().enumerate().filter(|(at, _)| set & 1 << at != 0).collect();
        let texts: Vec<_> = chosen.iter().map(|(at, name)| (*name, format!("{SCRIPT}# {at}\n"))).collect();
        let options = texts.iter().map(|(name, text)| (*name, text.as_str())).chain([("fileset", "/a")]);
        let mut unit = Unit::new();
        let after = unit.run(&Event::ConfigChanged, &state(true, &options.collect::<Vec<_>>()));
        let mut expected = bag(&[("fileset", "/a")]);
        for (name, text) in &texts {
            let path = unit.path(name);
            assert_eq!(fs::read_to_string(&path).unwrap(), *text);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o755);
            expected.insert((*name).to_owned(), path.display().to_string());
        }
        assert_eq!(written(&after, 2), expected);
        assert_eq!(unit.scripts().len(), chosen.len());
        assert_eq!(after.unit_status, active());
    }
}

#[test]
fn an_option_that_is_unset_takes_its_key_and_its_file_along() {
    let all: Vec<_> = SCRIPTS.into_iter().map(|name| (name, SCRIPT)).chain([("fileset", "/a")]).collect();
    for gone in SCRIPTS {
        let mut unit = Unit::new();
        let mut state = unit.run(&Event::ConfigChanged, &state(true, &all));
        let mut expected = written(&state, 2);
        assert_eq!(expected.len(), 5);
        expected.remove(gone);
        state.config.remove(gone);
        assert_eq!(written(&unit.run(&Event::ConfigChanged, &state), 2), expected);
        assert!(unit.scripts().len() == 3 && !unit.path(gone).exists());
        state.config.insert(gone.to_owned(), "".into());
        assert_eq!(written(&unit.run(&Event::ConfigChanged, &state), 2), expected, "an empty option is unset");
    }
}

#[test]
fn units_that_do_not_lead_write_their_scripts_and_no_databag() {
    let mut unit = Unit::new();
    let before = state(false, &[("fileset", "/a"), (SCRIPTS[0], SCRIPT)]);
    for event in [Event::LeaderSettingsChanged, Event::ConfigChanged] {
        let after = unit.run(&event, &before);
        assert_eq!((written(&after, 2), after.unit_status), (Databag::new(), active()));
        assert_eq!(unit.scripts(), [SCRIPTS[0]]);
    }
}

#[test]
fn a_second_event_writes_no_databag_and_no_file_and_asks_five_times() {
    let mut unit = Unit::new();
    let settled = unit.run(&Event::ConfigChanged, &state(true, &[("fileset", "/a"), (SCRIPTS[0], SCRIPT)]));
    let file = |unit: &Unit| fs::metadata(unit.path(SCRIPTS[0])).map(|file| (file.mtime_nsec(), file.ino())).unwrap();
    let before = file(&unit);
    assert_eq!(unit.run(&Event::ConfigChanged, &settled), settled);
    assert_eq!(file(&unit), before);
    let counts = unit.context.records().counts();
    let expected = ["config-get", "is-leader", "relation-get", "relation-ids", "status-set"];
    assert_eq!(counts, expected.into_iter().map(|tool| (tool.to_owned(), 1)).collect());
}

#[test]
fn a_unit_that_leaves_takes_its_scripts_along() {
    let principal = state(true, &[]).relations[0].clone();
    for event in [Event::Remove, principal.broken(APP)] {
        let mut unit = Unit::new();
        let before = unit.run(&Event::ConfigChanged, &state(true, &[("fileset", "/a"), (SCRIPTS[0], SCRIPT)]));
        let after = unit.run(&event, &before);
        assert_eq!(after, before, "databags and status stay");
        assert!(!unit.dir.path().join("opt").exists(), "{}", event.name());
    }
}

#[test]
fn a_script_that_cannot_be_written_is_in_the_status_and_tried_again() {
    let mut unit = Unit::new();
    let before = state(true, &[("fileset", "/a"), (SCRIPTS[0], SCRIPT)]);
    let path = unit.path(SCRIPTS[0]);
    fs::create_dir_all(&path).unwrap();
    let after = unit.run(&Event::ConfigChanged, &before);
    let status = after.unit_status.clone().unwrap();
    assert_eq!(status.kind, StatusKind::Blocked);
    assert!(status.message.starts_with(&format!("cannot write {}: ", path.display())), "{}", status.message);
    assert_eq!(written(&after, 2), Databag::new(), "the path would lead to no script");
    fs::remove_dir(&path).unwrap();
    let after = unit.run(&Event::UpdateStatus, &after);
    assert_eq!((after.unit_status.clone(), written(&after, 2).len()), (active(), 2));
}
