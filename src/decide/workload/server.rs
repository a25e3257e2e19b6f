//! The steps of the web server: files, check of the configuration, and reload or restart.

use std::time::Duration;

use juju::{Hold, fingerprint};
use pebble::plan::{Environment, Layer};

use super::{DesiredWorkload, plain};
use crate::framework::Framework;
use crate::memory::{Memory, ServerMemory};
use crate::seen::Container;
use crate::steps::{Action, Run, Step};
use crate::web_server::Setup;

/// Limit of a check, which imports the application.
const CHECK_TIMEOUT: Duration = Duration::from_secs(120);

/// Memory of a web server that was checked with these files and services.
pub(super) fn memory(server: &Setup, layer: &Layer) -> ServerMemory {
    let services = serde_json::to_vec(&layer.services).unwrap_or_default();
    let files = server.files.values().chain(server.inputs.values()).map(String::as_bytes);
    let inputs = fingerprint(files.chain([services.as_slice()]));
    ServerMemory { inputs, at_start: fingerprint([server.at_start.as_bytes()]), unheard: false }
}

/// True if files and inputs are those of the last successful check.
pub(super) fn is_well(desired: &DesiredWorkload, container: &Container, memory: &Memory) -> bool {
    let is_same = |server: &ServerMemory| server.has_inputs_of(&desired.checked);
    changed_files(desired, container).is_empty() && memory.web_server.as_ref().is_some_and(is_same)
}

/// Steps that write the web server's files and check that it would serve with them.
pub(super) fn prepare(desired: &DesiredWorkload, container: &Container, framework: &Framework) -> Vec<Step> {
    let changed = changed_files(desired, container);
    let mut steps: Vec<Step> = gevent_probe(desired, framework).into_iter().collect();
    steps.extend(desired.server.folders.iter().cloned().map(|path| plain(Action::MakeDir { path })));
    steps.extend(forget_compiled(desired, container, &changed));
    steps.extend(changed.into_iter().map(plain));
    steps.extend(check(desired, framework));
    steps
}

/// Removes Python's compiled files if a changed file keeps its length. Python identifies a source file by length and by
/// time in seconds, so it might keep using the old one. Comes before the write: after a kill between the two, the next
/// event repeats both.
fn forget_compiled(desired: &DesiredWorkload, container: &Container, changed: &[Action]) -> Option<Step> {
    let is_as_long = |action: &Action| match action {
        Action::Write { path, content, .. } => container.files.get(path).is_some_and(|old| old.len() == content.len()),
        _ => false,
    };
    let path = desired.server.compiled.clone().filter(|_| changed.iter().any(is_as_long))?;
    Some(plain(Action::Remove { path }))
}

/// Checks that the gevent worker can be imported. Gunicorn's own module needs more than gevent, and `--check-config`
/// does not load it.
fn gevent_probe(desired: &DesiredWorkload, framework: &Framework) -> Option<Step> {
    let run = Run {
        purpose: "import gevent".into(),
        command: ["python3", "-c", "import gunicorn.workers.ggevent"].map(str::to_owned).to_vec(),
        working_dir: None,
        as_workload: false,
        environment: Environment::default(),
        timeout: CHECK_TIMEOUT,
        tells: false,
        reports: false,
        service_context: None,
    };
    let link = format!("https://bit.ly/{}-async-doc", framework.name);
    let refused = Hold::blocked(format!("gunicorn[gevent] must be installed in the rock. {link}"));
    (desired.worker_class.as_deref() == Some("gevent")).then_some(Step::new(Action::Run(run), refused))
}

fn check(desired: &DesiredWorkload, framework: &Framework) -> Option<Step> {
    let run = Run {
        purpose: "check the webserver configuration".into(),
        command: desired.server.check.clone()?,
        working_dir: Some(framework.app_dir.to_owned()),
        as_workload: true,
        environment: desired.environment.clone(),
        timeout: CHECK_TIMEOUT,
        tells: false,
        reports: false,
        service_context: None,
    };
    let refused = Hold::blocked(
        "Webserver configuration check failed, please review your charm configuration or database relation",
    );
    Some(Step::new(Action::Run(run), refused))
}

/// Step by which a running web server uses the new files: a restart for inputs that are read only at start, else a
/// reload.
pub(super) fn take_up(desired: &DesiredWorkload, memory: &Memory, framework: &Framework) -> Option<Step> {
    let service = framework.name.to_owned();
    let has_files = !desired.server.files.is_empty() || !desired.server.inputs.is_empty();
    let started = memory.web_server.as_ref().is_some_and(|server| server.at_start == desired.checked.at_start);
    if has_files && !started {
        return Some(plain(Action::Restart { service }));
    }
    desired.server.reloads.then(|| plain(Action::Reload { service }))
}

/// Writes of files that differ from the desired ones, and removals of those of integrations that are gone. The workload's
/// user owns the web server's files, not those of integrations.
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
    let outdated = desired.server.outdated.iter().filter(|path| container.files.contains_key(*path));
    files.map(write).chain(outdated.map(|path| Action::Remove { path: path.clone() })).collect()
}
