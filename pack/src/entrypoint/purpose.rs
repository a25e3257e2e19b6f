//! Purposes of code in a `src/charm.py`, each with the place where this charm takes the same from.

use crate::Framework;

/// Purpose of a statement that does more than start the framework's charm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Answers an action of the author's.
    Action(String),
    /// Reads an integration of the author's.
    Integration(String),
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
    /// The fault.
    pub(super) fn what(&self) -> String {
        match self {
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
        let remedy = match self {
            Self::Action(name) => format!("write the action in webcharm.yaml: `actions: {{{name}: {{command: …}}}}`"),
            Self::Integration(endpoint) => format!(
                "map the integration's values to variables of the application in webcharm.yaml: `integrations: \
                 {{{endpoint}: {{variables: …}}}}`"
            ),
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
            Self::Override(name) => {
                format!("{name} replaces a part of the framework's charm, which isn't called here: {OTHER}")
            }
            Self::Class(_) => "inherit the charm of a framework, such as paas_charm.flask.Charm".to_owned(),
            Self::Framework { declared, .. } => {
                format!("inherit paas_charm.{}.Charm, or take the other extension", module(*declared))
            }
            Self::Start => "give ops.main the class that inherits the framework's charm".to_owned(),
            Self::Arguments => "pass the constructor's own arguments on: `super().__init__(*args)`".to_owned(),
            Self::Other => OTHER.to_owned(),
        };
        format!("{remedy}; to keep the Python charm, use `charmcraft pack`")
    }
}

/// Name of a framework's Python module.
pub(super) fn module(framework: Framework) -> String {
    framework.name().replace('-', "")
}
