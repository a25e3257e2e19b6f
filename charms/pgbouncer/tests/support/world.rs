//! A model with units of the charm, a backend and clients.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use interfaces::database::provider::{self, Account};
use interfaces::{Read, certificates, postgresql};
use juju::{
    Changes, CharmFiles, ConfigValue, Context, Databag, Entity, Event, Juju, Log, Needs, RelationId, Role, Status,
    UnitName, Whose, WorkloadEvent, WorkloadKind, chain,
};
use juju_testing::{Finished, Model, ModelBackend, endpoint};
use pgbouncer::{Open, PgBouncer, Places, Pod, Surroundings};
use tempfile::TempDir;

use super::container::{Container, places};
use super::server::Server;

/// Name of the application.
pub(crate) const APP: &str = "pgbouncer-k8s";

/// Surroundings with stand-ins: two instances in folders of the test, and servers in memory.
#[derive(Debug)]
pub(crate) struct StandIns;

impl Surroundings for StandIns {
    const OPEN: Open = Server::open;

    fn places(context: &Context) -> Places {
        places(&context.containers_dir)
    }

    fn processors() -> usize {
        2
    }
}

/// Surroundings with the real PgBouncer and PostgreSQL.
#[derive(Debug)]
pub(crate) struct Real;

impl Surroundings for Real {
    const OPEN: Open = Pod::OPEN;

    fn places(context: &Context) -> Places {
        places(&context.containers_dir)
    }

    fn processors() -> usize {
        2
    }
}

/// A model and the containers of its units.
pub(crate) struct World {
    pub(crate) model: RefCell<Model>,
    pub(crate) containers: BTreeMap<UnitName, Container>,
    /// Host name of the backend's server, and its port.
    pub(crate) host: String,
    pub(crate) port: u16,
    is_real: bool,
    /// Lines of the charm's log.
    pub(crate) log: RefCell<Vec<String>>,
    dir: TempDir,
}

impl World {
    /// A model in which the units' containers have not started. `host` is the name of the test's own server.
    pub(crate) fn new(host: &str, units: u32) -> Self {
        let mut model = Model::new("test");
        let charm = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        model.deploy(APP, charm, units).unwrap();
        let database = |name, role| vec![endpoint(name, role, postgresql::INTERFACE)];
        model.add_application("postgresql-k8s", database("database", Role::Provides), 1).unwrap();
        for client in ["web", "blog"] {
            model.add_application(client, database("db", Role::Requires), 1).unwrap();
        }
        let authority = vec![endpoint("certificates", Role::Provides, interfaces::certificates::INTERFACE)];
        model.add_application("authority", authority, 1).unwrap();
        Server::start(host);
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self {
            model: RefCell::new(model),
            containers: BTreeMap::new(),
            host: host.to_owned(),
            port: 5432,
            is_real: false,
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
        let container = Container::new(&self.dir.path().join(unit.number().to_string()));
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
        let hook = self.model.borrow_mut().begin(unit, event.clone()).unwrap();
        let mut context = context(unit);
        context.containers_dir = self.containers[unit].containers_dir();
        context.event = event.clone();
        let log = Log::new(tracing::Level::INFO);
        let result = {
            let backend = ModelBackend::new(&self.model, hook.clone());
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
        self.model.borrow_mut().finish(&hook, is_success).unwrap()
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

    /// Relates the backend; it has not answered yet.
    pub(crate) fn relate_backend(&self) -> RelationId {
        self.model.borrow_mut().integrate(&format!("{APP}:backend-database"), "postgresql-k8s").unwrap()
    }

    /// The backend's answer, if the charm has asked.
    pub(crate) fn answer_backend(&self, id: RelationId, read_only: &[&str]) -> bool {
        let account = Account {
            database: "pgbouncer".to_owned(),
            username: "relation-8".to_owned(),
            password: "hunter2".into(),
            uris: None,
            endpoints: vec![format!("{}:{}", self.host, self.port)],
            read_only_endpoints: read_only.iter().map(|text| (*text).to_owned()).collect(),
            tls: Some(false),
            tls_ca: None,
            replset: None,
            version: Some("15.4".to_owned()),
        };
        self.speak("postgresql-k8s", |juju| {
            let view = juju.view("database", id, provider::NEEDS)?;
            let Read::Ready(request) = provider::read(&view) else { return Ok(false) };
            juju.publish(&view, &provider::answer(&view, &request, &account))
        })
    }

    /// Relates the backend, and runs all hooks until it is in use.
    pub(crate) fn add_backend(&self) -> RelationId {
        let id = self.relate_backend();
        self.settle();
        assert!(self.answer_backend(id, &[]));
        self.settle();
        id
    }

    /// Relates a client that asks for a database.
    pub(crate) fn add_client(&self, client: &str, database: &str) -> RelationId {
        let id = self.model.borrow_mut().integrate(&format!("{APP}:database"), client).unwrap();
        let request = postgresql::Request { database: database.to_owned(), secrets: true, cross_model: false };
        self.speak(client, |juju| {
            let view = juju.view("db", id, interfaces::database::NEEDS)?;
            juju.publish(&view, &postgresql::request(&view, &request))
        });
        id
    }

    /// What a client reads.
    pub(crate) fn client_reads(&self, client: &str, id: RelationId) -> Read<interfaces::database::Database> {
        let request = postgresql::Request { database: "x".to_owned(), secrets: true, cross_model: false };
        self.speak(client, |juju| {
            let view = juju.view("db", id, interfaces::database::NEEDS)?;
            let mut secrets = interfaces::Secrets::new();
            for secret in postgresql::secrets(&view).into_iter().filter(|secret| secret.needed) {
                let content = juju.secret(&juju::SecretQuery::id(secret.id.clone()).refresh())?;
                secrets.insert(secret.id, content);
            }
            Ok(postgresql::read(&view, &secrets, &request))
        })
    }

    /// Writes a remote application's databag.
    pub(crate) fn write(&self, app: &str, endpoint: &str, id: RelationId, settings: &[(&str, &str)]) {
        self.speak(app, |juju| {
            let view = juju.view(endpoint, id, Needs { local_app: true, ..Needs::default() })?;
            juju.publish(&view, &Changes::of_leader(&view, &settings.iter().copied().collect::<Databag>()))
        });
    }

    /// Relates the authority.
    pub(crate) fn relate_authority(&self) -> RelationId {
        self.model.borrow_mut().integrate(&format!("{APP}:certificates"), "authority").unwrap()
    }

    /// Has the authority sign every request.
    pub(crate) fn certify(&self, id: RelationId, sign: impl Fn(&str) -> certificates::Certificate) {
        // A hook lists the units that its own unit was told of; this application has no charm to tell.
        let model = &self.model;
        let bag = |unit: UnitName| (unit.clone(), model.borrow().databag(id, &Entity::Unit(unit)).unwrap());
        let units: BTreeMap<_, _> = self.all().into_iter().map(bag).collect();
        self.speak("authority", |juju| {
            let view = juju.view("certificates", id, certificates::provider::NEEDS)?;
            let view = juju::View { units, ..view };
            let requests = certificates::provider::read(&view);
            let issued: Vec<_> = requests.into_iter().map(|request| (request.clone(), sign(&request))).collect();
            juju.publish(&view, &certificates::provider::answer(&view, &issued))
        });
    }

    /// A field of the charm's own secret.
    pub(crate) fn own_secret(&self, field: &str) -> String {
        let query = juju::SecretQuery::label(format!("pgb-peers.{APP}.app"));
        self.speak(APP, |juju| Ok(juju.secret(&query.peek())?[field].expose().to_owned()))
    }

    /// Port of the instances.
    pub(crate) fn listen_port(&self) -> u16 {
        self.shared().text("current_port").unwrap().parse().unwrap()
    }

    /// Writes the application's databag of the peer relation from outside.
    pub(crate) fn write_shared(&self, settings: &[(&str, &str)]) {
        let (peers, changes) = (self.peers(), settings.iter().copied().collect());
        self.model.borrow_mut().set_databag(peers, &self.app(), &changes).unwrap();
    }

    /// The application, as the owner of a databag.
    #[allow(clippy::unused_self, reason = "beside the others")]
    pub(crate) fn app(&self) -> Entity {
        Entity::App(APP.to_owned())
    }

    /// A text without what is this world's own: the name of its server and the path of its folder.
    pub(crate) fn neutral(&self, text: &str) -> String {
        text.replace(&self.host, "server").replace(&self.dir.path().display().to_string(), "DIR")
    }

    /// Number of lines of the log with that text.
    pub(crate) fn log_lines(&self, text: &str) -> usize {
        self.log.borrow().iter().filter(|line| line.contains(text)).count()
    }

    fn speak<T>(&self, app: &str, work: impl FnOnce(&Juju<'_>) -> Result<T, juju::Error>) -> T {
        let result: Result<T, Box<dyn std::error::Error>> =
            self.model.borrow_mut().speak_as(app, |juju| Ok(work(juju)?));
        result.unwrap()
    }

    pub(crate) fn peers(&self) -> RelationId {
        let model = self.model.borrow();
        model.relations().find(|relation| relation.interface == "pgb_peers").unwrap().id
    }

    /// The application's databag of the peer relation.
    pub(crate) fn shared(&self) -> Databag {
        self.model.borrow().databag(self.peers(), &Entity::App(APP.to_owned())).unwrap()
    }

    /// A unit's databag of the peer relation.
    pub(crate) fn told(&self, number: u32) -> Databag {
        self.model.borrow().databag(self.peers(), &Entity::Unit(Self::unit(number))).unwrap()
    }

    /// The application's databag of a relation.
    pub(crate) fn ours(&self, id: RelationId) -> Databag {
        self.model.borrow().databag(id, &Entity::App(APP.to_owned())).unwrap()
    }

    /// Names of the deferred handlers of a unit, oldest first.
    pub(crate) fn deferred(&self, number: u32) -> Vec<String> {
        let model = self.model.borrow();
        let state = model.state(&Self::unit(number)).unwrap();
        let queue: Vec<serde_json::Value> =
            state.get("juju.deferred").map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
        queue.iter().map(|entry| entry["handler"].as_str().unwrap().to_owned()).collect()
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
