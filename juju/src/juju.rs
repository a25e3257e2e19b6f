//! The handle a charm gets: cached reads, writes that later reads see, and no tool call that is not needed.
//!
//! Each read of Juju costs a process and a round trip, so it is made at most once in a dispatch. The cache ends with
//! the dispatch. Relations are in `juju/relation.rs` and `juju/unrelated.rs`, secrets in `juju/secret.rs`, both together in `juju/publish.rs`, the
//! unit's state and ports in `juju/state.rs`, its surroundings in `juju/machine.rs`, actions in `juju/action.rs`.

mod action;
mod machine;
mod publish;
mod relation;
mod secret;
mod state;
mod unrelated;

use std::borrow::Borrow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use secret::KnownSecret;
use serde::de::DeserializeOwned;

use crate::backend::Backend;
use crate::config::Config;
use crate::context::Context;
use crate::databag::Databag;
use crate::dispatch::Occurred;
use crate::log::LogLevel;
use crate::name::{RelationId, UnitName};
use crate::network::{GoalState, Network};
use crate::owner::{Entity, Whose};
use crate::port::Port;
use crate::secret::{SecretId, SecretInfo};
use crate::settings::from_config;
use crate::status::Status;
use crate::stored::Slot;
use crate::tool::Error;
use crate::unrelated::Unrelated;

type Params = serde_json::Map<String, serde_json::Value>;
type Memo<K, V> = RefCell<BTreeMap<K, V>>;

/// Juju, for the time of one event.
///
/// # Errors
/// Every method that may call a tool returns what the tool said when it failed; a failed read is asked again the
/// next time.
pub struct Juju<'a> {
    /// The hook's environment.
    pub context: &'a Context,
    backend: &'a dyn Backend,
    calls: Cell<u64>,
    occurred: RefCell<Vec<Occurred>>,
    config: OnceCell<Config>,
    leader: OnceCell<bool>,
    params: OnceCell<Params>,
    goal: OnceCell<GoalState>,
    state: RefCell<Option<BTreeMap<String, String>>>,
    /// Changes of the state that Juju does not have yet; `None` deletes a key.
    state_changes: Memo<String, Option<String>>,
    slots: RefCell<Vec<Rc<Slot>>>,
    ports: RefCell<Option<BTreeSet<Port>>>,
    statuses: Memo<Whose, Option<Status>>,
    networks: Memo<(String, Option<RelationId>), Network>,
    resources: Memo<String, PathBuf>,
    ids: Memo<String, Vec<RelationId>>,
    /// True if the charm remembers the endpoints without a relation.
    remembers: Cell<bool>,
    unrelated: RefCell<Option<Unrelated>>,
    units: Memo<RelationId, BTreeSet<UnitName>>,
    apps: Memo<RelationId, Option<String>>,
    /// Relations that Juju does not know any more.
    gone: RefCell<BTreeSet<RelationId>>,
    bags: Memo<(RelationId, Entity), Databag>,
    /// Changes of our databags that Juju does not have yet; an empty value deletes its key.
    drafts: Memo<(RelationId, Whose), Databag>,
    secrets: RefCell<Vec<KnownSecret>>,
    infos: Memo<SecretId, SecretInfo>,
}

impl std::fmt::Debug for Juju<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Juju").field("unit", &self.context.unit).field("calls", &self.calls).finish_non_exhaustive()
    }
}

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl<'a> Juju<'a> {
    /// A handle with an empty cache.
    pub fn new(context: &'a Context, backend: &'a dyn Backend) -> Self {
        Self {
            context,
            backend,
            calls: Cell::default(),
            occurred: RefCell::default(),
            config: OnceCell::new(),
            leader: OnceCell::new(),
            params: OnceCell::new(),
            goal: OnceCell::new(),
            state: RefCell::default(),
            state_changes: RefCell::default(),
            slots: RefCell::default(),
            ports: RefCell::default(),
            statuses: RefCell::default(),
            networks: RefCell::default(),
            resources: RefCell::default(),
            ids: RefCell::default(),
            remembers: Cell::default(),
            unrelated: RefCell::default(),
            units: RefCell::default(),
            apps: RefCell::default(),
            gone: RefCell::default(),
            bags: RefCell::default(),
            drafts: RefCell::default(),
            secrets: RefCell::default(),
            infos: RefCell::default(),
        }
    }

    /// The number of tool calls made so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// The occurrences that [`Juju::dispatch`] gave to the charm's handlers so far, in order.
    #[must_use]
    pub fn occurred(&self) -> Vec<Occurred> {
        self.occurred.borrow().clone()
    }

    pub(crate) fn note(&self, occurred: Occurred) {
        self.occurred.borrow_mut().push(occurred);
    }

    /// The options as a struct: `meta::Config`, or any other type of serde.
    ///
    /// ```
    /// # fn handler(juju: &webcharm_juju::Juju<'_>) -> Result<(), webcharm_juju::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Config {
    ///     port: u16,
    /// }
    /// let config: Config = juju.config()?;
    /// # let _ = config.port;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Options`] if an option has another type; or Juju refuses.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, Error> {
        from_config(self.options()?).map_err(|source| Error::Options { source })
    }

    /// The options that have a value.
    pub fn options(&self) -> Result<&Config, Error> {
        self.once(&self.config, |juju| juju.config_get())
    }

    /// True if this unit leads.
    pub fn is_leader(&self) -> Result<bool, Error> {
        self.once(&self.leader, |juju| juju.is_leader()).copied()
    }

    /// The planned units and relations of the model. Slow: the tool asks the controller.
    pub fn goal_state(&self) -> Result<&GoalState, Error> {
        self.once(&self.goal, |juju| juju.goal_state())
    }

    /// The number of units that this application is to have; those being removed don't count. Calls `goal-state`.
    pub fn planned_units(&self) -> Result<usize, Error> {
        Ok(self.goal_state()?.units.values().filter(|unit| !unit.is_dying()).count())
    }

    /// The status set in this dispatch, or else the one Juju has; `None` if it is a status that a charm can't set.
    pub fn status(&self, whose: Whose) -> Result<Option<Status>, Error> {
        self.memo(&self.statuses, whose, |juju| juju.status_get(whose))
    }

    /// Sets a status, unless it is known to be that already.
    pub fn set_status(&self, whose: Whose, status: &Status) -> Result<(), Error> {
        if self.statuses.borrow().get(&whose).is_some_and(|known| known.as_ref() == Some(status)) {
            return Ok(());
        }
        self.call(|juju| juju.status_set(whose, status))?;
        self.statuses.borrow_mut().insert(whose, Some(status.clone()));
        Ok(())
    }

    /// Sets this unit's status, unless it is known to be that already.
    pub fn set_unit_status(&self, status: impl Borrow<Status>) -> Result<(), Error> {
        self.set_status(Whose::Unit, status.borrow())
    }

    /// Sets the application's status, which only the leader can.
    pub fn set_app_status(&self, status: impl Borrow<Status>) -> Result<(), Error> {
        self.set_status(Whose::App, status.borrow())
    }

    /// Tells the version of the workload.
    pub fn set_version(&self, version: &str) -> Result<(), Error> {
        self.call(|juju| juju.application_version_set(version))
    }

    /// Writes to Juju's log at once. Lines given to `tracing` are gathered into fewer calls instead.
    pub fn log(&self, level: LogLevel, message: &str) -> Result<(), Error> {
        self.call(|juju| juju.juju_log(level, message))
    }

    fn call<T>(&self, ask: impl FnOnce(&dyn Backend) -> Result<T, Error>) -> Result<T, Error> {
        self.calls.set(self.calls.get() + 1);
        ask(self.backend)
    }

    fn once<'s, T>(
        &'s self,
        cell: &'s OnceCell<T>,
        ask: impl FnOnce(&dyn Backend) -> Result<T, Error>,
    ) -> Result<&'s T, Error> {
        match cell.get() {
            Some(value) => Ok(value),
            None => self.call(ask).map(|value| cell.get_or_init(|| value)),
        }
    }

    fn memo<K: Ord, V: Clone>(
        &self,
        memo: &Memo<K, V>,
        key: K,
        ask: impl FnOnce(&dyn Backend) -> Result<V, Error>,
    ) -> Result<V, Error> {
        if let Some(value) = memo.borrow().get(&key) {
            return Ok(value.clone());
        }
        let value = self.call(ask)?;
        memo.borrow_mut().insert(key, value.clone());
        Ok(value)
    }

    /// Reads what is not known yet, without a copy.
    fn know<K: Ord, V>(
        &self,
        memo: &Memo<K, V>,
        key: K,
        ask: impl FnOnce(&dyn Backend) -> Result<V, Error>,
    ) -> Result<(), Error> {
        if !memo.borrow().contains_key(&key) {
            let value = self.call(ask)?;
            memo.borrow_mut().insert(key, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
