//! One application of one unit in a model of its own: the charm's binary, the hook tools, and a pod if it has one.

mod charm;
mod end;
mod kill_proxy;
mod observed;
mod pod;
mod provider;
mod rock;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use juju::{CharmFiles, Event, Status, StatusKind, UnitName, Whose, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchOptions, Dispatched, Model, Server, dispatch_process, install_tools};
use tempfile::TempDir;

pub(crate) use charm::Charm;
pub(crate) use end::End;
pub(crate) use kill_proxy::KillProxy;
pub(crate) use observed::OBSERVABLE;
pub(crate) use pod::{Pod, ask};
pub(crate) use provider::{DATABASE, secret};
pub(crate) use rock::Rock;

/// How long something is waited for that comes at once on an idle machine: a guard against tests that hang, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// The container of the Flask charm.
pub(crate) const CONTAINER: &str = "flask-app";

/// A unit and what it lives in.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) unit: UnitName,
    pub(crate) pod: Option<Pod>,
    pub(crate) dir: TempDir,
    pub(crate) options: DispatchOptions,
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

/// Every Rust source below a folder, in the order of their paths; build output left out.
pub(crate) fn rust_sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && name != ".git" && name != "node_modules" {
            found.extend(rust_sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

impl World {
    /// A unit of the sample's charm whose container isn't there yet.
    pub(crate) fn new() -> Self {
        Self::of(&Charm::sample())
    }

    /// A unit of this charm whose container isn't there yet.
    pub(crate) fn of(charm: &Charm) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let charm = charm.unpack(dir.path());
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

    /// A unit of the sample's charm with a pod of this rock, or of the sample's with this application, after Juju's
    /// start sequence.
    pub(crate) fn started(rock: impl Into<Rock>) -> Self {
        Self::new().with_pod(rock)
    }

    /// The same unit after Juju's start sequence, with a pod of this rock.
    pub(crate) fn with_pod(mut self, rock: impl Into<Rock>) -> Self {
        self.pod = Some(Pod::start(self.dir.path(), rock));
        self.settle();
        self.fire(pebble_ready());
        self
    }

    /// The same unit, whose charm calls its container so. (The pods of these tests have their socket under the name of
    /// Flask's first line.)
    pub(crate) fn in_container(self, name: &str) -> Self {
        let containers = self.dir.path().join("containers");
        fs::create_dir_all(&containers).unwrap();
        std::os::unix::fs::symlink(containers.join(CONTAINER), containers.join(name)).unwrap();
        self
    }

    /// The pod is gone, and another one of this rock in its place; the charm hears of it.
    pub(crate) fn replace_pod(&mut self, rock: impl Into<Rock>) {
        if let Some(pod) = self.pod.take() {
            pod.kill();
        }
        self.pod = Some(Pod::start(self.dir.path(), rock));
        self.fire(pebble_ready());
    }

    /// Address of a page of the application.
    pub(crate) fn url(&self, path: &str) -> String {
        self.pod.as_ref().unwrap().url(path)
    }

    /// The container's Pebble socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.shared("pebble.socket")
    }

    /// A file that is in the pod as `/charm/container/<name>`.
    pub(crate) fn shared(&self, name: &str) -> PathBuf {
        self.dir.path().join("containers").join(CONTAINER).join(name)
    }

    /// Makes such a file, for everybody to write.
    pub(crate) fn share(&self, name: &str) {
        let path = self.shared(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    }

    /// Reads such a file.
    pub(crate) fn read_shared(&self, name: &str) -> String {
        fs::read_to_string(self.shared(name)).unwrap()
    }

    /// The lines of such a file, once there are this many: a service may write its own after Pebble says that it runs.
    pub(crate) fn noted(&self, name: &str, count: usize) -> Vec<String> {
        let lines = || self.read_shared(name).lines().map(str::to_owned).collect::<Vec<_>>();
        self.until(&format!("{count} lines in {name}"), || Some(lines()).filter(|lines| lines.len() >= count))
    }

    /// The variables that an idle web service was started with, once they are those of the plan.
    pub(crate) fn running(&self) -> Vec<String> {
        let wanted: Vec<_> = self.variables().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.until("start with the plan's variables", || {
            let lines: Vec<_> = self.read_shared("running").lines().map(str::to_owned).collect();
            let is_whole = lines.last().is_some_and(|line| line == rock::COMPLETE);
            (is_whole && wanted.iter().all(|line| lines.contains(line))).then_some(lines)
        })
    }

    /// Where Pebble's log ends once it has every request that was answered so far, for [`Self::requests_since`]. Pebble logs
    /// a request after its answer, which the charm may see earlier: a last request of ours comes after them all.
    pub(crate) fn logged(&self) -> usize {
        self.last_request().1
    }

    /// The requests that Pebble was sent since its log ended there, in order.
    pub(crate) fn requests_since(&self, logged: usize) -> Vec<String> {
        let (start, _) = self.last_request();
        requests(&self.pod.as_ref().unwrap().log()[logged..start])
    }

    /// Where the line of a request of our own begins and ends in Pebble's log.
    fn last_request(&self) -> (usize, usize) {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("last-{}-request", COUNT.fetch_add(1, Ordering::Relaxed));
        self.pebble().services(&[&name]).unwrap();
        self.until("log of a request", || {
            let log = self.pod.as_ref().unwrap().log();
            let found = log.find(&name)?;
            Some((log[..found].rfind('\n').map_or(0, |end| end + 1), found + log[found..].find('\n')? + 1))
        })
    }

    /// The container's Pebble.
    pub(crate) fn pebble(&self) -> pebble::blocking::Client {
        pebble::blocking::Client::new(self.socket())
    }

    /// A file in the container as text; empty if there is none.
    pub(crate) fn file(&self, path: &str) -> String {
        self.pebble().read_file(path, 1 << 20).map(|text| String::from_utf8(text).unwrap()).unwrap_or_default()
    }

    /// The variables that the web service is to have.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.variables_of("flask")
    }

    /// The variables that this service is to have.
    pub(crate) fn variables_of(&self, service: &str) -> BTreeMap<String, String> {
        self.pebble().plan().unwrap().services[service].environment.clone().into_iter().collect()
    }

    /// Runs the charm for one event, whatever comes of it.
    pub(crate) fn dispatch(&self, event: &Event) -> Dispatched {
        let charm = self.dir.path().join("charm");
        dispatch_process(&self.server, &self.unit, event, &charm, &self.options).unwrap()
    }

    /// Runs the charm for one event.
    pub(crate) fn fire(&self, event: Event) -> Dispatched {
        let done = self.dispatch(&event);
        assert_eq!(done.exit, Some(0), "{event:?}: {}{} {:#?}", done.stdout, done.stderr, self.log());
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""), "{event:?} printed");
        done
    }

    /// Runs the charm for every event that waits in the model.
    pub(crate) fn settle(&self) {
        while let Some(event) = self.next() {
            self.fire(event);
        }
    }

    /// Commits the hook of every event that waits without a run of the charm, as if each had nothing to do.
    pub(crate) fn skip(&self) {
        while let Some(event) = self.next() {
            self.server.with(|model| {
                let hook = model.begin(&self.unit, event).unwrap();
                model.finish(&hook, true).unwrap();
            });
        }
    }

    /// Runs the charm for every event that waits until it is killed in one of them, which Juju then keeps.
    pub(crate) fn settle_until_killed(&self) {
        while let Some(event) = self.next() {
            if self.dispatch(&event).exit.is_none() {
                return;
            }
        }
        panic!("the charm was not killed");
    }

    /// The event that the unit gets next.
    pub(crate) fn next(&self) -> Option<Event> {
        self.server.with(|model| model.next_event(&self.unit))
    }

    /// Sets options and lets the charm hear of it.
    pub(crate) fn configure(&self, settings: &[(&str, &str)]) {
        self.set_options(settings);
        self.settle();
    }

    /// Sets options.
    pub(crate) fn set_options(&self, settings: &[(&str, &str)]) {
        let settings: BTreeMap<_, _> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.server.with(|model| model.configure_text(self.unit.app(), &settings)).unwrap();
    }

    /// The unit's status.
    pub(crate) fn status(&self) -> Status {
        self.server.with(|model| model.status(&self.unit, Whose::Unit)).unwrap().expect("a status")
    }

    /// The unit's status must be this.
    #[track_caller]
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

/// The requests in Pebble's log, in order.
fn requests(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| line.split_once("[pebble] "));
    let words = lines.map(|(_, text)| text.split(' ').collect::<Vec<_>>());
    let requests = words.filter(|words| words.len() > 1 && words[1].starts_with("/v1/"));
    requests.map(|words| format!("{} {}", words[0], words[1].split('?').next().unwrap_or_default())).collect()
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(sent.success(), "cannot send {name} to {process}");
}

/// The event of a container whose Pebble answers.
pub(crate) fn pebble_ready() -> Event {
    Event::Workload(WorkloadEvent { container: CONTAINER.to_owned(), kind: WorkloadKind::PebbleReady })
}
