//! The web server in front of the application's code: its files, the check of its configuration, and how it applies
//! changes. Pure.

pub mod gunicorn;
mod uvicorn;

use std::collections::{BTreeMap, BTreeSet};

use pebble::plan::{Environment, command};

use crate::framework::{Framework, WebServer};
use crate::options::Settings;
use crate::paas_config::Logging;

/// Desired configuration of the web server.
#[derive(Debug)]
pub struct ServerConfig<'a> {
    /// Values of the options.
    pub settings: &'a Settings,
    /// Port to listen on.
    pub port: u16,
    /// True: logs go to stdout and stderr, and Pebble forwards them. False: logs go to files.
    pub forwards_logs: bool,
    /// Format of the logs.
    pub logging: Logging,
    /// True if a tracing integration is ready.
    pub traces: bool,
    /// Path at which an ingress serves the application, and which it strips; without the last slash.
    pub prefix: Option<&'a str>,
}

/// Files, variables and commands of the desired configuration.
#[derive(Debug, Default)]
pub struct Setup {
    /// Folders that the workload's user owns.
    pub folders: Vec<String>,
    /// Content of the files by path.
    pub files: BTreeMap<String, String>,
    /// Folder of Python's compiled versions of these files.
    pub compiled: Option<String>,
    /// Files of integrations that the application reads, by path.
    pub inputs: BTreeMap<String, String>,
    /// Paths of files of integrations that are gone.
    pub outdated: BTreeSet<String>,
    /// Environment variables.
    pub environment: Environment,
    /// Program and arguments that check the configuration instead of serving.
    pub check: Option<Vec<String>>,
    /// Content that the server reads only at its start.
    pub at_start: String,
    /// True if the server can reload the rest.
    pub reloads: bool,
}

impl Setup {
    /// Adds files of integrations, which the application reads only at its start, and the paths of outdated ones.
    #[must_use]
    pub fn with_inputs(mut self, inputs: BTreeMap<String, String>, outdated: BTreeSet<String>) -> Self {
        self.at_start.extend(inputs.values().map(String::as_str));
        Self { inputs, outdated, ..self }
    }
}

/// Paths of all files that the charm may write for the framework's server.
#[must_use]
pub fn files(framework: &Framework, logging: Logging) -> BTreeSet<String> {
    match (framework.server, logging) {
        (WebServer::Gunicorn, _) => [gunicorn::config_path(framework)].into(),
        (WebServer::Uvicorn, Logging::Json) => uvicorn::json_files(framework).into_keys().collect(),
        (WebServer::Uvicorn | WebServer::Own, _) => BTreeSet::new(),
    }
}

/// Makes the setup of the framework's server. `command` is the service's command.
///
/// # Errors
///
/// The command can't be split into words.
pub fn setup(framework: &Framework, wanted: &ServerConfig<'_>, command: &str) -> Result<Setup, command::Error> {
    match (framework.server, wanted.logging) {
        (WebServer::Gunicorn, _) => gunicorn::setup(framework, wanted, command),
        (WebServer::Uvicorn, Logging::Json) => Ok(uvicorn::json(framework)),
        (WebServer::Uvicorn | WebServer::Own, _) => Ok(Setup::default()),
    }
}
