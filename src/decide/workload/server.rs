//! The web server's steps: its files, the check of them, and how it takes them up.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use pebble::plan::{Environment, Layer};

use super::{DesiredWorkload, plain};
use crate::fingerprint;
use crate::framework::Framework;
use crate::hold::Hold;
use crate::seen::Container;
use crate::steps::{Action, Run, Step};
use crate::web_server::Setup;

/// Where the unit remembers with which configuration, variables and command the web server was last found well.
pub(super) const WEB_SERVER: &str = "webcharm.web-server";
/// What follows that as long as the application, which is to be waited for, hasn't been heard of on its port.
pub(super) const UNHEARD: &str = " unheard";
/// How long the check of the configuration, which imports the application, may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(120);

/// Two names: of everything, and of what the server's process has taken up at its start, whatever it has read since.
pub(super) struct Fingerprint {
    all: String,
    logger: String,
}

impl Fingerprint {
    pub(super) fn of(server: &Setup, layer: &Layer) -> Self {
        let services = serde_json::to_vec(&layer.services).unwrap_or_default();
        let files = server.files.values().chain(server.inputs.values()).map(String::as_bytes);
        let all = fingerprint::of(files.chain([services.as_slice()]));
        Self { all, logger: fingerprint::of([server.at_start.as_bytes()]) }
    }

    pub(super) fn is(&self, remembered: Option<&String>) -> bool {
        remembered.is_some_and(|remembered| remembered.strip_suffix(UNHEARD).unwrap_or(remembered) == self.to_string())
    }

    /// Whether the logger is the one of then.
    fn has_logger_of(&self, remembered: Option<&String>) -> bool {
        remembered.and_then(|remembered| remembered.split(' ').nth(1)) == Some(self.logger.as_str())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.all, self.logger)
    }
}

/// Whether the web server was found well as it shall be.
pub(super) fn is_well(desired: &DesiredWorkload, container: &Container, state: &BTreeMap<String, String>) -> bool {
    changed_files(desired, container).is_empty() && desired.fingerprint.is(state.get(WEB_SERVER))
}

/// The web server's files, and the check that it would serve with them.
pub(super) fn prepare(desired: &DesiredWorkload, container: &Container, framework: &Framework) -> Vec<Step> {
    let changed = changed_files(desired, container);
    let mut steps: Vec<Step> = gevent_probe(desired, framework).into_iter().collect();
    steps.extend(desired.server.folders.iter().cloned().map(|path| plain(Action::MakeDir { path })));
    steps.extend(forget_compiled(desired, container, &changed));
    steps.extend(changed.into_iter().map(plain));
    steps.extend(check(desired, framework));
    steps
}

/// Python knows a file that it has compiled by its length and by the second it was written in: of two that are alike in both
/// it would take the older for the newer. It goes before the file is written: a hook that is killed in between does both again.
fn forget_compiled(desired: &DesiredWorkload, container: &Container, changed: &[Action]) -> Option<Step> {
    let is_as_long = |action: &Action| match action {
        Action::Write { path, content, .. } => container.files.get(path).is_some_and(|old| old.len() == content.len()),
        _ => false,
    };
    let path = desired.server.compiled.clone().filter(|_| changed.iter().any(is_as_long))?;
    Some(plain(Action::Remove { path }))
}

/// The worker's own module is imported, not only gevent: it needs more, and the check of the configuration doesn't load it.
fn gevent_probe(desired: &DesiredWorkload, framework: &Framework) -> Option<Step> {
    let run = Run {
        purpose: "import gevent",
        command: ["python3", "-c", "import gunicorn.workers.ggevent"].map(str::to_owned).to_vec(),
        working_dir: None,
        as_workload: false,
        environment: Environment::default(),
        timeout: CHECK_TIMEOUT,
        tells: false,
    };
    let link = format!("https://bit.ly/{}-async-doc", framework.name);
    let refused = Hold::blocked(format!("gunicorn[gevent] must be installed in the rock. {link}"));
    (desired.worker_class.as_deref() == Some("gevent")).then_some(Step::new(Action::Run(run), refused))
}

fn check(desired: &DesiredWorkload, framework: &Framework) -> Option<Step> {
    let run = Run {
        purpose: "check the webserver configuration",
        command: desired.server.check.clone()?,
        working_dir: Some(framework.app_dir.to_owned()),
        as_workload: true,
        environment: desired.environment.clone(),
        timeout: CHECK_TIMEOUT,
        tells: false,
    };
    let refused = Hold::blocked(
        "Webserver configuration check failed, please review your charm configuration or database relation",
    );
    Some(Step::new(Action::Run(run), refused))
}

/// How a web server that runs on takes up its files.
pub(super) fn take_up(desired: &DesiredWorkload, remembered: Option<&String>, framework: &Framework) -> Option<Step> {
    let service = framework.name.to_owned();
    let has_files = !desired.server.files.is_empty() || !desired.server.inputs.is_empty();
    if has_files && !desired.fingerprint.has_logger_of(remembered) {
        return Some(plain(Action::Restart { service }));
    }
    desired.server.reloads.then(|| plain(Action::Reload { service }))
}

/// The files that aren't there as they shall be: the web server's are the workload's own, what integrations give isn't.
fn changed_files(desired: &DesiredWorkload, container: &Container) -> Vec<Action> {
    let files = desired.server.files.iter().map(|file| (file, true));
    let files = files.chain(desired.server.inputs.iter().map(|file| (file, false)));
    let differs = |path: &String, text: &String| container.files.get(path).map(Vec::as_slice) != Some(text.as_bytes());
    let files = files.filter(|((path, text), _)| differs(path, text));
    let write = |((path, text), workload_owned): ((&String, &String), bool)| Action::Write {
        path: path.clone(),
        content: text.clone().into_bytes(),
        workload_owned,
    };
    files.map(write).collect()
}
