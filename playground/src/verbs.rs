//! The verbs that talk to a running model. Those for a project's folder are in `verbs/project.rs`.

mod project;
mod providers;
mod prune;
pub mod secret;
pub mod unit;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use crate::cache;
use crate::cli::{self, Format};
use crate::control::{self, Answer, Request, Setting, ask, ask_down};
use crate::provider::Provider;
use crate::runtime;
use crate::session::integrate_lines;
use crate::ui::{self, print};
use crate::up;

pub use project::{init, lint, pack};
pub use providers::providers;
pub use prune::prune;

/// Interval of the requests for new lines of the log.
const PERIOD: Duration = Duration::from_millis(250);

/// Reasons why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model refused it, or can't be reached.
    #[error(transparent)]
    Control(#[from] control::Error),
    /// The answer is of another kind than the request.
    #[error("the model's process is of another version: `webcharm down`, then `webcharm up` again")]
    Answer,
    /// Keys to show and keys to set at once.
    #[error("{0:?} is not `key=value`; to show an option, give its name alone")]
    Mixed(String),
    /// An action's parameter without `=`.
    #[error("{0:?} is not `key=value`")]
    Parameter(String),
    /// The unit's Pebble refused it, or can't be reached.
    #[error(transparent)]
    Pebble(#[from] pebble::Error),
    /// The application has no such option.
    #[error("{app} has no option {key:?}: `webcharm config {app}` lists them")]
    NoOption {
        /// The application.
        app: String,
        /// The key.
        key: String,
    },
    /// A value's file can't be read.
    #[error("cannot read the value of {key} from {path}")]
    Value {
        /// The option.
        key: String,
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A secret's content can't be read.
    #[error(transparent)]
    Content(#[from] secret::ContentError),
    /// The runtime folder can't be used.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// An application can't be deployed.
    #[error(transparent)]
    Deploy(#[from] up::Error),
}

/// `status`, once or, with `watch`, until the model ends.
///
/// # Errors
/// When the model isn't up.
pub fn status(model: &str, format: Format, relations: bool, watch: Option<Duration>) -> Result<ExitCode, Error> {
    show_status(model, format, relations)?;
    while let Some(period) = watch {
        std::thread::sleep(period);
        ui::clear_screen();
        show_status(model, format, relations)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_status(model: &str, format: Format, relations: bool) -> Result<(), Error> {
    let Answer::Status { status } = ask(model, &Request::Status)? else { return Err(Error::Answer) };
    match format {
        Format::Tabular => print(&status.tables_with(relations)),
        Format::Json => ui::print_json(&status),
    }
    Ok(())
}

/// `debug-log`: the last lines; with `follow` also new ones, until the model ends.
///
/// # Errors
/// When the model isn't up.
pub fn debug_log(model: &str, lines: usize, follow: bool) -> Result<ExitCode, Error> {
    let mut after = show_log(model, lines, 0)?;
    if !follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        std::thread::sleep(PERIOD);
        after = show_log(model, usize::MAX, after)?;
    }
}

fn show_log(model: &str, lines: usize, after: usize) -> Result<usize, Error> {
    let Answer::Log { lines, written } = ask(model, &Request::DebugLog { lines, after })? else {
        return Err(Error::Answer);
    };
    lines.iter().for_each(|line| print(&format!("{line}\n")));
    Ok(written)
}

/// `down`. With `force` the model's process is killed, not asked.
///
/// # Errors
/// When the model isn't up, or its process doesn't answer or can't be killed.
pub fn down(model: &str, force: bool) -> Result<ExitCode, Error> {
    if force && runtime::kill(model)? {
        runtime::clear(model)?;
        cache::sweep()?;
        print(&format!("{model} is down: its process was killed, and what it left is removed\n"));
        return Ok(ExitCode::SUCCESS);
    }
    match ask_down(model) {
        Err(control::Error::NotUp { .. }) if runtime::clear(model)? => {
            cache::sweep()?;
            print(&format!("{model} was not up; what a killed one had left is removed\n"));
        }
        answer => {
            answer?;
            // Its process may have been killed on the way, or another one may have come up meanwhile.
            let _ = runtime::clear(model);
            print(&format!("{model} is down\n"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `deploy`: prints the application's URL, if it has one, and commands to type next.
///
/// # Errors
/// When the model isn't up, the name is taken, or the charm or its rock can't be prepared.
pub fn deploy(model: &str, args: &cli::Deploy) -> Result<ExitCode, Error> {
    let Answer::Deployed { app, url, missing, well, problems } = up::deploy::run(model, args)? else {
        return Err(Error::Answer);
    };
    let reached = url.map(|url| format!("  curl {url}/\n")).unwrap_or_default();
    let servers = integrate_lines(&format!("{app} "), &missing);
    let servers: String = servers.iter().map(|line| format!("  {line}\n")).collect();
    let done = format!("deployed: {app}\n\n{reached}  webcharm status\n{servers}  webcharm remove-application {app}\n");
    conclude(model, well, &problems, &done)
}

/// `remove-application`. Fails if a unit could not be removed, because its hook failed.
///
/// # Errors
/// When the model isn't up, or there is no such application.
pub fn remove_application(model: &str, args: &cli::RemoveApplication) -> Result<ExitCode, Error> {
    let request = Request::RemoveApplication { app: args.app.clone() };
    let Answer::Removed { app, left, problems } = ask(model, &request)? else { return Err(Error::Answer) };
    if left.is_empty() {
        return conclude(model, true, &problems, &format!("removed: {app}\n\n  webcharm status\n"));
    }
    show_status(model, Format::Tabular, false)?;
    let left = left.join(", ");
    let stuck = format!("{left} can't be removed yet: a hook failed, `webcharm debug-log` shows why; it is run again");
    problems.iter().chain([&stuck]).for_each(|problem| ui::note(&format!("error: {problem}")));
    Ok(ExitCode::FAILURE)
}

/// `integrate`.
///
/// # Errors
/// When the model isn't up, the server can't be started, or the two don't fit.
pub fn integrate(model: &str, args: &cli::Ends) -> Result<ExitCode, Error> {
    let request = Request::Integrate { one: args.one.clone(), other: args.other.clone() };
    related(model, &request, "integrated", |ends| format!("webcharm remove-relation {}", ends.join(" ")))
}

/// `remove-relation`.
///
/// # Errors
/// When the model isn't up, or there is no such relation.
pub fn remove_relation(model: &str, args: &cli::RemoveRelation) -> Result<ExitCode, Error> {
    let request = Request::RemoveRelation { one: args.one.clone(), other: args.other.clone() };
    related(model, &request, "no longer integrated", |ends| format!("webcharm integrate {}", ends.join(" ")))
}

/// `rotate`.
///
/// # Errors
/// When the model isn't up, the server doesn't run, or it has no credentials.
pub fn rotate(model: &str, server: &'static Provider) -> Result<ExitCode, Error> {
    let request = Request::Rotate { server: server.name.to_owned() };
    let Answer::Done { well, problems } = ask(model, &request)? else { return Err(Error::Answer) };
    let done =
        format!("rotated: every integration of {} has new credentials\n\n  webcharm status --relations\n", server.app);
    conclude(model, well, &problems, &done)
}

/// `move`: prints the server's new addresses.
///
/// # Errors
/// When the model isn't up, the server doesn't run, or it has no address that an application is told.
pub fn relocate(model: &str, server: &'static Provider) -> Result<ExitCode, Error> {
    let request = Request::Move { server: server.name.to_owned() };
    let Answer::Moved { places, well, problems } = ask(model, &request)? else { return Err(Error::Answer) };
    let places = places.join(" and ");
    let done = format!("moved: {} is at {places} now\n\n  webcharm status --relations\n", server.app);
    conclude(model, well, &problems, &done)
}

/// `add-unit`.
///
/// # Errors
/// When the model isn't up, or the name is not that of its application.
pub fn add_unit(model: &str, args: &cli::AddUnit) -> Result<ExitCode, Error> {
    let request = Request::AddUnit { app: args.app.clone(), count: args.num_units };
    counted(model, &request, "added")
}

/// `remove-unit`.
///
/// # Errors
/// When the model isn't up, or there are no such units.
pub fn remove_unit(model: &str, args: &cli::RemoveUnit) -> Result<ExitCode, Error> {
    let request = Request::RemoveUnit { units: args.units.clone(), count: args.num_units };
    counted(model, &request, "removed")
}

/// Prints the units that were added or removed, and commands to type next.
fn counted(model: &str, request: &Request, what: &str) -> Result<ExitCode, Error> {
    let Answer::Units { units, app, left, well, problems } = ask(model, request)? else { return Err(Error::Answer) };
    let fewer = if left > 1 { format!("  webcharm remove-unit {app} --num-units 1\n") } else { String::new() };
    let names = units.join(", ");
    let done = format!("{what}: {names}\n\n  webcharm status\n  webcharm add-unit {app}\n{fewer}");
    conclude(model, well, &problems, &done)
}

/// Prints a relation's new state, and the command that undoes it.
fn related(model: &str, request: &Request, what: &str, undo: impl Fn(&[String]) -> String) -> Result<ExitCode, Error> {
    let Answer::Related { ends, url, well, problems } = ask(model, request)? else { return Err(Error::Answer) };
    let reached = url.map(|url| format!("  curl {url}/\n")).unwrap_or_default();
    let names = ends.join(" and ");
    let done = format!("{what}: {names}\n\n{reached}  webcharm status --relations\n  {}\n", undo(&ends));
    conclude(model, well, &problems, &done)
}

/// Ends a verb that changed the model: says that it is `done`, with the status if the charm isn't well. What the playground
/// itself could not do is an error, told with its cause.
fn conclude(model: &str, well: bool, problems: &[String], done: &str) -> Result<ExitCode, Error> {
    if !well || !problems.is_empty() {
        show_status(model, Format::Tabular, false)?;
        print("\n");
    }
    if problems.is_empty() {
        print(done);
        return Ok(ExitCode::SUCCESS);
    }
    problems.iter().for_each(|problem| ui::note(&format!("error: {problem}")));
    Ok(ExitCode::FAILURE)
}

/// `config`: shows one option or all, or sets options.
///
/// # Errors
/// When the model isn't up, or an option or value is refused.
pub fn config(model: &str, args: &cli::Config) -> Result<ExitCode, Error> {
    match args.options.as_slice() {
        [] if args.reset.is_empty() => show(model, args, None),
        [key] if !key.contains('=') && args.reset.is_empty() => show(model, args, Some(key)),
        options => set(model, args, options),
    }
}

fn show(model: &str, args: &cli::Config, key: Option<&String>) -> Result<ExitCode, Error> {
    let Answer::Config { options } = ask(model, &Request::Config { app: args.app.clone() })? else {
        return Err(Error::Answer);
    };
    match key {
        Some(key) => {
            let found = options.iter().find(|option| option.name == *key);
            let no_option = || Error::NoOption { app: args.app.clone(), key: key.clone() };
            let value = found.ok_or_else(no_option)?.value.as_ref().map(plain).unwrap_or_default();
            ui::hand_over(&format!("{value}\n"));
        }
        None if args.format == Format::Json => ui::print_json(&options),
        None => options.iter().for_each(|option| print(&line(option))),
    }
    Ok(ExitCode::SUCCESS)
}

fn set(model: &str, args: &cli::Config, options: &[String]) -> Result<ExitCode, Error> {
    let set = options.iter().map(|option| assignment(option)).collect::<Result<_, _>>()?;
    let request = Request::Configure { app: args.app.clone(), set, reset: args.reset.clone() };
    let Answer::Done { well, problems } = ask(model, &request)? else { return Err(Error::Answer) };
    // The options are set. A charm that can't use them says so in its status.
    conclude(model, well, &problems, "")
}

/// Parses `key=value`; a value `@file` stands for the file's content.
fn assignment(text: &str) -> Result<(String, String), Error> {
    let (key, value) = text.split_once('=').ok_or_else(|| Error::Mixed(text.to_owned()))?;
    let value = match value.strip_prefix('@') {
        None => value.to_owned(),
        Some(path) => std::fs::read_to_string(path).map_err(|source| Error::Value {
            key: key.to_owned(),
            path: path.to_owned(),
            source,
        })?,
    };
    Ok((key.to_owned(), value))
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn line(option: &Setting) -> String {
    let value = option.value.as_ref().map_or_else(|| "(unset)".to_owned(), ToString::to_string);
    format!("{:<34} {:<8} {:<8} {value}\n", option.name, option.kind, option.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_may_take_their_value_from_a_file() {
        assert_eq!(assignment("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(assignment("a=").unwrap(), ("a".to_owned(), String::new()));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("value");
        std::fs::write(&file, "long\ntext").unwrap();
        assert_eq!(assignment(&format!("a=@{}", file.display())).unwrap().1, "long\ntext");
        assert!(assignment("a=@/no/such/file").unwrap_err().to_string().contains("/no/such/file"));
        assert!(matches!(assignment("a"), Err(Error::Mixed(_))));
    }

    #[test]
    fn values_are_shown_bare_when_one_is_asked_for() {
        assert_eq!(plain(&"x y".into()), "x y");
        assert_eq!(plain(&7.into()), "7");
    }
}
