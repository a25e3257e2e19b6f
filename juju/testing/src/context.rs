//! Runs a charm for one event: state in, event, state out.

mod pod;

use crate::agent::Agent;
use crate::consistency;
use crate::environment::JUJU_VERSION;
use crate::model::{Action, Call, Error as ModelError, LogLine, Model, counts};
use crate::state::{Scene, State};
use juju::{ActionEvent, Charm, CharmFiles, ContextError, DispatchError, Event, MetadataError, Status, Version};
use pebble_fake::ExecCall;
use pod::Pod;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Error of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E: std::error::Error + 'static> {
    /// The faults of a state or event that Juju could never produce.
    #[error("inconsistent scenario:\n  {}", .0.join("\n  "))]
    InconsistentScenario(Vec<String>),
    /// The charm failed; its writes are dropped.
    #[error("uncaught error of the charm in {event}: {}", juju::chain(error))]
    UncaughtCharmError {
        /// The event's name.
        event: String,
        /// The charm's error. The text above includes its causes, so it is no `source`.
        error: DispatchError<E>,
    },
    /// The charm called `action-fail`.
    #[error("action failed: {message}")]
    ActionFailed {
        /// Message of the last `action-fail`.
        message: String,
        /// The action, with its results and log lines.
        action: Box<Action>,
        /// The state after the event; an action that fails may have changed it.
        state: Box<State>,
    },
    /// The environment made for the event can't be read, which is a bug of this package.
    #[error("cannot read the environment")]
    Environment {
        /// The reason.
        #[from]
        source: ContextError,
    },
    /// A container's folder or socket can't be made.
    #[error("cannot make a container: {error}")]
    Container {
        /// The system's reason.
        error: std::io::Error,
    },
    /// The model refused to open the hook.
    #[error("cannot open the hook")]
    Model {
        /// Its reason.
        #[from]
        source: ModelError,
    },
}

/// The model after a hook, and the charm's result.
type Ran<E> = (Model, Result<(), DispatchError<E>>);

/// Results of a run that are not part of the state.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The charm's log lines, oldest first.
    pub log: Vec<LogLine>,
    /// The unit's earlier statuses, oldest first; the present one is in the state.
    pub unit_status_history: Vec<Status>,
    /// The hook-tool calls in order.
    pub calls: Vec<Call>,
    /// The action, if the event was an action.
    pub action: Option<Action>,
    /// The commands that ran in the containers of the state, each with its container.
    pub execs: Vec<(String, ExecCall)>,
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
/// use juju::event::Start;
/// use juju::{Error, Event, Juju, On, Setup, Status, StatusKind, Whose};
/// use juju_testing::{Context, State};
///
/// struct Hello;
///
/// impl juju::Charm for Hello {
///     type Error = Error;
///
///     fn new(_: &Setup<'_>) -> Result<Self, Error> {
///         Ok(Hello)
///     }
///
///     fn observe(on: &mut On<Self>) {
///         on.event(Start, Self::start);
///     }
/// }
///
/// impl Hello {
///     fn start(&mut self, _: &Start, juju: &Juju<'_>) -> Result<(), Error> {
///         juju.set_status(Whose::Unit, &Status::active("hello"))
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
    /// A charm with the text of `metadata.yaml`, `config.yaml` and `actions.yaml`; an empty text declares an empty set.
    /// The unit has the number 0, and its application the charm's name.
    ///
    /// # Errors
    /// A file is invalid.
    pub fn from_meta(metadata: &str, config: &str, actions: &str) -> Result<Context<C>, MetadataError> {
        Ok(Context::from_files(CharmFiles::parse(metadata, config, actions)?, Path::new("/nonexistent/charm")))
    }

    /// A charm with the files of its folder.
    ///
    /// # Errors
    /// A file can't be read or is invalid.
    pub fn from_dir(charm_dir: &Path) -> Result<Context<C>, MetadataError> {
        Ok(Context::from_files(CharmFiles::read(charm_dir)?, charm_dir))
    }

    /// A charm with files that were already read; it finds its other files in the folder.
    pub fn from_files(charm: CharmFiles, charm_dir: &Path) -> Context<C> {
        let unit = juju::UnitName::new(charm.metadata.name.clone(), 0);
        Context {
            scene: Scene { charm, unit },
            charm_dir: charm_dir.to_owned(),
            juju_version: JUJU_VERSION,
            is_checked: true,
            records: Records::default(),
            charm: PhantomData,
        }
    }

    /// Sets the unit; by default unit 0 of an application with the charm's name.
    #[must_use]
    pub fn with_unit(mut self, app: &str, number: u32) -> Context<C> {
        self.scene.unit = juju::UnitName::new(app, number);
        self
    }

    /// Sets the version of Juju; 3.6.12 by default.
    #[must_use]
    pub fn with_juju(mut self, version: Version) -> Context<C> {
        self.juju_version = version;
        self
    }

    /// Skips the check that Juju could produce the state and the event.
    #[must_use]
    pub fn skip_consistency_checks(mut self) -> Context<C> {
        self.is_checked = false;
        self
    }

    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Results of the last run that are not part of the state.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Runs the charm for an event and returns the state after it. `state` stays as it is.
    ///
    /// # Errors
    /// The state is inconsistent, or the charm fails.
    pub fn run(&mut self, event: &Event, state: &State) -> Result<State, RunError<C::Error>> {
        self.run_with(event, &Map::new(), state)
    }

    /// Runs an action. Its results are in [`Context::records`].
    ///
    /// # Errors
    /// The same as [`Context::run`]; also [`RunError::ActionFailed`] if the charm calls `action-fail`.
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
        let pod = Pod::open(state).map_err(|error| RunError::Container { error })?;
        let (model, outcome) = self.dispatch(model, event, state, &pod)?;
        outcome.map_err(|error| RunError::UncaughtCharmError { event: event.name(), error })?;
        let mut after = self.scene.state(state, &model);
        (after.containers, self.records.execs) = pod.after(state);
        match self.records.action.as_ref().and_then(|action| action.failure.clone().zip(Some(action))) {
            Some((message, action)) => {
                Err(RunError::ActionFailed { message, action: Box::new(action.clone()), state: Box::new(after) })
            }
            None => Ok(after),
        }
    }

    /// Opens the hook, runs the charm, and commits or drops its writes by its success.
    fn dispatch(
        &mut self,
        mut model: Model,
        event: &Event,
        state: &State,
        pod: &Pod,
    ) -> Result<Ran<C::Error>, RunError<C::Error>> {
        let unit = self.scene.unit.clone();
        let hook = model.begin(&unit, event.clone())?;
        let agent = Agent {
            charm_dir: self.charm_dir.clone(),
            juju_version: self.juju_version,
            containers_dir: Some(pod.containers_dir(state)),
        };
        let outcome = agent.run(&mut model, (&unit, event, &hook), C::LOG_LEVEL, juju::dispatch::<C>)?;
        let finished = model.finish(&hook, outcome.is_ok())?;
        let status_history = model.world().unit(&unit).map(|unit| unit.status_history.clone());
        self.records = Records {
            log: model.log().lines().cloned().collect(),
            unit_status_history: status_history.unwrap_or_default(),
            calls: finished.calls,
            action: finished.action,
            execs: Vec::new(),
        };
        Ok((model, outcome))
    }
}

#[cfg(test)]
mod tests;
