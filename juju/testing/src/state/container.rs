//! Containers as part of a state: before the event a fake Pebble is made of them, and after it they are read back.

use super::StateCheck;
use crate::workload::Workload;
use juju::{Event, WorkloadEvent, WorkloadKind};
use pebble::plan::{Layer, Plan};
use pebble::types::{CheckInfo, ExecOutput, ServiceStatus};
use pebble_fake::{ExecCall, ExecReply};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A container of the unit.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateContainer {
    /// Name in the metadata.
    pub name: String,
    /// True if the charm can connect to its Pebble.
    pub can_connect: bool,
    /// Label and text of each layer, lowest first. After an event the text is JSON.
    pub layers: Vec<(String, String)>,
    /// Statuses of the services of the layers; a service that is not here is inactive. Before an event only active and
    /// inactive are taken.
    pub service_statuses: BTreeMap<String, ServiceStatus>,
    /// Folder of this machine that is the container's `/`; `None` means a temporary one, which ends with the event.
    pub root: Option<PathBuf>,
    /// Ends of commands, by the words that they begin with; the longest prefix wins.
    pub execs: Vec<StateExec>,
    /// Keys of the custom notices so far.
    pub notices: Vec<String>,
    /// Folders and files of this machine that are seen at a path of the container, by that path.
    pub mounts: BTreeMap<String, PathBuf>,
    /// Checks of the layers; those that are not here have not failed. After an event it also has those that failed.
    pub check_infos: Vec<StateCheck>,
}

/// End of commands that begin with these words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateExec {
    /// First words of the command; without words it is any command.
    pub prefix: Vec<String>,
    /// Exit code.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl StateContainer {
    /// A container without layers that the charm can't connect to.
    pub fn new(name: impl Into<String>) -> StateContainer {
        StateContainer { name: name.into(), ..StateContainer::default() }
    }

    /// The same, and the charm can connect to it.
    pub fn ready(name: impl Into<String>) -> StateContainer {
        StateContainer { can_connect: true, ..StateContainer::new(name) }
    }

    /// The combined plan of the layers.
    ///
    /// # Errors
    /// The layers are invalid; the text says why.
    pub fn plan(&self) -> Result<Plan, String> {
        let layers = pebble::plan::Layers::try_new(self.read_layers()?).map_err(|error| error.to_string())?;
        Ok(layers.plan().clone())
    }

    fn read_layers(&self) -> Result<Vec<Layer>, String> {
        let read = |(label, text): &(String, String)| {
            Layer::parse_labelled(label, text.as_bytes()).map_err(|error| format!("layer \"{label}\": {error}"))
        };
        self.layers.iter().map(read).collect()
    }

    /// Makes the container below two folders, and serves it if the charm can connect to it.
    ///
    /// # Errors
    /// A folder or socket can't be made, or the layers or services are invalid.
    pub(crate) fn open(&self, containers: &Path, roots: &Path) -> io::Result<Workload> {
        let mut workload = Workload::new(containers, roots, &self.name)?;
        self.furnish(&workload).map_err(io::Error::other)?;
        workload.set_can_connect(self.can_connect)?;
        Ok(workload)
    }

    fn furnish(&self, workload: &Workload) -> Result<(), String> {
        let mut pebble = workload.pebble();
        if let Some(root) = &self.root {
            pebble.set_root(root);
        }
        self.mounts.iter().try_for_each(|(path, source)| pebble.mount(path, source))?;
        for layer in self.read_layers()? {
            pebble.add_layer(layer, false).map_err(|error| error.to_string())?;
        }
        let active = self.service_statuses.iter().filter(|(_, status)| **status == ServiceStatus::Active);
        let active: Vec<String> = active.map(|(name, _)| name.clone()).collect();
        if !active.is_empty() {
            pebble.start(&active)?;
        }
        for exec in self.execs.iter().cloned() {
            let prefix: Vec<&str> = exec.prefix.iter().map(String::as_str).collect();
            let output = ExecOutput {
                exit_code: exec.exit_code,
                stdout: exec.stdout.clone().into_bytes(),
                stderr: exec.stderr.clone().into_bytes(),
            };
            pebble.handle_exec(&prefix, move |_| ExecReply::Exits(output.clone()));
        }
        for key in &self.notices {
            pebble.notify(key, &[], None);
        }
        self.check_infos.iter().try_for_each(|check| pebble.set_failures(&check.name, check.failures))
    }

    /// The container after the event, and the commands that ran in it.
    pub(crate) fn after(&self, workload: &Workload) -> (StateContainer, Vec<ExecCall>) {
        let pebble = workload.pebble();
        let started = pebble.services().into_iter().filter(|info| info.current != ServiceStatus::Inactive);
        let after = StateContainer {
            layers: pebble.layers().iter().map(|layer| self.layer_after(layer)).collect(),
            service_statuses: started.map(|info| (info.name, info.current)).collect(),
            notices: pebble.notices().into_iter().map(|notice| notice.key).collect(),
            check_infos: self.checks_after(pebble.checks()),
            ..self.clone()
        };
        (after, pebble.exec_history().to_vec())
    }

    fn checks_after(&self, infos: Vec<CheckInfo>) -> Vec<StateCheck> {
        let is_told = |info: &CheckInfo| info.failures > 0 || self.check(&info.name).is_some();
        infos.into_iter().filter(is_told).map(StateCheck::of).collect()
    }

    /// The check of that name.
    pub fn check(&self, name: &str) -> Option<&StateCheck> {
        self.check_infos.iter().find(|check| check.name == name)
    }

    /// A layer as text: as it was given if the charm did not change it.
    fn layer_after(&self, layer: &Layer) -> (String, String) {
        let given = self.layers.iter().find(|(label, _)| *label == layer.label);
        let same = given.filter(|(label, text)| {
            Layer::parse_labelled(label, text.as_bytes()).is_ok_and(|before| before.to_json() == layer.to_json())
        });
        same.cloned().unwrap_or_else(|| (layer.label.clone(), layer.to_json()))
    }

    fn event(&self, kind: WorkloadKind) -> Event {
        Event::Workload(WorkloadEvent { container: self.name.clone(), kind })
    }

    /// pebble-ready of the container.
    pub fn pebble_ready(&self) -> Event {
        self.event(WorkloadKind::PebbleReady)
    }

    /// pebble-custom-notice of the notice with this key.
    pub fn custom_notice(&self, key: &str) -> Event {
        let place = self.notices.iter().position(|known| known == key).unwrap_or_default();
        let (id, kind, key) = ((place + 1).to_string(), "custom".to_owned(), key.to_owned());
        self.event(WorkloadKind::CustomNotice { id, kind, key })
    }

    /// pebble-check-failed of a check.
    pub fn check_failed(&self, check: &str) -> Event {
        self.event(WorkloadKind::CheckFailed { check: check.to_owned() })
    }

    /// pebble-check-recovered of a check.
    pub fn check_recovered(&self, check: &str) -> Event {
        self.event(WorkloadKind::CheckRecovered { check: check.to_owned() })
    }
}
