//! One application of one unit in a model of its own: the charm's binary, the hook tools, and a pod if it has one.

mod pod;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use juju::{CharmFiles, Event, Status, StatusKind, UnitName, Whose, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchOptions, Dispatched, Model, Server, dispatch_process, install_tools};
use tempfile::TempDir;

pub(crate) use pod::Pod;

/// The container of the Flask charm.
pub(crate) const CONTAINER: &str = "flask-app";

/// A unit and what it lives in.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) unit: UnitName,
    pub(crate) pod: Option<Pod>,
    pub(crate) dir: TempDir,
    options: DispatchOptions,
}

/// A binary of this workspace, beside the test's own.
pub(crate) fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl World {
    /// A unit whose container isn't there yet.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let charm = charm_dir(dir.path());
        let unit: UnitName = "flask-k8s/0".parse().unwrap();
        let mut model = Model::new("test");
        model.deploy(unit.app(), CharmFiles::read(&charm).unwrap(), 1).unwrap();
        let server = Server::start(model, dir.path()).unwrap();
        let tools = dir.path().join("tools");
        install_tools(&tools, &binary("hook-tools")).unwrap();
        let mut options = DispatchOptions::new(tools);
        options.containers_dir = Some(dir.path().join("containers"));
        Self { server, unit, pod: None, dir, options }
    }

    /// A unit with a pod that runs this Flask application, after Juju's start sequence.
    pub(crate) fn started(app: &str) -> Self {
        let mut world = Self::new();
        world.pod = Some(Pod::start(world.dir.path(), app));
        world.settle();
        world.fire(pebble_ready());
        world
    }

    /// The folder of the container's Pebble socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("containers").join(CONTAINER).join("pebble.socket")
    }

    /// Runs the charm for one event.
    pub(crate) fn fire(&self, event: Event) -> Dispatched {
        let charm = self.dir.path().join("charm");
        let done = dispatch_process(&self.server, &self.unit, &event, &charm, &self.options).unwrap();
        assert_eq!(done.exit, Some(0), "{event:?}: {}{}", done.stdout, done.stderr);
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""), "{event:?} printed");
        done
    }

    /// Runs the charm for every event that waits in the model.
    pub(crate) fn settle(&self) {
        while let Some(event) = self.server.with(|model| model.next_event(&self.unit)) {
            self.fire(event);
        }
    }

    /// Sets options and lets the charm hear of it.
    pub(crate) fn configure(&self, settings: &[(&str, &str)]) {
        let settings: BTreeMap<_, _> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.server.with(|model| model.configure_text(self.unit.app(), &settings)).unwrap();
        self.settle();
    }

    /// The unit's status.
    pub(crate) fn status(&self) -> Status {
        self.server.with(|model| model.status(&self.unit, Whose::Unit)).unwrap().expect("a status")
    }

    /// The unit's status must be this.
    pub(crate) fn expect(&self, kind: StatusKind, message: &str) {
        let status = self.status();
        assert_eq!((status.kind, status.message.as_str()), (kind, message), "log: {:#?}", self.log());
    }

    /// What the charm logged.
    pub(crate) fn log(&self) -> Vec<String> {
        self.server.with(|model| model.log().lines().map(|line| line.message.clone()).collect())
    }

    /// Every text the charm left where an operator can read it.
    pub(crate) fn public_texts(&self) -> String {
        format!("{}\n{}", self.status().message, self.log().join("\n"))
    }
}

/// The charm, as it would be unpacked.
fn charm_dir(dir: &Path) -> PathBuf {
    let charm = dir.join("charm");
    std::fs::create_dir(&charm).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_dispatch"), charm.join("dispatch")).unwrap();
    std::fs::copy(repository().join("charmcraft.yaml"), charm.join("charmcraft.yaml")).unwrap();
    std::fs::write(charm.join("webcharm.yaml"), "framework: flask\n").unwrap();
    charm
}

/// The event of a container whose Pebble answers.
pub(crate) fn pebble_ready() -> Event {
    Event::Workload(WorkloadEvent { container: CONTAINER.to_owned(), kind: WorkloadKind::PebbleReady })
}
