//! What a web framework is to the charm: a value of names, options and rules. Adding a framework is adding one file
//! beside [`flask`] and one line to [`ALL`]; no stage of the pipeline asks which one it serves. `docs/add-a-framework.md`
//! shows it.

pub mod django;
pub mod expressjs;
pub mod fastapi;
pub mod flask;
pub mod go;
pub mod option;
pub mod spring_boot;

use std::collections::{BTreeMap, BTreeSet};

use pebble::plan::Environment;

pub use option::{FrameworkOption, Purpose, Rule, Value};

use crate::web_server::WebServer;

/// Every framework the charm serves, in each line of its charms.
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

/// The facts about one framework. All of them are the names that its rock and its charm already use.
#[derive(Debug, Clone, Copy)]
pub struct Framework {
    /// The name, which is also the main service's and the beginning of the secret key's in the peer databag.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The line of charms.
    pub line: Line,
    /// The container the charm declares.
    pub container: &'static str,
    /// What the names of the author's variables begin with, and of those that every framework has.
    pub prefix: &'static str,
    /// Where the application's files are; the working directory of everything the charm runs.
    pub app_dir: &'static str,
    /// Where the charm writes the rock's own services down.
    pub state_dir: &'static str,
    /// The port the workload listens on, unless an option or `paas-config.yaml` says otherwise.
    pub port: u16,
    /// Where the workload's metrics are, unless options or `paas-config.yaml` say otherwise.
    pub metrics: Option<Metrics<'static>>,
    /// How the workload is told of what `paas-config.yaml` says.
    pub env_names: EnvNames,
    /// The options the framework gives a charm, in groups.
    pub options: &'static [&'static [FrameworkOption]],
    /// Variables that are always the same.
    pub constants: &'static [(&'static str, &'static str)],
    /// Variables that take more than a row in a table.
    pub own: fn(&EnvInputs<'_>) -> Environment,
    /// What serves the application.
    pub server: WebServer,
    /// In which names what integrations give is told.
    pub naming: Naming,
    /// Whether it doesn't run without a database.
    pub needs_database: bool,
    /// What operators can have it do besides what every charm does.
    pub actions: &'static [FrameworkAction],
    /// Beginnings of option names that a charm's author can't use.
    pub reserved: &'static [&'static str],
}

/// A command of the framework's that operators run as an action, on any unit. It gets the workload's variables, and those
/// that are named here.
#[derive(Debug, PartialEq, Eq)]
pub struct FrameworkAction {
    /// The action's name.
    pub name: &'static str,
    /// What it does, after "cannot ".
    pub purpose: &'static str,
    /// The words that are run in the application's folder.
    pub command: &'static [&'static str],
    /// Its parameters, all of them needed, each with the variable it becomes.
    pub params: &'static [(&'static str, &'static str)],
    /// The variable of a password that is drawn for it. The operator is told it as the result `password`.
    pub password: &'static str,
}

/// The lines of charms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// 1.x: ports and metrics are options.
    First,
    /// 2.x: they stand in `paas-config.yaml`, and names are alike for all frameworks.
    Second,
}

/// Where metrics are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics<'a> {
    /// Their port.
    pub port: u16,
    /// Their path.
    pub path: &'a str,
}

/// The variables that tell the workload of what isn't an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvNames {
    /// Its port.
    pub port: Option<&'static str>,
    /// Port and path of its metrics.
    pub metrics: Option<[&'static str; 2]>,
}

impl EnvNames {
    /// Nothing.
    pub const NOTHING: Self = Self { port: None, metrics: None };
}

/// In which names what integrations give is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `POSTGRESQL_DB_…` and the like.
    Plain,
    /// Spring's properties too.
    Spring,
}

/// What a framework's own variables are made of.
#[derive(Debug)]
pub struct EnvInputs<'a> {
    /// The values of the framework's options that are text, numbers or booleans, by the options' names.
    pub options: &'a BTreeMap<&'static str, String>,
    /// The address at which visitors reach the application.
    pub base_url: &'a str,
    /// Where its metrics are.
    pub metrics: Option<Metrics<'a>>,
}

/// No variables of its own.
#[must_use]
pub fn nothing(_: &EnvInputs<'_>) -> Environment {
    Environment::new()
}

impl Framework {
    /// The options it gives a charm.
    pub fn options(&self) -> impl Iterator<Item = &'static FrameworkOption> + use<> {
        self.options.iter().copied().flatten()
    }

    /// The option of this name, if the framework brings it.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static FrameworkOption> {
        self.options().find(|option| option.name == name)
    }

    /// The action of this name, if the framework brings it.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static FrameworkAction> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// Whether an option of this name isn't the author's own.
    #[must_use]
    pub fn reserves(&self, name: &str) -> bool {
        self.option(name).is_some() || self.reserved.iter().any(|prefix| name.starts_with(prefix))
    }

    /// The name of a variable of the framework.
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        format!("{}{}", self.prefix, name.replace('-', "_").to_uppercase())
    }

    /// The lines of the framework of this name.
    pub fn named(name: &str) -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied().filter(move |framework| framework.name == name)
    }

    /// The names of the frameworks that are served.
    #[must_use]
    pub fn names() -> String {
        let mut names: Vec<_> = ALL.iter().map(|framework| framework.name).collect();
        names.dedup();
        names.join(", ")
    }

    /// The name of the framework that a charm shows: `flask-app` is Flask's container alone, and an option that only one
    /// framework has is that one's.
    #[must_use]
    pub fn shown(containers: &[&str], options: &[&str]) -> Option<&'static str> {
        let by_container = only(ALL.iter().filter(|f| containers.contains(&f.container)).map(|f| f.name));
        by_container.or_else(|| only(options.iter().filter_map(|option| owner(option))))
    }

    /// Of the lines of one framework, the one that a charm is of. Where both have the same container, options that only
    /// the first has show that line, and a peer endpoint of the second shows that.
    #[must_use]
    pub fn line_of(lines: &[&'static Self], options: &[&str], has_new_peers: bool) -> Option<&'static Self> {
        let of = |line: Line| lines.iter().copied().find(|framework| framework.line == line);
        let (Some(first), Some(second)) = (of(Line::First), of(Line::Second)) else { return lines.first().copied() };
        let old = |name: &&str| first.option(name).is_some() && second.option(name).is_none();
        let is_first = options.iter().any(old) || !has_new_peers;
        Some(if is_first { first } else { second })
    }
}

/// The framework that alone has an option of this name.
fn owner(option: &str) -> Option<&'static str> {
    only(ALL.iter().filter(|framework| framework.option(option).is_some()).map(|framework| framework.name))
}

/// The name, if it's always the same.
fn only(names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let names: BTreeSet<_> = names.collect();
    names.first().copied().filter(|_| names.len() == 1)
}

#[cfg(test)]
mod tests;
