//! Control of the pods, as by Kubernetes: one for each unit, and a new one when a pod has ended.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use juju::UnitName;
use rock::Work;

use super::{Error, system};
use crate::network::Network;
use crate::pod::{Identity, Pod, Spec, Users};
use crate::session::{Application, Input, Kind, Session, host};

/// A pod that lives shorter than this has failed to start; after so many of those in a row, no more are started.
const SHORT_LIFE: Duration = Duration::from_secs(10);
const SHORT_LIVES: u32 = 5;

/// The time after which a start that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// Record of the pods' starts.
pub(super) struct Pods<'a> {
    session: &'a Arc<Session>,
    inputs: &'a Sender<Input>,
    lives: BTreeMap<UnitName, Lives>,
    network_failed: Option<Instant>,
    revival_failed: Option<Instant>,
}

/// Last start of a unit's pod, and the number of short-lived ones in a row before it.
struct Lives {
    born: Instant,
    short: u32,
}

impl<'a> Pods<'a> {
    pub(super) fn new(session: &'a Arc<Session>, inputs: &'a Sender<Input>) -> Self {
        Self { session, inputs, lives: BTreeMap::new(), network_failed: None, revival_failed: None }
    }

    /// Starts the network, and a pod for every unit.
    pub(super) fn start(&mut self) -> Result<(), Error> {
        self.start_network()?;
        self.session.units_without_pod().iter().try_for_each(|unit| self.start_pod(unit))?;
        self.session.route();
        Ok(())
    }

    /// Replaces ended pods, runs the due hooks, and ends the pods of removed units. Returns true if all went well.
    pub(super) fn settle(&mut self) -> bool {
        self.tend();
        let well = self.session.settle();
        for gone in self.session.end_orphans() {
            self.forget(&gone);
        }
        self.session.forget_applications();
        self.session.introduce_all();
        well && self.session.units_without_pod().is_empty()
    }

    /// Removes the folders of a removed unit. Those that can't be removed go with the model.
    fn forget(&mut self, unit: &UnitName) {
        self.lives.remove(unit);
        let places = &self.session.places;
        for folder in [places.pod_of(unit), places.containers_of(unit)] {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// Replaces pods, network and servers that have ended, and starts missing pods. Returns true if there were any.
    pub(super) fn tend(&mut self) -> bool {
        let ui = self.session.ui().clone();
        if ui.cancel().is_thrown() {
            return false;
        }
        let mut died = self.session.units_with_dead_pod();
        if !self.session.has_network() {
            if self.network_failed.is_some_and(|at| at.elapsed() < RETRY) {
                return false;
            }
            ui.step("the pods' network ended; starting it and the pods again");
            self.session.end_pods();
            died = self.session.units();
            let why = self.start_network().err().map(|error| crate::chain(&error));
            why.iter().for_each(|why| ui.detail(why));
            self.network_failed = why.is_some().then(Instant::now);
            self.session.set_network_problem(why);
            if self.network_failed.is_some() {
                return false;
            }
        }
        for unit in &died {
            ui.step(&format!("the container of {unit} ended; starting it again"));
            self.session.bury_pod(unit);
        }
        let missing: Vec<_> =
            self.session.units_without_pod().into_iter().filter(|unit| self.may_start(unit)).collect();
        for unit in &missing {
            let started = self.start_pod(unit);
            let why = started.err().map(|error| crate::chain(&error));
            why.iter().for_each(|why| ui.detail(why));
            self.session.set_pod_problem(unit, why);
        }
        if !missing.is_empty() {
            self.session.introduce_all();
            self.session.route();
        }
        self.revive_servers() || !(died.is_empty() && missing.is_empty())
    }

    /// Starts servers again that have ended; after a failure, not before [`RETRY`] has passed.
    fn revive_servers(&mut self) -> bool {
        if self.revival_failed.is_some_and(|at| at.elapsed() < RETRY) {
            return false;
        }
        let revived = self.session.revive_servers();
        self.revival_failed = revived.is_err().then(Instant::now);
        revived.unwrap_or(true)
    }

    fn start_network(&self) -> Result<(), Error> {
        let network = Network::start(&self.session.places.runtime, self.session.ui().cancel())?;
        Ok(self.session.set_network(network)?)
    }

    /// False for a unit whose last pods were all short-lived.
    fn may_start(&self, unit: &UnitName) -> bool {
        self.lives.get(unit).is_none_or(|lives| lives.short < SHORT_LIVES)
    }

    fn start_pod(&mut self, unit: &UnitName) -> Result<(), Error> {
        let ui = self.session.ui();
        ui.step(&format!("starting the pod of {unit}"));
        let lives = self.lives.get(unit);
        let short = lives.map_or(0, |lives| if lives.born.elapsed() < SHORT_LIFE { lives.short + 1 } else { 0 });
        self.lives.insert(unit.clone(), Lives { born: Instant::now(), short });
        let Some(app) = self.session.application(unit.app()) else { return Ok(()) };
        let spec = self.spec(&app, unit)?;
        let folder = self.session.places.pod_of(unit);
        let mut pod = Pod::start(&spec, &folder.join("pod.json"), None, &folder.join("pod.log"))?;
        pod.ready(ui.cancel())?;
        let socket = pod.socket();
        self.session.put_pod(unit, pod);
        if app.kind() != Kind::Machine {
            self.session.watch(unit.clone(), socket, self.inputs.clone());
        }
        Ok(())
    }

    /// Description of a new pod for a unit, from the image that was built.
    fn spec(&self, app: &Application, unit: &UnitName) -> Result<Spec, Error> {
        let (session, prepared) = (self.session, &app.prepared);
        let read = || -> io::Result<rock::Image> { Ok(serde_json::from_slice(&fs::read(prepared.image())?)?) };
        let image = read().map_err(system("read the image's description"))?;
        let socket_dir = session.places.containers_of(unit).join(&prepared.container);
        // The socket of an ended pod would look like that of the new one.
        let _ = fs::remove_dir_all(&socket_dir);
        let [root, scratch] = ["root", "scratch"].map(|name| session.places.pod_of(unit).join(name));
        for folder in [&socket_dir, &root, &scratch] {
            fs::create_dir_all(folder).map_err(system("make the pod's folders"))?;
        }
        Ok(Spec {
            hostname: host(unit),
            hosts: session.hosts(),
            neighbors: session.neighbors(),
            pebble: prepared.pebble.clone(),
            container: prepared.container.clone(),
            socket_dir,
            root,
            scratch,
            port: prepared.port,
            network: session.place(unit),
            identity: Identity::current(),
            single: match app.kind() {
                // The programs of packages may refuse root: a rock's run as root in a cluster, too.
                Kind::Sidecar if image.packed.is_none() => rock::DAEMON_ID,
                _ => 0,
            },
            users: match app.kind() {
                Kind::Web => Users::default(),
                Kind::Sidecar | Kind::Machine => Users::of_host().map_err(system("read the users of packages"))?,
            },
            image,
            shared: match app.kind() {
                Kind::Machine => vec![session.places.runtime.clone(), session.places.program.clone()],
                Kind::Web | Kind::Sidecar => Vec::new(),
            },
        })
    }
}
