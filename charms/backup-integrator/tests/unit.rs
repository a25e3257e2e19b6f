//! A unit beside its principal: the state before an event, the charm, the state after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use backup_integrator::BackupIntegrator;
use juju::{CharmFiles, Databag, Event, Status};
use juju_testing::{Context, State, StateRelation};
use tempfile::TempDir;

pub(crate) const APP: &str = "backup-integrator";

/// Every script's option.
pub(crate) const SCRIPTS: [&str; 4] =
    ["run-before-backup", "run-after-backup", "run-before-restore", "run-after-restore"];

pub(crate) const SCRIPT: &str = "#!/bin/sh\necho ü\r\n";

/// Options with their values.
pub(crate) type Options<'o> = &'o [(&'o str, &'o str)];

/// A unit on a machine of its own.
pub(crate) struct Unit {
    pub(crate) dir: TempDir,
    pub(crate) context: Context<BackupIntegrator>,
}

impl Unit {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let switches = format!("scripts-folder: {}\n", dir.path().join("opt").display());
        fs::write(dir.path().join("webcharm.yaml"), switches).unwrap();
        let files = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let context = Context::from_files(files, dir.path());
        Self { dir, context }
    }

    pub(crate) fn run(&mut self, event: &Event, state: &State) -> State {
        self.context.run(event, state).unwrap()
    }

    pub(crate) fn path(&self, script: &str) -> PathBuf {
        self.dir.path().join("opt").join(APP).join("scripts").join(script)
    }

    /// Names of the scripts on the machine.
    pub(crate) fn scripts(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Number of calls of a tool in the last event.
    pub(crate) fn calls(&self, tool: &str) -> usize {
        self.context.records().counts().get(tool).copied().unwrap_or_default()
    }
}

pub(crate) fn config(options: &[(&str, &str)]) -> BTreeMap<String, juju::ConfigValue> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

/// A relation to an agent, with what the leader has written.
pub(crate) fn relation(id: u32, written: &[(&str, &str)]) -> StateRelation {
    StateRelation {
        remote_app: Some("agent".to_owned()),
        local_app_data: written.iter().copied().collect(),
        ..StateRelation::new(id, "backup")
    }
}

/// A unit beside its principal, with one agent.
pub(crate) fn state(leader: bool, options: &[(&str, &str)]) -> State {
    let principal = StateRelation { remote_app: Some("site".to_owned()), ..StateRelation::new(1, "juju-info") };
    State { leader, config: config(options), relations: vec![principal, relation(2, &[])], ..State::default() }
}

/// Our application's databag of the relation.
pub(crate) fn written(state: &State, id: u32) -> Databag {
    state.relation(juju::RelationId(id)).unwrap().local_app_data.clone()
}

pub(crate) fn bag(entries: &[(&str, &str)]) -> Databag {
    entries.iter().copied().collect()
}

pub(crate) fn active() -> Option<Status> {
    Some(Status::active(""))
}
