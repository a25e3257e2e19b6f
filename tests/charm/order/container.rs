//! A container in memory: it carries out the charm's steps, and shows the charm their results.

use std::collections::BTreeMap;

use pebble::plan::{Layer, Service, Startup};
use pebble::types::{ServiceInfo, ServiceStatus};
use webcharm::migration::{Migration, Script};
use webcharm::perform::Done;
use webcharm::seen::{Container, Workload};
use webcharm::steps::{Action, Steps};

/// The part of a container that the charm sees, and the inputs of its processes.
#[derive(Debug, Default)]
pub(super) struct Pebble {
    pub(super) is_up: bool,
    pub(super) container: Container,
    /// By service: the definition that its process was started with and, for the web server, the configuration files
    /// that it has read.
    pub(super) running: BTreeMap<String, (Service, BTreeMap<String, Vec<u8>>)>,
}

impl Pebble {
    pub(super) fn new() -> Self {
        let layer = "services: {flask: {override: replace, startup: enabled, command: serve, environment: {A: b}}, \
            mail-worker: {override: replace, startup: enabled, command: mail}}\n";
        let plan = pebble::plan::combine(&[Layer::parse(layer.as_bytes()).unwrap()]).unwrap();
        let script = Script { name: "migrate.sh", version: b"1".to_vec() };
        let migration = Migration { script: Some(script), status: None, release: Some(b"1".to_vec()) };
        let container = Container { plan, migration, ..Container::default() };
        Self { container, ..Self::default() }
    }

    pub(super) fn seen(&self) -> Workload {
        if !self.is_up {
            return Workload::Unread(webcharm::pebble_hold::away());
        }
        let Container { plan, original, files, migration, .. } = &self.container;
        let info = |name: &String| ServiceInfo {
            name: name.clone(),
            startup: plan.services[name].startup.clone(),
            current: if self.running.contains_key(name) { ServiceStatus::Active } else { ServiceStatus::Inactive },
            current_since: None,
        };
        let (script, status, release) = (&migration.script, &migration.status, &migration.release);
        Workload::Here(Box::new(Container {
            plan: plan.clone(),
            services: plan.services.keys().map(info).collect(),
            restarted: Vec::new(),
            output: BTreeMap::new(),
            original: original.clone(),
            files: files.clone(),
            version: None,
            migration: Migration { script: script.clone(), status: status.clone(), release: release.clone() },
        }))
    }

    pub(super) fn carry_out(&mut self, steps: &Steps) -> Done {
        steps.effects.iter().for_each(|step| self.carry_out_one(&step.action));
        Done { completed: steps.effects.len(), ..Done::default() }
    }

    fn carry_out_one(&mut self, action: &Action) {
        let container = &mut self.container;
        match action {
            Action::Write { path, content, .. } if path.ends_with(".json") => {
                container.original = Some(serde_json::from_slice(content).unwrap());
            }
            Action::Write { path, content, .. } if path.ends_with("-status") => {
                container.migration.status = Some(content.clone());
            }
            Action::Write { path, content, .. } => drop(container.files.insert(path.clone(), content.clone())),
            Action::AddLayer(layer) => container.plan.services.extend(layer.services.clone()),
            Action::ForwardLogs(layer) => container.plan.log_targets.extend(layer.log_targets.clone()),
            Action::Replan => self.replan(),
            Action::Stop { services } => self.running.retain(|name, _| !services.contains(name)),
            Action::Reload { service } | Action::Restart { service } => {
                self.running.get_mut(service).unwrap().1.clone_from(&container.files);
            }
            Action::Await { .. }
            | Action::Listen { .. }
            | Action::MakeDir { .. }
            | Action::Remove { .. }
            | Action::Run(_) => {}
        }
    }

    fn replan(&mut self) {
        let Container { plan, files, .. } = &self.container;
        for (name, service) in plan.services.iter().filter(|(_, service)| service.startup == Startup::Enabled) {
            if self.running.get(name).is_none_or(|(started, _)| started != service) {
                let read = if name == "flask" { files.clone() } else { BTreeMap::new() };
                self.running.insert(name.clone(), (service.clone(), read));
            }
        }
    }
}
