//! Web frameworks as values: names, options and rules. A new framework is one file beside [`flask`] and one line in
//! [`ALL`]; no stage of the pipeline depends on a particular one. `docs/add-a-framework.md` shows the steps.

pub mod django;
pub mod expressjs;
pub mod fastapi;
pub mod flask;
pub mod go;
pub mod gunicorn;
pub mod option;
pub mod panel;
pub mod spring_boot;

use std::collections::{BTreeMap, BTreeSet};

use pebble::plan::Environment;

pub use option::{FrameworkOption, Purpose, Rule, Value};
pub use panel::Panel;

/// All supported frameworks, in each line of charms.
pub const ALL: &[&Framework] = &[
    &flask::FLASK,
    &flask::FLASK_2,
    &django::DJANGO,
    &django::DJANGO_2,
    &fastapi::FASTAPI,
    &fastapi::FASTAPI_2,
    &go::GO,
    &go::GO_2,
    &expressjs::EXPRESSJS,
    &expressjs::EXPRESSJS_2,
    &spring_boot::SPRING_BOOT,
    &spring_boot::SPRING_BOOT_2,
];

/// Framework: all names that its rocks and charms use.
#[derive(Debug, Clone, Copy)]
pub struct Framework {
    /// Name. It is also the name of the main service, and the prefix of the secret key in the peer databag.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Line of charms.
    pub line: Line,
    /// Container that the charm declares.
    pub container: &'static str,
    /// Prefix of variables: the author's, and those that every framework has.
    pub prefix: &'static str,
    /// Folder of the application, in which all commands run.
    pub app_dir: &'static str,
    /// Folder in which the charm stores the rock's services.
    pub state_dir: &'static str,
    /// Default port of the workload.
    pub port: u16,
    /// Default port and path of the workload's metrics.
    pub metrics: Option<Metrics<'static>>,
    /// Names of the variables with the settings of `paas-config.yaml`.
    pub env_names: EnvNames,
    /// Options of the framework, in groups that frameworks can share.
    pub options: &'static [&'static [FrameworkOption]],
    /// Variables with constant values.
    pub constants: &'static [(&'static str, &'static str)],
    /// Makes variables that need more than a row in a table.
    pub own: fn(&EnvInputs<'_>) -> Environment,
    /// Web server.
    pub server: WebServer,
    /// Naming scheme of the integrations' variables.
    pub naming: Naming,
    /// True if the workload must not run without a database.
    pub needs_database: bool,
    /// Actions of the framework, in addition to those of every charm.
    pub actions: &'static [FrameworkAction],
    /// Panels of the dashboard. Empty: none.
    pub panels: &'static [Panel],
    /// Prefixes of option names that the charm's author can't use.
    pub reserved: &'static [&'static str],
}

/// Command that an operator runs as an action, on any unit. It gets the workload's variables, the parameters' and the
/// password's.
#[derive(Debug, PartialEq, Eq)]
pub struct FrameworkAction {
    /// Name of the action.
    pub name: &'static str,
    /// Purpose, a phrase that follows "cannot ".
    pub purpose: &'static str,
    /// Program and arguments, run in the application's folder.
    pub command: &'static [&'static str],
    /// Required parameters, each with the name of its variable.
    pub params: &'static [(&'static str, &'static str)],
    /// Name of the variable with a generated password. The action returns it as the result `password`.
    pub password: &'static str,
}

/// Line of charms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// 1.x: options set port and metrics.
    First,
    /// 2.x: `paas-config.yaml` sets port and metrics, and all frameworks share the same names.
    Second,
}

/// Address of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics<'a> {
    /// Their port.
    pub port: u16,
    /// Their path.
    pub path: &'a str,
}

/// Names of the variables with the settings of `paas-config.yaml`. `None`: the workload gets no such variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvNames {
    /// Name for the port.
    pub port: Option<&'static str>,
    /// Names for the metrics' port and path.
    pub metrics: Option<[&'static str; 2]>,
}

impl EnvNames {
    /// No variables.
    pub const NOTHING: Self = Self { port: None, metrics: None };
}

/// Kind of web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebServer {
    /// Gunicorn: has a configuration file, a check of it, and a reload.
    Gunicorn,
    /// Uvicorn: configured by variables, and by a file for logs in JSON.
    Uvicorn,
    /// The application is a server itself.
    Own,
}

impl WebServer {
    /// True if the charm can set the log format to JSON.
    #[must_use]
    pub fn logs_json(self) -> bool {
        self != Self::Own
    }
}

/// Naming scheme of the integrations' variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Names such as `POSTGRESQL_DB_HOSTNAME`.
    Plain,
    /// Names of Spring's properties. SQL databases have plain names too; services without properties have only those.
    Spring,
}

/// Inputs of [`Framework::own`].
#[derive(Debug)]
pub struct EnvInputs<'a> {
    /// Values of the framework's options by name, without secrets.
    pub options: &'a BTreeMap<&'static str, String>,
    /// Public address of the application.
    pub base_url: &'a str,
    /// Port and path of its metrics.
    pub metrics: Option<Metrics<'a>>,
}

/// Makes no variables, for frameworks without their own.
#[must_use]
pub fn nothing(_: &EnvInputs<'_>) -> Environment {
    Environment::new()
}

impl Framework {
    /// Options of all groups.
    pub fn options(&self) -> impl Iterator<Item = &'static FrameworkOption> + use<> {
        self.options.iter().copied().flatten()
    }

    /// Option of this name, if it is the framework's.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static FrameworkOption> {
        self.options().find(|option| option.name == name)
    }

    /// Action of this name, if it is the framework's.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static FrameworkAction> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// True if an option of this name is the framework's or has a reserved prefix, so that it is not the author's.
    #[must_use]
    pub fn reserves(&self, name: &str) -> bool {
        self.option(name).is_some() || self.reserved.iter().any(|prefix| name.starts_with(prefix))
    }

    /// Prefix that the variables of all the framework's own options, of port and of metrics have; empty if they have none
    /// in common.
    #[must_use]
    pub fn option_prefix(&self) -> &'static str {
        let metrics = self.env_names.metrics.into_iter().flatten();
        let options = self.options().flat_map(|option| option.variables.iter().copied());
        let mut all = options.chain(self.env_names.port).chain(metrics);
        if all.all(|name| name.starts_with(self.prefix)) { self.prefix } else { "" }
    }

    /// Name of a variable: the prefix and `name` in capitals.
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        format!("{}{}", self.prefix, name.replace('-', "_").to_uppercase())
    }

    /// Framework of this name, in all its lines.
    pub fn named(name: &str) -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied().filter(move |framework| framework.name == name)
    }

    /// Names of all frameworks, for messages.
    #[must_use]
    pub fn names() -> String {
        let mut names: Vec<_> = ALL.iter().map(|framework| framework.name).collect();
        names.dedup();
        names.join(", ")
    }

    /// Name of the framework that a charm's files show. A container such as `flask-app` belongs to a single framework;
    /// else an option that a single framework has decides.
    #[must_use]
    pub fn shown(containers: &[&str], options: &[&str]) -> Option<&'static str> {
        let by_container = only(ALL.iter().filter(|f| containers.contains(&f.container)).map(|f| f.name));
        by_container.or_else(|| only(options.iter().filter_map(|option| owner(option))))
    }

    /// Line of a charm, among the lines of its framework. If both lines have the same container, an option that only
    /// the first line has decides for it, then a peer endpoint of the second line for that one. The first line is the
    /// default.
    #[must_use]
    pub fn line_of(lines: &[&'static Self], options: &[&str], has_new_peers: bool) -> Option<&'static Self> {
        let of = |line: Line| lines.iter().copied().find(|framework| framework.line == line);
        let (Some(first), Some(second)) = (of(Line::First), of(Line::Second)) else { return lines.first().copied() };
        let old = |name: &&str| first.option(name).is_some() && second.option(name).is_none();
        let is_first = options.iter().any(old) || !has_new_peers;
        Some(if is_first { first } else { second })
    }
}

/// Framework that is the only one with an option of this name.
fn owner(option: &str) -> Option<&'static str> {
    only(ALL.iter().filter(|framework| framework.option(option).is_some()).map(|framework| framework.name))
}

/// The name, if all are equal.
fn only(names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let names: BTreeSet<_> = names.collect();
    names.first().copied().filter(|_| names.len() == 1)
}

#[cfg(test)]
mod tests;
