//! Command line and environment variables of the daemon.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::layers::ServiceArgs;
use crate::verb::help;

/// The daemon's directory without `PEBBLE`.
const DEFAULT_DIRECTORY: &str = "/var/lib/pebble/default";

/// A parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Options),
    Help(Help),
    Version,
    /// A verb of the client with its words.
    Verb {
        name: String,
        words: Vec<OsString>,
        socket: PathBuf,
    },
}

/// Text that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    /// The verbs.
    Short,
    /// The verbs, each with a line about it.
    Long,
    /// Help of a verb.
    Of(String),
}

/// Options of `pebble run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) create_dirs: bool,
    pub(crate) hold: bool,
    pub(crate) http: Option<String>,
    pub(crate) https: Option<String>,
    pub(crate) verbose: bool,
    pub(crate) debug: bool,
    /// True if the daemon writes no log.
    pub(crate) quiet: bool,
    /// True if the state is kept in a file.
    pub(crate) persist: bool,
    pub(crate) args: ServiceArgs,
    /// File of identities to replace.
    pub(crate) identities: Option<String>,
    /// Directory to copy into an empty one of the daemon.
    pub(crate) copy: Option<PathBuf>,
    /// Verb that runs in the daemon, with its words; the daemon ends with it, except for `start` and `stop`.
    pub(crate) subcommand: Vec<OsString>,
}

/// An invalid command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the command line")]
    Line(#[from] lexopt::Error),
    #[error("unknown command {0:?}, see 'pebble help'")]
    Command(String),
    #[error("unknown command {0:?}, see 'pebble help {1}'")]
    CommandOf(String, String),
    #[error("help accepts a command, or '--all', but not both")]
    HelpTwice,
    #[error("too many arguments for command")]
    TooMany,
    #[error("unknown flag `{0}'")]
    Flag(String),
    #[error("--args requires a service name")]
    ArgsName,
    #[error("--args provided more than once for {0:?} service")]
    ArgsTwice(String),
    #[error("enter: subcommand {0:?} is not supported")]
    Subcommand(String),
    #[error("enter: must use --run before {0:?} subcommand")]
    MustRun(String),
    #[error("enter: cannot provide --run before {0:?} subcommand")]
    MustNotRun(String),
    #[error("enter: cannot provide -v/--verbose before {0:?} subcommand")]
    MustNotBeVerbose(String),
}

impl Command {
    /// Reads a command line, without the program's name. `variable` looks up environment variables.
    ///
    /// # Errors
    /// An invalid command line.
    pub(crate) fn parse(
        line: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Command, Error> {
        let mut parser = Parser::from_args(line);
        match parser.next()? {
            None | Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Help(Help::Short)),
            Some(Arg::Long("version")) => Ok(Command::Version),
            Some(Arg::Value(command)) => match command.string()?.as_str() {
                "run" => run(parser, variable),
                "enter" => enter(parser, variable),
                "help" => help(parser),
                other => {
                    let socket = from_environment(variable).socket;
                    Ok(Command::Verb { name: other.to_owned(), words: parser.raw_args()?.collect(), socket })
                }
            },
            Some(other) => Err(unknown(&other)),
        }
    }
}

/// Reads the words after `help`.
fn help(mut parser: Parser) -> Result<Command, Error> {
    let (mut is_long, mut verbs) = (false, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(verb) => verbs.push(verb.string()?),
            Arg::Long("all") => is_long = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Help::Of("help".to_owned()))),
            other => return Err(unknown(&other)),
        }
    }
    let mut verbs = verbs.into_iter();
    match (verbs.next(), verbs.next()) {
        (Some(_), _) if is_long => Err(Error::HelpTwice),
        (None, _) if is_long => Ok(Command::Help(Help::Long)),
        (None, _) => Ok(Command::Help(Help::Short)),
        (Some(verb), None) => Ok(Command::Help(Help::Of(verb))),
        // No verb has verbs of its own.
        (Some(verb), Some(next)) if help::of(&verb).is_some() => Err(Error::CommandOf(next, verb)),
        (Some(verb), Some(_)) => Err(Error::Command(verb)),
    }
}

fn run(mut parser: Parser, variable: impl Fn(&str) -> Option<OsString>) -> Result<Command, Error> {
    let mut options = from_environment(variable);
    let mut has_words = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Help::Of("run".to_owned()))),
            Arg::Long("version") => return Ok(Command::Version),
            Arg::Value(_) => has_words = true,
            other => {
                let other = Given::from(other);
                option(&mut parser, &other, &mut options)?;
            }
        }
    }
    if has_words { Err(Error::TooMany) } else { Ok(Command::Run(options)) }
}

/// Reads the words after `enter`: options of the daemon, then a verb.
fn enter(mut parser: Parser, variable: impl Fn(&str) -> Option<OsString>) -> Result<Command, Error> {
    let mut options = from_environment(variable);
    let (mut runs, mut verbose) = (false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(Help::Of("enter".to_owned()))),
            Arg::Long("run") => runs = true,
            Arg::Value(verb) => {
                options.subcommand = std::iter::once(verb).chain(parser.raw_args()?).collect();
                break;
            }
            other => {
                let other = Given::from(other);
                verbose |=
                    matches!(&other, Given::Short('v')) || matches!(&other, Given::Long(name) if name == "verbose");
                option(&mut parser, &other, &mut options)?;
            }
        }
    }
    let Some(verb) = options.subcommand.first().map(|verb| verb.to_string_lossy().into_owned()) else {
        return Ok(Command::Run(options));
    };
    options.hold = !runs;
    match verb.as_str() {
        "exec" if verbose => return Err(Error::MustNotBeVerbose(verb)),
        "help" | "ls" | "plan" | "services" | "version" if runs => return Err(Error::MustNotRun(verb)),
        "help" => return help(Parser::from_args(options.subcommand.drain(1..))),
        "stop" if !runs => return Err(Error::MustRun(verb)),
        "exec" | "ls" | "plan" | "services" | "version" => options.quiet = !options.verbose,
        "start" | "stop" => {}
        _ if help::of(&verb).is_none() => return Err(Error::Command(verb)),
        _ => return Err(Error::Subcommand(verb)),
    }
    Ok(Command::Run(options))
}

/// An option, without the borrow of its parser.
enum Given {
    Short(char),
    Long(String),
}

impl From<Arg<'_>> for Given {
    fn from(argument: Arg<'_>) -> Given {
        match argument {
            Arg::Short(letter) => Given::Short(letter),
            Arg::Long(name) => Given::Long(name.to_owned()),
            Arg::Value(value) => Given::Long(value.to_string_lossy().into_owned()),
        }
    }
}

/// Reads an option of the daemon.
fn option(parser: &mut Parser, given: &Given, options: &mut Options) -> Result<(), Error> {
    let name = match given {
        Given::Short('v') => "verbose",
        Given::Short(letter) => return Err(Error::Flag(letter.to_string())),
        Given::Long(name) => name.as_str(),
    };
    match name {
        "create-dirs" => options.create_dirs = true,
        "hold" => options.hold = true,
        "http" => options.http = Some(parser.value()?.string()?).filter(|address| !address.is_empty()),
        "https" => options.https = Some(parser.value()?.string()?).filter(|address| !address.is_empty()),
        "verbose" => options.verbose = true,
        "args" => service_args(parser, &mut options.args)?,
        "identities" => options.identities = Some(parser.value()?.string()?),
        _ => return Err(Error::Flag(name.to_owned())),
    }
    Ok(())
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
        copy: set("PEBBLE_COPY_ONCE").map(PathBuf::from),
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
        assert!(
            matches!(parse(&["services", "-x"]), Ok(Command::Verb { name, words, .. }) if name == "services" && words == ["-x"])
        );
        assert!(matches!(parse(&["run", "extra"]), Err(Error::TooMany)));
        assert!(matches!(parse(&["run", "--ftp=:1"]), Err(Error::Flag(_))));
        assert_eq!(options(&["run", "--https=:1"]).https.as_deref(), Some(":1"));
        assert_eq!(parse(&["--version"]).unwrap(), Command::Version);
        assert_eq!(parse(&["run", "x", "-h"]).unwrap(), Command::Help(Help::Of("run".to_owned())));
        assert_eq!(parse(&["help", "exec"]).unwrap(), Command::Help(Help::Of("exec".to_owned())));
    }

    #[test]
    fn enter_takes_a_verb_that_fits_its_options() {
        assert_eq!(options(&["enter", "exec", "echo", "--hold"]).subcommand, ["exec", "echo", "--hold"]);
        assert!(options(&["enter", "start", "web"]).hold && !options(&["enter", "--run", "stop", "web"]).hold);
        assert!(options(&["enter", "plan"]).quiet && !options(&["enter", "-v", "plan"]).quiet);
        assert!(!options(&["enter", "start", "web"]).quiet && !options(&["enter"]).quiet);
        assert!(options(&["enter"]).subcommand.is_empty());
        assert!(matches!(parse(&["enter", "logs"]), Err(Error::Subcommand(_))));
        assert!(matches!(parse(&["enter", "nope"]), Err(Error::Command(_))));
        assert!(matches!(parse(&["enter", "stop", "web"]), Err(Error::MustRun(_))));
        assert!(matches!(parse(&["enter", "--run", "plan"]), Err(Error::MustNotRun(_))));
        assert!(matches!(parse(&["enter", "-v", "exec", "true"]), Err(Error::MustNotBeVerbose(_))));
    }
}
