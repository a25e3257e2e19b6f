//! Settings of a command: the request's, over the context service's, over the daemon's.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use pebble::plan::{Service, Span};
use pebble::types::ExecRequest;
use rustix::process::getuid;

use crate::daemon::Daemon;
use crate::errno;
use crate::response::ApiError;
use crate::service::fill_in_user;
use crate::users::{Owner, RunAs, Users};
use pebble::plan::quote;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Validated settings of a command.
pub(crate) struct Settings {
    pub(super) command: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) directory: String,
    pub(super) owner: Option<Owner>,
    pub(super) timeout: Option<Span>,
    pub(super) terminal: Option<TerminalSettings>,
}

/// Terminal of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct TerminalSettings {
    /// True if the input is the terminal too.
    pub(super) interactive: bool,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Settings {
    /// Validates a request and fills in defaults.
    pub(crate) fn new(daemon: &Daemon, asked: ExecRequest, timeout: Option<Span>) -> Result<Settings, ApiError> {
        let service = context(daemon, &asked.service_context)?;
        let run_as = RunAs {
            user_id: asked.user_id.or(service.user_id.map(i64::from)),
            user: first(&asked.user, &service.user),
            group_id: asked.group_id.or(service.group_id.map(i64::from)),
            group: first(&asked.group, &service.group),
        };
        let users = Users::read();
        let owner = users.resolve(run_as).map_err(|error| ApiError::bad_request(error.to_string()))?;
        if asked.interactive && !asked.terminal {
            return Err(ApiError::server("cannot call exec: cannot use interactive mode without a terminal"));
        }
        let environment = environment(daemon, &users, &service, &asked, owner);
        let home = environment.get("HOME").map_or("", String::as_str);
        let directory = directory(first(&asked.working_dir, &service.working_dir), home);
        let directory = directory.map_err(|why| ApiError::server(format!("cannot call exec: {why}")))?;
        let (interactive, width, height) = (asked.interactive, asked.width, asked.height);
        let terminal = asked.terminal.then_some(TerminalSettings { interactive, width, height });
        Ok(Settings { command: asked.command, environment, directory, owner, timeout, terminal })
    }
}

fn context(daemon: &Daemon, name: &str) -> Result<Service, ApiError> {
    if name.is_empty() {
        return Ok(Service::default());
    }
    let service = daemon.plan.borrow().plan().services.get(name).cloned();
    service.ok_or_else(|| ApiError::bad_request(format!("context service {} not found", quote(name))))
}

fn first<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}

fn environment(
    daemon: &Daemon,
    users: &Users,
    service: &Service,
    asked: &ExecRequest,
    owner: Option<Owner>,
) -> BTreeMap<String, String> {
    let mut environment = daemon.environment();
    let daemons = getuid().as_raw();
    let uid = owner.map_or(daemons, |owner| owner.uid);
    if uid != daemons {
        environment.remove("HOME");
        environment.remove("USER");
    }
    let requested = service.environment.iter().chain(asked.environment.iter());
    environment.extend(requested.map(|(name, value)| (name.clone(), value.clone())));
    environment.entry("PATH".to_owned()).or_insert_with(|| PATH.to_owned());
    fill_in_user(daemon, users, uid, &mut environment);
    environment.entry("LANG".to_owned()).or_insert_with(|| "C.UTF-8".to_owned());
    environment
}

/// The working directory. A missing one is reported here: at the start it would look like a missing program.
fn directory(wanted: &str, home: &str) -> Result<String, String> {
    let (what, path) = match (wanted, home) {
        ("", "") => return Ok("/".to_owned()),
        ("", home) => ("home directory", home),
        (wanted, _) => ("working directory", wanted),
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!("{what} {} does not exist", quote(path))),
        Err(error) => {
            Err(format!("cannot stat {what} {}: stat {}: {}", quote(path), errno::shown(path), errno::text(&error)))
        }
        Ok(metadata) if !metadata.is_dir() => Err(format!("{what} {} not a directory", quote(path))),
        Ok(_) => Ok(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_runs_where_asked_or_at_home_or_at_the_root() {
        assert_eq!(directory("/tmp", "/"), Ok("/tmp".to_owned()));
        assert_eq!(directory("", "/tmp"), Ok("/tmp".to_owned()));
        assert_eq!(directory("", ""), Ok("/".to_owned()));
        assert_eq!(directory("", "/nope"), Err("home directory \"/nope\" does not exist".to_owned()));
        assert_eq!(directory("/etc/passwd", ""), Err("working directory \"/etc/passwd\" not a directory".to_owned()));
    }
}
