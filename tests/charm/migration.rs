//! Migrations: the conditions for a run, and failures.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use juju::{Event, StatusKind};
use pebble::types::WriteFile;

use super::start::APP;
use crate::support::{Charm, DATABASE, Pod, Rock, World, pebble_ready};

/// A migration that writes its database to the shared file `ran`, then runs the shared file `behaviour`.
const SCRIPT: &str = "echo \"$MYSQL_DB_NETLOC\" >> /charm/container/ran\n. /charm/container/behaviour\n";
/// Path of the migration's status, as the Python framework has it.
const STATUS: &str = "/tmp/flask/state/database-migration-status";
/// Status message of a failed migration, before the migration's own last line.
const FAILED: &str =
    "database migration command ['bash', '-eo', 'pipefail', 'migrate.sh'] failed, will retry in next update-status";

fn rock() -> Rock {
    Rock::idle().file("flask/app/migrate.sh", SCRIPT)
}

/// A unit without a pod, whose migration will run the shell commands `behaviour`.
fn world(charm: &Charm, behaviour: &str) -> World {
    let world = World::of(charm);
    world.share("ran");
    behave(&world, behaviour);
    world
}

/// Sets the shell commands of later migrations.
fn behave(world: &World, behaviour: &str) {
    fs::write(world.shared("behaviour"), behaviour).unwrap();
}

/// The databases of the migrations that ran, one entry for each run.
fn ran(world: &World) -> Vec<String> {
    world.read_shared("ran").lines().map(str::to_owned).collect()
}

#[test]
fn one_that_succeeded_runs_again_for_a_new_place_but_not_for_a_new_password() {
    for endpoint in ["postgresql", "mysql", "mongodb"] {
        let mongodb = "requires:\n  mongodb: {interface: mongodb_client, optional: true, limit: 1}\n";
        let mut world = world(&Charm::with_integrations().replace("requires:\n", mongodb), "true");
        let prefix = format!("{}_DB", endpoint.to_uppercase());
        let script = SCRIPT.replace("MYSQL_DB", &prefix);
        world = world.with_pod(Rock::from(APP).file("flask/app/migrate.sh", &script));
        world.expect(StatusKind::Active, "");
        assert_eq!((ran(&world), world.file(STATUS).as_str()), (vec![String::new()], "COMPLETED"));
        for event in [Event::ConfigChanged, pebble_ready(), Event::UpdateStatus] {
            world.fire(event);
        }
        world.configure(&[("greeting", "ahoy")]);
        assert_eq!(ran(&world).len(), 1, "nothing it depends on has changed");

        let relation = world.integrate(endpoint, "db");
        world.say(relation, "db", &DATABASE);
        world.settle();
        assert_eq!(ran(&world)[1..], ["user-1:pass-word-1@db:5432"]);
        world.say(relation, "db", &[("password", "pass-word-2")]);
        world.settle();
        let password = &world.variables()[&format!("{prefix}_PASSWORD")];
        assert_eq!((ran(&world).len(), password.as_str()), (2, "pass-word-2"));
        world.say(relation, "db", &[("endpoints", "elsewhere:5432")]);
        world.settle();
        assert_eq!(ran(&world)[2..], ["user-1:pass-word-2@elsewhere:5432"]);
        world.separate(relation);
        assert_eq!(ran(&world).len(), 3, "a database that goes needs no migration");
        world.expect(StatusKind::Active, "");
        assert_eq!(world.file(STATUS), "COMPLETED");
        world.pod.as_mut().unwrap().page_with("/", "FLASK_GREETING=ahoy\n");
    }
}

#[test]
fn one_that_fails_is_told_with_its_last_words_and_tried_again() {
    let mut world = world(&Charm::with_integrations(), "echo 'trying'; echo 'no such table: users' >&2; exit 3");
    let relation = world.integrate("mysql", "db");
    world.say(relation, "db", &[("password", "p@ss/w?rd#1")]);
    world.say(relation, "db", &[("endpoints", "db:3306"), ("username", "user-1")]);
    world = world.with_pod(rock());
    world.expect(StatusKind::Blocked, &format!("{FAILED}: no such table: users"));
    assert_eq!(world.file(STATUS), "FAILED");
    assert_eq!(world.variables().len(), 0, "nothing was changed for a database that isn't ready");
    assert!(world.public_texts().contains("exit code 3: trying\nno such table: users"));

    let before = ran(&world).len();
    behave(&world, "printf 'line 1\\033[0m\\n\\n'; exit 1");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Blocked, &format!("{FAILED}: line 1"));
    behave(&world, "exit 1");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Blocked, FAILED);
    assert_eq!(ran(&world).len(), before + 2, "any event tries again");

    behave(&world, "true");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!((ran(&world).len(), world.file(STATUS).as_str()), (before + 3, "COMPLETED"));
    assert!(world.variables().contains_key("MYSQL_DB_NAME"));
}

#[test]
fn secrets_in_its_output_are_masked_in_status_and_log() {
    let print = "echo \"$FLASK_SECRET_KEY\"; echo \"$MYSQL_DB_PASSWORD\"; echo \"$MYSQL_DB_CONNECT_STRING\"; exit 1";
    let world = world(&Charm::with_integrations(), print);
    let relation = world.integrate("mysql", "db");
    world.say(relation, "db", &DATABASE);
    let world = world.with_pod(rock());
    world.expect(StatusKind::Blocked, &format!("{FAILED}: mysql://user-1:***@db:5432/shop"));
    let key = world.ours(juju::RelationId(0), juju::Whose::App)["flask_secret_key"].clone();
    let texts = world.public_texts();
    assert!(!texts.contains("pass-word-1") && !texts.contains(&key), "{texts}");
    assert!(texts.contains("exit code 1: ***\n***\nmysql://user-1:***@db:5432/shop"), "{texts}");
}

#[test]
fn one_that_hangs_is_given_up_after_its_time() {
    let world = world(&Charm::sample().switch("migration-timeout: 1"), "exec sleep 600").with_pod(rock());
    let status = world.status();
    assert_eq!(status.kind, StatusKind::Blocked, "{status:?}");
    assert_eq!(status.message, "cannot run the database migration: cannot finish bash within 1s");
    assert_eq!(world.file(STATUS), "FAILED");
    let before = ran(&world).len();
    behave(&world, "true");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!((ran(&world).len(), world.file(STATUS).as_str()), (before + 1, "COMPLETED"));
}

#[test]
fn one_that_is_not_executable_is_told_and_the_application_runs_on() {
    let mut world = World::started(APP);
    let migrate = |mode| {
        let options = WriteFile { permissions: Some(mode), ..WriteFile::default() };
        world.pebble().write_file("/flask/app/migrate", "#!/bin/sh\n".as_bytes(), &options).unwrap();
    };
    migrate(0o644);
    world.configure(&[("greeting", "unheard")]);
    let why = "cannot find executable \"/flask/app/migrate\": it must be in the rock, and executable";
    world.expect(StatusKind::Blocked, &format!("cannot run the database migration: {why}"));
    assert_eq!(world.file(STATUS), "FAILED");
    migrate(0o755);
    assert!(world.pod.as_mut().unwrap().page("/").contains("FLASK_GREETING=Hello from Flask!\n"));
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!(world.file(STATUS), "COMPLETED");
    world.pod.as_mut().unwrap().page_with("/", "FLASK_GREETING=unheard\n");
}

#[test]
fn one_that_the_system_does_not_start_is_told_with_the_way_out() {
    for (text, why) in [
        ("#!/no/such/sh\n", "no such file or directory: the interpreter that its first line names must be in the rock"),
        ("neither\n", "exec format error: it must be a program, or begin with a line such as #!/bin/sh"),
    ] {
        let world = World::started(Rock::idle().program("flask/app/migrate", text));
        world.expect(StatusKind::Blocked, &format!("cannot run the database migration: /flask/app/migrate: {why}"));
        assert_eq!((world.file(STATUS).as_str(), world.variables().len()), ("FAILED", 0));
    }
}

#[test]
fn one_whose_shell_is_missing_is_told() {
    let mut world = world(&Charm::sample(), "true");
    world.pod = Some(Pod::start(world.dir.path(), rock()));
    world.pebble().remove("/bin/bash", false).unwrap();
    world.fire(pebble_ready());
    let why = "cannot find executable \"bash\": it must be in the rock, and executable";
    world.expect(StatusKind::Blocked, &format!("cannot run the database migration: {why}"));
}

#[test]
fn one_that_prints_much_is_run_to_its_end_and_its_last_words_are_told() {
    let print = "head -c 40000000 /dev/zero | tr '\\0' '\\n'\n";
    let world = world(&Charm::sample(), print).with_pod(rock());
    world.expect(StatusKind::Active, "");
    assert_eq!(world.file(STATUS), "COMPLETED");
    behave(&world, &format!("{print}echo no such table; exit 1"));
    let other = format!("{SCRIPT}# another\n");
    world.pebble().write_file("/flask/app/migrate.sh", other.as_bytes(), &WriteFile::default()).unwrap();
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Blocked, &format!("{FAILED}: no such table"));
}

#[test]
fn a_folder_named_migrate_is_not_a_migration() {
    World::started(Rock::idle().file("flask/app/migrate/versions", "")).expect(StatusKind::Active, "");
}

#[test]
fn one_that_is_killed_with_its_pod_is_due_again() {
    let mut world = world(&Charm::sample(), "sleep 600").with_pod(Rock::idle());
    world.pod = None;
    world.pod = Some(Pod::start(world.dir.path(), rock()));
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let event = scope.spawn(|| {
            let done = world.dispatch(&pebble_ready());
            ended.store(true, Ordering::SeqCst);
            done
        });
        world.until("migration", || (!ran(&world).is_empty() || ended.load(Ordering::SeqCst)).then_some(()));
        world.pod.as_ref().unwrap().strike();
        assert_eq!(event.join().unwrap().exit, Some(0));
    });
    let why = "cannot run the database migration: cannot finish the output of bash: Pebble went away midway";
    // The kernel ends a connection with input that was not read by a reset.
    let (status, reset) = (world.status(), format!("{why}: Connection reset by peer"));
    assert_eq!(status.kind, StatusKind::Waiting);
    assert!(status.message == why || status.message.starts_with(&reset), "{status:?}");
    behave(&world, "true");
    world.replace_pod(rock());
    world.expect(StatusKind::Active, "");
    assert_eq!((ran(&world).len(), world.file(STATUS).as_str()), (2, "COMPLETED"));
}

#[test]
fn a_new_container_of_the_same_release_does_not_migrate_one_of_none_does() {
    let mut world = world(&Charm::sample(), "true").with_pod(rock());
    assert_eq!(ran(&world).len(), 1);
    world.replace_pod(rock());
    world.expect(StatusKind::Active, "");
    assert_eq!((ran(&world).len(), world.file(STATUS).as_str()), (1, ""), "the file is the Python framework's");
    world.replace_pod(rock().without_release());
    world.expect(StatusKind::Active, "");
    assert_eq!((ran(&world).len(), world.file(STATUS).as_str()), (2, "COMPLETED"), "another program");
    world.replace_pod(rock().without_release());
    assert_eq!(ran(&world).len(), 3, "without a release in the rock, each start is a new release");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!(ran(&world).len(), 3);
}
