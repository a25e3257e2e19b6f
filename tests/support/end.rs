//! State of a unit and its container after a series of events, for comparison with another series.

use std::collections::{BTreeMap, BTreeSet};

use juju::{Port, RelationId, Status, Whose};
use pebble::plan::Plan;

use super::World;

/// State that the charm's events have left in Juju and in the container.
#[derive(Debug, PartialEq)]
pub(crate) struct End {
    pub(crate) status: Status,
    pub(crate) plan: Plan,
    /// By name, true if the service runs.
    pub(crate) services: BTreeMap<String, bool>,
    /// The variables that the web service was started with.
    pub(crate) variables: BTreeSet<String>,
    /// Contents by path.
    pub(crate) files: BTreeMap<String, String>,
    /// The unit's state in Juju, without the time of the last start.
    pub(crate) memory: BTreeMap<String, String>,
    pub(crate) ports: Vec<Port>,
    pub(crate) databags: Vec<BTreeMap<String, String>>,
}

impl End {
    /// The present state. In all its texts, each first text of `names` is replaced by the second, since it differs from
    /// unit to unit.
    pub(crate) fn of(world: &World, relations: &[RelationId], names: &[(String, &str)]) -> Self {
        let plain = |text: &str| names.iter().fold(text.to_owned(), |text, (name, by)| text.replace(name, by));
        let plain_all = |(key, value): (&String, &String)| (plain(key), plain(value));
        let mut plan = world.pebble().plan().unwrap();
        plan.services.values_mut().flat_map(|service| service.environment.values_mut()).for_each(|v| *v = plain(v));
        let halves = |id: &RelationId| [Whose::App, Whose::Unit].map(|whose| world.ours(*id, whose));
        let folders = ["/flask", "/flask/app", "/tmp/flask/state", "/var/log/flask"];
        Self {
            status: world.status(),
            plan,
            services: world.pebble().services(&[]).unwrap().iter().map(|s| (s.name.clone(), s.is_running())).collect(),
            variables: world.running().iter().map(|line| plain(line)).collect(),
            files: folders.iter().flat_map(|dir| files(world, dir)).map(|(path, text)| (path, plain(&text))).collect(),
            memory: world.memory(),
            ports: world.server.with(|model| model.ports(&world.unit).unwrap().iter().copied().collect()),
            databags: relations.iter().flat_map(halves).map(|bag| bag.iter().map(plain_all).collect()).collect(),
        }
    }
}

impl World {
    /// The unit's state in Juju, without the time of the last start.
    pub(crate) fn memory(&self) -> BTreeMap<String, String> {
        let mut memory = self.server.with(|model| model.state(&self.unit).unwrap().clone());
        memory.remove("webcharm.started");
        memory
    }
}

fn files(world: &World, folder: &str) -> Vec<(String, String)> {
    let files = world.pebble().list_files(folder, None, false).unwrap_or_default();
    files.into_iter().map(|file| (file.path.clone(), world.file(&file.path))).collect()
}
