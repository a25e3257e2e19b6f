//! One event at a time: the state before it, the charm, the state after it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use backup_integrator::BackupIntegrator;
use juju::{CharmFiles, Databag, Event, On, Status, StatusKind};
use juju_testing::{Context, State, StateRelation};
use tempfile::TempDir;

const APP: &str = "backup-integrator";

/// Every script's option.
const SCRIPTS: [&str; 4] = ["run-before-backup", "run-after-backup", "run-before-restore", "run-after-restore"];

const SCRIPT: &str = "#!/bin/sh\necho ü\r\n";

/// Options with their values.
type Options<'o> = &'o [(&'o str, &'o str)];

/// A unit on a machine of its own.
struct Unit {
    dir: TempDir,
    context: Context<BackupIntegrator>,
}

impl Unit {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let switches = format!("scripts-folder: {}\n", dir.path().join("opt").display());
        fs::write(dir.path().join("webcharm.yaml"), switches).unwrap();
        let files = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let context = Context::from_files(files, dir.path());
        Self { dir, context }
    }

    fn run(&mut self, event: &Event, state: &State) -> State {
        self.context.run(event, state).unwrap()
    }

    fn path(&self, script: &str) -> PathBuf {
        self.dir.path().join("opt").join(APP).join("scripts").join(script)
    }

    /// Names of the scripts on the machine.
    fn scripts(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Number of calls of a tool in the last event.
    fn calls(&self, tool: &str) -> usize {
        self.context.records().counts().get(tool).copied().unwrap_or_default()
    }
}

fn config(options: &[(&str, &str)]) -> BTreeMap<String, juju::ConfigValue> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

/// A relation to an agent, with what the leader has written.
fn relation(id: u32, written: &[(&str, &str)]) -> StateRelation {
    StateRelation {
        remote_app: Some("agent".to_owned()),
        local_app_data: written.iter().copied().collect(),
        ..StateRelation::new(id, "backup")
    }
}

/// A unit beside its principal, with one agent.
fn state(leader: bool, options: &[(&str, &str)]) -> State {
    let principal = StateRelation { remote_app: Some("site".to_owned()), ..StateRelation::new(1, "juju-info") };
    State { leader, config: config(options), relations: vec![principal, relation(2, &[])], ..State::default() }
}

/// Our application's databag of the relation.
fn written(state: &State, id: u32) -> Databag {
    state.relation(juju::RelationId(id)).unwrap().local_app_data.clone()
}

fn bag(entries: &[(&str, &str)]) -> Databag {
    entries.iter().copied().collect()
}

fn active() -> Option<Status> {
    Some(Status::active(""))
}

#[test]
fn each_observed_event_reconciles_and_no_other_does() {
    let on = On::<BackupIntegrator>::of_charm();
    let events: Vec<_> = on.observations().map(|line| (line.trigger.to_string(), line.defers)).collect();
    let reconciled = [
        "backup-relation-created",
        "backup-relation-changed",
        "backup-relation-broken",
        "config-changed",
        "leader-elected",
        "leader-settings-changed",
        "upgrade-charm",
        "update-status",
    ];
    let left = ["juju-info-relation-broken", "remove"];
    let expected: Vec<_> = reconciled.iter().chain(&left).map(|name| ((*name).to_owned(), None)).collect();
    assert_eq!(events, expected);
    let before = state(true, &[("fileset", "/a")]);
    let backup = relation(2, &[]);
    let life = [Event::ConfigChanged, Event::LeaderElected, Event::UpgradeCharm, Event::UpdateStatus];
    for event in [backup.created(APP), backup.changed(APP, None), backup.changed(APP, Some(0))].into_iter().chain(life)
    {
        let after = Unit::new().run(&event, &before);
        assert_eq!((written(&after, 2), after.unit_status), (bag(&[("fileset", "/a")]), active()), "{}", event.name());
    }
    let principal = before.relations[0].clone();
    for event in [Event::Install, Event::Start, Event::Stop, principal.created(APP), principal.joined(APP, 0)] {
        assert_eq!(Unit::new().run(&event, &before), before, "{}", event.name());
    }
}

#[test]
fn a_databag_that_is_right_stays_in_every_event() {
    let mut before = state(true, &[("fileset", "/a")]);
    before.relations[1].local_app_data = bag(&[("fileset", "/a")]);
    before.unit_status = active();
    for event in [Event::Start, Event::UpdateStatus, Event::ConfigChanged, Event::Stop, Event::Remove] {
        let mut unit = Unit::new();
        assert_eq!(unit.run(&event, &before), before, "{}", event.name());
        assert_eq!(unit.calls("relation-set"), 0);
    }
}

#[test]
fn filesets_are_validated_before_they_reach_the_relation() {
    let missing = Status::blocked("missing fileset config");
    let invalid = Status::blocked("invalid config: fileset");
    let table: [(Options<'_>, Result<&str, &Status>); 14] = [
        (&[], Err(&missing)),
        (&[("fileset", "")], Err(&missing)),
        (&[("fileset", "  ")], Err(&missing)),
        (&[("fileset", ",")], Err(&invalid)),
        (&[("fileset", " , ,")], Err(&invalid)),
        (&[("fileset", "var/backups")], Err(&invalid)),
        (&[("fileset", "~/x")], Err(&invalid)),
        (&[("fileset", "/a,etc,/b")], Err(&invalid)),
        (&[("fileset", "/a, /b ,,/c")], Ok("/a,/b,/c")),
        (&[("fileset", "/a//b/./c/,/x/../y,/")], Ok("/a/b/c,/x/../y,/")),
        (&[("fileset", "/a,/a")], Ok("/a,/a")),
        (&[("fileset", "/a b,/ä")], Ok("/a b,/ä")),
        (&[("fileset", "/*.log")], Ok("/*.log")),
        (&[("fileset", "//a")], Ok("//a")),
    ];
    for (options, expected) in table {
        for leader in [true, false] {
            let mut before = state(leader, options);
            before.relations[1].local_app_data = bag(&[("fileset", "/old"), ("stale", "x")]);
            let after = Unit::new().run(&Event::ConfigChanged, &before);
            let told = after.unit_status.clone().unwrap();
            assert_eq!(&told, expected.err().unwrap_or(&Status::active("")), "{options:?} {leader}");
            let stays = expected.is_err() || !leader;
            let bag =
                if stays { before.relations[1].local_app_data.clone() } else { bag(&[("fileset", expected.unwrap())]) };
            assert_eq!(written(&after, 2), bag, "{options:?} {leader}");
        }
    }
}

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
fn a_new_leader_writes_what_the_first_one_would_have_written() {
    let options = [("fileset", "/a, /b"), (SCRIPTS[1], SCRIPT)];
    let (mut first, mut second) = (Unit::new(), Unit::new());
    let leading = first.run(&relation(2, &[]).created(APP), &state(true, &options));
    let mut led = second.run(&relation(2, &[]).created(APP), &state(false, &options));
    led.leader = true;
    let after = second.run(&Event::LeaderElected, &led);
    let names = |bag: &Databag| {
        bag.iter().map(|(key, value)| (key.clone(), value.rsplit('/').next().unwrap().to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(names(&written(&after, 2)), names(&written(&leading, 2)));
    // The same data once more, from another leader on the same place: there is no key to write.
    let again = first.run(&Event::LeaderElected, &leading);
    assert_eq!((first.calls("relation-set"), &again), (0, &leading));
}

#[test]
fn wrong_and_foreign_keys_are_put_right() {
    let wrong = [("fileset", "/wrong"), ("run-before-backup", "/gone"), ("format", "1")];
    for event in [relation(2, &[]).changed(APP, None), Event::UpgradeCharm] {
        let mut before = state(true, &[("fileset", "/a")]);
        before.relations[1].local_app_data = bag(&wrong);
        assert_eq!(written(&Unit::new().run(&event, &before), 2), bag(&[("fileset", "/a")]));
    }
}

#[test]
fn the_databag_follows_the_newest_configuration() {
    let mut unit = Unit::new();
    let mut state = state(true, &[("fileset", "/a")]);
    for fileset in ["/a", "/b,/c", "/d"] {
        state.config = config(&[("fileset", fileset)]);
        state = unit.run(&Event::ConfigChanged, &state);
        assert_eq!(written(&state, 2), bag(&[("fileset", fileset)]));
    }
}

#[test]
fn without_a_backup_relation_the_unit_waits() {
    let waiting = Some(Status::waiting("waiting for backup relation"));
    let mut before = state(true, &[]);
    before.relations.pop();
    assert_eq!(Unit::new().run(&Event::ConfigChanged, &before).unit_status, waiting, "also without a fileset");
    let mut unit = Unit::new();
    let before = unit.run(&Event::ConfigChanged, &state(true, &[("fileset", "/a")]));
    assert_eq!(unit.run(&relation(2, &[]).broken(APP), &before).unit_status, waiting);
}

#[test]
fn every_backup_relation_gets_the_request() {
    let mut unit = Unit::new();
    let mut before = state(true, &[("fileset", "/a"), (SCRIPTS[3], SCRIPT)]);
    let other = StateRelation { remote_app: Some("other".to_owned()), ..relation(5, &[("fileset", "/old")]) };
    before.relations.push(other.clone());
    let after = unit.run(&Event::ConfigChanged, &before);
    assert_eq!(written(&after, 5), written(&after, 2));
    assert_eq!((written(&after, 2).len(), unit.calls("relation-set")), (2, 2));
    let broken = unit.run(&other.broken(APP), &after);
    assert_eq!(broken.unit_status, active(), "one of two is left");
}

#[test]
fn the_principal_gives_and_gets_no_data() {
    let before = state(true, &[("fileset", "/a")]);
    let mut unit = Unit::new();
    let after = unit.run(&Event::ConfigChanged, &before);
    assert_eq!(after.relations[0], before.relations[0]);
    assert_eq!(after.relations[1].local_unit_data, before.relations[1].local_unit_data);
    assert_eq!(written(&after, 2), bag(&[("fileset", "/a")]));
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

#[test]
fn garbage_in_the_agents_databag_is_not_even_read() {
    let mut before = state(true, &[("fileset", "/a")]);
    let garbage = "\u{0}{[".repeat(1000);
    before.relations[1].remote_app_data = bag(&[("fileset", &garbage), ("run-before-backup", "relative")]);
    let mut unit = Unit::new();
    let after = unit.run(&relation(2, &[]).changed(APP, None), &before);
    assert_eq!((after.unit_status, unit.calls("relation-get")), (active(), 1));
}
