//! Gunicorn as the charm runs it: its configuration file, the check of it, and the class of its workers. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pebble::plan::command;

use crate::framework::Framework;
use crate::paas_config::Logging;

/// A logger that writes JSON and still counts for statsd.
const JSON_LOGGING: &str = include_str!("gunicorn/json_logging.py");

/// What has workers send the application's spans.
const TRACING: &str = include_str!("gunicorn/tracing.py");

/// Gunicorn's own format, and the response's request id, by which a trace is found.
const ACCESS_LOG_FORMAT: &str = r#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({x-request-id}o)s"#;

/// Where the configuration file is, whatever rock it is.
#[must_use]
pub fn config_path(framework: &Framework) -> String {
    format!("/{}/gunicorn.conf.py", framework.name)
}

/// The folder of the log files.
#[must_use]
pub fn log_dir(framework: &Framework) -> String {
    format!("/var/log/{}", framework.name)
}

/// What the web server shall be like.
#[derive(Debug)]
pub struct Server<'a> {
    /// The port it listens on.
    pub port: u16,
    /// Its settings in numbers.
    pub settings: &'a BTreeMap<&'static str, i64>,
    /// Logs go to the standard streams, since Pebble can forward them; else they go to files.
    pub forwards_logs: bool,
    /// How it writes its logs.
    pub logging: Logging,
    /// The application's spans have somewhere to go.
    pub traces: bool,
}

impl Server<'_> {
    /// The configuration file.
    #[must_use]
    pub fn config(&self, framework: &Framework) -> String {
        let logs = log_dir(framework);
        let log = |name: &str| if self.forwards_logs { "-".to_owned() } else { format!("{logs}/{name}.log") };
        let mut text = format!(
            "{}{}bind = ['0.0.0.0:{}']\nchdir = '{}'\naccesslog = '{}'\nerrorlog = '{}'\n\
            statsd_host = 'localhost:9125'",
            self.logger(),
            if self.traces { TRACING } else { "" },
            self.port,
            framework.app_dir,
            log("access"),
            log("error"),
        );
        for name in ["workers", "threads", "keepalive", "timeout"] {
            if let Some(value) = self.settings.get(name) {
                // Writing to a string can't fail.
                let _ = write!(text, "\n{name} = {value}");
            }
        }
        if self.traces {
            let _ = write!(text, "\naccess_log_format = '{ACCESS_LOG_FORMAT}'");
        }
        text
    }

    /// The part of the configuration that only a start takes up: gunicorn keeps its logger when it reads the file anew.
    #[must_use]
    pub fn logger(&self) -> &'static str {
        match self.logging {
            Logging::Plain => "",
            Logging::Json => JSON_LOGGING,
        }
    }
}

/// The service's command as the words that check the configuration instead of serving.
///
/// # Errors
///
/// A command that can't be split into words, in Pebble's words.
pub fn check_command(service_command: &str) -> Result<Vec<String>, command::Error> {
    let words = command::parse(service_command)?.args().into_iter();
    Ok(words.chain(["--check-config".to_owned()]).collect())
}

/// How a worker class can't be put into a command.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WorkerClassError {
    /// Nothing in the command says which class it is.
    #[error("no -k in the command")]
    NoOption,
    /// The command can't be split into words.
    #[error("cannot read the service's command")]
    Command(#[source] command::Error),
}

/// The service's command with this worker class, in whichever of gunicorn's spellings it has one: `-k sync`, `-k [ sync ]`,
/// `-ksync`, `--worker-class sync`, `--worker-class=sync`. A command that has it already stays as it was written.
///
/// # Errors
///
/// [`WorkerClassError`]
pub fn with_worker_class(service_command: &str, class: &str) -> Result<String, WorkerClassError> {
    let mut command = command::parse(service_command).map_err(WorkerClassError::Command)?;
    let words: Vec<_> = command.base.iter_mut().chain(&mut command.extra).collect();
    let (at, before) = class_position(&words).ok_or(WorkerClassError::NoOption)?;
    let wanted = format!("{before}{class}");
    let place = words.into_iter().nth(at).ok_or(WorkerClassError::NoOption)?;
    if *place == wanted {
        return Ok(service_command.to_owned());
    }
    *place = wanted;
    Ok(command.to_string())
}

/// Which word holds the class, and what stands before the class in that word.
fn class_position(words: &[&mut String]) -> Option<(usize, &'static str)> {
    words.iter().enumerate().find_map(|(at, word)| match word.as_str() {
        "-k" | "--worker-class" => Some((at + 1, "")),
        word if word.starts_with("--worker-class=") => Some((at, "--worker-class=")),
        word if word.starts_with("-k") => Some((at, "-k")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::flask::FLASK;

    const COMMAND: &str = "/bin/python3 -m gunicorn -c /flask/gunicorn.conf.py 'app:app' -k [ sync ]";

    fn config(settings: &[(&'static str, i64)], forwards_logs: bool, logging: Logging, traces: bool) -> String {
        let settings = settings.iter().copied().collect();
        Server { port: 8000, settings: &settings, forwards_logs, logging, traces }.config(&FLASK)
    }

    #[test]
    fn logger_and_tracing_come_before_the_settings_and_the_format_after() {
        let plain = config(&[("workers", 2)], true, Logging::Plain, false);
        let json = config(&[("workers", 2)], true, Logging::Json, false);
        assert_eq!(json, format!("{JSON_LOGGING}{plain}"));
        let format = r#"'%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({x-request-id}o)s'"#;
        let both = config(&[("workers", 2)], true, Logging::Json, true);
        assert_eq!(both, format!("{JSON_LOGGING}{TRACING}{plain}\naccess_log_format = {format}"));
    }

    #[test]
    fn python_code_ends_with_its_line_and_names_what_gunicorn_calls() {
        for (code, names) in
            [(JSON_LOGGING, ["logger_class = ", "def post_worker_init("]), (TRACING, ["def post_fork(", ""])]
        {
            assert!(code.ends_with('\n') && names.iter().all(|name| code.contains(name)));
        }
    }

    #[test]
    fn the_plain_configuration() {
        let expected = "bind = ['0.0.0.0:8000']\nchdir = '/flask/app'\naccesslog = '-'\nerrorlog = '-'\n\
            statsd_host = 'localhost:9125'";
        assert_eq!(config(&[], true, Logging::Plain, false), expected);
    }

    #[test]
    fn settings_follow_in_gunicorns_order_and_logs_go_to_files() {
        let settings = [("timeout", 0), ("workers", 4), ("keepalive", 2), ("threads", 3)];
        let config = config(&settings, false, Logging::Plain, false);
        assert!(config.ends_with("'localhost:9125'\nworkers = 4\nthreads = 3\nkeepalive = 2\ntimeout = 0"), "{config}");
        assert!(config.contains("accesslog = '/var/log/flask/access.log'\nerrorlog = '/var/log/flask/error.log'"));
    }

    #[test]
    fn the_check_runs_the_services_own_command() {
        let words = check_command(COMMAND).unwrap();
        assert_eq!(words[..3], ["/bin/python3", "-m", "gunicorn"]);
        assert_eq!(words[5..], ["app:app", "-k", "sync", "--check-config"]);
        assert!(check_command("gunicorn 'app").is_err());
    }

    #[test]
    fn a_worker_class_is_replaced_in_every_spelling() {
        let table = [
            ("g 'a b' -k [ sync ]", "g 'a b' -k [ gevent ]"),
            ("g -k sync 'a b'", "g -k gevent 'a b'"),
            ("g -ksync", "g -kgevent"),
            ("g --worker-class sync", "g --worker-class gevent"),
            ("g --worker-class=sync", "g --worker-class=gevent"),
            ("g  -k   gevent", "g  -k   gevent"),
        ];
        for (before, after) in table {
            assert_eq!(with_worker_class(before, "gevent").as_deref(), Ok(after));
        }
    }

    #[test]
    fn a_command_without_a_place_for_the_class_is_told() {
        for command in ["gunicorn app:app", "gunicorn app:app -k", "gunicorn app:app -k ["] {
            assert_eq!(with_worker_class(command, "gevent"), Err(WorkerClassError::NoOption), "{command}");
        }
    }
}
