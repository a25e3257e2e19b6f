//! Runs a charm for one event: state in, event, state out.

mod error;
mod manager;
mod pod;
mod record;

use crate::agent::Agent;
use crate::consistency;
use crate::environment::JUJU_VERSION;
use crate::model::Model;
use crate::state::{Scene, State};
use juju::{ActionEvent, Charm, CharmFiles, Dispatch, Event, Juju, MetadataError, Version};
use pod::Pod;
use serde_json::{Map, Value};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

pub use error::RunError;
pub use manager::{Handled, Manager};
pub use record::Records;

/// The model after a hook, and the charm's result.
type Ran<E> = (Model, Result<(), RunError<E>>);

/// Runs a charm for one event at a time.
///
/// ```
/// use juju::event::Start;
/// use juju::{Error, Event, Juju, On, Setup, Status, StatusKind, Whose};
/// use webcharm_juju_testing::{Context, State};
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
    /// The charm of the crate under test: `charmcraft.yaml`, or `metadata.yaml`, `config.yaml` and `actions.yaml`, beside its
    /// `Cargo.toml`. Charmcraft's extensions are expanded.
    ///
    /// # Errors
    /// Not called by `cargo test`, or a file is missing or invalid.
    pub fn new() -> Result<Context<C>, MetadataError> {
        Context::from_dir(&crate::environment::manifest_dir())
    }

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
        Ok(Context::from_files(crate::files::read(charm_dir)?, charm_dir))
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
        self.run_with(event, &Map::new(), state, |manager| manager.run())
    }

    /// Runs the charm for an event, in steps: `work` gets the charm before the event, runs it, and looks at it afterwards. The
    /// charm's writes are dropped if `work` fails.
    ///
    /// ```
    /// use juju::{Charm, Event, On, Setup, event::Start};
    /// use webcharm_juju_testing::{Context, State};
    ///
    /// struct Counter {
    ///     starts: u32,
    /// }
    ///
    /// impl Charm for Counter {
    ///     type Error = juju::Error;
    ///     fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
    ///         Ok(Counter { starts: 0 })
    ///     }
    ///     fn observe(on: &mut On<Self>) {
    ///         on.event(Start, |charm: &mut Counter, _, _| {
    ///             charm.starts += 1;
    ///             Ok(())
    ///         });
    ///     }
    /// }
    ///
    /// let mut context = Context::<Counter>::from_meta("name: counter", "", "")?;
    /// context.manager(&Event::Start, &State::default(), |mut manager| {
    ///     manager.charm_mut().starts = 6;
    ///     let handled = manager.run()?;
    ///     assert_eq!(handled.charm().starts, 7);
    ///     Ok(handled)
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The event comes once:
    ///
    /// ```compile_fail,E0382
    /// # use juju::{Charm, Event};
    /// # use webcharm_juju_testing::{Context, State};
    /// # fn twice<C: Charm>(context: &mut Context<C>) {
    /// let _ = context.manager(&Event::Start, &State::default(), |manager| {
    ///     manager.run()?;
    ///     manager.run()
    /// });
    /// # }
    /// ```
    ///
    /// # Errors
    /// The same as [`Context::run`]; the error of `work`.
    pub fn manager(
        &mut self,
        event: &Event,
        state: &State,
        work: impl FnOnce(Manager<'_, C>) -> Result<Handled<'_, C>, RunError<C::Error>>,
    ) -> Result<State, RunError<C::Error>> {
        self.run_with(event, &Map::new(), state, work)
    }

    /// Runs an action in steps, as [`Context::manager`] does an event.
    ///
    /// # Errors
    /// The same as [`Context::run_action`]; the error of `work`.
    pub fn manager_action(
        &mut self,
        name: &str,
        params: &Map<String, Value>,
        state: &State,
        work: impl FnOnce(Manager<'_, C>) -> Result<Handled<'_, C>, RunError<C::Error>>,
    ) -> Result<State, RunError<C::Error>> {
        // The model numbers actions from one.
        let event = Event::Action(ActionEvent { name: name.to_owned(), id: "1".to_owned() });
        self.run_with(&event, params, state, work)
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
        self.manager_action(name, params, state, |manager| manager.run())
    }

    fn run_with(
        &mut self,
        event: &Event,
        params: &Map<String, Value>,
        state: &State,
        work: impl FnOnce(Manager<'_, C>) -> Result<Handled<'_, C>, RunError<C::Error>>,
    ) -> Result<State, RunError<C::Error>> {
        self.records = Records::default();
        let wrong = if self.is_checked { self.faults(event, params, state) } else { Vec::new() };
        if !wrong.is_empty() {
            return Err(RunError::InconsistentScenario(wrong));
        }
        let mut model = self.scene.model(state);
        if let Event::Action(action) = event {
            model.run_action(&self.scene.unit, &action.name, params)?;
        }
        let pod = Pod::open(state).map_err(|error| RunError::Container { error })?;
        let (model, outcome) = self.dispatch(model, event, pod.containers_dir(state), work)?;
        outcome?;
        let mut after = self.scene.state(state, &model);
        (after.containers, self.records.execs) = pod.after(state);
        self.records.warnings = consistency::warnings(&self.scene, event, state);
        match self.records.action.as_ref().and_then(|action| action.failure.clone().zip(Some(action))) {
            Some((message, action)) => {
                Err(RunError::ActionFailed { message, action: Box::new(action.clone()), state: Box::new(after) })
            }
            None => Ok(after),
        }
    }

    fn faults(&self, event: &Event, params: &Map<String, Value>, state: &State) -> Vec<String> {
        consistency::check((&self.scene, self.juju_version), event, params, state)
    }

    /// Opens the hook, runs the charm, and commits or drops its writes by its success.
    fn dispatch(
        &mut self,
        mut model: Model,
        event: &Event,
        containers_dir: PathBuf,
        work: impl FnOnce(Manager<'_, C>) -> Result<Handled<'_, C>, RunError<C::Error>>,
    ) -> Result<Ran<C::Error>, RunError<C::Error>> {
        let unit = self.scene.unit.clone();
        let hook = model.begin(&unit, event.clone())?;
        let agent = Agent {
            charm_dir: self.charm_dir.clone(),
            juju_version: self.juju_version,
            containers_dir: Some(containers_dir),
        };
        let (outcome, emitted) = agent.run(&mut model, (&unit, event, &hook), C::LOG_LEVEL, |context, backend| {
            let juju = Juju::new(context, backend);
            let dispatch = Dispatch::new(&juju).map_err(|error| RunError::uncaught(&juju, error));
            let outcome = dispatch.and_then(|dispatch| work(Manager::new(dispatch))).and_then(Handled::commit);
            (outcome, juju.occurred())
        })?;
        let finished = model.finish(&hook, outcome.is_ok())?;
        self.records = Records::of(&model, &unit, finished, emitted);
        Ok((model, outcome))
    }
}

#[cfg(test)]
mod tests;
