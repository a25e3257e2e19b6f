//! An application with one unit in a model of its own: the charm's binary, the hook tools, and a pod if the test needs
//! one.

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
use juju_testing::{
    Call, DispatchOptions, Dispatched, Model, Server, dispatch_in_process, dispatch_process, install_tools,
};
use tempfile::TempDir;

pub(crate) use charm::Charm;
pub(crate) use end::End;
pub(crate) use kill_proxy::KillProxy;
pub(crate) use observed::OBSERVABLE;
pub(crate) use pod::{Pod, ask};
pub(crate) use provider::{DATABASE, secret};
pub(crate) use rock::Rock;

/// Timeout of every wait. It guards against tests that hang; on an idle machine a wait takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// The container of the Flask charm.
pub(crate) const CONTAINER: &str = "flask-app";

/// A unit with its model, its pod, and the folder that both are in.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) unit: UnitName,
    pub(crate) pod: Option<Pod>,
    pub(crate) dir: TempDir,
    pub(crate) options: DispatchOptions,
}

/// Path of a binary of this workspace in the test's target folder.
pub(crate) fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

/// Path of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust source below a folder, sorted by path, without build output.
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
    /// A unit of the sample's charm, before its container starts.
    pub(crate) fn new() -> Self {
        Self::of(&Charm::sample())
    }

    /// A unit of this charm, before its container starts.
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

    /// A unit of the sample's charm after Juju's start sequence, with a pod of this rock. A text stands for the
    /// sample's rock with this application.
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

    /// The same unit, for a charm whose container has this name. The pods of these tests have the name of Flask's first
    /// line; a link makes their socket known under the other name.
    pub(crate) fn in_container(self, name: &str) -> Self {
        let containers = self.dir.path().join("containers");
        fs::create_dir_all(&containers).unwrap();
        std::os::unix::fs::symlink(containers.join(CONTAINER), containers.join(name)).unwrap();
        self
    }

    /// Kills the pod, starts another one of this rock, and fires pebble-ready.
    pub(crate) fn replace_pod(&mut self, rock: impl Into<Rock>) {
        if let Some(pod) = self.pod.take() {
            pod.kill();
        }
        self.pod = Some(Pod::start(self.dir.path(), rock));
        self.fire(pebble_ready());
    }

    /// URL of a page of the application.
    pub(crate) fn url(&self, path: &str) -> String {
        self.pod.as_ref().unwrap().url(path)
    }

    /// The container's Pebble socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.shared("pebble.socket")
    }

    /// Path of the file that the pod has as `/charm/container/<name>`. It outlives the pod.
    pub(crate) fn shared(&self, name: &str) -> PathBuf {
        self.dir.path().join("containers").join(CONTAINER).join(name)
    }

    /// Makes an empty shared file that all users may write.
    pub(crate) fn share(&self, name: &str) {
        let path = self.shared(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    }

    /// Text of a shared file.
    pub(crate) fn read_shared(&self, name: &str) -> String {
        fs::read_to_string(self.shared(name)).unwrap()
    }

    /// Lines of a shared file, once there are `count`: a service may write its line after Pebble reports it as running.
    pub(crate) fn noted(&self, name: &str, count: usize) -> Vec<String> {
        let lines = || self.read_shared(name).lines().map(str::to_owned).collect::<Vec<_>>();
        self.until(&format!("{count} lines in {name}"), || Some(lines()).filter(|lines| lines.len() >= count))
    }

    /// Variables that an idle web service was started with; waits until they are those of the plan.
    pub(crate) fn running(&self) -> Vec<String> {
        let wanted: Vec<_> = self.variables().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.until("start with the plan's variables", || {
            let lines: Vec<_> = self.read_shared("running").lines().map(str::to_owned).collect();
            let is_whole = lines.last().is_some_and(|line| line == rock::COMPLETE);
            (is_whole && wanted.iter().all(|line| lines.contains(line))).then_some(lines)
        })
    }

    /// Length of Pebble's log with every request answered so far: the argument of [`Self::requests_since`]. Pebble logs
    /// a request after it has answered, so a request of the test marks the end.
    pub(crate) fn logged(&self) -> usize {
        self.last_request().1
    }

    /// Requests to Pebble after the first `logged` bytes of its log, in order.
    pub(crate) fn requests_since(&self, logged: usize) -> Vec<String> {
        let (start, _) = self.last_request();
        requests(&self.pod.as_ref().unwrap().log()[logged..start])
    }

    /// Sends a request, and returns the begin and end of its line in Pebble's log.
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

    /// Client of the container's Pebble.
    pub(crate) fn pebble(&self) -> pebble::blocking::Client {
        pebble::blocking::Client::new(self.socket())
    }

    /// Text of a file in the container; empty if the file is missing.
    pub(crate) fn file(&self, path: &str) -> String {
        self.pebble().read_file(path, 1 << 20).map(|text| String::from_utf8(text).unwrap()).unwrap_or_default()
    }

    /// Variables of the web service in Pebble's plan.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.variables_of("flask")
    }

    /// Variables of a service in Pebble's plan.
    pub(crate) fn variables_of(&self, service: &str) -> BTreeMap<String, String> {
        self.pebble().plan().unwrap().services[service].environment.clone().into_iter().collect()
    }

    /// Runs the charm for one event; the hook may fail.
    pub(crate) fn dispatch(&self, event: &Event) -> Dispatched {
        let charm = self.dir.path().join("charm");
        dispatch_process(&self.server, &self.unit, event, &charm, &self.options).unwrap()
    }

    /// Runs the charm for one event. The hook must succeed without output.
    pub(crate) fn fire(&self, event: Event) -> Dispatched {
        let done = self.dispatch(&event);
        assert_eq!(done.exit, Some(0), "{event:?}: {}{} {:#?}", done.stdout, done.stderr, self.log());
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""), "{event:?} printed");
        done
    }

    /// Runs the charm's code in this process for one event, and returns its calls. The hook must succeed.
    pub(crate) fn fire_in_process(&self, event: &Event) -> Vec<Call> {
        let charm = self.dir.path().join("charm");
        let done = dispatch_in_process::<webcharm::WebApp>(&self.server, &self.unit, event, &charm, &self.options);
        done.unwrap_or_else(|error| panic!("{event:?}: {error:?} {:#?}", self.log()))
    }

    /// Runs the charm for every event that is due, until the model has no more.
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

    /// Runs the charm for the events that are due, until one kills it. That event stays due.
    pub(crate) fn settle_until_killed(&self) {
        while let Some(event) = self.next() {
            if self.dispatch(&event).exit.is_none() {
                return;
            }
        }
        panic!("the charm was not killed");
    }

    /// The next event of the unit.
    pub(crate) fn next(&self) -> Option<Event> {
        self.server.with(|model| model.next_event(&self.unit))
    }

    /// Sets options and runs the events that follow.
    pub(crate) fn configure(&self, settings: &[(&str, &str)]) {
        self.set_options(settings);
        self.settle();
    }

    /// Sets options without running an event.
    pub(crate) fn set_options(&self, settings: &[(&str, &str)]) {
        let settings: BTreeMap<_, _> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.server.with(|model| model.configure_text(self.unit.app(), &settings)).unwrap();
    }

    /// The unit's status.
    pub(crate) fn status(&self) -> Status {
        self.server.with(|model| model.status(&self.unit, Whose::Unit)).unwrap().expect("a status")
    }

    /// Asserts the unit's status.
    #[track_caller]
    pub(crate) fn expect(&self, kind: StatusKind, message: &str) {
        let status = self.status();
        assert_eq!((status.kind, status.message.as_str()), (kind, message), "log: {:#?}", self.log());
    }

    /// Messages that the charm logged.
    pub(crate) fn log(&self) -> Vec<String> {
        self.server.with(|model| model.log().lines().map(|line| line.message.clone()).collect())
    }

    /// The unit's status and the charm's log: the texts that an operator can read.
    pub(crate) fn public_texts(&self) -> String {
        format!("{}\n{}", self.status().message, self.log().join("\n"))
    }
}

/// Requests in Pebble's log, in order, as method and path.
fn requests(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| line.split_once("[pebble] "));
    let words = lines.map(|(_, text)| text.split(' ').collect::<Vec<_>>());
    let requests = words.filter(|words| words.len() > 1 && words[1].starts_with("/v1/"));
    requests.map(|words| format!("{} {}", words[0], words[1].split('?').next().unwrap_or_default())).collect()
}

/// Sends the signal `name` to a process.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(sent.success(), "cannot send {name} to {process}");
}

/// pebble-ready of the Flask charm's container.
pub(crate) fn pebble_ready() -> Event {
    Event::Workload(WorkloadEvent { container: CONTAINER.to_owned(), kind: WorkloadKind::PebbleReady })
}
