//! Purposes of code in a `src/charm.py`, each with the place where this charm takes the same from.

use std::collections::BTreeSet;

use switches::Switches;

use super::counterpart::Counterpart;
use crate::Framework;

/// Purpose of a statement that does more than start the framework's charm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Answers an action of the author's.
    Action {
        /// The action.
        name: String,
        /// Its declaration, as far as the command is written out.
        counterpart: Counterpart,
        /// Methods that its handler calls besides.
        besides: Vec<String>,
    },
    /// Does what a declaration does.
    Counterpart(Counterpart),
    /// Does what the author has declared in `webcharm.yaml`, by its path there.
    Declared(String),
    /// Reads an integration of the author's.
    Integration {
        /// The endpoint.
        endpoint: String,
        /// Its mapping, as far as the keys are known.
        counterpart: Counterpart,
    },
    /// Reads the integration that the code in this line reads, too.
    Again(usize),
    /// Gives the charm to an object of the author's own.
    Own {
        /// Class of the object.
        path: String,
        /// Declarations of the actions that it answers.
        counterpart: Counterpart,
        /// Names of these actions.
        actions: BTreeSet<String>,
    },
    /// Brings an integration that every charm of the framework has.
    Builtin,
    /// Observes another event.
    Event(String),
    /// Sets the workload's version.
    Version,
    /// Sets the unit's or the application's status.
    Status,
    /// Opens or closes a port.
    Port,
    /// Sets variables of the environment.
    Variable,
    /// Replaces a handler of the framework's by one that does nothing.
    Idle(String),
    /// Replaces a method that makes the application's variables.
    Environment {
        /// The method.
        name: String,
        /// Declarations of those variables that can be declared.
        counterpart: Counterpart,
        /// Names of the variables, as far as they are written out.
        names: BTreeSet<String>,
        /// Lines of what can't.
        unread: Vec<usize>,
    },
    /// Replaces a method that finds dashboards and alert rules.
    Observability {
        /// The method.
        name: String,
        /// The folder in the project, if it is written out.
        folder: Option<String>,
    },
    /// Replaces a member of the framework's class.
    Override(String),
    /// Inherits another class.
    Class(String),
    /// Inherits the charm of another framework than `charmcraft.yaml` names.
    Framework {
        /// The class's.
        own: Framework,
        /// The one in `charmcraft.yaml`.
        declared: Framework,
    },
    /// Starts a class that is no framework's charm.
    Start,
    /// Gives the framework's constructor other arguments than its own.
    Arguments,
    /// Anything else.
    Other,
}

const OTHER: &str = "move what it does into the application, its migrate.sh or its options, and remove it";

impl Purpose {
    /// True if both read the same integration.
    pub(super) fn is_of_the_same_integration(&self, other: &Self) -> bool {
        let endpoint = |purpose: &Self| match purpose {
            Self::Integration { endpoint, .. } => Some(endpoint.clone()),
            _ => None,
        };
        endpoint(self).is_some_and(|one| endpoint(other) == Some(one))
    }

    /// The purpose, or that the author has already declared what the code does.
    pub(super) fn unless_declared(self, switches: &Switches) -> Self {
        let variables = || {
            let mapped = switches.integrations.values().flat_map(|mapping| mapping.variables.keys());
            switches.variables.keys().chain(mapped).collect::<BTreeSet<_>>()
        };
        let has_action = |name: &String| switches.actions.contains_key(name);
        let path = match &self {
            Self::Action { name, .. } if has_action(name) => format!("actions.{name}"),
            Self::Integration { endpoint, .. } if switches.integrations.contains_key(endpoint) => {
                format!("integrations.{endpoint}")
            }
            Self::Own { actions, .. } if !actions.is_empty() && actions.iter().all(has_action) => "actions".to_owned(),
            Self::Environment { names, .. }
                if !names.is_empty() && names.iter().all(|name| variables().contains(name)) =>
            {
                "variables".to_owned()
            }
            _ => return self,
        };
        Self::Declared(path)
    }

    /// The fault.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Counterpart(_) => "this code is packed as a declaration of webcharm.yaml".to_owned(),
            Self::Declared(_) => "this code isn't run, since webcharm.yaml has its place".to_owned(),
            Self::Class(base) => format!("{base} is no charm of a framework known here"),
            Self::Framework { own, declared } => {
                format!("the class is {own}'s, and charmcraft.yaml has the extension of {declared}")
            }
            Self::Start => "this class is no charm of a framework".to_owned(),
            _ => "code of your own isn't run by this charm".to_owned(),
        }
    }

    /// The remedy, with the way to keep the Python charm.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Counterpart(counterpart) => {
                let results = if counterpart.has_action() { ", with the results output and exit-code" } else { "" };
                format!("it is the same as `{counterpart}`{results}: write it there to change it")
            }
            Self::Declared(path) => format!("{path} is what this charm does; `charmcraft pack` uses the code"),
            _ => {
                let remedy = self.declaration().unwrap_or_else(|| self.change());
                format!("{remedy}; to keep the Python charm, use `charmcraft pack`")
            }
        }
    }

    /// The lines of `webcharm.yaml` to write.
    fn declaration(&self) -> Option<String> {
        Some(match self {
            Self::Action { counterpart, besides, .. } if besides.is_empty() => {
                format!("write the action in webcharm.yaml: `{counterpart}`")
            }
            Self::Action { counterpart, besides, .. } => format!(
                "write the action in webcharm.yaml: `{counterpart}`, of a command that also does what the handler calls {} for",
                besides.join(", ")
            ),
            Self::Own { path, counterpart, .. } if counterpart.is_empty() => format!(
                "what {path} does is written in webcharm.yaml: its actions in `actions: {{NAME: {{command: …}}}}`, its \
                 integrations in `integrations: {{NAME: {{variables: …, publish: …}}}}`"
            ),
            Self::Own { path, counterpart, .. } => {
                format!("what {path} does is written in webcharm.yaml, and its code removed: `{counterpart}`")
            }
            Self::Integration { counterpart, .. } => format!(
                "map the integration in webcharm.yaml, what the application reads to variables and what it is told to \
                 `publish`: `{counterpart}`"
            ),
            Self::Again(line) => format!("map the integration in webcharm.yaml, as in line {line}"),
            Self::Environment { name, counterpart, unread, .. } if !counterpart.is_empty() => format!(
                "{name} makes the application's variables: write in webcharm.yaml `{counterpart}`, and what lines {} do in the \
                 application",
                unread.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
            Self::Environment { name, names, .. } if !names.is_empty() => format!(
                "{name} makes the application's variables: declare {} in webcharm.yaml, in `variables` or in those of an \
                 integration; once all are there, the code may stay",
                names.iter().cloned().collect::<Vec<_>>().join(", ")
            ),
            Self::Environment { name, .. } => format!(
                "{name} makes the application's variables: name those that differ in webcharm.yaml, such as an option without \
                 a prefix: `variables: {{BASE_URL: {{option: base-url}}}}`, or all of them: `prefixes: {{options: \"\"}}`"
            ),
            _ => return None,
        })
    }

    /// The change of the project to make.
    fn change(&self) -> String {
        match self {
            Self::Builtin => "every charm of the framework has this integration: remove the line".to_owned(),
            Self::Event(name) => format!(
                "at every event, {name} included, the charm brings the workload to the desired state: move what else \
                 is done into the application, its migrate.sh or a service whose name ends in -worker"
            ),
            Self::Version => {
                "the charm takes the workload's version from the rock by itself, or from the `version-file` of webcharm.yaml: \
                 remove the line"
                    .to_owned()
            }
            Self::Status => "the charm sets its status by itself: remove the line".to_owned(),
            Self::Port => "the charm opens the application's port by itself: remove the line".to_owned(),
            Self::Variable => "make the variable an option in charmcraft.yaml, or name it in webcharm.yaml: \
                               `variables: {NAME: …}`"
                .to_owned(),
            Self::Idle(name) => format!(
                "{name} does nothing in place of the framework's: this charm brings the workload to the desired state at \
                 that event, too: remove it"
            ),
            Self::Observability { name, folder } => {
                let own = folder.as_ref().map_or_else(|| "your own".to_owned(), |folder| format!("the files of {folder}"));
                format!(
                    "{name} replaces the folder of dashboards and alert rules: put {own} into `cos_custom` beside \
                     charmcraft.yaml, and remove it"
                )
            }
            Self::Override(name) if name == "is_ready" => "is_ready holds the application back: write `optional: false` at \
                 the options that it needs in charmcraft.yaml, let the application check the rest at its start (its last \
                 error is shown in the status), and remove it"
                .to_owned(),
            Self::Override(name) => {
                format!("{name} replaces a part of the framework's charm, which isn't called here: {OTHER}")
            }
            Self::Class(_) => "inherit the charm of a framework, such as paas_charm.flask.Charm".to_owned(),
            Self::Framework { declared, .. } => {
                format!("inherit paas_charm.{}.Charm, or take the other extension", module(*declared))
            }
            Self::Start => "give ops.main the class that inherits the framework's charm".to_owned(),
            Self::Arguments => "pass the constructor's own arguments on: `super().__init__(*args)`".to_owned(),
            _ => OTHER.to_owned(),
        }
    }

    /// True if the charm does the same without the code.
    pub(super) fn is_advice(&self) -> bool {
        matches!(self, Self::Version | Self::Idle(_) | Self::Counterpart(_) | Self::Declared(_))
    }
}

/// Name of a framework's Python module.
pub(super) fn module(framework: Framework) -> String {
    framework.name().replace('-', "")
}
