//! The charm and an agent as processes beside principals on three machines.
//!
//! A machine is a folder that stands, in a mount namespace, at the path where the charm keeps its scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use juju::{CharmFiles, Databag, Entity, Event, RelationId, UnitName, Whose};
use juju_testing::{ActionStatus, DispatchOptions, Dispatched, Model, Server, dispatch_process, install_tools};
use tempfile::TempDir;

const INTEGRATOR: &str = "backup-integrator";
const AGENT: &str = "backup-agent";
/// Another application of the agent's charm.
const SECOND: &str = "second-agent";

/// Hook tools that the charm may call.
const TOOLS: [&str; 8] = [
    "config-get",
    "is-leader",
    "juju-log",
    "relation-get",
    "relation-ids",
    "relation-list",
    "relation-set",
    "status-set",
];

/// A model on machines, with its charms' processes.
struct World {
    dir: TempDir,
    server: Server,
    options: DispatchOptions,
}

/// True if this user may make mount namespaces.
#[allow(clippy::disallowed_methods, reason = "a test plays the machine's part")]
fn has_namespaces() -> bool {
    let mut unshare = Command::new("unshare");
    let done = unshare.args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status();
    done.is_ok_and(|status| status.success())
}

/// A program of this workspace in the test's target folder.
fn program(below: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(below);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

fn unit(app: &str, number: u32) -> UnitName {
    UnitName::new(app, number)
}

impl World {
    /// Three principals, each with a unit of the charm and an agent; the two are not related yet.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut model = Model::new("machines").on_machines();
        model.add_application("site", Vec::new(), 3).unwrap();
        model.deploy(INTEGRATOR, CharmFiles::read(here).unwrap(), 0).unwrap();
        model.deploy(AGENT, CharmFiles::read(&here.join("examples/agent")).unwrap(), 0).unwrap();
        for app in [INTEGRATOR, AGENT] {
            model.integrate(&format!("{app}:juju-info"), "site:juju-info").unwrap();
        }
        let server = Server::start(model, dir.path()).unwrap();
        let options = DispatchOptions::new(dir.path().join("tools"));
        install_tools(&options.tools_dir, &program("hook-tools")).unwrap();
        fs::create_dir(dir.path().join("opt")).unwrap();
        let world = Self { dir, server, options };
        world.settle();
        world
    }

    /// The folder of a machine: of the unit's principal.
    fn machine(&self, unit: &UnitName) -> PathBuf {
        let principal = self.server.with(|model| model.principal(unit).unwrap().unwrap().clone());
        self.dir.path().join(format!("machine-{}", principal.number()))
    }

    /// Unpacks the charm of a unit on its machine; `mount` gives the path of the scripts its content.
    fn unpack(&self, unit: &UnitName, mount: &str) -> PathBuf {
        let (charm, opt) = (self.dir.path().join(unit.to_string().replace('/', "-")), self.dir.path().join("opt"));
        fs::create_dir_all(&charm).unwrap();
        let real = if unit.app() == INTEGRATOR {
            PathBuf::from(env!("CARGO_BIN_EXE_backup-integrator"))
        } else {
            program("examples/agent")
        };
        fs::write(charm.join("webcharm.yaml"), format!("scripts-folder: {}\n", opt.display())).unwrap();
        let inside = format!("mount {mount} {} && exec {}", opt.display(), real.display());
        let script = format!("#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c '{inside}'\n");
        fs::write(charm.join("dispatch"), script).unwrap();
        fs::set_permissions(charm.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
        charm
    }

    /// Runs an event of a unit on its machine.
    fn dispatch(&self, unit: &UnitName, event: &Event) -> Dispatched {
        let machine = self.machine(unit);
        fs::create_dir_all(&machine).unwrap();
        self.dispatch_with(unit, event, &format!("--bind {}", machine.display()))
    }

    fn dispatch_with(&self, unit: &UnitName, event: &Event, mount: &str) -> Dispatched {
        let charm = self.unpack(unit, mount);
        let done = dispatch_process(&self.server, unit, event, &charm, &self.options).unwrap();
        assert!(done.is_success(), "{unit} {}: {} {:?}", event.name(), done.stderr, self.log());
        if unit.app() == INTEGRATOR {
            let used: BTreeSet<_> = done.counts().into_keys().collect();
            assert!(used.iter().all(|tool| TOOLS.contains(&tool.as_str())), "{used:?}");
        }
        done
    }

    /// Runs the events of all units to the last.
    fn settle(&self) {
        let next = || {
            self.server.with(|model| {
                let apps = [INTEGRATOR, AGENT, SECOND].into_iter().filter_map(|app| model.units(app).ok());
                let units: Vec<_> = apps.flatten().collect();
                units.into_iter().find_map(|unit| model.next_event(&unit).map(|event| (unit, event)))
            })
        };
        let mut count = 0;
        while let Some((unit, event)) = next() {
            self.dispatch(&unit, &event);
            count += 1;
            assert!(count < 200, "{unit} {}", event.name());
        }
    }

    fn configure(&self, options: &[(&str, &str)]) {
        let settings: BTreeMap<_, _> =
            options.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        self.server.with(|model| model.configure(INTEGRATOR, &settings).unwrap());
    }

    fn integrate(&self) -> RelationId {
        self.integrate_with(AGENT)
    }

    fn integrate_with(&self, agent: &str) -> RelationId {
        let ends = (format!("{INTEGRATOR}:backup"), format!("{agent}:backup"));
        self.server.with(|model| model.integrate(&ends.0, &ends.1).unwrap())
    }

    /// Adds a second application of the agent's charm beside the principals.
    fn add_second_agent(&self) {
        let charm = CharmFiles::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/agent")).unwrap();
        self.server.with(|model| {
            model.deploy(SECOND, charm, 0).unwrap();
            model.integrate(&format!("{SECOND}:juju-info"), "site:juju-info").unwrap();
        });
    }

    fn databag(&self, id: RelationId) -> Databag {
        self.server.with(|model| model.databag(id, &Entity::App(INTEGRATOR.into())).unwrap())
    }

    fn status(&self, unit: &UnitName) -> String {
        self.server.with(|model| model.status(unit, Whose::Unit).unwrap().unwrap().to_string())
    }

    fn log(&self) -> Vec<String> {
        self.server.with(|model| model.log().lines().map(|line| line.message.clone()).collect())
    }

    /// Runs the agent's action; returns its results, or the message of its failure.
    fn back_up(&self, number: u32) -> Result<BTreeMap<String, String>, String> {
        let agent = unit(AGENT, number);
        self.server.with(|model| model.run_action(&agent, "backup", &Default::default()).unwrap());
        let event = self.server.with(|model| model.next_event(&agent).unwrap());
        let action = self.dispatch(&agent, &event).action.unwrap();
        match action.status {
            ActionStatus::Completed => {
                let text = |(key, value): (String, serde_json::Value)| (key, value.as_str().unwrap().to_owned());
                Ok(action.results.into_iter().map(text).collect())
            }
            _ => Err(action.failure.unwrap()),
        }
    }
}

#[test]
fn the_path_in_the_databag_is_a_script_that_runs_on_every_machine() {
    if !testkit::needs(has_namespaces(), "mount namespaces") {
        return;
    }
    let world = World::new();
    let id = world.integrate();
    world.settle();
    for number in 0..3 {
        assert_eq!(world.status(&unit(INTEGRATOR, number)), "blocked: missing fileset config");
        assert_eq!(world.status(&unit(AGENT, number)), "waiting: waiting for fileset");
        fs::write(world.machine(&unit(AGENT, number)).join("name"), format!("machine {number}")).unwrap();
    }
    let opt = world.dir.path().join("opt");
    let before = format!("#!/bin/sh\ncat {}/name\n", opt.display());
    world.configure(&[("fileset", "/var/backups, /etc/site/"), ("run-before-backup", &before)]);
    world.settle();
    let script = opt.join(INTEGRATOR).join("scripts/run-before-backup");
    let expected = [("fileset", "/var/backups,/etc/site"), ("run-before-backup", script.to_str().unwrap())];
    assert_eq!(world.databag(id), Databag::from_iter(expected));
    for number in 0..3 {
        assert_eq!(world.status(&unit(INTEGRATOR, number)), "active");
        assert_eq!(world.status(&unit(AGENT, number)), "active: saves /var/backups,/etc/site");
        let results = world.back_up(number).unwrap();
        assert_eq!(results["before"], format!("machine {number}"));
        assert_eq!((results["saved"].as_str(), results["after"].as_str()), ("/var/backups,/etc/site", ""));
    }
    world.configure(&[("run-before-backup", "#!/bin/sh\nexit 3\n"), ("run-after-backup", "#!/bin/sh\necho done\n")]);
    world.settle();
    let why = world.back_up(1).unwrap_err();
    assert!(why.contains("the backup is cancelled") && why.contains("exit status: 3"), "{why}");
}

#[test]
fn juju_config_reaches_every_relation_and_a_second_event_writes_it_no_more() {
    if !testkit::needs(has_namespaces(), "mount namespaces") {
        return;
    }
    let world = World::new();
    world.add_second_agent();
    let (id, second) = (world.integrate(), world.integrate_with(SECOND));
    world.configure(&[("fileset", "/var/backups")]);
    world.settle();
    for id in [id, second] {
        assert_eq!(world.databag(id), Databag::from_iter([("fileset", "/var/backups")]));
    }
    for number in 0..3 {
        assert_eq!(world.status(&unit(INTEGRATOR, number)), "active");
        for agent in [AGENT, SECOND] {
            assert_eq!(world.status(&unit(agent, number)), "active: saves /var/backups");
        }
    }
    world.server.with(|model| model.remove_relation(second).unwrap());
    world.settle();
    let leader = world.server.with(|model| model.leader(INTEGRATOR).unwrap().unwrap().clone());
    let done = world.dispatch(&leader, &Event::ConfigChanged);
    let expected = ["config-get", "is-leader", "relation-get", "relation-ids", "status-set"];
    assert_eq!(done.counts(), expected.into_iter().map(|tool| (tool.to_owned(), 1)).collect());
    world.server.with(|model| model.set_leader(&unit(INTEGRATOR, 2)).unwrap());
    world.settle();
    assert_eq!(world.databag(id), Databag::from_iter([("fileset", "/var/backups")]), "a new leader has the same data");
    world.server.with(|model| model.remove_relation(id).unwrap());
    world.settle();
    assert_eq!(world.status(&leader), "waiting: waiting for backup relation");
}

#[test]
fn a_new_leader_writes_the_same_databag_on_every_machine() {
    if !testkit::needs(has_namespaces(), "mount namespaces") {
        return;
    }
    let world = World::new();
    world.configure(&[("fileset", "/a, /b"), ("run-before-backup", "#!/bin/sh\n")]);
    let id = world.integrate();
    world.settle();
    let leader = world.server.with(|model| model.leader(INTEGRATOR).unwrap().unwrap().clone());
    assert_eq!(leader, unit(INTEGRATOR, 0));
    let script = world.dir.path().join("opt").join(INTEGRATOR).join("scripts/run-before-backup");
    let expected = Databag::from_iter([("fileset", "/a,/b"), ("run-before-backup", script.to_str().unwrap())]);
    assert_eq!(world.databag(id), expected);
    let next = unit(INTEGRATOR, 2);
    world.server.with(|model| model.set_leader(&next).unwrap());
    let done = world.dispatch(&next, &Event::LeaderElected);
    assert_eq!((done.counts().get("relation-set"), world.databag(id)), (None, expected.clone()));
    let empty: Databag = expected.keys().map(|key| (key.as_str(), "")).collect();
    world.server.with(|model| model.set_databag(id, &Entity::App(INTEGRATOR.into()), &empty).unwrap());
    assert_eq!(world.databag(id), Databag::new());
    world.dispatch(&next, &Event::LeaderElected);
    assert_eq!(world.databag(id), expected, "unit 2 writes what unit 0 wrote");
}

#[test]
fn a_full_disk_is_in_the_status_and_there_is_no_hook_error() {
    if !testkit::needs(has_namespaces(), "mount namespaces") {
        return;
    }
    let world = World::new();
    let id = world.integrate();
    world.configure(&[("fileset", "/a"), ("run-before-backup", &format!("#!/bin/sh\n{}", "#".repeat(200_000)))]);
    let leader = world.server.with(|model| model.leader(INTEGRATOR).unwrap().unwrap().clone());
    world.dispatch_with(&leader, &Event::ConfigChanged, "-t tmpfs -o size=64k tmpfs");
    let status = world.status(&leader);
    assert!(status.starts_with("blocked: cannot write ") && status.contains("No space left on device"), "{status}");
    assert_eq!(world.databag(id), Databag::new());
    world.settle();
    world.dispatch(&leader, &Event::UpdateStatus);
    assert_eq!(world.status(&leader), "active");
    assert_eq!(world.databag(id).len(), 2);
}
