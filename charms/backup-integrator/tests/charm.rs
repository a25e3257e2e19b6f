//! Events, filesets, leadership and relations, one event at a time.

use backup_integrator::BackupIntegrator;
use juju::{Databag, Event, On, Status};
use juju_testing::StateRelation;

use crate::unit::{APP, Options, SCRIPT, SCRIPTS, Unit, active, bag, config, relation, state, written};

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
fn garbage_in_the_agents_databag_is_not_even_read() {
    let mut before = state(true, &[("fileset", "/a")]);
    let garbage = "\u{0}{[".repeat(1000);
    before.relations[1].remote_app_data = bag(&[("fileset", &garbage), ("run-before-backup", "relative")]);
    let mut unit = Unit::new();
    let after = unit.run(&relation(2, &[]).changed(APP, None), &before);
    assert_eq!((after.unit_status, unit.calls("relation-get")), (active(), 1));
}
