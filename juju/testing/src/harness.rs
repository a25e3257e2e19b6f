//! A living model around one unit: a test changes it step by step, and the charm gets the events of each change.
//!
//! The functions bear the names of the framework's testing guide. [`Harness`] holds a [`Model`] whose rules are those of
//! every other front; the files below add one subject each. While a handler runs, Juju's access rules hold; outside, the
//! test reads and writes everything.
//!
//! As in production, each event is handled by a new value of the charm, so there is no instance to look into: a charm that
//! keeps something in its fields from one event to the next fails in a test as it fails in a pod.

mod action;
mod config;
mod container;
mod error;
mod initial;
mod network;
mod record;
mod relation;
mod resource;
mod secret;
mod storage;

use crate::agent::Agent;
use crate::environment::JUJU_VERSION;
use crate::model::{Addresses, Application, Call, Finished, Model, Unit};
use crate::workload::Workload;
use juju::{Charm, CharmFiles, Event, Juju, On, Status, UnitName, Version};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub use error::HarnessError;
pub use network::HarnessNetwork;

/// Folder of the containers' sockets before there is any container.
const NO_CONTAINERS: &str = "/nonexistent/containers";

/// Result of a harness's call; the error holds the charm's own.
type Done<C, T = ()> = Result<T, HarnessError<<C as Charm>::Error>>;

/// A charm under test, its unit, and the model around it.
///
/// ```
/// use juju::{Charm, On, Setup};
/// use webcharm_juju_testing::Harness;
///
/// struct MyCharm;
///
/// impl Charm for MyCharm {
///     type Error = juju::Error;
///     fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
///         Ok(MyCharm)
///     }
///     fn observe(on: &mut On<Self>) {
///         on.any(|_, _, _| Ok(()));
///     }
/// }
///
/// // A charm's own test says `Harness::<MyCharm>::new()?`, which finds the crate's charmcraft.yaml.
/// let metadata = "{name: my-charm, requires: {db: {interface: pgsql}}}";
/// let mut h = Harness::<MyCharm>::from_meta(metadata, "options: {initial: {type: string}}", "")?;
/// let id = h.add_relation("db", "postgresql")?; // no event yet
/// h.add_relation_unit(id, "postgresql/0")?;
/// h.update_relation_data(id, "postgresql/0", [("key", "val")])?;
/// h.set_leader(true)?;
/// h.update_config([("initial", "config")])?;
/// h.begin_with_initial_hooks()?;
/// assert_eq!(h.emitted_events(), ["install", "db_relation_created", "leader_elected",
///     "config_changed", "start", "db_relation_joined", "db_relation_changed"]);
/// assert_eq!(h.get_relation_data(id, "postgresql/0")?["key"], "val");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Harness<C: Charm> {
    model: Model,
    unit: UnitName,
    charm: CharmFiles,
    agent: Agent,
    begun: bool,
    hooks_enabled: bool,
    seed: u64,
    /// True once the seed decided an order of events.
    seed_is_used: bool,
    next_relation: u32,
    emitted: Vec<Event>,
    calls: Vec<Call>,
    workloads: BTreeMap<String, Workload>,
    dir: Option<TempDir>,
    kind: PhantomData<fn() -> C>,
}

impl<C: Charm> Harness<C> {
    /// A harness with the charm's files of the crate under test: `charmcraft.yaml`, or `metadata.yaml`, `config.yaml`
    /// and `actions.yaml`, beside its `Cargo.toml`. Charmcraft's extensions are expanded.
    ///
    /// # Errors
    /// Not called by `cargo test`, or a file is missing or invalid.
    pub fn new() -> Done<C, Harness<C>> {
        Harness::from_dir(&crate::environment::manifest_dir())
    }

    /// A harness with the charm's files of a folder.
    ///
    /// # Errors
    /// A file is missing or invalid.
    pub fn from_dir(dir: &Path) -> Done<C, Harness<C>> {
        Ok(Harness::from_files(crate::files::read(dir)?, dir))
    }

    /// A harness with the texts of `metadata.yaml`, `config.yaml` and `actions.yaml`. An empty text declares an empty
    /// set; without metadata the charm's name is `test-charm`.
    ///
    /// # Errors
    /// A text is invalid.
    pub fn from_meta(metadata: &str, config: &str, actions: &str) -> Done<C, Harness<C>> {
        let metadata = if metadata.trim().is_empty() { "name: test-charm" } else { metadata };
        let charm = CharmFiles::parse(metadata, config, actions)?;
        Ok(Harness::from_files(charm, Path::new("/nonexistent/charm")))
    }

    fn from_files(charm: CharmFiles, dir: &Path) -> Harness<C> {
        let unit = UnitName::new(charm.metadata.name.clone(), 0);
        let agent =
            Agent { charm_dir: dir.to_owned(), juju_version: JUJU_VERSION, containers_dir: Some(NO_CONTAINERS.into()) };
        let mut harness = Harness {
            model: Model::new("test-model"),
            unit,
            charm,
            agent,
            begun: false,
            hooks_enabled: true,
            seed: crate::model::random::seed(),
            seed_is_used: false,
            next_relation: 0,
            emitted: Vec::new(),
            calls: Vec::new(),
            workloads: BTreeMap::new(),
            dir: None,
            kind: PhantomData,
        };
        harness.enter_unit();
        harness
    }

    /// Puts the application with its unit into the model. The charm knows all of it already.
    fn enter_unit(&mut self) {
        let endpoints = self.charm.metadata.endpoints.clone();
        let mut app = Application::new(self.unit.app(), Some(self.charm.clone()), endpoints);
        let mut unit = Unit::new(self.unit.clone(), Addresses::of(network::DEFAULT_ADDRESS));
        unit.status = Some(Status::maintenance(""));
        let memory = &mut unit.memory;
        (memory.installed, memory.started, memory.leader) = (true, true, Some(false));
        (memory.config, memory.charm) = (app.config_version, app.charm_version);
        app.units.insert(self.unit.clone(), unit);
        self.model.world_mut().applications.insert(app.name.clone(), app);
    }

    /// Sets the unit under test; by default unit 0 of an application with the charm's name.
    ///
    /// # Errors
    /// [`HarnessError::AlreadyBegun`], also once a relation was added.
    pub fn with_unit(mut self, app: &str, number: u32) -> Done<C, Harness<C>> {
        self.must_not_have_begun()?;
        if !self.model.world().relations.is_empty() {
            return Err(HarnessError::AlreadyBegun);
        }
        self.model.world_mut().applications.remove(self.unit.app());
        self.unit = UnitName::new(app, number);
        self.enter_unit();
        Ok(self)
    }

    /// Sets the version of Juju; 3.6.12 by default.
    #[must_use]
    pub fn with_juju(mut self, version: Version) -> Harness<C> {
        self.agent.juju_version = version;
        self
    }

    /// Sets the seed of the order in which [`Harness::begin_with_initial_hooks`] tells the charm of relations; random
    /// by default. A test that fails prints it.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Harness<C> {
        self.seed = seed;
        self
    }

    /// The seed of the order of relations.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Lets the charm live: from now on changes of the model fire events.
    ///
    /// # Errors
    /// [`HarnessError::AlreadyBegun`]; the charm can't be made.
    pub fn begin(&mut self) -> Done<C> {
        self.must_not_have_begun()?;
        self.begun = true;
        Ok(())
    }

    fn must_not_have_begun(&self) -> Done<C> {
        if self.begun { Err(HarnessError::AlreadyBegun) } else { Ok(()) }
    }

    fn must_have_begun(&self) -> Done<C> {
        if self.begun { Ok(()) } else { Err(HarnessError::NotBegun) }
    }

    /// The model, at all times.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The charm's handlers, at all times.
    pub fn framework(&self) -> On<C> {
        On::of_charm()
    }

    /// The unit under test.
    pub fn unit(&self) -> &UnitName {
        &self.unit
    }

    /// Lets changes of the model fire no events until [`Harness::enable_hooks`]. They never fire later.
    pub fn disable_hooks(&mut self) {
        self.hooks_enabled = false;
    }

    /// Lets changes of the model fire events again.
    pub fn enable_hooks(&mut self) {
        self.hooks_enabled = true;
    }

    /// Makes changes without events.
    pub fn hooks_disabled<R>(&mut self, work: impl FnOnce(&mut Harness<C>) -> R) -> R {
        let before = std::mem::replace(&mut self.hooks_enabled, false);
        let result = work(self);
        self.hooks_enabled = before;
        result
    }

    /// Fires a life-cycle event: install, start, stop, remove, update-status, upgrade-charm, …
    ///
    /// # Errors
    /// [`HarnessError::UnknownEvent`] for an event with a subject, which its own function fires, and for an event
    /// that Juju 3.6 does not have; [`HarnessError::NotBegun`]; the charm fails.
    pub fn emit(&mut self, event: &Event) -> Done<C> {
        self.must_have_begun()?;
        let has_subject = event.subject().is_some() || matches!(event, Event::Secret(_) | Event::Unknown(_));
        if has_subject { Err(HarnessError::UnknownEvent(event.name())) } else { self.dispatch(event).map(drop) }
    }

    /// Fires the deferred events again, oldest first, as every next event does before its own.
    ///
    /// # Errors
    /// [`HarnessError::NotBegun`]; the charm fails.
    pub fn reemit(&mut self) -> Done<C> {
        self.must_have_begun()?;
        // A charm observes no event of this name, so the hook consists of the deferred events and the status.
        self.in_hook(&Event::Unknown("reemit".to_owned()), |context, backend| juju::dispatch::<C>(context, backend))
            .map(drop)
    }

    /// Has the charm collect its statuses afresh.
    ///
    /// # Errors
    /// [`HarnessError::NotBegun`]; the charm fails.
    pub fn evaluate_status(&mut self) -> Done<C> {
        self.reemit()
    }

    /// Runs code as a handler: Juju's access rules hold, and its writes are dropped if it fails.
    ///
    /// # Errors
    /// The error of `work` as the inner result. The outer error: the hook can't be opened.
    pub fn as_handler<R, E>(&mut self, work: impl FnOnce(&Juju<'_>) -> Result<R, E>) -> Done<C, Result<R, E>> {
        let event = Event::UpdateStatus;
        let hook = self.model.begin(&self.unit, event.clone())?;
        let agent = self.agent.clone();
        let result = agent.run(&mut self.model, (&self.unit, &event, &hook), C::LOG_LEVEL, |context, backend| {
            work(&Juju::new(context, backend))
        })?;
        self.model.finish(&hook, result.is_ok())?;
        Ok(result)
    }

    /// Gives the charm an event if it lives and hooks are enabled, and else notes that the charm knows the change.
    fn fire(&mut self, event: &Event) -> Done<C> {
        if self.begun && self.hooks_enabled {
            return self.dispatch(event).map(drop);
        }
        self.model.world_mut().tell(&self.unit, event);
        Ok(())
    }

    fn dispatch(&mut self, event: &Event) -> Done<C, Finished> {
        self.emitted.push(event.clone());
        self.in_hook(event, |context, backend| juju::dispatch::<C>(context, backend))
    }

    fn in_hook(
        &mut self,
        event: &Event,
        work: impl FnOnce(&juju::Context, &dyn juju::Backend) -> Result<(), juju::DispatchError<C::Error>>,
    ) -> Done<C, Finished> {
        let hook = self.model.begin(&self.unit, event.clone())?;
        let agent = self.agent.clone();
        let outcome = agent.run(&mut self.model, (&self.unit, event, &hook), C::LOG_LEVEL, work)?;
        let finished = self.model.finish(&hook, outcome.is_ok())?;
        self.calls.extend(finished.calls.iter().cloned());
        match outcome {
            Ok(()) => Ok(finished),
            Err(error) => Err(HarnessError::UncaughtCharmError { event: event.name(), error }),
        }
    }

    /// A temporary folder of this harness, removed with it.
    fn dir(&mut self) -> Done<C, PathBuf> {
        let made = match self.dir.take() {
            Some(dir) => dir,
            None => tempfile::tempdir().map_err(|error| HarnessError::Io { what: "make a temporary folder", error })?,
        };
        let path = made.path().to_owned();
        self.dir = Some(made);
        Ok(path)
    }
}

impl<C: Charm> Drop for Harness<C> {
    #[allow(clippy::print_stderr, reason = "the output of a failing test is where its author looks for the seed")]
    fn drop(&mut self) {
        if self.seed_is_used && std::thread::panicking() {
            eprintln!("the order of relations came from the seed {}: Harness::with_seed repeats it", self.seed);
        }
    }
}

#[cfg(test)]
mod tests;
