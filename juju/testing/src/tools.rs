//! Juju's hook tools: command lines in, text and exit code out, over the same rules as the in-process backend.
//!
//! The table [`TOOLS`] lists them with their flags; each family has a file. The tools do no I/O: the contents of files
//! and of standard input are part of the call (`client` reads them), which arrives on a socket (`server`).

mod action;
mod flags;
mod format;
mod keyvalue;
mod redact;
mod relation;
mod secret;
mod storage;
mod unit;
mod yaml;

use crate::model::{Call, HookError, Transaction};
use flags::{Flag, Parsed, switch, value};
use format::Output;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;

pub(crate) use keyvalue::wanted_files;

/// Contents of the files that a call names, or errors of reading them, by the call's name of the file (`-` is standard
/// input).
pub(crate) type Files = BTreeMap<String, Result<String, String>>;

/// Exit code and output of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The file that gets standard output (`--output`).
    pub(crate) output: Option<String>,
}

impl Answer {
    /// A failure, as Juju's tools print it.
    pub(crate) fn error(exit: i32, message: &str) -> Answer {
        Answer { exit, stderr: format!("ERROR {message}\n"), ..Answer::default() }
    }
}

/// A running call of a tool.
pub(crate) struct Invocation<'a, 't> {
    t: &'a mut Transaction<'t>,
    flags: &'a Parsed,
    files: &'a Files,
}

impl<'a> Invocation<'a, '_> {
    fn args(&self) -> &'a [String] {
        &self.flags.args
    }

    /// Refuses more than `count` arguments.
    fn at_most(&self, count: usize) -> Result<(), HookError> {
        match self.args().get(count..) {
            Some(rest) if !rest.is_empty() => Err(HookError::Usage(format!("unrecognized args: {}", quoted(rest)))),
            _ => Ok(()),
        }
    }

    /// The only argument; without it, or with more, a usage error with the message `missing`.
    fn only(&self, missing: &str) -> Result<&'a str, HookError> {
        match self.args() {
            [only] => Ok(only),
            _ => Err(HookError::Usage(missing.to_owned())),
        }
    }
}

/// Formats a list of strings as Go's `%q` does.
fn quoted(list: &[String]) -> String {
    let quoted: Vec<String> = list.iter().map(|arg| format!("{arg:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

type Run = fn(&mut Invocation<'_, '_>) -> Result<Output, HookError>;

/// A hook tool: name, flags and function.
struct Tool {
    name: &'static str,
    flags: &'static [Flag],
    run: Run,
}

const FORMAT: Flag = value("format");
const OUTPUT: Flag = value("output").or("o");
const RELATION: Flag = value("r").or("relation");
const APP: Flag = switch("app");
const APPLICATION: Flag = switch("application");
const SECRET: &[Flag] =
    &[value("label"), value("description"), value("expire"), value("rotate"), value("owner"), value("file")];

/// All tools with their flags, sorted by name.
const TOOLS: &[Tool] = &[
    Tool { name: "action-fail", flags: &[], run: action::fail },
    Tool { name: "action-get", flags: &[FORMAT, OUTPUT], run: action::get },
    Tool { name: "action-log", flags: &[], run: action::log },
    Tool { name: "action-set", flags: &[], run: action::set },
    Tool { name: "application-version-set", flags: &[], run: unit::version_set },
    Tool { name: "close-port", flags: &[value("endpoints"), FORMAT], run: unit::close_port },
    Tool { name: "config-get", flags: &[FORMAT, OUTPUT, switch("all").or("a")], run: unit::config_get },
    Tool { name: "credential-get", flags: &[FORMAT, OUTPUT], run: unit::credential_get },
    Tool { name: "goal-state", flags: &[FORMAT, OUTPUT], run: unit::goal_state },
    Tool { name: "is-leader", flags: &[FORMAT, OUTPUT], run: unit::is_leader },
    Tool { name: "juju-log", flags: &[value("log-level").or("l"), switch("debug"), FORMAT], run: action::juju_log },
    Tool { name: "juju-reboot", flags: &[switch("now")], run: unit::reboot },
    Tool {
        name: "network-get",
        flags: &[
            FORMAT,
            OUTPUT,
            RELATION,
            switch("primary-address"),
            switch("bind-address"),
            switch("ingress-address"),
            switch("egress-subnets"),
        ],
        run: unit::network_get,
    },
    Tool { name: "open-port", flags: &[value("endpoints"), FORMAT], run: unit::open_port },
    Tool { name: "opened-ports", flags: &[FORMAT, OUTPUT, switch("endpoints")], run: unit::opened_ports },
    Tool { name: "relation-get", flags: &[FORMAT, OUTPUT, RELATION, APP], run: relation::get },
    Tool { name: "relation-ids", flags: &[FORMAT, OUTPUT], run: relation::ids },
    Tool { name: "relation-list", flags: &[FORMAT, OUTPUT, RELATION, APP], run: relation::list },
    Tool { name: "relation-model-get", flags: &[FORMAT, OUTPUT, RELATION], run: relation::model_get },
    Tool { name: "relation-set", flags: &[RELATION, APP, value("file"), FORMAT], run: relation::set },
    Tool { name: "resource-get", flags: &[], run: unit::resource_get },
    Tool { name: "secret-add", flags: SECRET, run: secret::add },
    Tool {
        name: "secret-get",
        flags: &[FORMAT, OUTPUT, value("label"), switch("peek"), switch("refresh")],
        run: secret::get,
    },
    Tool { name: "secret-grant", flags: &[value("relation").or("r"), value("unit")], run: secret::grant },
    Tool { name: "secret-ids", flags: &[FORMAT, OUTPUT], run: secret::ids },
    Tool { name: "secret-info-get", flags: &[FORMAT, OUTPUT, value("label")], run: secret::info_get },
    Tool { name: "secret-remove", flags: &[value("revision")], run: secret::remove },
    Tool {
        name: "secret-revoke",
        flags: &[value("relation").or("r"), value("unit"), value("app").or("application")],
        run: secret::revoke,
    },
    Tool { name: "secret-set", flags: SECRET, run: secret::set },
    Tool { name: "state-delete", flags: &[], run: unit::state_delete },
    Tool { name: "state-get", flags: &[FORMAT, OUTPUT, switch("strict")], run: unit::state_get },
    Tool { name: "state-set", flags: &[value("file")], run: unit::state_set },
    Tool { name: "status-get", flags: &[FORMAT, OUTPUT, APPLICATION, switch("include-data")], run: unit::status_get },
    Tool { name: "status-set", flags: &[APPLICATION], run: unit::status_set },
    Tool { name: "storage-add", flags: &[FORMAT, OUTPUT], run: storage::add },
    Tool { name: "storage-get", flags: &[FORMAT, OUTPUT, value("s")], run: storage::get },
    Tool { name: "storage-list", flags: &[FORMAT, OUTPUT], run: storage::list },
    Tool { name: "unit-get", flags: &[FORMAT, OUTPUT], run: unit::unit_get },
];

fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// True if a hook tool has this name.
pub fn is_hook_tool(name: &str) -> bool {
    find(name).is_some()
}

/// Names of all hook tools, sorted.
pub fn hook_tools() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|tool| tool.name)
}

/// Runs a tool in a hook, and records the call there.
pub(crate) fn invoke(t: &mut Transaction<'_>, name: &str, args: &[String], files: &Files) -> Answer {
    let start = Instant::now();
    let answer = run(t, name, args, files).unwrap_or_else(|e| Answer::error(e.exit_code(), &e.tool_message()));
    t.hook.calls.push(Call {
        tool: name.to_owned(),
        argv: redact::arguments(name, args),
        ms: start.elapsed().as_secs_f64() * 1000.0,
        exit: answer.exit,
        stderr: answer.stderr.clone(),
    });
    answer
}

fn run(t: &mut Transaction<'_>, name: &str, args: &[String], files: &Files) -> Result<Answer, HookError> {
    let tool = find(name).ok_or_else(|| HookError::Refused(format!("no such tool as \"{name}\"")))?;
    let flags = flags::parse(args, tool.flags).map_err(HookError::Usage)?;
    let output = (tool.run)(&mut Invocation { t, flags: &flags, files })?;
    let stdout = output.print(flags.get_filled("format")).map_err(HookError::Usage)?;
    Ok(Answer { stdout, output: flags.get_filled("output").map(str::to_owned), ..Answer::default() })
}

#[cfg(test)]
mod tests;
