//! One event over one state: state in, event, state out.

use crate::backend::ModelBackend;
use crate::consistency;
use crate::environment;
use crate::model::{Action, Call, Error as ModelError, LogLine, Model, counts};
use crate::state::{Scene, State};
use juju::{ActionEvent, Charm, CharmFiles, ContextError, DispatchError, Event, Log, MetadataError, Status, Version};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// A run that returned no state.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E: std::error::Error + 'static> {
    /// Juju could never make this world; everything that is wrong with it.
    #[error("inconsistent scenario:\n  {}", .0.join("\n  "))]
    InconsistentScenario(Vec<String>),
    /// The charm failed; what it wrote is dropped.
    #[error("uncaught error of the charm in {event}")]
    UncaughtCharmError {
        /// The event's name.
        event: String,
        /// The charm's error.
        source: DispatchError<E>,
    },
    /// The action said that it failed.
    #[error("action failed: {message}")]
    ActionFailed {
        /// Its last message.
        message: String,
        /// The action with the results and lines from before the failure.
        action: Box<Action>,
        /// The state, which a failing action may change.
        state: Box<State>,
    },
    /// The environment made for the event can't be read: a fault of this package.
    #[error("cannot read the environment")]
    Environment {
        /// The reason.
        #[from]
        source: ContextError,
    },
    /// The model refused to open the hook.
    #[error("cannot open the hook")]
    Model {
        /// Its reason.
        #[from]
        source: ModelError,
    },
}

/// The model after a hook, and how the charm ended.
type Ran<E> = (Model, Result<(), DispatchError<E>>);

/// The last run's log, earlier statuses, calls and action, which are not part of the state.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The lines logged.
    pub log: Vec<LogLine>,
    /// The unit's statuses, oldest first, without the one it has now.
    pub unit_status_history: Vec<Status>,
    /// The hook-tool calls in order.
    pub calls: Vec<Call>,
    /// The action, when the event was one.
    pub action: Option<Action>,
}

impl Records {
    /// The number of calls of each tool.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        counts(&self.calls)
    }
}

/// Runs a charm for one event at a time.
///
/// ```
/// use juju::{Event, EventKind, Juju, Observers, Outcome, Status, StatusKind, Whose};
/// use juju_testing::{Context, State};
///
/// struct Hello;
///
/// impl juju::Charm for Hello {
///     type Error = juju::Error;
///     fn new(_: &juju::Context) -> Result<Self, juju::Error> {
///         Ok(Hello)
///     }
///     fn observe(observers: &mut Observers<Self>) {
///         observers.on(EventKind::Start, |_, _, juju: &Juju<'_>| {
///             juju.set_status(Whose::Unit, &Status::active("hello"))?;
///             Ok(Outcome::Done)
///         });
///     }
/// }
///
/// let mut context = Context::<Hello>::from_meta("name: hello", "", "")?;
/// let after = context.run(&Event::Start, &State::default())?;
/// assert_eq!(after.unit_status.map(|status| status.kind), Some(StatusKind::Active));
/// assert_eq!(context.records().counts()["status-set"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Context<C> {
    scene: Scene,
    charm_dir: PathBuf,
    juju_version: Version,
    is_checked: bool,
    records: Records,
    charm: PhantomData<fn() -> C>,
}

impl<C: Charm> Context<C> {
    /// A charm of the three files as text; empty ones declare nothing. The unit is the first of an application named
    /// as the charm.
    ///
    /// # Errors
    /// A file says something it must not.
    pub fn from_meta(metadata: &str, config: &str, actions: &str) -> Result<Context<C>, MetadataError> {
        Ok(Context::from_files(CharmFiles::parse(metadata, config, actions)?, Path::new("/nonexistent/charm")))
    }

    /// A charm of the files in its folder.
    ///
    /// # Errors
    /// A file can't be read, or says something it must not.
    pub fn from_dir(charm_dir: &Path) -> Result<Context<C>, MetadataError> {
        Ok(Context::from_files(CharmFiles::read(charm_dir)?, charm_dir))
    }

    /// A charm of files already read, which finds its others in the folder.
    pub fn from_files(charm: CharmFiles, charm_dir: &Path) -> Context<C> {
        let unit = juju::UnitName::new(charm.metadata.name.clone(), 0);
        Context {
            scene: Scene { charm, unit },
            charm_dir: charm_dir.to_owned(),
            juju_version: Version { major: 3, minor: 6, patch: 12 },
            is_checked: true,
            records: Records::default(),
            charm: PhantomData,
        }
    }

    /// The same for another unit, of an application perhaps named otherwise.
    #[must_use]
    pub fn with_unit(mut self, app: &str, number: u32) -> Context<C> {
        self.scene.unit = juju::UnitName::new(app, number);
        self
    }

    /// The same under another version of Juju.
    #[must_use]
    pub fn with_juju(mut self, version: Version) -> Context<C> {
        self.juju_version = version;
        self
    }

    /// The same without the check that Juju could make the world.
    #[must_use]
    pub fn skip_consistency_checks(mut self) -> Context<C> {
        self.is_checked = false;
        self
    }

    /// The last run's log, earlier statuses, calls and action, which are not part of the state.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Runs the charm for an event, and gives the state after it; the one before stays as it is.
    ///
    /// # Errors
    /// The state can't be, or the charm fails. Then there is no state after it.
    pub fn run(&mut self, event: &Event, state: &State) -> Result<State, RunError<C::Error>> {
        self.run_with(event, &Map::new(), state)
    }

    /// Runs an action. What it returned is in [`Context::records`].
    ///
    /// # Errors
    /// As of [`Context::run`]; and when the action says that it failed.
    pub fn run_action(
        &mut self,
        name: &str,
        params: &Map<String, Value>,
        state: &State,
    ) -> Result<State, RunError<C::Error>> {
        // The model numbers actions from one.
        let event = Event::Action(ActionEvent { name: name.to_owned(), id: "1".to_owned() });
        self.run_with(&event, params, state)
    }

    fn run_with(
        &mut self,
        event: &Event,
        params: &Map<String, Value>,
        state: &State,
    ) -> Result<State, RunError<C::Error>> {
        self.records = Records::default();
        let wrong = if self.is_checked { consistency::check(&self.scene, event, params, state) } else { Vec::new() };
        if !wrong.is_empty() {
            return Err(RunError::InconsistentScenario(wrong));
        }
        let mut model = self.scene.model(state);
        if let Event::Action(action) = event {
            model.run_action(&self.scene.unit, &action.name, params)?;
        }
        let (model, outcome) = self.dispatch(model, event, state)?;
        outcome.map_err(|source| RunError::UncaughtCharmError { event: event.name(), source })?;
        let after = self.scene.state(state, &model);
        match self.records.action.as_ref().and_then(|action| action.failure.clone().zip(Some(action))) {
            Some((message, action)) => {
                Err(RunError::ActionFailed { message, action: Box::new(action.clone()), state: Box::new(after) })
            }
            None => Ok(after),
        }
    }

    /// Opens the hook, lets the charm work, and ends the hook by its success.
    fn dispatch(
        &mut self,
        mut model: Model,
        event: &Event,
        state: &State,
    ) -> Result<Ran<C::Error>, RunError<C::Error>> {
        let unit = self.scene.unit.clone();
        let hook = model.begin(&unit, event.clone())?;
        let mut variables = environment::variables(&model, &unit, event, &hook, self.juju_version, &self.charm_dir);
        if let Some(dir) = &state.containers_dir {
            variables.insert("CHARM_CONTAINERS_DIR".to_owned(), dir.display().to_string());
        }
        let context = juju::Context::read(&variables)?;
        let model = RefCell::new(model);
        let outcome = {
            let backend = ModelBackend::new(&model, hook.clone());
            let log = Log::new(C::LOG_LEVEL);
            let outcome = tracing::subscriber::with_default(log.clone(), || juju::dispatch::<C>(&context, &backend));
            // The model takes every line.
            let _ = log.flush(&backend);
            outcome
        };
        let mut model = model.into_inner();
        let finished = model.finish(&hook, outcome.is_ok())?;
        let status_history = model.world().unit(&unit).map(|unit| unit.status_history.clone());
        self.records = Records {
            log: model.log().lines().cloned().collect(),
            unit_status_history: status_history.unwrap_or_default(),
            calls: finished.calls,
            action: finished.action,
        };
        Ok((model, outcome))
    }
}

#[cfg(test)]
mod tests;
