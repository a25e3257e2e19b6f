//! The web server in front of the application's code: its files, the check of its configuration, and how it applies
//! changes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use pebble::plan::{Environment, command};

use crate::framework::Framework;
use crate::options::Settings;
use crate::paas_config::Logging;
use crate::{gunicorn, uvicorn};

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
    /// Adds files of integrations, which the application reads only at its start.
    #[must_use]
    pub fn with_inputs(mut self, inputs: BTreeMap<String, String>) -> Self {
        self.at_start.extend(inputs.values().map(String::as_str));
        Self { inputs, ..self }
    }
}

impl WebServer {
    /// True if the charm can set the log format to JSON.
    #[must_use]
    pub fn logs_json(self) -> bool {
        self != Self::Own
    }

    /// Paths of all files that the charm may write for this server.
    #[must_use]
    pub fn files(self, framework: &Framework, logging: Logging) -> BTreeSet<String> {
        match (self, logging) {
            (Self::Gunicorn, _) => [gunicorn::config_path(framework)].into(),
            (Self::Uvicorn, Logging::Json) => uvicorn::json_files(framework).into_keys().collect(),
            (Self::Uvicorn | Self::Own, _) => BTreeSet::new(),
        }
    }

    /// Makes the setup for this configuration. `command` is the service's command.
    ///
    /// # Errors
    ///
    /// The command can't be split into words.
    pub fn setup(
        self,
        framework: &Framework,
        wanted: &ServerConfig<'_>,
        command: &str,
    ) -> Result<Setup, command::Error> {
        match (self, wanted.logging) {
            (Self::Gunicorn, _) => gunicorn::setup(framework, wanted, command),
            (Self::Uvicorn, Logging::Json) => Ok(uvicorn::json(framework)),
            (Self::Uvicorn | Self::Own, _) => Ok(Setup::default()),
        }
    }
}
