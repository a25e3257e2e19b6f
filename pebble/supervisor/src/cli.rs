//! Command line and environment variables of the daemon.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::layers::ServiceArgs;

/// The daemon's directory without `PEBBLE`.
const DEFAULT_DIRECTORY: &str = "/var/lib/pebble/default";

/// A parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Options),
    Help,
    Version,
}

/// Options of `pebble run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) create_dirs: bool,
    pub(crate) hold: bool,
    pub(crate) http: Option<String>,
    pub(crate) verbose: bool,
    pub(crate) debug: bool,
    /// True if the state is kept in a file.
    pub(crate) persist: bool,
    pub(crate) args: ServiceArgs,
}

/// An invalid command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the command line")]
    Line(#[from] lexopt::Error),
    #[error("unknown command {0:?}, see 'pebble help'")]
    Command(String),
    #[error("pebble {0} is not part of this daemon: use Pebble's own client, or another, over the socket")]
    ClientCommand(String),
    #[error("too many arguments for command")]
    TooMany,
    #[error("unknown flag `{0}'")]
    Flag(String),
    #[error("--args requires a service name")]
    ArgsName,
    #[error("--args provided more than once for {0:?} service")]
    ArgsTwice(String),
}

/// Commands of Pebble's client, which this binary does not have.
const CLIENT: [&str; 35] = [
    "add",
    "add-identities",
    "autostart",
    "changes",
    "check",
    "checks",
    "enter",
    "exec",
    "health",
    "identities",
    "identity",
    "logs",
    "ls",
    "mkdir",
    "notice",
    "notices",
    "notify",
    "okay",
    "plan",
    "pull",
    "push",
    "remove-identities",
    "replan",
    "restart",
    "rm",
    "services",
    "signal",
    "start",
    "start-checks",
    "stop",
    "stop-checks",
    "tasks",
    "update-identities",
    "warnings",
    "debug",
];

impl Command {
    /// Reads a command line, without the program's name. `variable` looks up environment variables.
    ///
    /// # Errors
    /// An invalid command line, or a command of Pebble's client.
    pub(crate) fn parse(
        line: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Command, Error> {
        let mut parser = Parser::from_args(line);
        match parser.next()? {
            None | Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Help),
            Some(Arg::Long("version")) => Ok(Command::Version),
            Some(Arg::Value(command)) => match command.string()?.as_str() {
                "run" => run(parser, variable),
                "help" => Ok(Command::Help),
                "version" => Ok(Command::Version),
                other if CLIENT.contains(&other) => Err(Error::ClientCommand(other.to_owned())),
                other => Err(Error::Command(other.to_owned())),
            },
            Some(other) => Err(unknown(&other)),
        }
    }
}

fn run(mut parser: Parser, variable: impl Fn(&str) -> Option<OsString>) -> Result<Command, Error> {
    let mut options = from_environment(variable);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("create-dirs") => options.create_dirs = true,
            Arg::Long("hold") => options.hold = true,
            Arg::Long("http") => options.http = Some(parser.value()?.string()?).filter(|address| !address.is_empty()),
            Arg::Short('v') | Arg::Long("verbose") => options.verbose = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("args") => service_args(&mut parser, &mut options.args)?,
            Arg::Value(_) => return Err(Error::TooMany),
            other => return Err(unknown(&other)),
        }
    }
    Ok(Command::Run(options))
}

fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Options {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let directory = set("PEBBLE").map_or_else(|| PathBuf::from(DEFAULT_DIRECTORY), PathBuf::from);
    Options {
        socket: set("PEBBLE_SOCKET").map_or_else(|| directory.join(".pebble.socket"), PathBuf::from),
        directory,
        verbose: variable("PEBBLE_VERBOSE").is_some_and(|value| value == "1"),
        debug: variable("PEBBLE_DEBUG").is_some_and(|value| value == "1"),
        persist: variable("PEBBLE_PERSIST").is_none_or(|value| value != "never"),
        ..Options::default()
    }
}

/// Reads the arguments of one service, up to a `;`.
fn service_args(parser: &mut Parser, known: &mut ServiceArgs) -> Result<(), Error> {
    let mut values = Vec::new();
    for value in parser.raw_args()? {
        if value == ";" {
            break;
        }
        values.push(value.string()?);
    }
    let mut values = values.into_iter();
    let service = values.next().ok_or(Error::ArgsName)?;
    match known.insert(service.clone(), values.collect()) {
        None => Ok(()),
        Some(_) => Err(Error::ArgsTwice(service)),
    }
}

fn unknown(argument: &Arg<'_>) -> Error {
    Error::Flag(match argument {
        Arg::Short(letter) => letter.to_string(),
        Arg::Long(name) => (*name).to_owned(),
        Arg::Value(value) => value.to_string_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &[&str]) -> Result<Command, Error> {
        Command::parse(line.iter().map(OsString::from), |name| (name == "PEBBLE").then(|| OsString::from("/p")))
    }

    fn options(line: &[&str]) -> Options {
        match parse(line).unwrap() {
            Command::Run(options) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_what_pebble_reads() {
        let options = options(&["run", "--create-dirs", "--hold", "--http=:4000", "-v"]);
        assert!(options.create_dirs && options.hold && options.verbose && options.persist);
        assert_eq!(options.http.as_deref(), Some(":4000"));
        assert_eq!((options.directory, options.socket), ("/p".into(), "/p/.pebble.socket".into()));
        assert_eq!(self::options(&["run", "--http", "[::1]:80"]).http.as_deref(), Some("[::1]:80"));
    }

    #[test]
    fn arguments_of_services_end_at_a_semicolon() {
        let options = options(&["run", "--args", "web", "--port", "80", ";", "--hold", "--args", "db", "-x"]);
        assert!(options.hold);
        assert_eq!(options.args["web"], ["--port", "80"]);
        assert_eq!(options.args["db"], ["-x"]);
        assert!(matches!(parse(&["run", "--args", ";"]), Err(Error::ArgsName)));
        assert!(matches!(parse(&["run", "--args", "a", ";", "--args", "a"]), Err(Error::ArgsTwice(_))));
    }

    #[test]
    fn says_what_it_has_not_got() {
        assert!(matches!(parse(&["services"]), Err(Error::ClientCommand(_))));
        assert!(matches!(parse(&["bogus"]), Err(Error::Command(_))));
        assert!(matches!(parse(&["run", "extra"]), Err(Error::TooMany)));
        assert!(matches!(parse(&["run", "--https=:1"]), Err(Error::Flag(_))));
        assert_eq!(parse(&["version"]).unwrap(), Command::Version);
        assert_eq!(parse(&["run", "-h"]).unwrap(), Command::Help);
    }
}
