//! An interface the charm requires, as a value: what is read of its relations, what that gives, and what is asked. Adding
//! one is adding a file and a line, as with a framework.

use std::collections::BTreeMap;
use std::fmt;

use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use interfaces::{Changes, Read, SecretRef};
use juju::{Config, Needs, View};
use pebble::plan::Environment;

use super::ALL;
use crate::decide::Random;
use crate::framework::{Framework, Naming};
use crate::hold::Hold;
use crate::seen::{Integration, Relation, Unit};

/// An interface the charm requires: what is read of its relations, what that gives, and what is asked.
pub struct Interface {
    /// Its name in a charm's metadata.
    pub name: &'static str,
    /// Its part in the workload.
    pub role: Role,
    /// What is read of its relations.
    pub needs: Needs,
    /// The keys under which the other side may write what nobody shall be told.
    pub clear_secrets: &'static [&'static str],
    /// The secrets that a relation's data refer to.
    pub secrets: fn(&View) -> Vec<SecretRef>,
    /// What a relation gives.
    pub read: fn(&Relation, &LocalSide<'_>) -> Read<Provided>,
    /// What is missing of our half of a relation.
    pub request: fn(&Relation, &LocalSide<'_>, Random<'_>) -> Changes,
    /// What an endpoint that is related needs besides, given what it gives; beyond what is needed of every endpoint.
    pub demand: fn(&Integration, &LocalSide<'_>, Option<&Provided>) -> Option<Hold>,
    /// What is told before the key, when the data of an endpoint of this name can't be used.
    pub complaint: fn(&str) -> String,
    /// A file of the container that it may have something to do with.
    pub file: fn(&Framework) -> Option<String>,
}

/// An interface's part in the workload, where the stages treat it as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It keeps the application's data: a new one has to be migrated.
    Database,
    /// It stands before the application. It's told the port, and an application without it is reached in the cluster.
    Route,
    /// It's asked by what options say.
    SetByOptions,
    /// Any other service.
    Service,
}

impl Interface {
    /// One that is read and asked for nothing else.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        role: Role::Service,
        needs: Needs::all(),
        clear_secrets: &[],
        secrets: |_| Vec::new(),
        read: |_, _| Read::Absent,
        request: |_, _, _| Changes::default(),
        demand: |_, _, _| None,
        complaint: |endpoint| format!("Invalid {endpoint} relation data."),
        file: |_| None,
    };

    /// The interface of this name, if the charm knows it.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|interface| interface.name == name)
    }

    /// Whether an endpoint of it that isn't optional holds the workload back.
    #[must_use]
    pub fn may_be_required(&self) -> bool {
        self.role != Role::Route
    }

    /// Whether what it gives is a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.role == Role::Database
    }

    /// Where it stands among what is missing: databases first, whichever they are.
    #[must_use]
    pub fn rank(&self) -> usize {
        ALL.iter().position(|one| *one == self || (self.is_database() && one.is_database())).unwrap_or(ALL.len())
    }
}

impl PartialEq for Interface {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Interface {}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interface({})", self.name)
    }
}

/// What our side brings along into every relation.
#[derive(Debug, Clone, Copy)]
pub struct LocalSide<'a> {
    /// The unit and its model.
    pub unit: &'a Unit,
    /// The framework.
    pub framework: &'a Framework,
    /// The options' values.
    pub config: &'a Config,
    /// The port the workload serves on.
    pub port: u16,
    /// Whether Juju has it open once this event is over.
    pub port_is_open: bool,
    /// The address at which visitors reach the application.
    pub base_url: &'a str,
    /// Whether something stands before the application.
    pub is_routed: bool,
}

impl LocalSide<'_> {
    /// Our application's name.
    #[must_use]
    pub fn app(&self) -> &str {
        self.unit.name.app()
    }

    /// In which names the workload is told.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.framework.naming
    }
}

/// What a relation that is ready gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provided {
    /// The workload's variables.
    pub variables: Environment,
    /// The workload's files, by their paths.
    pub files: BTreeMap<String, String>,
    /// The database it is.
    pub database: Option<Database>,
    /// The address at which visitors reach the application.
    pub url: Option<String>,
    /// The ways out of the cluster.
    pub proxies: Option<Proxies>,
    /// Somewhere for the application's spans to go.
    pub traces: bool,
}

impl From<Environment> for Provided {
    fn from(variables: Environment) -> Self {
        Self { variables, ..Self::default() }
    }
}
