//! Several units of several applications, with charms of several types, in one model and one process.
//!
//! Juju's operators have the verbs ([`Cluster::deploy`], [`Cluster::integrate`], …); [`Cluster::run_until_quiet`] then runs
//! every hook that the model makes due. Which unit is next, which of its relations, and whether its hook begins before
//! the hook of another ends, is drawn from a seed: one seed gives one order. A hook works on the model of its beginning
//! and commits at its end, so overlapping hooks see each other's writes as late as in Juju.

mod container;
mod error;
mod hook;
mod supervisor;

use crate::model::Model;
use crate::seed::Dice;
use crate::workload::Workload;
use juju::{Charm, CharmFiles, ConfigValue, Event, RelationId, Status, UnitName, WorkloadEvent, WorkloadKind};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

pub use error::ClusterError;
pub use hook::Ran;
use hook::{Dispatch, Open, dispatch};
use supervisor::Supervisor;

/// Applications with charms in one model.
///
/// ```
/// use juju::event::LeaderElected;
/// use juju::{Charm, CharmFiles, Juju, On, Setup, Status, StatusKind, Whose};
/// use webcharm_juju_testing::Cluster;
///
/// struct Hello;
///
/// impl Charm for Hello {
///     type Error = juju::Error;
///     fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
///         Ok(Hello)
///     }
///     fn observe(on: &mut On<Self>) {
///         on.event(LeaderElected, |_: &mut Hello, _, juju: &Juju<'_>| juju.set_status(Whose::Unit, &Status::active("leads")));
///     }
/// }
///
/// let mut cluster = Cluster::new();
/// cluster.deploy::<Hello>("hello", CharmFiles::parse("name: hello", "", "")?, 3)?;
/// cluster.run_until_quiet(100)?;
/// let leads = |number| cluster.unit_status(&juju::UnitName::new("hello", number));
/// assert_eq!(leads(0)?.map(|status| status.kind), Some(StatusKind::Active));
/// assert_eq!(leads(1)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Cluster {
    model: Model,
    charms: BTreeMap<String, (Dispatch, tracing::Level)>,
    workloads: BTreeMap<(UnitName, String), Workload>,
    supervisors: BTreeMap<(UnitName, String), Supervisor>,
    /// The program that serves new containers; `None` stands for the fake Pebble.
    supervisor: Option<PathBuf>,
    open: Vec<Open>,
    history: Vec<Ran>,
    seed: u64,
    dice: Dice,
    dir: Option<TempDir>,
}

impl Default for Cluster {
    fn default() -> Cluster {
        Cluster::new()
    }
}

impl Cluster {
    /// An empty Kubernetes model, with a random seed.
    pub fn new() -> Cluster {
        Cluster::with_seed(crate::model::random::seed())
    }

    /// An empty Kubernetes model, with a seed of the order of hooks.
    pub fn with_seed(seed: u64) -> Cluster {
        Cluster {
            model: Model::new("test-model"),
            charms: BTreeMap::new(),
            workloads: BTreeMap::new(),
            supervisors: BTreeMap::new(),
            supervisor: None,
            open: Vec::new(),
            history: Vec::new(),
            seed,
            dice: Dice::new(seed),
            dir: None,
        }
    }

    /// The same, on another model, for example one of machines.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Cluster {
        self.model = model;
        self
    }

    /// Has a program serve the containers of units that come later, in place of a fake Pebble: `pebble`, or the supervisor. Each
    /// container has a process with a socket and a state of its own, which ends with its unit or with the cluster. Its services
    /// run, and its files are read and written, on this machine: a test names folders of its own.
    #[must_use]
    pub fn with_supervisor(mut self, program: impl Into<PathBuf>) -> Cluster {
        self.supervisor = Some(program.into());
        self
    }

    /// Runs a test once for each seed.
    ///
    /// # Errors
    /// The test's first error, with the seed that repeats it.
    pub fn explore(
        seeds: impl IntoIterator<Item = u64>,
        mut test: impl FnMut(&mut Cluster) -> Result<(), ClusterError>,
    ) -> Result<(), ClusterError> {
        seeds.into_iter().try_for_each(|seed| {
            test(&mut Cluster::with_seed(seed)).map_err(|error| ClusterError::Seed { seed, error: Box::new(error) })
        })
    }

    /// The seed of the order of hooks.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model, for its other verbs: applications without a charm, secrets, storage, actions.
    pub fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Deploys a charm with a number of units. Each container of a unit has a fake Pebble, which the charm can connect to,
    /// and pebble-ready is due after start.
    ///
    /// # Errors
    /// The name is taken; a container's folder can't be made.
    pub fn deploy<C: Charm>(&mut self, name: &str, charm: CharmFiles, units: u32) -> Result<(), ClusterError> {
        self.charms.insert(name.to_owned(), (dispatch::<C>, C::LOG_LEVEL));
        self.model.deploy(name, charm, 0)?;
        (0..units).try_for_each(|_| self.add_unit(name).map(drop))
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// There is no such application; a container's folder can't be made.
    pub fn add_unit(&mut self, app: &str) -> Result<UnitName, ClusterError> {
        let unit = self.model.add_unit(app)?;
        let charm = self.model.application(app)?.charm.clone();
        for container in charm.iter().flat_map(|charm| charm.metadata.containers.keys()) {
            self.open_container(&unit, container)?;
            let event = WorkloadEvent { container: container.clone(), kind: WorkloadKind::PebbleReady };
            self.model.push(&unit, Event::Workload(event))?;
        }
        Ok(unit)
    }

    /// Removes a unit: its relations depart, then it stops and is removed. A leader leads until it is removed, and a time
    /// without a leader follows.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn remove_unit(&mut self, unit: &UnitName) -> Result<(), ClusterError> {
        Ok(self.model.remove_unit(unit)?)
    }

    /// Integrates two applications, each named as `app` or `app:endpoint`, by the rules of `juju integrate`.
    ///
    /// # Errors
    /// As [`Model::integrate`].
    pub fn integrate(&mut self, one: &str, other: &str) -> Result<RelationId, ClusterError> {
        Ok(self.model.integrate(one, other)?)
    }

    /// Removes a relation.
    ///
    /// # Errors
    /// There is no such relation.
    pub fn remove_relation(&mut self, id: RelationId) -> Result<(), ClusterError> {
        Ok(self.model.remove_relation(id)?)
    }

    /// Sets options of an application.
    ///
    /// # Errors
    /// As [`Model::configure`].
    pub fn configure<K: Into<String>, V: Into<ConfigValue>>(
        &mut self,
        app: &str,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), ClusterError> {
        let options = options.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Ok(self.model.configure(app, &options)?)
    }

    /// Makes a unit the leader.
    ///
    /// # Errors
    /// There is no such unit, or it is being removed.
    pub fn set_leader(&mut self, unit: &UnitName) -> Result<(), ClusterError> {
        Ok(self.model.set_leader(unit)?)
    }

    /// The hooks that ran, in the order of their ends.
    pub fn history(&self) -> &[Ran] {
        &self.history
    }

    /// The names of the events that a unit got, oldest first, with underscores as in handlers' names.
    pub fn emitted_events(&self, unit: &UnitName) -> Vec<String> {
        let own = self.history.iter().filter(|ran| ran.unit == *unit);
        own.map(|ran| ran.event.name().replace('-', "_")).collect()
    }

    /// The status of a unit; `None` if it is unknown.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn unit_status(&self, unit: &UnitName) -> Result<Option<Status>, ClusterError> {
        Ok(self.model.status(unit, juju::Whose::Unit)?)
    }

    /// A unit's temporary folder. Its path is short: a socket's has at most 107 bytes.
    fn dir(&mut self, unit: &UnitName) -> Result<PathBuf, ClusterError> {
        if self.dir.is_none() {
            self.dir = Some(tempfile::tempdir().map_err(ClusterError::Container)?);
        }
        let dir = self.dir.as_ref().map(|dir| dir.path().to_owned()).unwrap_or_default();
        Ok(dir.join(unit.to_string().replace('/', "-")))
    }
}

impl Drop for Cluster {
    #[allow(clippy::print_stderr, reason = "the output of a failing test is where its author looks for the seed")]
    fn drop(&mut self) {
        if !self.history.is_empty() && std::thread::panicking() {
            eprintln!("the order of hooks came from the seed {}: Cluster::with_seed repeats it", self.seed);
        }
    }
}

#[cfg(test)]
mod tests;
