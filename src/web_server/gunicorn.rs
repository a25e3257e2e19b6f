//! Gunicorn: configuration file, check of it, and class of its workers. Pure.

use std::fmt::Write as _;

use pebble::plan::command;

use super::{ServerConfig, Setup};
use crate::framework::Framework;
use crate::paas_config::Logging;

/// Python code of a logger that writes JSON and keeps the counts for statsd.
const JSON_LOGGING: &str = concat!(include_str!("json_records.py"), include_str!("gunicorn/json_logging.py"));

/// Python code that makes workers send spans.
const TRACING: &str = include_str!("gunicorn/tracing.py");

/// Python code after the settings, which knows the ingress's path as `prefix`.
const PREFIX: &str = include_str!("gunicorn/prefix.py");

/// Gunicorn's default format with the response's request id, by which a trace can be found.
const ACCESS_LOG_FORMAT: &str = r#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({x-request-id}o)s"#;

/// Path of the configuration file.
#[must_use]
pub fn config_path(framework: &Framework) -> String {
    format!("/{}/gunicorn.conf.py", framework.name)
}

/// Folder of the log files.
#[must_use]
pub fn log_dir(framework: &Framework) -> String {
    format!("/var/log/{}", framework.name)
}

/// Makes the setup for gunicorn. `command` is the service's command.
///
/// # Errors
///
/// The command can't be split into words.
pub fn setup(framework: &Framework, wanted: &ServerConfig<'_>, command: &str) -> Result<Setup, command::Error> {
    Ok(Setup {
        folders: vec![log_dir(framework)],
        files: [(config_path(framework), config(framework, wanted))].into(),
        compiled: Some(format!("/{}/__pycache__", framework.name)),
        check: Some(check_command(command)?),
        at_start: logger(wanted.logging).to_owned(),
        reloads: true,
        ..Setup::default()
    })
}

/// Text of the configuration file.
fn config(framework: &Framework, wanted: &ServerConfig<'_>) -> String {
    let logs = log_dir(framework);
    let log = |name: &str| if wanted.forwards_logs { "-".to_owned() } else { format!("{logs}/{name}.log") };
    let mut text = format!(
        "{}{}bind = ['0.0.0.0:{}']\nchdir = '{}'\naccesslog = '{}'\nerrorlog = '{}'\n\
        statsd_host = 'localhost:9125'",
        logger(wanted.logging),
        if wanted.traces { TRACING } else { "" },
        wanted.port,
        framework.app_dir,
        log("access"),
        log("error"),
    );
    for name in ["workers", "threads", "keepalive", "timeout"] {
        if let Some(value) = wanted.settings.web_server.get(name) {
            // Writing to a string can't fail.
            let _ = write!(text, "\n{name} = {value}");
        }
    }
    if wanted.traces {
        let _ = write!(text, "\naccess_log_format = '{ACCESS_LOG_FORMAT}'");
    }
    if let Some(prefix) = wanted.prefix.filter(|prefix| is_plain(prefix)) {
        let _ = write!(text, "\nprefix = '{prefix}'{PREFIX}");
    }
    text
}

/// True for a path that is the same in Python's quotes and in a request.
fn is_plain(path: &str) -> bool {
    path.len() > 1 && path.starts_with('/') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b))
}

/// Part of the configuration that takes a restart: gunicorn keeps its logger in a reload.
fn logger(logging: Logging) -> &'static str {
    match logging {
        Logging::Plain => "",
        Logging::Json => JSON_LOGGING,
    }
}

/// Words of the service's command with `--check-config`.
///
/// # Errors
///
/// The command can't be split into words.
fn check_command(service_command: &str) -> Result<Vec<String>, command::Error> {
    let words = command::parse(service_command)?.args().into_iter();
    Ok(words.chain(["--check-config".to_owned()]).collect())
}

/// Error of setting the worker class in a command.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WorkerClassError {
    /// The command has no option for the class.
    #[error("no -k in the command")]
    NoOption,
    /// The command can't be split into words.
    #[error("cannot read the service's command")]
    Command(#[source] command::Error),
}

/// Sets the worker class in a service's command. Recognises all of gunicorn's spellings: `-k sync`, `-k [ sync ]`,
/// `-ksync`, `--worker-class sync`, `--worker-class=sync`. A command that has this class already is returned unchanged.
///
/// # Errors
///
/// The command has no option for the class, or can't be split into words.
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

/// Index of the word with the class, and the text before the class in that word.
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
    use crate::options::Settings;

    const COMMAND: &str = "/bin/python3 -m gunicorn -c /flask/gunicorn.conf.py 'app:app' -k [ sync ]";

    fn config(settings: &[(&'static str, i64)], forwards_logs: bool, logging: Logging, traces: bool) -> String {
        let settings = Settings { web_server: settings.iter().copied().collect(), ..Settings::default() };
        let wanted = ServerConfig { port: 8000, settings: &settings, forwards_logs, logging, traces, prefix: None };
        setup(&FLASK, &wanted, COMMAND).unwrap().files["/flask/gunicorn.conf.py"].clone()
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
    fn the_path_of_an_ingress_is_named_if_it_is_plain() {
        let settings = Settings::default();
        let with = |prefix| {
            let logging = Logging::Plain;
            let wanted =
                ServerConfig { port: 8000, settings: &settings, forwards_logs: true, logging, traces: false, prefix };
            setup(&FLASK, &wanted, COMMAND).unwrap().files["/flask/gunicorn.conf.py"].clone()
        };
        let plain = with(None);
        assert_eq!(with(Some("/model-shop")), format!("{plain}\nprefix = '/model-shop'{PREFIX}"));
        for other in ["", "/", "shop", "/a'b", "/a b", "/a%20b", "/a\nb"] {
            assert_eq!(with(Some(other)), plain, "{other}");
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
    fn a_command_without_an_option_for_the_class_is_an_error() {
        for command in ["gunicorn app:app", "gunicorn app:app -k", "gunicorn app:app -k ["] {
            assert_eq!(with_worker_class(command, "gevent"), Err(WorkerClassError::NoOption), "{command}");
        }
    }
}
