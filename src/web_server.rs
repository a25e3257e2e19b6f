//! What serves the application, as far as the charm has a hand in it: the files it needs, how it's asked whether it
//! would serve, and how it takes up what changed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use pebble::plan::{Environment, command};

use crate::framework::Framework;
use crate::options::Settings;
use crate::paas_config::Logging;
use crate::{gunicorn, uvicorn};

/// A web server the charm knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebServer {
    /// It has a configuration file, which it can check and read anew.
    Gunicorn,
    /// It's set by variables alone, but for a file on its logs.
    Uvicorn,
    /// The application serves by itself.
    Own,
}

/// What the web server shall be like.
#[derive(Debug)]
pub struct ServerConfig<'a> {
    /// The options' values.
    pub settings: &'a Settings,
    /// The port it listens on.
    pub port: u16,
    /// Logs go to the standard streams, since Pebble can forward them; else they go to files.
    pub forwards_logs: bool,
    /// How it writes its logs.
    pub logging: Logging,
    /// The application's spans have somewhere to go.
    pub traces: bool,
}

/// What it takes for the web server to be like that.
#[derive(Debug, Default)]
pub struct Setup {
    /// Folders of the workload's user.
    pub folders: Vec<String>,
    /// Files by their paths.
    pub files: BTreeMap<String, String>,
    /// The folder in which Python keeps what it has compiled of them.
    pub compiled: Option<String>,
    /// Files that integrations give the application to read.
    pub inputs: BTreeMap<String, String>,
    /// Variables.
    pub environment: Environment,
    /// The words that check all this instead of serving.
    pub check: Option<Vec<String>>,
    /// What of the files only a start takes up.
    pub at_start: String,
    /// Whether it can read the rest of them anew.
    pub reloads: bool,
}

impl Setup {
    /// The same for an application that reads these files at its start.
    #[must_use]
    pub fn with_inputs(mut self, inputs: BTreeMap<String, String>) -> Self {
        self.at_start.extend(inputs.values().map(String::as_str));
        Self { inputs, ..self }
    }
}

impl WebServer {
    /// Whether it can be had to log in JSON.
    #[must_use]
    pub fn logs_json(self) -> bool {
        self != Self::Own
    }

    /// The files that the charm may write for it.
    #[must_use]
    pub fn files(self, framework: &Framework, logging: Logging) -> BTreeSet<String> {
        match (self, logging) {
            (Self::Gunicorn, _) => [gunicorn::config_path(framework)].into(),
            (Self::Uvicorn, Logging::Json) => uvicorn::json_files(framework).into_keys().collect(),
            (Self::Uvicorn | Self::Own, _) => BTreeSet::new(),
        }
    }

    /// What it takes for the web server, whose service has this command, to be as it's wished.
    ///
    /// # Errors
    ///
    /// A command that can't be split into words, in Pebble's words.
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
