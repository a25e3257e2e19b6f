//! A unit of the Flask sample: the model with its hook tools, the charm under the meter, and an optional pod.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use juju::{CharmFiles, Event, StatusKind, UnitName, Whose, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchOptions, Dispatched, Model, Server, dispatch_process, install_tools};
use playground::pod::{Identity, Pod, Spec, Users};
use rock::{Cache, Cancel, Image, Project};
use tempfile::TempDir;

use crate::Result;
use crate::meter::{self, Report};
use crate::programs::{Programs, kept, repository};
use crate::progress::Build;

/// The sample's container.
const CONTAINER: &str = "flask-app";

/// A unit. Fields are dropped in order: the pod ends first, the folder is removed last.
pub(crate) struct Unit {
    pod: Option<Pod>,
    server: Server,
    name: UnitName,
    endpoints: usize,
    options: DispatchOptions,
    dir: TempDir,
}

impl Unit {
    /// A unit whose container has not started.
    pub(crate) fn new(programs: &Programs) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let charm = dir.path().join("charm");
        install(programs, &charm)?;
        let files = CharmFiles::read(&charm)?;
        let name = UnitName::new(&files.metadata.name, 0);
        let endpoints = files.metadata.endpoints.len();
        let mut model = Model::new("bench");
        model.deploy(name.app(), files, 1)?;
        let server = Server::start(model, dir.path())?;
        let tools = dir.path().join("tools");
        install_tools(&tools, &programs.tools)?;
        let mut options = DispatchOptions::new(tools);
        options.containers_dir = Some(dir.path().join("containers"));
        Ok(Self { pod: None, server, name, endpoints, options, dir })
    }

    /// A unit whose application runs in a pod under this supervisor.
    pub(crate) fn started(programs: &Programs, pebble: &Path) -> Result<Self> {
        let mut unit = Self::new(programs)?;
        let spec = spec(unit.dir.path(), pebble)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut pod = Pod::start(&spec, &unit.dir.path().join("pod.json"), Some(&listener), &unit.log())?;
        pod.ready(&Cancel::default())?;
        unit.pod = Some(pod);
        while let Some(event) = unit.server.with(|model| model.next_event(&unit.name)) {
            unit.fire(&event, false)?;
        }
        let ready = WorkloadEvent { container: CONTAINER.to_owned(), kind: WorkloadKind::PebbleReady };
        unit.fire(&Event::Workload(ready), false)?;
        let status = unit.server.with(|model| model.status(&unit.name, Whose::Unit))?;
        match status {
            Some(status) if status.kind == StatusKind::Active => Ok(unit),
            status => Err(format!("the application does not start: {status:?}; the pod: {}", unit.log_tail()).into()),
        }
    }

    /// Number of endpoints that the charm declares.
    pub(crate) fn endpoints(&self) -> usize {
        self.endpoints
    }

    /// Runs the charm for one event.
    pub(crate) fn fire(&self, event: &Event, watches: bool) -> Result<(Dispatched, Report)> {
        let report = self.dir.path().join("report.json");
        let mut options = self.options.clone();
        options.variables = BTreeMap::from([(meter::REPORT.to_owned(), report.display().to_string())]);
        if watches {
            options.variables.insert(meter::WATCH.to_owned(), "1".to_owned());
        }
        let charm = self.dir.path().join("charm");
        let done = dispatch_process(&self.server, &self.name, event, &charm, &options)?;
        if !done.is_success() {
            return Err(format!("{} failed: {}{}", event.name(), done.stdout, done.stderr).into());
        }
        Ok((done, serde_json::from_slice(&std::fs::read(report)?)?))
    }

    /// Number of requests that Pebble has logged so far. The last one may be missing for a moment.
    pub(crate) fn requests(&self) -> usize {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().filter(|line| is_request(line)).count()
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("pod.log")
    }

    fn log_tail(&self) -> String {
        self.pod.as_ref().map(|pod| pod.log_tail().to_string()).unwrap_or_default()
    }
}

/// True of a request in Pebble's log: `… [pebble] GET /v1/plan?format=yaml 1.2ms 200`.
fn is_request(line: &str) -> bool {
    let words = line.split_once("[pebble] ").map(|(_, text)| text.split(' ').collect::<Vec<_>>());
    words.is_some_and(|words| words.len() > 1 && words[1].starts_with("/v1/"))
}

/// The charm as Juju unpacks it, with the meter in front of its binary.
fn install(programs: &Programs, dir: &Path) -> Result<()> {
    pack::Charm::with_dispatch(&repository().join("tests/fixtures/flask"), programs.charm.clone())?.unpack(dir)?;
    std::fs::rename(dir.join("dispatch"), dir.join(meter::CHARM))?;
    std::os::unix::fs::symlink(std::env::current_exe()?, dir.join("dispatch"))?;
    Ok(())
}

fn spec(dir: &Path, pebble: &Path) -> Result<Spec> {
    let folder = |name: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(&path).map(|()| path)
    };
    Ok(Spec {
        hostname: "flask-0".to_owned(),
        hosts: Vec::new(),
        image: image(&folder("image")?)?,
        pebble: pebble.to_owned(),
        container: CONTAINER.to_owned(),
        socket_dir: folder(&format!("containers/{CONTAINER}"))?,
        root: folder("root")?,
        scratch: folder("scratch")?,
        neighbors: Vec::new(),
        port: 8000,
        network: None,
        identity: Identity::current(),
        users: Users::default(),
        shared: Vec::new(),
    })
}

/// The sample's rock, with dependencies from the package registry or an earlier run's cache.
fn image(into: &Path) -> Result<Image> {
    let project = Project::find(&repository().join("tests/fixtures/flask"))?;
    Ok(rock::build(&project, into, &Cache::new(kept("rock-cache")), &Build::default())?)
}
