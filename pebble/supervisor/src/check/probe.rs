//! One run of a check: an HTTP request, a TCP connection, or a command.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use pebble::plan::{Check, ExecCheck, HttpCheck, command};
use rustix::process::{Pid, Signal};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::time::timeout;

use crate::daemon::Daemon;
use crate::dial;
use crate::errno;
use crate::fetch::Fetch;
use crate::process::{self, Group, Spawn};
use crate::users::{RunAs, Users};

/// Bytes and lines of output in an error.
const MOST_BYTES: usize = 512;
const MOST_LINES: usize = 5;
/// Time for the output of a command that has ended.
const REST: Duration = Duration::from_secs(1);

/// A failed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    message: String,
    /// Output of the command or server.
    details: String,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, details: String::new() }
    }
}

impl Failure {
    /// The message for the daemon's log.
    pub(super) fn short(&self) -> &str {
        &self.message
    }

    /// Message and output, for the task's log and the client.
    pub(super) fn whole(&self) -> String {
        if self.details.is_empty() { self.message.clone() } else { format!("{}; {}", self.message, self.details) }
    }
}

/// Runs a check once.
pub(super) async fn run(daemon: &Daemon, check: &Check) -> Result<(), Failure> {
    match (&check.http, &check.tcp, &check.exec) {
        (Some(http), ..) => get(http).await,
        (_, Some(tcp), _) => {
            let host = if tcp.host.is_empty() { "localhost" } else { &tcp.host };
            let port = u16::try_from(tcp.port).map_err(|_| format!("dial tcp: address {}: invalid port", tcp.port))?;
            dial::tcp(host, port).await.map(drop).map_err(Failure::from)
        }
        (.., Some(exec)) => execute(daemon, exec).await,
        _ => Err("invalid check config".to_owned().into()),
    }
}

async fn get(http: &HttpCheck) -> Result<(), Failure> {
    let headers = http.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let fetch = Fetch { method: Method::GET, url: &http.url, headers, body: Bytes::new() };
    let fetched = fetch.send(MOST_BYTES).await?;
    if (200..300).contains(&fetched.status) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&fetched.body).trim().to_owned();
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("(...)");
    }
    Err(Failure { message: format!("non-2xx status code {}", fetched.status), details: lines.join("\n") })
}

/// A command that is killed if its check is given up.
struct Running(Option<Pid>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // An ended process is fine.
            let _ = process::signal(pid, Signal::KILL);
        }
    }
}

async fn execute(daemon: &Daemon, exec: &ExecCheck) -> Result<(), Failure> {
    let command = command::split(&exec.command).map_err(|error| format!("cannot parse command: {error}"))?;
    let mut environment = daemon.environment();
    environment.extend(exec.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    let run_as = RunAs {
        user_id: exec.user_id.map(i64::from),
        user: &exec.user,
        group_id: exec.group_id.map(i64::from),
        group: &exec.group,
    };
    let owner = Users::read().resolve(run_as).map_err(|error| error.to_string())?;
    let failed = |error: io::Error| Failure::from(errno::text(&error));
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut output = pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let spawn = Spawn {
        command: &command,
        environment: &environment,
        directory: Some(exec.working_dir.as_str()).filter(|directory| !directory.is_empty()),
        owner,
        group: Group::Daemons,
        marks: &daemon.reaper.marks,
        stdin: None,
        stderr: writer.try_clone().map_err(failed)?.into(),
        stdout: writer.into(),
    };
    let pid = spawn.start().map_err(|error| error.to_string())?;
    let mut running = Running(Some(pid));
    let mut exit = daemon.reaper.exit_of(pid);
    let mut text = Vec::new();
    let code = tokio::select! {
        code = &mut exit => code,
        () = read(&mut output, &mut text) => exit.await,
    };
    running.0 = None;
    // A process that the command left behind may hold the output open.
    let _ = timeout(REST, read(&mut output, &mut text)).await;
    match code.unwrap_or(-1) {
        0 => Ok(()),
        code => Err(Failure { message: format!("exit status {code}"), details: last_lines(&text) }),
    }
}

/// Reads to the end, and keeps the last bytes.
async fn read(output: &mut pipe::Receiver, text: &mut Vec<u8>) {
    while let Ok(1..) = output.read_buf(text).await {
        text.drain(..text.len().saturating_sub(MOST_BYTES));
    }
}

fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.trim().split('\n').collect();
    match lines.len().checked_sub(MOST_LINES) {
        Some(more @ 1..) => format!("(...)\n{}", lines[more..].join("\n")),
        _ => lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_last_five_lines() {
        assert_eq!(last_lines(b""), "");
        assert_eq!(last_lines(b"one\ntwo\n"), "one\ntwo");
        assert_eq!(last_lines(b"1\n2\n3\n4\n5\n6\n7\n"), "(...)\n3\n4\n5\n6\n7");
        let failure = Failure { message: "exit status 1".to_owned(), details: "one".to_owned() };
        assert_eq!((failure.short(), failure.whole().as_str()), ("exit status 1", "exit status 1; one"));
    }
}
