//! Reads of the container, through Pebble.

use std::collections::BTreeMap;
use std::time::SystemTime;

use juju::{Hold, StatusKind};
use pebble::blocking::Client;
use pebble::plan::Service;
use pebble::types::{ChangeSelect, FileType, ServiceInfo};

use crate::charm_spec::CharmSpec;
use crate::framework::Framework;
use crate::migration::{self, Migration, Script};
use crate::pebble_hold;
use crate::restarts::{self, StartWindow};
use crate::seen::{Container, Workload};
use crate::services::{self, Services};
use crate::version;
use crate::web_server;

/// File that rockcraft writes; it changes with each pack.
const RELEASE: &str = "/.rock/metadata.yaml";

/// Largest file that is read, in bytes. The charm's own files are smaller.
const LARGEST_FILE: usize = 1 << 20;

/// Last lines of the services that ended, all together. A trace of Java's has more than a hundred.
const LOG_LINES: u32 = 200;

/// Content of the container, or the hold why it can't be read. `started` is the time of the charm's last start of
/// services.
pub(super) fn read(pebble: &Client, spec: &CharmSpec, started: Option<&StartWindow>, now: SystemTime) -> Workload {
    match container(pebble, spec, started, now) {
        Ok(container) => Workload::Here(Box::new(container)),
        Err(error) => {
            let hold = pebble_hold::of("cannot read the container's state", &error);
            // A slow Pebble may answer in a later event.
            let is_late = matches!(error, pebble::Error::Timeout { .. });
            Workload::Unread(if is_late { Hold { kind: StatusKind::Waiting, ..hold } } else { hold })
        }
    }
}

fn container(
    pebble: &Client,
    spec: &CharmSpec,
    started: Option<&StartWindow>,
    now: SystemTime,
) -> Result<Container, pebble::Error> {
    let framework = spec.framework;
    let (original, version) = (services::original_path(framework), spec.version_file.as_deref());
    let written = written(spec);
    let paths = [original.as_str(), RELEASE].into_iter().chain(version).chain(written.iter().map(String::as_str));
    let mut files = files(pebble, &paths.collect::<Vec<_>>())?;
    let (original, release) = (files.remove(&original), files.remove(RELEASE));
    let (plan, states) = (pebble.plan()?, pebble.services(&[])?);
    let restarted = restarted(pebble, &restarts::young(&states, &plan, framework, started, now));
    Ok(Container {
        plan,
        output: output(pebble, &states, &restarted),
        restarted,
        services: states,
        original: original.and_then(|text| services(&text)),
        version: match version {
            Some(path) => files.remove(path).and_then(|text| version::of_file(&text)),
            None => release.as_deref().and_then(version::of_rock),
        },
        files,
        migration: of_migration(pebble, framework, release)?,
    })
}

/// Services among the young ones that Pebble started again by itself; without a young one nothing is read. Changes that
/// can't be read count as starts: the next event asks again.
fn restarted(pebble: &Client, young: &[&ServiceInfo]) -> Vec<String> {
    if young.is_empty() {
        return Vec::new();
    }
    match pebble.changes(ChangeSelect::All, None) {
        Ok(changes) => restarts::restarted(young, &changes),
        Err(error) => {
            tracing::debug!("Cannot read changes: {error}");
            Vec::new()
        }
    }
}

/// Last output of the services that ended by themselves, even if they were `restarted`; without such a service nothing
/// is read. A log that can't be read counts as empty: it only explains a status.
fn output(pebble: &Client, services: &[ServiceInfo], restarted: &[String]) -> BTreeMap<String, String> {
    let ended = services.iter().filter(|service| service.has_ended() || restarted.contains(&service.name));
    let ended: Vec<_> = ended.map(|service| service.name.as_str()).collect();
    let lines = if ended.is_empty() { Ok(Vec::new()) } else { pebble.logs(&ended, LOG_LINES) };
    let mut output = BTreeMap::<String, String>::new();
    for line in lines.inspect_err(|error| tracing::debug!("Cannot read logs: {error}")).unwrap_or_default() {
        let text = output.entry(line.service).or_default();
        text.extend([line.message.as_str(), "\n"]);
    }
    output
}

/// Paths of the files that the charm writes: the web server's, and those of integrations. The file of an integration that
/// is gone may still be there.
fn written(spec: &CharmSpec) -> Vec<String> {
    let logging = spec.paas_config.as_ref().map(|config| config.logging).unwrap_or_default();
    web_server::files(spec.framework, logging).into_iter().chain(spec.integration_files()).collect()
}

/// State of the migration. Empty if the application has no script.
fn of_migration(pebble: &Client, framework: &Framework, release: Option<Vec<u8>>) -> Result<Migration, pebble::Error> {
    let Some(script) = script(pebble, framework)? else { return Ok(Migration::default()) };
    Ok(Migration { script: Some(script), status: file(pebble, &migration::status_path(framework))?, release })
}

fn script(pebble: &Client, framework: &Framework) -> Result<Option<Script>, pebble::Error> {
    let files = match pebble.list_files(framework.app_dir, Some(migration::PATTERN), false) {
        Err(error) if error.is_not_found() => Vec::new(),
        files => files?,
    };
    let files: Vec<_> = files.into_iter().filter(|file| file.type_ != FileType::Directory).collect();
    let Some(name) = migration::choose(&files.iter().map(|file| file.name.as_str())) else { return Ok(None) };
    let info = files.into_iter().find(|file| file.name == name).unwrap_or_default();
    let version = match info.size {
        Some(size) if size > LARGEST_FILE as u64 => format!("{size} {}", info.last_modified).into_bytes(),
        _ => file(pebble, &format!("{}/{name}", framework.app_dir))?.unwrap_or_default(),
    };
    Ok(Some(Script { name, version }))
}

/// Contents of the files that there are, in one request.
fn files(pebble: &Client, paths: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, pebble::Error> {
    let mut files = BTreeMap::new();
    for (path, content) in paths.iter().zip(pebble.read_files(paths, LARGEST_FILE)?) {
        match content {
            Ok(content) => drop(files.insert((*path).to_owned(), content)),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

fn file(pebble: &Client, path: &str) -> Result<Option<Vec<u8>>, pebble::Error> {
    Ok(files(pebble, &[path])?.remove(path))
}

/// Services that an earlier event stored. Other processes can write to this folder, so invalid content counts as no
/// file.
fn services(text: &[u8]) -> Option<Services> {
    serde_json::from_slice::<BTreeMap<String, Service>>(text).ok()
}
