//! What there is to do: the effects on the container in their order, and the writes to Juju that go with them. Values only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use juju::{Databag, Port, RelationId, Whose};
use pebble::plan::{Environment, Layer};

use crate::action_result::ActionResult;
use crate::hold::Hold;
use crate::redact::Redactor;

/// The whole decision.
#[derive(Debug, Default)]
pub struct Steps {
    /// Whether the event asked for the workload at all: without it there is no status to tell.
    pub judged: bool,
    /// Why the workload can't be what was asked for, as far as that is known before the first effect.
    pub holds: Vec<Hold>,
    /// The effects, in order. The first that fails ends them.
    pub effects: Vec<Step>,
    /// Our half of the relations, where it differs.
    pub databags: Vec<DatabagWrite>,
    /// What the unit remembers once every effect succeeded.
    pub remember: BTreeMap<String, String>,
    /// The ports to be open once every effect succeeded.
    pub ports: BTreeSet<Port>,
    /// What the action is told.
    pub action_result: Option<ActionResult>,
    /// What may not appear in a status or in the log.
    pub secrets: Redactor,
}

/// Changes of one databag; an empty value deletes its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabagWrite {
    /// The relation.
    pub relation: RelationId,
    /// Which of our two databags.
    pub whose: Whose,
    /// What changes.
    pub changes: Databag,
}

/// An effect, and what its failure becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What it means when the workload refuses: a command that ends with another code than 0, a service that doesn't start.
    /// (That Pebble is away, or won't do it, means the same for every step.)
    pub refused: Hold,
    /// What the unit remembers as soon as this step succeeded, whatever becomes of the next ones.
    pub remember: Option<(String, String)>,
    /// What the action that waits is told once this step succeeded. A step with this is the action's own: that it fails is
    /// for the operator who asked, and changes nothing of what the workload is.
    pub action_result: Option<ActionResult>,
}

impl Step {
    /// A step whose success is remembered only together with that of all others.
    #[must_use]
    pub fn new(action: Action, refused: Hold) -> Self {
        Self { action, refused, remember: None, action_result: None }
    }
}

/// An effect on the container.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// Let what Pebble has under way with services come to its end, and runs of these commands.
    Await {
        /// Their first words.
        commands: Vec<String>,
    },
    /// Stop these services.
    Stop {
        /// Their names.
        services: Vec<String>,
    },
    /// Make a folder of the workload's user, and its parents.
    MakeDir {
        /// Its path.
        path: String,
    },
    /// Write a file.
    Write {
        /// Its path; folders above it are made.
        path: String,
        /// What goes into it.
        content: Vec<u8>,
        /// Whether it belongs to the workload's user, or to Pebble's.
        workload_owned: bool,
    },
    /// Remove a folder, if it's there, with what is in it.
    Remove {
        /// Its path.
        path: String,
    },
    /// Run a command to its end.
    Run(Run),
    /// Put the charm's layer into the plan.
    AddLayer(Box<Layer>),
    /// Start what is enabled and down, restart what changed.
    Replan,
    /// Have the web server read its configuration anew.
    Reload {
        /// The service.
        service: String,
    },
    /// See that the application listens.
    Listen {
        /// On this port.
        port: u16,
        /// And wait for it so long.
        patience: Duration,
    },
    /// End the web server's process and start another: for what reading its configuration anew doesn't change.
    Restart {
        /// The service.
        service: String,
    },
}

/// A command in the container.
#[derive(Clone, PartialEq)]
pub struct Run {
    /// What it's for, after "cannot ".
    pub purpose: &'static str,
    /// Its words.
    pub command: Vec<String>,
    /// The folder it runs in.
    pub working_dir: Option<String>,
    /// Its user and group: the workload's, or Pebble's own.
    pub as_workload: bool,
    /// Its variables.
    pub environment: Environment,
    /// When it's given up.
    pub timeout: Duration,
    /// Whether the last line it prints belongs into the status if it fails.
    pub tells: bool,
}

impl fmt::Display for Action {
    /// What is done, after "cannot ". Names only: contents and variables may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Await { .. } => f.write_str("wait for what Pebble has under way"),
            Self::Stop { services } => write!(f, "stop {}", services.join(", ")),
            Self::MakeDir { path } => write!(f, "make folder {path}"),
            Self::Write { path, .. } => write!(f, "write {path}"),
            Self::Remove { path } => write!(f, "remove {path}"),
            Self::Run(run) => f.write_str(run.purpose),
            Self::AddLayer(_) => f.write_str("configure the services"),
            Self::Replan => f.write_str("start the services"),
            Self::Reload { service } => write!(f, "reload {service}"),
            Self::Listen { port, .. } => write!(f, "see that port {port} is listened on"),
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
    /// Whether the effects can take so long that the operator should be told meanwhile.
    #[must_use]
    pub fn take_time(&self) -> bool {
        let effects = self.effects.iter().filter(|step| step.action_result.is_none());
        effects.into_iter().any(|step| matches!(step.action, Action::Run(_) | Action::Replan | Action::Restart { .. }))
    }
}
