//! The verbs about one unit: `run`, `exec` and `logs`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use juju::UnitName;
use pebble::blocking::Client;
use pebble::types::{ExecOptions, LogEntry};
use serde_json::{Map, Value};

use super::Error;
use crate::cli;
use crate::control::{Answer, Request, ask};
use crate::ui;

/// Interval of the requests for new lines.
const PERIOD: Duration = Duration::from_millis(250);

/// Number of lines in each request for new ones.
const RECENT: u32 = 1000;

/// `run`: an action's results, as Juju prints them.
///
/// # Errors
/// When the model isn't up, or the unit, action or a parameter is refused.
pub fn run(model: &str, args: &cli::Run) -> Result<ExitCode, Error> {
    let params = args.params.iter().map(|param| parameter(param)).collect::<Result<_, _>>()?;
    let request = Request::Run { unit: args.unit.clone(), action: args.action.clone(), params };
    let Answer::Ran { id, results, failure, log } = ask(model, &request)? else { return Err(Error::Answer) };
    log.iter().for_each(|line| ui::note(line));
    ui::hand_over(&lines(&results, 0));
    match failure {
        Some(why) => {
            ui::note(&format!("Action id {id} failed: {why}"));
            Ok(ExitCode::FAILURE)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Parses `key=value`. A value that is JSON, such as a number or `true`, has that type; others are strings.
fn parameter(text: &str) -> Result<(String, Value), Error> {
    let (key, value) = text.split_once('=').ok_or_else(|| Error::Parameter(text.to_owned()))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((key.to_owned(), value))
}

/// Lays out a map, one key on each line.
fn lines(map: &Map<String, Value>, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let line = |(key, value): (&String, &Value)| match value {
        Value::Object(inner) => format!("{indent}{key}:\n{}", lines(inner, depth + 1)),
        Value::String(text) => format!("{indent}{key}: {text}\n"),
        other => format!("{indent}{key}: {other}\n"),
    };
    map.iter().map(line).collect()
}

/// The client of the unit's Pebble.
fn client(model: &str, unit: Option<&String>) -> Result<Client, Error> {
    let request = Request::Container { unit: unit.cloned() };
    let Answer::Container { socket } = ask(model, &request)? else { return Err(Error::Answer) };
    Ok(Client::new(socket))
}

/// `exec`: a command in the unit's container. Its output is the user's own and stays as it is, on a terminal too.
///
/// # Errors
/// When the model isn't up, or the command can't be started.
pub fn exec(model: &str, args: &cli::Exec) -> Result<ExitCode, Error> {
    let (unit, command) = target(args);
    let client = client(model, unit)?;
    let mut options = ExecOptions::new(command.iter().cloned());
    options.timeout = args.timeout;
    let ran = client.exec(&options)?;
    // A reader that has gone away has seen enough.
    let _ = io::stdout().write_all(&ran.stdout).and_then(|()| io::stdout().flush());
    let _ = io::stderr().write_all(&ran.stderr);
    Ok(ExitCode::from(u8::try_from(ran.exit_code).unwrap_or(1)))
}

/// The unit and the command. Without `--unit`, a unit's name before the command is the unit.
fn target(args: &cli::Exec) -> (Option<&String>, &[String]) {
    let is_unit = |word: &str| word.parse::<UnitName>().is_ok() || word.ends_with("/leader");
    match (&args.unit, args.command.as_slice()) {
        (None, [unit, command @ ..]) if is_unit(unit) && !command.is_empty() => {
            (Some(unit), command.strip_prefix(&["--".to_owned()]).unwrap_or(command))
        }
        (unit, command) => (unit.as_ref(), command),
    }
}

/// `logs`: prints the output of the services in the unit's container; on a terminal with control characters escaped.
///
/// # Errors
/// When the model isn't up, or the unit's Pebble doesn't answer.
pub fn logs(model: &str, args: &cli::Logs) -> Result<ExitCode, Error> {
    let client = client(model, args.unit.as_ref())?;
    let mut seen = client.logs(&[], args.lines)?;
    ui::hand_over(&log_text(&seen));
    if !args.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        std::thread::sleep(PERIOD);
        let now = client.logs(&[], RECENT)?;
        ui::hand_over(&log_text(&news(&seen, &now)));
        seen = now;
    }
}

fn log_text(entries: &[LogEntry]) -> String {
    entries.iter().map(|entry| format!("{} [{}] {}\n", entry.time, entry.service, entry.message)).collect()
}

/// Entries of `now` that come after those in `seen`. Each service's entries are in the order of their times.
fn news(seen: &[LogEntry], now: &[LogEntry]) -> Vec<LogEntry> {
    let mut last: BTreeMap<&str, &LogEntry> = BTreeMap::new();
    seen.iter().for_each(|entry| {
        last.insert(&entry.service, entry);
    });
    let is_new = |(place, entry): &(usize, &LogEntry)| match last.get(entry.service.as_str()) {
        Some(last) => now.iter().rposition(|other| other == *last).is_none_or(|known| *place > known),
        None => true,
    };
    now.iter().enumerate().filter(is_new).map(|(_, entry)| entry.clone()).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn entry(service: &str, message: &str) -> LogEntry {
        LogEntry { time: message.into(), service: service.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn only_lines_after_those_seen_are_news() {
        let seen = [entry("a", "1"), entry("b", "1"), entry("a", "2")];
        let now =
            [entry("a", "1"), entry("b", "1"), entry("a", "2"), entry("b", "2"), entry("c", "1"), entry("a", "3")];
        assert_eq!(news(&seen, &now), [entry("b", "2"), entry("c", "1"), entry("a", "3")]);
        assert_eq!(news(&now, &now), []);
        assert_eq!(news(&[], &now).len(), 6);
    }

    #[test]
    fn a_units_name_before_the_command_is_the_unit() {
        let exec = |words: &[&str]| {
            let cli = cli::Cli::parse_from(["webcharm", "exec"].iter().chain(words));
            let cli::Verb::Exec(args) = cli.verb else { panic!("{:?}", cli.verb) };
            let (unit, command) = target(&args);
            (unit.cloned().unwrap_or_default(), command.join(" "))
        };
        for (words, unit, command) in [
            (&["flask-k8s/0", "--", "ls", "-l"][..], "flask-k8s/0", "ls -l"),
            (&["flask-k8s/leader", "ls"], "flask-k8s/leader", "ls"),
            (&["--unit", "a/1", "--", "ls"], "a/1", "ls"),
            (&["--unit", "a/1", "a/0", "ls"], "a/1", "a/0 ls"),
            (&["--", "ls", "a/0"], "", "ls a/0"),
            (&["bin/ls", "x"], "", "bin/ls x"),
            (&["a/0"], "", "a/0"),
        ] {
            assert_eq!(exec(words), (unit.to_owned(), command.to_owned()), "{words:?}");
        }
    }

    #[test]
    fn parameters_are_values_or_else_texts() {
        assert_eq!(parameter("n=7").unwrap(), ("n".to_owned(), Value::from(7)));
        assert_eq!(parameter("t=a=b").unwrap(), ("t".to_owned(), Value::from("a=b")));
        assert_eq!(parameter("b=true").unwrap().1, Value::from(true));
        assert!(matches!(parameter("x"), Err(Error::Parameter(_))));
    }

    #[test]
    fn results_are_lines() {
        let map: Map<String, Value> = serde_json::from_str(r#"{"a": {"b": 1}, "c": "x"}"#).unwrap();
        assert_eq!(lines(&map, 0), "a:\n  b: 1\nc: x\n");
    }
}
