//! A unit of a measured charm: the model with its hook tools, the charm under the meter, and an optional pod.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use juju::{CharmFiles, Event, StatusKind, UnitName, Whose, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchOptions, Dispatched, Model, Server, dispatch_process, install_tools};
use playground::pod::{self, Identity, Pod, Spec, Users};
use rock::{Cache, Cancel, Image, Project};
use tempfile::TempDir;

use crate::Result;
use crate::meter::{self, Report};
use crate::programs::{Programs, kept, repository};
use crate::progress::Build;

/// The sample's container.
const CONTAINER: &str = "flask-app";

/// A charm as Juju unpacks it, deployed in a model of its own.
pub(crate) struct Deployed {
    pub(crate) model: Model,
    pub(crate) name: UnitName,
    pub(crate) charm: PathBuf,
    /// Number of endpoints that it declares.
    pub(crate) endpoints: usize,
}

/// A unit. Fields are dropped in order: the pod ends first, the folder is removed last.
pub(crate) struct Unit {
    pod: Option<Pod>,
    server: Server,
    name: UnitName,
    charm: PathBuf,
    endpoints: usize,
    options: DispatchOptions,
    dir: TempDir,
}

impl Unit {
    /// A unit of the Flask sample whose container has not started, with endpoints besides the sample's own: lines of
    /// `requires` in charmcraft.yaml.
    pub(crate) fn new(programs: &Programs, endpoints: &str) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (project, charm) = (dir.path().join("project"), dir.path().join("charm"));
        let declaration = std::fs::read_to_string(repository().join("tests/fixtures/flask/charmcraft.yaml"))?;
        std::fs::create_dir(&project)?;
        let declaration = declaration.replace("\nrequires:\n", &format!("\nrequires:\n{endpoints}"));
        std::fs::write(project.join("charmcraft.yaml"), declaration)?;
        pack::Charm::with_dispatch(&project, programs.charm.clone())?.unpack(&charm)?;
        meter::install(&charm)?;
        let files = CharmFiles::read(&charm)?;
        let name = UnitName::new(&files.metadata.name, 0);
        let endpoints = files.metadata.endpoints.len();
        let mut model = Model::new("bench");
        model.deploy(name.app(), files, 1)?;
        Self::of(programs, Deployed { model, name, charm, endpoints }, dir)
    }

    /// A unit of a charm in the folder `dir`.
    pub(crate) fn of(programs: &Programs, deployed: Deployed, dir: TempDir) -> Result<Self> {
        let server = Server::start(deployed.model, dir.path())?;
        let tools = dir.path().join("tools");
        install_tools(&tools, &programs.tools)?;
        let mut options = DispatchOptions::new(tools);
        options.containers_dir = Some(dir.path().join("containers"));
        let Deployed { name, charm, endpoints, .. } = deployed;
        Ok(Self { pod: None, server, name, charm, endpoints, options, dir })
    }

    /// A unit of the Flask sample whose application runs in a pod under this supervisor.
    pub(crate) fn started(programs: &Programs, pebble: &Path, endpoints: &str) -> Result<Self> {
        let mut unit = Self::new(programs, endpoints)?;
        let image = image(&unit.folder("image")?)?;
        unit.start(pebble, CONTAINER, image, Users::default())?;
        let status = unit.server.with(|model| model.status(&unit.name, Whose::Unit))?;
        match status {
            Some(status) if status.kind == StatusKind::Active => Ok(unit),
            status => Err(format!("the application does not start: {status:?}; the pod: {}", unit.log_tail()).into()),
        }
    }

    /// Starts the container with a root of folders and this machine's programs, runs all events, and then pebble-ready.
    pub(crate) fn start_plain(&mut self, pebble: &Path, container: &str) -> Result<()> {
        let image = pod::plain(self.folder("image")?)?;
        self.start(pebble, container, image, Users::of_host()?)
    }

    fn start(&mut self, pebble: &Path, container: &str, image: Image, users: Users) -> Result<()> {
        let spec = self.spec(pebble, container, image, users)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut pod = Pod::start(&spec, &self.dir.path().join("pod.json"), Some(&listener), &self.log())?;
        pod.ready(&Cancel::default())?;
        self.pod = Some(pod);
        self.settle()?;
        let ready = WorkloadEvent { container: container.to_owned(), kind: WorkloadKind::PebbleReady };
        self.fire(&Event::Workload(ready), false).map(drop)
    }

    /// Runs the events that wait, to the last.
    pub(crate) fn settle(&self) -> Result<()> {
        while let Some(event) = self.server.with(|model| model.next_event(&self.name)) {
            self.fire(&event, false)?;
        }
        Ok(())
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
        let done = dispatch_process(&self.server, &self.name, event, &self.charm, &options)?;
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

    fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    fn spec(&self, pebble: &Path, container: &str, image: Image, users: Users) -> Result<Spec> {
        Ok(Spec {
            hostname: self.name.to_string().replace('/', "-"),
            hosts: Vec::new(),
            image,
            pebble: pebble.to_owned(),
            container: container.to_owned(),
            socket_dir: self.folder(&format!("containers/{container}"))?,
            root: self.folder("root")?,
            scratch: self.folder("scratch")?,
            neighbors: Vec::new(),
            port: 8000,
            network: None,
            identity: Identity::current(),
            single: 0,
            users,
            shared: Vec::new(),
        })
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

/// The sample's rock, with dependencies from the package registry or an earlier run's cache.
fn image(into: &Path) -> Result<Image> {
    let project = Project::find(&repository().join("tests/fixtures/flask"))?;
    Ok(rock::build(&project, into, &Cache::new(kept("rock-cache")), &Build::default())?)
}
