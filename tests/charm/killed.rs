//! Hooks that are killed midway: the next event leads to the same state as without the kill, and no files are left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::thread;

use juju::{Databag, Entity, Event, RelationId, StatusKind, Whose};
use pebble::types::WriteFile;

use crate::support::{Charm, DATABASE, End, KillProxy, Pod, Rock, World, pebble_ready};

/// A unit with a database and ingress, and the ids of its three relations.
struct Case {
    world: World,
    relations: [RelationId; 3],
}

impl Case {
    /// A unit before its first event.
    fn new() -> Self {
        let world = World::of(&Charm::with_integrations());
        world.share("ran");
        world.share("running");
        let (mysql, ingress) = (world.integrate("mysql", "db"), world.integrate("ingress", "lb"));
        world.say(mysql, "db", &DATABASE);
        world.say(ingress, "lb", &[("ingress", "{\"url\": \"https://example.com/\"}")]);
        Self { world, relations: [RelationId(0), mysql, ingress] }
    }

    /// A unit after its start sequence.
    fn started() -> Self {
        let Self { world, relations } = Self::new();
        let case = Self { world: world.with_pod(rock()), relations };
        case.world.expect(StatusKind::Active, "");
        case
    }

    /// The present state; `names` as in [`End::of`].
    fn end(&self, names: &[(String, &str)]) -> End {
        End::of(&self.world, &self.relations, names)
    }

    /// The application's secret key.
    fn key(&self) -> String {
        self.world.ours(self.relations[0], Whose::App)["flask_secret_key"].clone()
    }
}

fn rock() -> Rock {
    Rock::idle().file("flask/app/migrate.sh", "echo run >> /charm/container/ran\n")
}

/// Runs the next event, in which the charm is killed. Juju runs the same event again.
#[track_caller]
fn kill_in_next(world: &World) {
    let event = world.next().expect("an event");
    let done = world.dispatch(&event);
    assert_eq!(done.exit, None, "{event:?} was not killed: {:?}", done.calls);
    assert_eq!(world.next(), Some(event));
}

/// Files and folders in the charm's own folder, where its process runs.
fn charm_files(world: &World) -> BTreeSet<PathBuf> {
    fs::read_dir(world.dir.path().join("charm")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn at_every_hook_tool_of_the_start_sequence() {
    let undisturbed = Case::started();
    let mut case = Case::new();
    case.world.pod = Some(Pod::start(case.world.dir.path(), rock()));
    let mut ready = false;
    loop {
        let event = match case.world.next() {
            Some(event) => event,
            None if ready => break,
            None => pebble_ready(),
        };
        ready |= event == pebble_ready();
        // The first run is killed at its first call, the second at its second, until one comes to its end.
        let mut runs = (1..60).map(|call| {
            case.world.kill_at_tool(if call % 2 == 0 { "TERM" } else { "KILL" }, call);
            case.world.dispatch(&event)
        });
        let survived = runs.find(|done| done.exit.is_some()).unwrap();
        assert_eq!(survived.exit, Some(0), "{event:?}: {}", survived.stderr);
    }
    let end = |case: &Case| End { memory: BTreeMap::new(), ..case.end(&[(case.key(), "<key>")]) };
    assert_eq!(end(&case), end(&undisturbed));
    let keys = |case: &Case| case.end(&[]).memory.into_keys().collect::<Vec<_>>();
    assert_eq!(keys(&case), keys(&undisturbed));
}

#[test]
fn at_every_hook_tool_of_a_change() {
    let Case { world, relations } = Case::started();
    let change = |world: &World, number: usize| {
        // Without the leader's keys, each event has something to write.
        let ours = Entity::App(world.unit.app().to_owned());
        let gone = Databag::from_iter([("database", ""), ("port", "")]);
        world.server.with(|model| relations[1..].iter().for_each(|id| model.set_databag(*id, &ours, &gone).unwrap()));
        world.set_options(&[("webserver-keepalive", &number.to_string())]);
    };
    change(&world, 100);
    let calls = world.fire(Event::ConfigChanged).calls;
    let reads = calls.iter().position(|call| call.tool == "status-set").expect("the status is told");
    let mut case = Case { world, relations };
    let forget = |end: End| End { memory: BTreeMap::new(), ..end };
    let undisturbed = forget(case.end(&[("keepalive = 100".to_owned(), "<number>")]));
    let files = charm_files(&case.world);
    for call in 1..=calls.len() {
        // A kill before the first write changes no state, so all of those share one event afterwards.
        let number = call.max(reads);
        change(&case.world, number);
        case.world.kill_at_tool(if call % 2 == 0 { "TERM" } else { "KILL" }, call);
        kill_in_next(&case.world);
        case.world.kill_at_tool("KILL", 0);
        if call >= reads {
            case.world.settle();
            let end = forget(case.end(&[(format!("keepalive = {number}"), "<number>")]));
            assert_eq!(end, undisturbed, "killed at {}, the {call}th", calls[call - 1].tool);
        }
    }
    assert_eq!(charm_files(&case.world), files);
}

#[test]
fn at_every_request_to_pebble() {
    let mut case = Case::started();
    let proxy = case.world.kill_proxy();
    let change = |world: &World, number: usize| {
        let script = format!("echo run >> /charm/container/ran # {number}.\n");
        world.pebble().write_file("/flask/app/migrate.sh", script.as_bytes(), &WriteFile::default()).unwrap();
        let number = number.to_string();
        world.set_options(&[("greeting", &format!("greeting {number}.")), ("webserver-keepalive", &number)]);
    };
    let end = |case: &Case, number: usize| {
        let names = [format!("greeting {number}."), format!("keepalive = {number}"), format!("ran # {number}.")];
        End { memory: BTreeMap::new(), ..case.end(&names.map(|name| (name, "<number>"))) }
    };
    change(&case.world, 100);
    case.world.fire(Event::ConfigChanged);
    let undisturbed = end(&case, 100);
    let requests = proxy.requests();
    let is_told = |request: &String| request.starts_with("POST") || request.ends_with("/wait");
    let writes = (0..requests.len()).filter(|at| is_told(&requests[*at]));
    let ran = |case: &Case| case.world.read_shared("ran").lines().count();
    for at in writes {
        change(&case.world, at);
        let before = ran(&case);
        proxy.kill_at(at + 1);
        kill_in_next(&case.world);
        proxy.kill_at(0);
        case.world.settle();
        assert_eq!(end(&case, at), undisturbed, "killed after {}, the {}th", requests[at], at + 1);
        // A migration that succeeded runs again if the charm was killed before it stored the success.
        assert!([1, 2].contains(&(ran(&case) - before)), "{} migrations", ran(&case) - before);
    }
    assert!(requests.len() > 15, "{requests:?}");
}

/// Shell command that waits for the shared file `late`.
const LATE: &str = "while ! [ -e /charm/container/late ]; do sleep 0.1; done";

/// Runs the events that are due. Once the charm waits for the change under way, the file `late` lets that change end.
fn settle_once_it_waits(world: &World, proxy: &KillProxy) {
    proxy.kill_at(0);
    thread::scope(|scope| {
        let settled = scope.spawn(|| world.settle());
        let mut asked = Vec::new();
        world.until("wait for what is under way", || {
            asked.extend(proxy.requests());
            asked.iter().any(|request| request.ends_with("/wait")).then_some(())
        });
        assert!(asked.iter().all(|request| request.starts_with("GET ")), "asked for more meanwhile: {asked:?}");
        world.share("late");
        settled.join().unwrap();
    });
}

#[test]
fn a_restart_that_is_under_way_is_waited_for() {
    let script = format!("trap '{LATE}; exit' TERM\necho x >> /charm/container/starts\nwhile :; do sleep 0.1; done\n");
    let layer = "services: {flask: {override: replace, startup: enabled, command: /flask/app/run, user: _daemon_, \
        kill-delay: 600s}}\n";
    let mut world = World::new();
    world.share("starts");
    // The start sequence does not restart the service, so the service need not wait for `late`.
    world = world.with_pod(Rock::scripted(&script).layer(layer));
    world.noted("starts", 1);
    let proxy = world.kill_proxy();
    world.share("late");
    world.configure(&[("greeting", "one")]);
    world.noted("starts", 2);
    fs::remove_file(world.shared("late")).unwrap();
    let replan = proxy.requests().iter().position(|request| request == "POST /v1/services").unwrap();
    world.set_options(&[("greeting", "two")]);
    proxy.kill_at(replan + 1);
    kill_in_next(&world);
    settle_once_it_waits(&world, &proxy);
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_GREETING"], "two");
}

#[test]
fn a_migration_that_is_under_way_is_waited_for() {
    // The background process outlives the shell, which ends with the hook.
    let script = format!("(echo begin; {LATE}; echo end) >> /charm/container/ran & wait\n");
    let mut world = World::new();
    world.share("ran");
    world.pod = Some(Pod::start(world.dir.path(), Rock::idle().file("flask/app/migrate.sh", &script)));
    let proxy = world.kill_proxy();
    thread::scope(|scope| {
        let killed = scope.spawn(|| {
            world.settle_until_killed();
        });
        world.until("migration", || (!world.read_shared("ran").is_empty()).then_some(()));
        proxy.kill();
        killed.join().unwrap();
    });
    settle_once_it_waits(&world, &proxy);
    world.fire(pebble_ready());
    world.expect(StatusKind::Active, "");
    assert_eq!(world.read_shared("ran"), "begin\nend\nbegin\nend\n", "never two at once");
}
