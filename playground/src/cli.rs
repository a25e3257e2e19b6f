//! The command line: verbs, their arguments and help.

pub mod secret;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::provider::{ALL, Provider};

/// Name of the model that commands work on by default.
pub const MODEL: &str = "local";

/// Verbs that concern no model.
pub const WITHOUT_MODEL: [&str; 5] = ["init", "lint", "pack", "providers", "prune"];

/// Run a charm and its workload on this machine, without Juju, Kubernetes or root
#[derive(Debug, Parser)]
#[command(name = "webcharm", version, arg_required_else_help = true)]
pub struct Cli {
    /// Model to work on
    #[arg(long, global = true, default_value = MODEL, value_name = "NAME")]
    pub model: String,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs, most of which are Juju's.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the fields of the verbs are documented where they are declared")]
pub enum Verb {
    /// Run an application with its charm until Ctrl-C or `webcharm down`
    Up(Up),
    /// Add an application to the running model
    Deploy(Deploy),
    /// Remove an application with its units and integrations, or a server
    RemoveApplication(RemoveApplication),
    /// Show the model: applications, units, statuses, ports, addresses
    Status {
        /// Output format
        #[arg(long, value_enum, default_value = "tabular")]
        format: Format,
        /// Show the integrations, too
        #[arg(long)]
        relations: bool,
        /// Repeat at this interval until Ctrl-C, for example 500ms, 5s or 1m
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        watch: Option<Duration>,
    },
    /// Integrate two applications, or an application with a server such as postgresql, which is started
    #[command(visible_alias = "relate", after_help = servers())]
    Integrate(Ends),
    /// Remove an integration, by its ends or its number
    RemoveRelation(RemoveRelation),
    /// List the servers that `integrate` starts: what each needs, and whether it is here
    Providers {
        /// Output format
        #[arg(long, value_enum, default_value = "tabular")]
        format: Format,
    },
    /// Give every integration of a server new credentials, which its applications follow
    Rotate {
        /// The server
        #[arg(value_name = "SERVER", value_parser = provider)]
        server: &'static Provider,
    },
    /// Move a server to another address, as after a fail-over; its data and accounts stay, its applications follow
    Move {
        /// The server
        #[arg(value_name = "SERVER", value_parser = provider)]
        server: &'static Provider,
    },
    /// Show or set an application's options
    Config(Config),
    /// Make a secret of yours, which an option of the type `secret` can name
    AddSecret(secret::AddSecret),
    /// Let applications read a secret
    GrantSecret(secret::Readers),
    /// Take that back from applications
    RevokeSecret(secret::Readers),
    /// Give a secret new content, of which its readers are told
    UpdateSecret(secret::UpdateSecret),
    /// Show a secret; its values with --reveal
    ShowSecret(secret::ShowSecret),
    /// Remove a secret
    RemoveSecret {
        /// Name or address of the secret
        #[arg(value_name = "NAME|ID")]
        secret: String,
    },
    /// List your secrets
    Secrets,
    /// Show the log messages of charms
    DebugLog {
        /// Number of lines to show, the latest ones
        #[arg(long, short = 'n', default_value_t = 100)]
        lines: usize,
        /// Show new lines as they come, until Ctrl-C
        #[arg(long, short, visible_alias = "tail")]
        follow: bool,
    },
    /// Add units to an application, or to a server such as redis
    #[command(after_help = scalable())]
    AddUnit(AddUnit),
    /// Remove units of an application, or of a server
    #[command(after_help = scalable())]
    RemoveUnit(RemoveUnit),
    /// Run an action of the charm on a unit
    Run(Run),
    /// Run a command in a unit's container and print its output unchanged
    Exec(Exec),
    /// Show the output of the services in a unit's container; on a terminal, control characters are escaped
    Logs(Logs),
    /// Stop the model and everything in it
    Down {
        /// Kill the model's process; use this when it is stopped or does not answer
        #[arg(long)]
        force: bool,
    },
    /// Remove cached rocks, packages and downloads that no model uses
    Prune(Prune),
    /// Pack a project's charmcraft.yaml and the charm's binary into a .charm file, for each platform
    Pack(Pack),
    /// Check a project for everything that Juju or charmcraft would refuse; show file, line and remedy
    Lint(Lint),
    /// Write charmcraft.yaml, rockcraft.yaml and paas-config.yaml for an application, or a charm in Rust with --charm; existing
    /// files stay
    Init(Init),
}

/// A charm and its workload.
#[derive(Debug, Clone, Args)]
pub struct Source {
    /// Folder of the application, with rockcraft.yaml in it or in a folder above it; or a packed rock
    #[arg(default_value = ".", value_name = "FOLDER|ROCK")]
    pub folder: PathBuf,
    /// Folder with charmcraft.yaml [default: the folder of the application or rock, or `charm` in it]
    #[arg(long, value_name = "FOLDER")]
    pub charm: Option<PathBuf>,
    /// Supervisor to run as Pebble [default: `pebble` beside this program; for a packed rock, the one in it]
    #[arg(long, value_name = "FILE")]
    pub pebble: Option<PathBuf>,
}

/// Arguments of `up`.
#[derive(Debug, Clone, Args)]
pub struct Up {
    /// The charm and its workload.
    #[command(flatten)]
    pub source: Source,
    /// Port on 127.0.0.1 for the application [default: a free port]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Servers to start and integrate.
    #[arg(long, value_name = "SERVER", value_parser = provider, help = integrate_help())]
    pub integrate: Vec<&'static Provider>,
    /// Return when the application answers, and keep the model running in the background
    #[arg(long)]
    pub detach: bool,
    /// Time between two update-status events, for example 30s, 5m or 1h
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub update_status_hook_interval: Duration,
    /// Set by `--detach` for the background process.
    #[arg(long, hide = true)]
    pub detached: bool,
}

/// Arguments of `deploy`.
#[derive(Debug, Clone, Args)]
pub struct Deploy {
    /// The charm and its workload.
    #[command(flatten)]
    pub source: Source,
    /// Name of the application [default: the charm's name]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Number of units [default: 1, or none for a subordinate]
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub num_units: Option<u32>,
    /// Accepted because scripts for Juju pass it; every base is taken here
    #[arg(long, hide = true)]
    pub force: bool,
    /// Accepted because scripts for Juju pass it; the model has no credentials to trust a charm with
    #[arg(long, hide = true)]
    pub trust: bool,
}

/// Arguments of `remove-application`.
#[derive(Debug, Clone, Args)]
pub struct RemoveApplication {
    /// The application or server
    pub app: String,
    /// Accepted because scripts for Juju pass it; this program never asks
    #[arg(long, hide = true)]
    pub no_prompt: bool,
}

/// Arguments of `config`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The application
    pub app: String,
    /// Option to show; or options to set, as `key=value` or `key=@file`
    #[arg(value_name = "KEY[=VALUE]")]
    pub options: Vec<String>,
    /// Options to reset to their defaults, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "KEYS")]
    pub reset: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "tabular")]
    pub format: Format,
}

/// The two ends of an integration.
#[derive(Debug, Clone, Args)]
pub struct Ends {
    /// One end: an application or server, with its endpoint if several fit
    #[arg(value_name = "APP[:ENDPOINT]")]
    pub one: String,
    /// Other end [default: the application, if there is only one]
    #[arg(value_name = "APP[:ENDPOINT]")]
    pub other: Option<String>,
}

/// Arguments of `remove-relation`.
#[derive(Debug, Clone, Args)]
pub struct RemoveRelation {
    /// One end: an application or server, with its endpoint if several fit; or the number in a charm's log, such as 7
    #[arg(value_name = "APP[:ENDPOINT]|NUMBER")]
    pub one: String,
    /// Other end [default: the application, if there is only one]
    #[arg(value_name = "APP[:ENDPOINT]")]
    pub other: Option<String>,
    /// Accepted because scripts for Juju pass it
    #[arg(long, hide = true)]
    pub force: bool,
}

/// Arguments of `add-unit`.
#[derive(Debug, Clone, Args)]
pub struct AddUnit {
    /// The application or server
    pub app: String,
    /// Number of units to add
    #[arg(short = 'n', long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub num_units: u32,
}

/// Arguments of `remove-unit`.
#[derive(Debug, Clone, Args)]
pub struct RemoveUnit {
    /// Units such as APP/1; or, with --num-units, one application
    #[arg(required = true, value_name = "UNIT|APP")]
    pub units: Vec<String>,
    /// Number of units to remove, the last ones first
    #[arg(long, value_name = "NUMBER")]
    pub num_units: Option<u32>,
    /// Accepted because scripts for Juju pass it; this program never asks
    #[arg(long, hide = true)]
    pub no_prompt: bool,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The unit: APP/NUMBER, or APP/leader
    pub unit: String,
    /// Name of the action
    pub action: String,
    /// Parameters of the action, as `key=value`
    pub params: Vec<String>,
}

/// Arguments of `exec`.
#[derive(Debug, Clone, Args)]
pub struct Exec {
    /// The unit: APP/NUMBER, or APP/leader [default: the first of the only application]
    #[arg(long, short)]
    pub unit: Option<String>,
    /// Kill the command after this time, for example 500ms, 5s or 1m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Command and its arguments, after `--`; a unit's name may come first, instead of --unit
    #[arg(required = true, trailing_var_arg = true)]
    pub command: Vec<String>,
}

/// Arguments of `logs`.
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// The unit: APP/NUMBER, or APP/leader [default: the first of the only application]
    pub unit: Option<String>,
    /// Number of lines to show, the latest ones
    #[arg(short = 'n', long, default_value_t = 30)]
    pub lines: u32,
    /// Show new lines as they come, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
}

/// Parses the name of a server.
fn provider(name: &str) -> Result<&'static Provider, String> {
    Provider::named(name).ok_or_else(|| {
        let names = ALL.iter().flat_map(|provider| [provider.name, provider.app]);
        let near = juju::nearest(name, names).map(|near| format!("did you mean {near}? "));
        format!("{}take one of {}", near.unwrap_or_default(), Provider::names())
    })
}

/// Help of `up --integrate`.
fn integrate_help() -> String {
    let names = Provider::names();
    format!("Start and integrate a server: {names}. A server that the charm waits for needs no option")
}

/// A line for each provider.
fn servers() -> String {
    let line = |provider: &&Provider| format!("  {:<12} {}\n", provider.name, provider.origin());
    let all: String = ALL.iter().map(line).collect();
    let tls = "`webcharm integrate postgresql certificates` turns the TLS of a server on";
    format!("Servers that are started:\n{all}`webcharm providers` shows which of them are here\n{tls}\n")
}

/// The servers that may have several units.
fn scalable() -> String {
    format!("Servers that may have several units, once they are integrated: {}\n", Provider::scalable())
}

/// Shortest duration accepted: with 0, `--watch` would never sleep.
const LEAST: Duration = Duration::from_millis(1);

/// Parses a number with a unit, as Juju and Go write durations.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a duration is a number with ms, s, m or h, for example 5s".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is no number"))?;
    let time = Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())?;
    if time < LEAST { Err("the shortest duration is 1ms".to_owned()) } else { Ok(time) }
}

/// Arguments of `prune`.
#[derive(Debug, Clone, Args)]
pub struct Prune {
    /// Only show what would be removed, with its size and the time since its last use
    #[arg(long)]
    pub dry_run: bool,
    /// Keep up to this size of each kind, the most recently used first, for example 500M or 20G
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "0")]
    pub keep: u64,
}

/// Parses a size: a number of bytes, or of KiB, MiB or GiB with K, M or G.
fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("a size is a number of bytes, or a number with K, M or G, for example 500M".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| format!("{number:?} is no number of bytes"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text} is too large"))
}

/// Arguments of `pack`.
#[derive(Debug, Clone, Args)]
pub struct Pack {
    /// Folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Binary of the charm; give it once for each architecture [default: `dispatch` beside this program; for a charm of
    /// your own, what cargo builds of its part with the plugin `rust`]
    #[arg(long, value_name = "FILE")]
    pub binary: Vec<PathBuf>,
    /// Pack only this platform
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// Folder to write into, or the file's name for a single platform [default: NAME_PLATFORM.charm in the current folder]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Folder of the application
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Framework [default: recognised from the files in the folder]
    #[arg(long, value_name = "NAME", value_parser = framework)]
    pub framework: Option<pack::Framework>,
    /// Start a charm of your own in Rust, under this name, instead of a web application's
    #[arg(long, value_name = "NAME", conflicts_with = "framework")]
    pub charm: Option<String>,
    /// Source of the charm framework: a folder with webcharm's source, or the URL of its git repository [default: the
    /// source around the folder]
    #[arg(long, value_name = "FOLDER|URL", requires = "charm", value_parser = pack::CrateSource::parse)]
    pub juju: Option<pack::CrateSource>,
}

fn framework(name: &str) -> Result<pack::Framework, String> {
    pack::Framework::parse(name).ok_or_else(|| format!("take one of {}", pack::Framework::names()))
}

/// Arguments of `lint`.
#[derive(Debug, Clone, Args)]
pub struct Lint {
    /// Folder with charmcraft.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Tabular,
    /// JSON for programs
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
    fn every_provider_is_in_the_help_and_can_be_typed() {
        let mut command = Cli::command();
        let mut help = |verb: &str| command.find_subcommand_mut(verb).unwrap().render_help().to_string();
        let (integrate, up) = (help("integrate"), help("up"));
        assert!(up.contains(&format!("Start and integrate a server: {}. ", Provider::names())), "{up}");
        for provider in ALL {
            let Provider { name, app, .. } = provider;
            assert!(integrate.contains(&format!("{}\n", provider.origin())), "{integrate}");
            for typed in [name, app] {
                let cli = Cli::parse_from(["webcharm", "up", "--integrate", typed]);
                let Verb::Up(up) = cli.verb else { panic!("{:?}", cli.verb) };
                assert_eq!(up.integrate.iter().map(|found| found.name).collect::<Vec<_>>(), [*name]);
            }
        }
        let error = Cli::try_parse_from(["webcharm", "up", "--integrate", "oracle"]).unwrap_err().to_string();
        assert!(error.contains(&format!("take one of {}", Provider::names())) && !error.contains("mean"), "{error}");
        for verb in ["move", "rotate"] {
            let error = Cli::try_parse_from(["webcharm", verb, "postgresq"]).unwrap_err().to_string();
            assert!(error.contains("did you mean postgresql? take one of postgresql, "), "{error}");
        }
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
    fn deploy_takes_a_folder_and_maybe_a_name() {
        for (words, name, units) in [
            (&["deploy", "charms/shop"][..], None, None),
            (&["deploy", "charms/shop", "--trust", "--force"], None, None),
            (&["deploy", "charms/shop", "front", "-n", "3"], Some("front"), Some(3)),
        ] {
            let cli = Cli::parse_from(["webcharm"].iter().chain(words));
            let Verb::Deploy(deploy) = cli.verb else { panic!("{:?}", cli.verb) };
            assert_eq!(deploy.source.folder, PathBuf::from("charms/shop"));
            assert_eq!((deploy.name.as_deref(), deploy.num_units), (name, units));
        }
        Cli::try_parse_from(["webcharm", "deploy", ".", "-n", "0"]).unwrap_err();
    }

    #[test]
    fn verbs_are_read_as_juju_users_type_them() {
        let cli = Cli::parse_from(["webcharm", "config", "app", "a=1", "b=2", "--reset", "c,d", "--model", "m"]);
        assert_eq!(cli.model, "m");
        let Verb::Config(config) = cli.verb else { panic!("{:?}", cli.verb) };
        assert_eq!((config.options, config.reset), (vec!["a=1".into(), "b=2".into()], vec!["c".into(), "d".into()]));
    }
}
