//! A model with units of the charm, a backend and clients.

mod databags;
pub(crate) mod neighbors;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;

use juju::{
    CharmFiles, ConfigValue, Context, Event, Juju, Log, Status, UnitName, Whose, WorkloadEvent, WorkloadKind, chain,
};
use juju_testing::{Finished, HookId, Model, ModelBackend};
use pgbouncer::PgBouncer;
use tempfile::TempDir;

use super::container::Container;
use super::killer::{Killed, Killer};
use super::mortal::Mortal;
use super::server::Server;
use super::surroundings::{Real, StandIns};

/// Name of the application.
pub(crate) const APP: &str = "pgbouncer-k8s";

/// A model and the containers of its units.
pub(crate) struct World {
    pub(crate) model: RefCell<Model>,
    pub(crate) containers: BTreeMap<UnitName, Container>,
    /// Host name of the backend's server, and its port.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Certificate of the backend's authority, if the server has TLS.
    pub(crate) backend_ca: RefCell<Option<String>>,
    is_real: bool,
    /// True if the containers are fake Pebbles.
    is_in_process: bool,
    pub(crate) killer: Arc<Killer>,
    /// Lines of the charm's log.
    pub(crate) log: RefCell<Vec<String>>,
    dir: TempDir,
}

impl World {
    /// A model in which the units' containers have not started. `host` is the name of the test's own server.
    pub(crate) fn new(host: &str, units: u32) -> Self {
        Self::with(host, units, false)
    }

    /// The same with a fake Pebble in each container.
    pub(crate) fn in_process(host: &str, units: u32) -> Self {
        Self::with(host, units, true)
    }

    /// A model in which the containers run, before any hook.
    pub(crate) fn with_container(host: &str, units: u32) -> Self {
        let mut world = Self::new(host, units);
        world.containers.values_mut().for_each(Container::start);
        world
    }

    fn with(host: &str, units: u32, is_in_process: bool) -> Self {
        let mut model = Model::new("test");
        let charm = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        model.deploy(APP, charm, units).unwrap();
        neighbors::add_all(&mut model);
        let killer = Arc::default();
        Server::start(host, &killer);
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self {
            model: RefCell::new(model),
            containers: BTreeMap::new(),
            host: host.to_owned(),
            port: 5432,
            backend_ca: RefCell::default(),
            is_real: false,
            is_in_process,
            killer,
            log: RefCell::default(),
            dir,
        };
        world.all().into_iter().for_each(|unit| world.add_container(&unit));
        world
    }

    /// The same with the real PgBouncer, for a real server on that port. The instances listen on a port of the test's own.
    pub(crate) fn real(port: u16, units: u32) -> Self {
        let world = Self { port, is_real: true, ..Self::new("127.0.0.1", units) };
        world.containers.values().for_each(Container::be_real);
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        world.configure("listen_port", i64::from(free));
        world
    }

    /// The units.
    pub(crate) fn all(&self) -> Vec<UnitName> {
        self.model.borrow().units(APP).unwrap()
    }

    /// A unit by its number.
    pub(crate) fn unit(number: u32) -> UnitName {
        UnitName::new(APP, number)
    }

    fn add_container(&mut self, unit: &UnitName) {
        let dir = self.dir.path().join(unit.number().to_string());
        let container =
            if self.is_in_process { Container::in_process(&dir, &self.killer) } else { Container::new(&dir) };
        self.containers.insert(unit.clone(), container);
    }

    pub(crate) fn container(&self, number: u32) -> &Container {
        &self.containers[&Self::unit(number)]
    }

    /// Starts a unit's container, and has Juju tell the unit.
    pub(crate) fn start_container(&mut self, unit: &UnitName) {
        self.containers.get_mut(unit).unwrap().start();
        self.model.borrow_mut().push(unit, pebble_ready()).unwrap();
    }

    /// Starts all containers, and runs all hooks.
    pub(crate) fn start(&mut self) {
        for unit in self.all() {
            self.start_container(&unit);
        }
        self.settle();
    }

    /// Runs a hook, and fails the test if the charm does.
    #[track_caller]
    pub(crate) fn run(&self, unit: &UnitName, event: Event) -> Finished {
        self.dispatch(unit, event, true)
    }

    /// Runs a hook; without `is_success` it is killed at its end, so that its writes to Juju are dropped.
    #[track_caller]
    pub(crate) fn dispatch(&self, unit: &UnitName, event: Event, is_success: bool) -> Finished {
        self.killer.arm(0);
        let hook = self.begin(unit, event.clone());
        self.charm(unit, event, &hook);
        self.model.borrow_mut().finish(&hook, is_success).unwrap()
    }

    /// Runs a hook that is killed before the step of that number, from 1, and is due again. False if it had ended before.
    pub(crate) fn kill(&self, unit: &UnitName, event: Event, step: usize) -> bool {
        self.killer.arm(step);
        let hook = self.begin(unit, event.clone());
        let end = catch_unwind(AssertUnwindSafe(|| self.charm(unit, event, &hook)));
        self.killer.disarm();
        let is_killed = end.is_err();
        self.model.borrow_mut().finish(&hook, !is_killed).unwrap();
        match end {
            Err(panic) if !panic.is::<Killed>() => resume_unwind(panic),
            _ => is_killed,
        }
    }

    fn begin(&self, unit: &UnitName, event: Event) -> HookId {
        self.model.borrow_mut().begin(unit, event).unwrap()
    }

    /// Runs the charm in a hook, and fails the test if it fails.
    #[track_caller]
    fn charm(&self, unit: &UnitName, event: Event, hook: &HookId) {
        let mut context = context(unit);
        context.containers_dir = self.containers[unit].containers_dir();
        context.event = event.clone();
        let log = Log::new(tracing::Level::INFO);
        let result = {
            let backend = Mortal { juju: ModelBackend::new(&self.model, hook.clone()), killer: &self.killer };
            let juju = Juju::new(&context, &backend);
            tracing::subscriber::with_default(log.clone(), || {
                if self.is_real { juju.dispatch::<PgBouncer<Real>>() } else { juju.dispatch::<PgBouncer<StandIns>>() }
            })
        };
        let levels = [juju::LogLevel::Info, juju::LogLevel::Warning];
        let lines = levels.into_iter().flat_map(|level| log.lines(level));
        self.log.borrow_mut().extend(lines.map(|line| format!("{unit} {}: {line}", event.name())));
        if let Err(error) = &result {
            panic!("{unit} {}: {}\n{:#?}", event.name(), chain(error), self.log.borrow());
        }
    }

    /// Runs the next hook of a unit; `None` if no event is due.
    #[track_caller]
    pub(crate) fn step(&self, unit: &UnitName) -> Option<Event> {
        let event = self.model.borrow().next_event(unit)?;
        self.run(unit, event.clone());
        Some(event)
    }

    /// Runs hooks in turn until no unit has an event.
    #[track_caller]
    pub(crate) fn settle(&self) {
        for _ in 0..1000 {
            let ran: Vec<_> = self.all().iter().filter_map(|unit| self.step(unit)).collect();
            if ran.is_empty() {
                return;
            }
        }
        panic!("the model does not come to rest: {:#?}", self.log.borrow());
    }

    /// Runs update-status in every unit, and what follows.
    #[track_caller]
    pub(crate) fn tick(&self) {
        for unit in self.all() {
            self.run(&unit, Event::UpdateStatus);
        }
        self.settle();
    }

    #[track_caller]
    pub(crate) fn configure<V: Into<ConfigValue>>(&self, option: &str, value: V) {
        let settings = [(option.to_owned(), value.into())];
        self.model.borrow_mut().configure(APP, &settings.into()).unwrap();
    }

    pub(crate) fn status(&self, number: u32) -> Status {
        self.model.borrow().status(&Self::unit(number), Whose::Unit).unwrap().unwrap_or_else(|| Status::active("unset"))
    }

    /// A text without what is this world's own: the name of its server and the path of its folder.
    pub(crate) fn neutral(&self, text: &str) -> String {
        text.replace(&self.host, "server").replace(&self.dir.path().display().to_string(), "DIR")
    }

    /// Number of lines of the log with that text.
    pub(crate) fn log_lines(&self, text: &str) -> usize {
        self.log.borrow().iter().filter(|line| line.contains(text)).count()
    }

    /// Makes another unit the leader.
    pub(crate) fn elect(&self, number: u32) {
        self.model.borrow_mut().set_leader(&Self::unit(number)).unwrap();
    }

    /// Removes a unit: it runs its last hooks when the model settles. If it led, there is no leader until
    /// [`World::elect_any`].
    pub(crate) fn remove(&self, number: u32) {
        self.model.borrow_mut().remove_unit(&Self::unit(number)).unwrap();
    }

    /// Elects a leader if there is none.
    pub(crate) fn elect_any(&self) {
        self.model.borrow_mut().elect();
    }
}

/// The event of a container that has started.
pub(crate) fn pebble_ready() -> Event {
    Event::Workload(WorkloadEvent { container: "pgbouncer".to_owned(), kind: WorkloadKind::PebbleReady })
}

fn context(unit: &UnitName) -> Context {
    let vars = [
        ("JUJU_UNIT_NAME", unit.to_string()),
        ("JUJU_MODEL_NAME", "test".to_owned()),
        ("JUJU_VERSION", "3.6.12".to_owned()),
        ("JUJU_DISPATCH_PATH", "hooks/start".to_owned()),
    ];
    Context::read(&vars.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<BTreeMap<_, _>>()).unwrap()
}
