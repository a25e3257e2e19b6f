//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Juju's model on this machine: a charm, its workload and their model, without Juju, Kubernetes or root.
#[derive(Debug, Parser)]
#[command(name = "webcharm", version, arg_required_else_help = true)]
pub struct Cli {
    /// The model, if there is more than one
    #[arg(long, global = true, default_value = "local", value_name = "NAME")]
    pub model: String,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs, most of which are Juju's.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the fields of the verbs are documented where they are declared")]
pub enum Verb {
    /// Run an application as a charm, until Ctrl-C or `webcharm down`
    Up(Up),
    /// Show the model: applications, units, statuses, ports, addresses
    Status {
        /// How to print it
        #[arg(long, value_enum, default_value = "tabular")]
        format: Format,
        /// Show what is integrated with what, too
        #[arg(long)]
        relations: bool,
    },
    /// Integrate an application with another, such as postgresql, which is started for it
    #[command(visible_alias = "relate")]
    Integrate(Ends),
    /// End an integration
    RemoveRelation(Ends),
    /// Show or set an application's options
    Config(Config),
    /// Show what charms have logged
    DebugLog {
        /// How many of the last lines
        #[arg(long, short = 'n', default_value_t = 100)]
        lines: usize,
    },
    /// End the model and everything in it
    Down,
    /// Make a .charm of a project's charmcraft.yaml and the charm's binary, for each platform
    Pack(Pack),
    /// Show what Juju or charmcraft would refuse in a project, with file, line and remedy
    Lint(Lint),
    /// Write charmcraft.yaml, rockcraft.yaml and paas-config.yaml for an application's folder
    Init(Init),
}

/// Arguments of `up`.
#[derive(Debug, Clone, Args)]
pub struct Up {
    /// The application's folder, built by the rockcraft.yaml in it or by one above that names it
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The port of this machine on which the application answers [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Return when the application answers, and keep it running
    #[arg(long)]
    pub detach: bool,
    /// The supervisor to run as Pebble [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    pub pebble: Option<PathBuf>,
    /// Set by `--detach` for the process that stays.
    #[arg(long, hide = true)]
    pub detached: bool,
}

/// Arguments of `config`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The application
    pub app: String,
    /// An option to show, or options to set: `key=value`, `key=@file`
    pub options: Vec<String>,
    /// Options to return to their defaults, parted by commas
    #[arg(long, value_delimiter = ',', value_name = "KEYS")]
    pub reset: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "tabular")]
    pub format: Format,
}

/// The two ends of an integration.
#[derive(Debug, Clone, Args)]
pub struct Ends {
    /// An application, and its endpoint where there is a choice; or, alone, the other end for the application that is up
    #[arg(value_name = "APP[:ENDPOINT]")]
    pub one: String,
    /// The other one
    #[arg(value_name = "APP[:ENDPOINT]")]
    pub other: Option<String>,
}

/// Arguments of `pack`.
#[derive(Debug, Clone, Args)]
pub struct Pack {
    /// The folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The charm's binary; once for each architecture [default: `dispatch` beside this program]
    #[arg(long, value_name = "FILE")]
    pub binary: Vec<PathBuf>,
    /// The only platform to pack for
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// The folder to write into, or the file if there is one platform [default: NAME_PLATFORM.charm here]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The application's folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// Arguments of `lint`.
#[derive(Debug, Clone, Args)]
pub struct Lint {
    /// The folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// How to print something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Tabular,
    /// For programs
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn verbs_are_read_as_juju_users_type_them() {
        let cli = Cli::parse_from(["webcharm", "config", "app", "a=1", "b=2", "--reset", "c,d", "--model", "m"]);
        assert_eq!(cli.model, "m");
        let Verb::Config(config) = cli.verb else { panic!("{:?}", cli.verb) };
        assert_eq!((config.options, config.reset), (vec!["a=1".into(), "b=2".into()], vec!["c".into(), "d".into()]));
    }
}
