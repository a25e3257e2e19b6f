//! The command line: verbs, their arguments and help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::provider::Kind;

/// Juju's model on this machine: a charm, its workload and their model, without Juju, Kubernetes or root.
#[derive(Debug, Parser)]
#[command(name = "webcharm", version, arg_required_else_help = true)]
pub struct Cli {
    /// The model, if there is more than one
    #[arg(long, global = true, default_value = "local", value_name = "NAME")]
    pub model: String,
    /// The verb.
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
        /// The form of the output
        #[arg(long, value_enum, default_value = "tabular")]
        format: Format,
        /// Show what is integrated with what, too
        #[arg(long)]
        relations: bool,
        /// Show it again every 500ms, 5s, 1m …, until Ctrl-C
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        watch: Option<Duration>,
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
        /// Number of last lines
        #[arg(long, short = 'n', default_value_t = 100)]
        lines: usize,
        /// Go on with what is logged from then on
        #[arg(long, short, visible_alias = "tail")]
        follow: bool,
    },
    /// Add units to an application
    AddUnit(AddUnit),
    /// Remove units of an application
    RemoveUnit(RemoveUnit),
    /// Run an action of the charm on a unit
    Run(Run),
    /// Run a command in a unit's container; its output comes as it is
    Exec(Exec),
    /// Show what the services in a unit's container print; on a terminal with control characters escaped
    Logs(Logs),
    /// End the model and everything in it
    Down {
        /// Kill the model's process instead of asking it to end: for one that is stopped or does not answer
        #[arg(long)]
        force: bool,
    },
    /// Remove what builds keep for the next one and no model uses: unpacked rocks, packages, downloads
    Prune(Prune),
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
    /// The application's folder, built by the rockcraft.yaml in it or by one above that names it; or a packed rock
    #[arg(default_value = ".", value_name = "FOLDER|ROCK")]
    pub folder: PathBuf,
    /// The folder with charmcraft.yaml [default: the application's or rock's, or `charm` there]
    #[arg(long, value_name = "FOLDER")]
    pub charm: Option<PathBuf>,
    /// The port of this machine on which the application answers [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Integrate it on the way: postgresql, ingress. A database that the charm requires comes without being asked for
    #[arg(long, value_name = "WHAT", value_parser = kind)]
    pub integrate: Vec<Kind>,
    /// Return when the application answers, and keep it running
    #[arg(long)]
    pub detach: bool,
    /// The supervisor to run as Pebble [default: the one beside this program, or the packed rock's own]
    #[arg(long, value_name = "FILE")]
    pub pebble: Option<PathBuf>,
    /// The time between two update-status events: 30s, 5m, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub update_status_hook_interval: Duration,
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
    #[arg(value_name = "KEY[=VALUE]")]
    pub options: Vec<String>,
    /// Options to return to their defaults, parted by commas
    #[arg(long, value_delimiter = ',', value_name = "KEYS")]
    pub reset: Vec<String>,
    /// The form of the output
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

/// Arguments of `add-unit`.
#[derive(Debug, Clone, Args)]
pub struct AddUnit {
    /// The application
    pub app: String,
    /// Number of units to add
    #[arg(short = 'n', long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub num_units: u32,
}

/// Arguments of `remove-unit`.
#[derive(Debug, Clone, Args)]
pub struct RemoveUnit {
    /// The units, such as APP/1; or, with --num-units, one application
    #[arg(required = true, value_name = "UNIT|APP")]
    pub units: Vec<String>,
    /// Number of units to remove, the last ones first
    #[arg(long, value_name = "NUMBER")]
    pub num_units: Option<u32>,
    /// Don't ask; nothing is asked here anyhow
    #[arg(long, hide = true)]
    pub no_prompt: bool,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The unit: APP/NUMBER, or APP/leader
    pub unit: String,
    /// The action
    pub action: String,
    /// Its parameters: `key=value`
    pub params: Vec<String>,
}

/// Arguments of `exec`.
#[derive(Debug, Clone, Args)]
pub struct Exec {
    /// The unit: APP/NUMBER, or APP/leader [default: the first]
    #[arg(long, short)]
    pub unit: Option<String>,
    /// Kill the command after this time: 500ms, 5s, 1m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// The command, after `--`; a unit may stand before it instead of --unit
    #[arg(required = true, trailing_var_arg = true)]
    pub command: Vec<String>,
}

/// Arguments of `logs`.
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// The unit: APP/NUMBER, or APP/leader [default: the first]
    pub unit: Option<String>,
    /// Number of last lines
    #[arg(short = 'n', long, default_value_t = 30)]
    pub lines: u32,
    /// Go on with what is printed from then on
    #[arg(long, short)]
    pub follow: bool,
}

/// The server that is meant by a name.
fn kind(text: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.map(Kind::short).join(", ");
    Kind::named(text).ok_or_else(|| format!("there is: {}", names()))
}

/// The least duration that can be typed: none at all would keep the machine busy.
const LEAST: Duration = Duration::from_millis(1);

/// A number and a unit, as Juju and Go write it.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a duration is a number and one of ms, s, m, h: 5s".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is no number"))?;
    let time = Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())?;
    if time < LEAST { Err("a duration is 1ms at least".to_owned()) } else { Ok(time) }
}

/// Arguments of `prune`.
#[derive(Debug, Clone, Args)]
pub struct Prune {
    /// Only show what would be removed, with its size and how long it was not used
    #[arg(long)]
    pub dry_run: bool,
    /// Leave this much of each kind, the latest used: 500M, 20G
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "0")]
    pub keep: u64,
}

/// A number of bytes, or of KiB, MiB or GiB.
fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("a size is a number, alone or with K, M or G: 500M".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| format!("{number:?} is no number of bytes"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text} is too much"))
}

/// Arguments of `pack`.
#[derive(Debug, Clone, Args)]
pub struct Pack {
    /// The folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Binary of the charm; give it once for each architecture [default: `dispatch` beside this program]
    #[arg(long, value_name = "FILE")]
    pub binary: Vec<PathBuf>,
    /// Pack only this platform
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// Folder to write into, or the file's name for a single platform [default: NAME_PLATFORM.charm in this folder]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Folder of the application
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Framework, if the folder doesn't show exactly one
    #[arg(long, value_name = "NAME", value_parser = framework)]
    pub framework: Option<pack::Framework>,
}

fn framework(name: &str) -> Result<pack::Framework, String> {
    pack::Framework::parse(name).ok_or_else(|| format!("take one of {}", pack::Framework::names()))
}

/// Arguments of `lint`.
#[derive(Debug, Clone, Args)]
pub struct Lint {
    /// The folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// The form of an output.
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
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for text in ["", "5", "s", "5 s", "1e400s", "..s", "0s", "0.0001ms"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_numbers_with_or_without_a_unit() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("500M"), Ok(500 << 20));
        assert_eq!(size("20G"), Ok(20 << 30));
        for text in ["", "G", "1.5G", "-1", "5GB", "99999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_command_keeps_its_options() {
        let cli = Cli::parse_from(["webcharm", "exec", "--unit", "a/0", "--", "ls", "-l", "--unit"]);
        let Verb::Exec(exec) = cli.verb else { panic!("{:?}", cli.verb) };
        assert_eq!(exec.command, ["ls", "-l", "--unit"]);
    }

    #[test]
    fn verbs_are_read_as_juju_users_type_them() {
        let cli = Cli::parse_from(["webcharm", "config", "app", "a=1", "b=2", "--reset", "c,d", "--model", "m"]);
        assert_eq!(cli.model, "m");
        let Verb::Config(config) = cli.verb else { panic!("{:?}", cli.verb) };
        assert_eq!((config.options, config.reset), (vec!["a=1".into(), "b=2".into()], vec!["c".into(), "d".into()]));
    }
}
