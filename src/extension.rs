//! Additions of an author's crate to the charm: interfaces, actions and variables in Rust. A crate that depends on this
//! one and calls `juju::main` with its own [`Author`] is a charm with all that this one has, and its additions.
//!
//! ```
//! use webcharm::extension::{Author, Extension};
//!
//! struct Shop;
//! impl Author for Shop {
//!     const EXTENSION: &'static Extension =
//!         &Extension { variables: |inputs| [("SHOP_UNIT", inputs.unit.name.to_string())].into_iter().collect(), ..Extension::NONE };
//! }
//! let _main: fn() -> std::process::ExitCode = juju::main::<webcharm::WebApp<Shop>>;
//! ```

use std::collections::BTreeMap;
use std::fmt;

use juju::{Config, Secret};
use pebble::plan::Environment;
pub use switches::Action;

use crate::action_result::ActionResult;
use crate::facts::{Interface, Unit};

/// Author of a crate that extends the charm.
pub trait Author: 'static {
    /// Additions to the charm.
    const EXTENSION: &'static Extension;
}

/// The charm without additions.
impl Author for () {
    const EXTENSION: &'static Extension = &Extension::NONE;
}

/// Additions to the charm.
pub struct Extension {
    /// Interfaces of required endpoints. One with the name of a built-in interface replaces it.
    pub interfaces: &'static [&'static Interface],
    /// Actions. Each must be declared in `charmcraft.yaml` too.
    pub actions: &'static [CodedAction],
    /// Makes variables of the workload. They override those of options and integrations.
    pub variables: fn(&Inputs<'_>) -> Environment,
}

/// Action whose answer a function decides.
#[derive(Debug)]
pub struct CodedAction {
    /// Name of the action.
    pub name: &'static str,
    /// Decides the answer. Pure: a command is run by the charm.
    pub answer: fn(&Inputs<'_>) -> Answer,
}

/// Answer to an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Runs this command in the container. Its output and exit code are the result.
    Command(Action),
    /// Returns a result.
    Result(ActionResult),
}

/// State that the functions of an extension decide from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Unit and model.
    pub unit: &'a Unit,
    /// Values of the options.
    pub config: &'a Config,
    /// Public address of the application.
    pub base_url: &'a str,
    /// Variables of the workload. Values may be secret.
    pub environment: &'a Environment,
    /// Parameters of the action; without one, empty.
    pub params: &'a BTreeMap<String, Secret>,
}

impl Extension {
    /// No additions.
    pub const NONE: Self = Self { interfaces: &[], actions: &[], variables: |_| Environment::new() };

    /// Action of this name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&CodedAction> {
        self.actions.iter().find(|action| action.name == name)
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extension {{ interfaces: {:?}, actions: {:?} }}", self.interfaces, self.actions)
    }
}

impl PartialEq for CodedAction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for CodedAction {}
