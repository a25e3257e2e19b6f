//! The decision: effects on the container in their order, and writes to Juju. Values only.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use juju::{Changes, Hold, Port, Redactor, View};
use pebble::plan::{Environment, Layer};

use crate::action_result::ActionResult;
use crate::memory::Memory;

/// Decision for one event.
#[derive(Debug, Default)]
pub struct Steps {
    /// True if the event reconciles the workload. Otherwise the status stays as it is.
    pub judged: bool,
    /// Reasons, known before the first effect, why the workload can't reach the desired state.
    pub holds: Vec<Hold>,
    /// Effects in their order. The first failure ends them.
    pub effects: Vec<Step>,
    /// Changes of our half of the relations.
    pub relations: Vec<RelationWrite>,
    /// Values that hold if every effect succeeds and there is no hold.
    pub on_success: OnSuccess,
    /// Version of the workload, if the container shows one.
    pub version: Option<String>,
    /// Ports that are open then.
    pub ports: BTreeSet<Port>,
    /// Reason, known before the first effect, why the action is refused.
    pub refusal: Option<String>,
    /// Result of an action that needs no effect.
    pub answer: Option<ActionResult>,
    /// Lines for the log that are no reason against the workload.
    pub warnings: Vec<String>,
    /// Texts for the status of a workload that reaches the desired state.
    pub remarks: Vec<String>,
    /// Secrets to remove from statuses and logs.
    pub secrets: Redactor,
}

/// Changes of our half of one relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationWrite {
    /// Endpoint and id of the relation. Its databags are left out: those of others may be large, and
    /// [`Juju::publish`](juju::Juju::publish) reads ours itself.
    pub view: View,
    /// Changes of our databags. Not empty.
    pub changes: Changes,
}

impl RelationWrite {
    /// Write of these changes. `None` if they are empty.
    #[must_use]
    pub fn of(view: &View, changes: Changes) -> Option<Self> {
        (!changes.is_empty()).then(|| Self { view: View::empty(&view.endpoint, view.id), changes })
    }
}

/// Values that hold only once a step has succeeded, or all steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnSuccess {
    /// Changes of our half of the relations, in place of those that are published in any case. Only of all steps.
    pub relations: Vec<RelationWrite>,
    /// Values to store.
    pub memory: Memory,
    /// Result of the action.
    pub action_result: Option<ActionResult>,
}

/// Effect, with the hold that its failure becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Effect on the container.
    pub action: Action,
    /// Hold if the workload is at fault: a command exits with another code than 0, or a service does not start.
    /// Failures of Pebble itself have a hold of their own, the same for every step.
    pub refused: Hold,
    /// Values that hold as soon as this step has succeeded, even if a later one fails.
    pub on_success: OnSuccess,
}

impl Step {
    /// Step whose success has no consequence beyond the container.
    #[must_use]
    pub fn new(action: Action, refused: Hold) -> Self {
        Self { action, refused, on_success: OnSuccess::default() }
    }

    /// True if the step gives the action its result. Its failure then goes to the operator who runs the action and does
    /// not change the unit's status.
    #[must_use]
    pub fn is_of_action(&self) -> bool {
        self.on_success.action_result.is_some() || matches!(&self.action, Action::Run(run) if run.reports)
    }
}

/// Effect on the container.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// Waits for Pebble's running changes of services, and for running commands with these names.
    Await {
        /// First words of the commands.
        commands: Vec<String>,
    },
    /// Stops services.
    Stop {
        /// Names of the services.
        services: Vec<String>,
    },
    /// Makes a folder, owned by the workload's user, and its parents.
    MakeDir {
        /// Path of the folder.
        path: String,
    },
    /// Writes a file.
    Write {
        /// Path of the file. Missing parents are made.
        path: String,
        /// Content of the file.
        content: Vec<u8>,
        /// True: owned by the workload's user. False: owned by Pebble's.
        workload_owned: bool,
    },
    /// Removes a file, or a folder and its content, if it exists.
    Remove {
        /// Path.
        path: String,
    },
    /// Runs a command until it exits.
    Run(Run),
    /// Merges the charm's layer into the plan.
    AddLayer(Box<Layer>),
    /// Merges a layer of log targets into the plan. Pebble forwards at once.
    ForwardLogs(Box<Layer>),
    /// Replans: starts enabled services that are down, and restarts those whose definition changed.
    Replan,
    /// Makes the web server read its configuration again.
    Reload {
        /// Name of the service.
        service: String,
    },
    /// Waits until the application listens.
    Listen {
        /// TCP port.
        port: u16,
        /// Longest wait.
        patience: Duration,
    },
    /// Restarts the web server, for settings that it reads at its start only.
    Restart {
        /// Name of the service.
        service: String,
    },
}

/// Command in the container.
#[derive(Clone, PartialEq)]
pub struct Run {
    /// Purpose, a phrase that follows "cannot ".
    pub purpose: Cow<'static, str>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Service whose variables, user and folder are the defaults.
    pub service_context: Option<String>,
    /// Working folder.
    pub working_dir: Option<String>,
    /// True: runs as the workload's user and group. False: as Pebble's.
    pub as_workload: bool,
    /// Environment variables.
    pub environment: Environment,
    /// Limit after which Pebble kills the command.
    pub timeout: Duration,
    /// True if the last line of the output goes into the status of a failure.
    pub tells: bool,
    /// True if output and exit code are the action's result.
    pub reports: bool,
}

impl fmt::Display for Action {
    /// Writes a phrase that follows "cannot ". Names only, since contents and variables may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Await { .. } => f.write_str("wait for running Pebble changes"),
            Self::Stop { services } => write!(f, "stop {}", services.join(", ")),
            Self::MakeDir { path } => write!(f, "make folder {path}"),
            Self::Write { path, .. } => write!(f, "write {path}"),
            Self::Remove { path } => write!(f, "remove {path}"),
            Self::Run(run) => f.write_str(&run.purpose),
            Self::AddLayer(_) => f.write_str("configure the services"),
            Self::ForwardLogs(_) => f.write_str("configure the forwarding of logs"),
            Self::Replan => f.write_str("start the services"),
            Self::Reload { service } => write!(f, "reload {service}"),
            Self::Listen { port, .. } => write!(f, "wait for port {port}"),
            Self::Restart { service } => write!(f, "restart {service}"),
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({self})")
    }
}

impl Steps {
    /// True if the effects may take long enough for a maintenance status.
    #[must_use]
    pub fn take_time(&self) -> bool {
        let effects = self.effects.iter().filter(|step| !step.is_of_action());
        effects.into_iter().any(|step| matches!(step.action, Action::Run(_) | Action::Replan | Action::Restart { .. }))
    }
}
