//! Real charm processes over a served model: the charms are shell scripts, the tools are the built `hook-tools`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test plays Juju's part")]

use juju::{CharmFiles, Databag, Entity, Event, Role, UnitName, Whose};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use webcharm_juju_testing::{
    ActionStatus, DispatchError, DispatchOptions, Dispatched, Model, Server, dispatch_process, endpoint, install_tools,
};

const METADATA: &str = "name: web\ncontainers: {app: {}}\nrequires: {db: {interface: postgresql_client}}\npeers: {ring: {interface: ring}}\n";
const CONFIG: &str = "options: {port: {type: int, default: 8000}}\n";
const ACTIONS: &str = "greet: {params: {whom: {type: string, default: world}}}\n";

/// A served model with `web/0` of a charm whose `dispatch` is the script.
struct World {
    dir: tempfile::TempDir,
    server: Server,
    unit: UnitName,
}

impl World {
    fn new(script: &str) -> World {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::new("demo");
        model.deploy("web", CharmFiles::parse(METADATA, CONFIG, ACTIONS).unwrap(), 1).unwrap();
        let server = Server::start(model, &dir.path().join("agent")).unwrap();
        install_tools(&dir.path().join("tools"), Path::new(env!("CARGO_BIN_EXE_hook-tools"))).unwrap();
        let world = World { dir, server, unit: UnitName::new("web", 0) };
        world.script(script);
        world
    }

    fn script(&self, script: &str) {
        let charm = self.dir.path().join("charm");
        fs::create_dir_all(&charm).unwrap();
        let path = charm.join("dispatch");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn dispatch(&self, event: &Event) -> Dispatched {
        self.dispatch_within(event, Duration::from_secs(300))
    }

    fn dispatch_within(&self, event: &Event, timeout: Duration) -> Dispatched {
        let mut options = DispatchOptions::new(self.dir.path().join("tools"));
        options.timeout = timeout;
        options.containers_dir = Some("/tmp/containers".into());
        dispatch_process(&self.server, &self.unit, event, &self.dir.path().join("charm"), &options).unwrap()
    }

    /// Runs the events of the unit to the last, and returns their names.
    fn drain(&self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(event) = self.server.with(|model| model.next_event(&self.unit)) {
            assert!(names.len() < 50, "{names:?}");
            names.push(event.name());
            assert!(self.dispatch(&event).is_success(), "{names:?}");
        }
        names
    }
}

#[test]
fn a_charm_process_sees_the_agents_environment() {
    let world = World::new("env | sort; pwd");
    let done = world.dispatch(&Event::Install);
    let charm = world.dir.path().join("charm").display().to_string();
    let socket = world.server.socket().display().to_string();
    let tools = world.dir.path().join("tools").display().to_string();
    for line in [
        "JUJU_UNIT_NAME=web/0".to_owned(),
        "JUJU_DISPATCH_PATH=hooks/install".to_owned(),
        "JUJU_HOOK_NAME=install".to_owned(),
        "JUJU_MODEL_NAME=demo".to_owned(),
        "JUJU_VERSION=3.6.12".to_owned(),
        "CHARM_CONTAINERS_DIR=/tmp/containers".to_owned(),
        format!("JUJU_CHARM_DIR={charm}"),
        format!("CHARM_DIR={charm}"),
        format!("JUJU_AGENT_SOCKET_ADDRESS=@{socket}"),
        format!("PATH={tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ] {
        assert!(done.stdout.lines().any(|found| found == line), "{line} not in\n{}", done.stdout);
    }
    assert!(!done.stdout.contains("CARGO"), "the caller's environment must not leak in:\n{}", done.stdout);
    assert!(done.stdout.contains("JUJU_CONTEXT_ID=web/0-install-"));
}

#[test]
fn the_tools_reach_the_model_and_are_counted() {
    let world = World::new(
        "config-get port; relation-set -r 0 --file - <<X\nkey: value\nX\nstatus-set active ready; is-leader; state-set a=b",
    );
    world.drain();
    let done = world.dispatch(&Event::UpdateStatus);
    assert_eq!((done.exit, done.stdout.as_str(), done.stderr.as_str()), (Some(0), "8000\nTrue\n", ""));
    let tools: Vec<&str> = done.calls.iter().map(|call| call.tool.as_str()).collect();
    assert_eq!(tools, ["config-get", "relation-set", "status-set", "is-leader", "state-set"]);
    assert_eq!(done.calls[4].argv, ["a=***"]);
    assert_eq!(done.counts()["relation-set"], 1);
    world.server.with(|model| {
        let ring = model.relations().next().unwrap().id;
        assert_eq!(model.databag(ring, &Entity::Unit(world.unit.clone())).unwrap().text("key"), Some("value"));
        assert_eq!(model.status(&world.unit, Whose::Unit).unwrap().unwrap().to_string(), "active: ready");
        assert_eq!(model.state(&world.unit).unwrap()["a"], "b");
    });
}

#[test]
fn a_failed_hook_leaves_only_its_status() {
    let world = World::new("exit 0");
    world.drain();
    world.script("status-set blocked oops; open-port 80; state-set a=b; relation-set -r 0 k=v; exit 3");
    let done = world.dispatch(&Event::UpdateStatus);
    assert_eq!(done.exit, Some(3));
    world.server.with(|model| {
        assert!(model.ports(&world.unit).unwrap().is_empty());
        assert!(model.state(&world.unit).unwrap().is_empty());
        let ring = model.relations().next().unwrap().id;
        assert_eq!(model.databag(ring, &Entity::Unit(world.unit.clone())).unwrap().text("k"), None);
        assert_eq!(model.status(&world.unit, Whose::Unit).unwrap().unwrap().to_string(), "blocked: oops");
        assert_eq!(model.next_event(&world.unit), Some(Event::UpdateStatus), "a failed hook runs again");
    });
}

#[test]
fn a_charm_that_hangs_is_killed_with_what_it_started() {
    let world = World::new("sleep 600 & state-set a=b; echo $!; wait");
    // On a busy machine the charm may start later than a short timeout, so the timeouts grow.
    let done = (0..8).map(|power| world.dispatch_within(&Event::Install, Duration::from_secs(1 << power)));
    let mut done = done.inspect(|done| assert!(done.is_timeout && done.exit.is_none() && !done.is_success()));
    let done = done.find(|done| !done.stdout.is_empty()).expect("a charm that got to its work");
    assert!(world.server.with(|model| model.state(&world.unit).unwrap().is_empty()));
    let pid = done.stdout.trim().to_owned();
    // The kernel may need a moment to end the process. A zombie counts as ended.
    let end = Instant::now() + Duration::from_secs(60);
    while is_alive(&pid) {
        assert!(Instant::now() < end, "process {pid} is still there");
        std::thread::yield_now();
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[test]
fn a_process_that_the_charm_leaves_does_not_hold_the_hook() {
    let world = World::new("sleep 600 & echo $! > pid; echo done");
    let done = world.dispatch(&Event::Install);
    assert_eq!(done.stdout, "done\n");
    let pid = fs::read_to_string(world.dir.path().join("charm/pid")).unwrap();
    assert!(is_alive(pid.trim()), "the end of the hook ended the process that the charm left");
    Command::new("kill").arg(pid.trim()).status().unwrap();
}

#[test]
fn the_charms_output_is_complete_while_a_process_it_left_writes_on() {
    // The charm fills a pipe, and leaves a child that never stops writing.
    let world = World::new("head -c 65536 /dev/zero | tr '\\0' a; echo z >&2; yes >&2 & echo $! > pid");
    let done = world.dispatch(&Event::Install);
    let pid = fs::read_to_string(world.dir.path().join("charm/pid")).unwrap();
    Command::new("kill").arg(pid.trim()).status().unwrap();
    assert_eq!(done.stdout, "a".repeat(65536));
    assert!(done.stderr.starts_with("z\n"), "{:?}", done.stderr.get(..10));
}

#[test]
fn the_start_sequence_is_jujus() {
    let world = World::new("exit 0");
    assert_eq!(world.drain(), ["install", "ring-relation-created", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_relation_event_carries_its_variables_and_data() {
    let script = "case $JUJU_HOOK_NAME in db-relation-*) echo $JUJU_HOOK_NAME $JUJU_RELATION $JUJU_RELATION_ID \
                  $JUJU_REMOTE_UNIT $JUJU_REMOTE_APP $(relation-get --app endpoints pg) >> log;; esac";
    let world = World::new(script);
    world.server.with(|model| {
        model.add_application("pg", vec![endpoint("database", Role::Provides, "postgresql_client")], 1).unwrap();
        let id = model.integrate("web", "pg").unwrap();
        let data = Databag::from_iter([("endpoints", "10.0.0.1:5432")]);
        model.set_databag(id, &Entity::App("pg".into()), &data).unwrap();
    });
    world.drain();
    let log = fs::read_to_string(world.dir.path().join("charm/log")).unwrap();
    let wanted = "db-relation-created db db:1 pg 10.0.0.1:5432\n\
                  db-relation-changed db db:1 pg 10.0.0.1:5432\n\
                  db-relation-joined db db:1 pg/0 pg 10.0.0.1:5432\n\
                  db-relation-changed db db:1 pg/0 pg 10.0.0.1:5432\n";
    assert_eq!(log, wanted);
}

#[test]
fn an_action_has_parameters_and_results() {
    let world = World::new("[ -z \"$JUJU_ACTION_NAME\" ] || action-set greeting=\"hello $(action-get whom)\" a.b=c");
    world.drain();
    world.server.with(|model| model.run_action(&world.unit, "greet", &serde_json::Map::new())).unwrap();
    let event = world.server.with(|model| model.next_event(&world.unit)).unwrap();
    let done = world.dispatch(&event);
    let action = done.action.unwrap();
    assert_eq!(action.status, ActionStatus::Completed);
    assert_eq!(
        serde_json::Value::Object(action.results),
        serde_json::json!({"greeting": "hello world", "a": {"b": "c"}})
    );
}

#[test]
fn a_tool_outside_its_hook_is_refused() {
    let world = World::new("env > env");
    world.dispatch(&Event::Install);
    let env = fs::read_to_string(world.dir.path().join("charm/env")).unwrap();
    let tool = |variables: &[(&str, &str)]| {
        let mut command = Command::new(world.dir.path().join("tools/is-leader"));
        let output = command.env_clear().envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let get = |key: &str| env.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap().to_owned();
    let (socket, context) = (get("JUJU_AGENT_SOCKET_ADDRESS"), get("JUJU_CONTEXT_ID"));
    let refusal = format!("ERROR bad request: unknown context \"{context}\"\n");
    let both = [("JUJU_AGENT_SOCKET_ADDRESS", socket.as_str()), ("JUJU_CONTEXT_ID", context.as_str())];
    assert_eq!(tool(&both), (Some(1), refusal));
    assert_eq!(tool(&both[..1]), (Some(1), "ERROR JUJU_CONTEXT_ID not set\n".to_owned()));
    assert_eq!(tool(&both[1..]), (Some(1), "ERROR JUJU_AGENT_SOCKET_ADDRESS not set\n".to_owned()));
}

#[test]
fn a_program_that_cannot_start_ends_the_hook() {
    let world = World::new("exit 0");
    fs::remove_file(world.dir.path().join("charm/dispatch")).unwrap();
    let options = DispatchOptions::new(world.dir.path().join("tools"));
    let charm = world.dir.path().join("charm");
    let result = dispatch_process(&world.server, &world.unit, &Event::Install, &charm, &options);
    assert!(matches!(result, Err(DispatchError::Start { .. })), "{result:?}");
    assert!(!world.server.with(|model| model.is_busy(&world.unit)));
}

#[test]
fn a_large_value_goes_through_standard_input() {
    let world = World::new("exit 0");
    world.drain();
    world.script("head -c 1048576 /dev/zero | tr '\\0' x | (printf 'big: '; cat) | relation-set -r 0 --file -");
    let done = world.dispatch(&Event::UpdateStatus);
    assert_eq!((done.exit, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(done.calls[0].argv, ["-r", "0", "--file", "-"]);
    let bag = world.server.with(|model| {
        let ring = model.relations().next().unwrap().id;
        model.databag(ring, &Entity::Unit(world.unit.clone())).unwrap()
    });
    assert_eq!(bag["big"].len(), 1_048_576);
}

#[test]
fn a_databag_keeps_its_values_from_one_process_to_the_next() {
    let world = World::new("exit 0");
    world.drain();
    world.script("relation-set -r 0 one=1 two=2; relation-set -r 0 --app of=all");
    assert!(world.dispatch(&Event::UpdateStatus).is_success());
    world.script("relation-set -r 0 one=");
    assert!(world.dispatch(&Event::UpdateStatus).is_success());
    world.script("relation-get -r 0 one web/0; relation-get -r 0 two web/0; relation-get -r 0 --app of web");
    let done = world.dispatch(&Event::UpdateStatus);
    assert_eq!((done.exit, done.stdout.as_str(), done.stderr.as_str()), (Some(0), "2\nall\n", ""));
}

#[test]
fn tools_may_run_side_by_side() {
    let world = World::new("exit 0");
    world.drain();
    world.script("for i in $(seq 40); do state-set k$i=$i & relation-get -r 0 - web/0 >/dev/null & done; wait");
    let done = world.dispatch(&Event::UpdateStatus);
    assert_eq!((done.exit, done.stderr.as_str(), done.calls.len()), (Some(0), "", 80));
    assert_eq!(world.server.with(|model| model.state(&world.unit).unwrap().len()), 40);
}

#[test]
fn relation_broken_is_the_last_event_of_a_relation() {
    let world = World::new("relation-ids db; [ -z \"$JUJU_RELATION_ID\" ] || relation-list");
    world.server.with(|model| {
        model.add_application("pg", vec![endpoint("database", Role::Provides, "postgresql_client")], 1).unwrap();
        model.integrate("web", "pg").unwrap();
    });
    world.drain();
    let id = world.server.with(|model| model.relations().last().unwrap().id);
    world.server.with(|model| model.remove_relation(id)).unwrap();
    let mut heard = Vec::new();
    while let Some(event) = world.server.with(|model| model.next_event(&world.unit)) {
        heard.push((event.name(), world.dispatch(&event).stdout));
    }
    let wanted = [("db-relation-departed", "db:1\n"), ("db-relation-broken", "db:1\n")];
    assert_eq!(heard, wanted.map(|(name, out)| (name.to_owned(), out.to_owned())));
    assert!(world.server.with(|model| model.relations().all(|relation| relation.id != id)));
}
