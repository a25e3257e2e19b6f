//! Three units with three supervisors in one `Cluster`, whose hooks overlap in an order that a seed gives.

use std::path::Path;
use std::sync::Arc;

use juju::{CharmFiles, Databag, Entity, Event, RelationId, Status, UnitName};
use juju_testing::{Cluster, ClusterError, Model};
use pgbouncer::PgBouncer;
use tempfile::TempDir;

use crate::support::container::{supervisor_with_stand_in, until};
use crate::support::neighbors::{account, add_all, add_client, answer_backend, client_reads};
use crate::support::{APP, InCluster, Server};

/// Most hooks until the model is quiet.
const MANY: usize = 300;

/// A cluster of three units with a backend.
struct Three {
    cluster: Cluster,
    host: String,
    backend: RelationId,
    _dir: TempDir,
}

impl Three {
    /// All hooks have run, and the backend is in use.
    fn start(seed: u64) -> Result<Self, ClusterError> {
        let host = format!("cluster-{seed}");
        Server::start(&host, &Arc::default());
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::new("test");
        add_all(&mut model);
        let mut cluster =
            Cluster::with_seed(seed).with_model(model).with_supervisor(supervisor_with_stand_in(dir.path()));
        let charm = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        cluster.deploy::<PgBouncer<InCluster>>(APP, charm, 3)?;
        let backend = cluster.integrate(&format!("{APP}:backend-database"), "postgresql-k8s")?;
        let mut three = Self { cluster, host, backend, _dir: dir };
        three.settle()?;
        Ok(three)
    }

    /// Runs all hooks, the backend's answer and update-status in each unit, with what follows.
    fn settle(&mut self) -> Result<(), ClusterError> {
        self.cluster.run_until_quiet(MANY)?;
        answer_backend(self.cluster.model_mut(), self.backend, &account(&self.host, 5432));
        self.cluster.run_until_quiet(MANY)?;
        for unit in self.units() {
            self.cluster.model_mut().push(&unit, Event::UpdateStatus)?;
        }
        self.cluster.run_until_quiet(MANY).map(drop)
    }

    fn units(&self) -> Vec<UnitName> {
        self.cluster.model().units(APP).unwrap()
    }

    fn statuses(&self) -> Vec<Option<Status>> {
        self.units().iter().map(|unit| self.cluster.unit_status(unit).unwrap()).collect()
    }

    /// The application's databag of a relation.
    fn ours(&self, id: RelationId) -> Databag {
        self.cluster.model().databag(id, &Entity::App(APP.to_owned())).unwrap()
    }

    /// A file beside the configuration of a unit's instance, read as the charm reads it.
    fn file(&self, unit: &UnitName, instance: usize, name: &str) -> String {
        let client = self.cluster.client(unit, "pgbouncer").unwrap();
        let plan = client.plan().unwrap();
        let command = &plan.services[&format!("pgbouncer_{instance}")].command;
        let document = Path::new(command.split_whitespace().last().unwrap()).with_file_name(name);
        let bytes = client.read_file(&document.display().to_string(), 1 << 20).unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    }

    /// Number of starts and reloads of a unit's instance.
    fn events(&self, unit: &UnitName, instance: usize) -> (usize, usize) {
        let text = self.file(unit, instance, "events");
        let count = |word: &str| text.lines().filter(|line| *line == word).count();
        (count("start"), count("reload"))
    }
}

fn hostname(number: u32) -> String {
    format!("pgbouncer-k8s-{number}.pgbouncer-k8s-endpoints.test.svc.cluster.local")
}

fn three_units_live_through_a_change_and_the_end_of_their_leader(seed: u64) -> Result<(), ClusterError> {
    let mut three = Three::start(seed)?;
    assert_eq!(three.statuses(), vec![Some(Status::active("")); 3], "seed {seed}");
    let client = add_client(three.cluster.model_mut(), "web", "shop");
    three.settle()?;
    let read = client_reads(three.cluster.model_mut(), "web", client);
    let database = read.ready().unwrap_or_else(|| panic!("seed {seed}: {read:?}"));
    assert_eq!((database.database.as_str(), database.endpoints.len()), ("shop", 1));
    assert!(Server::with(&three.host, |server| server.databases.contains("shop")));
    let leader = three.cluster.model().leader(APP).unwrap().cloned().expect("it has a leader");
    assert_eq!(database.endpoints, [format!("{}:6432", hostname(leader.number()))]);

    let before: Vec<_> = three.units().iter().map(|unit| three.events(unit, 0)).collect();
    three.cluster.configure(APP, [("max_db_connections", 40)])?;
    three.settle()?;
    for (unit, (starts, reloads)) in three.units().iter().zip(before) {
        assert!(three.file(unit, 1, "pgbouncer.ini").contains("max_db_connections = 40"), "seed {seed}: {unit}");
        until("it reloads and does not start again", || {
            let (now, since) = three.events(unit, 0);
            assert_eq!(now, starts, "seed {seed}: {unit}");
            since > reloads
        });
    }

    three.cluster.remove_unit(&leader)?;
    let mut was_without_leader = false;
    while three.cluster.step()? {
        was_without_leader |= three.cluster.model().leader(APP).unwrap().is_none();
    }
    assert!(was_without_leader, "seed {seed}");
    three.settle()?;
    assert_eq!(three.statuses(), vec![Some(Status::active("")); 2], "seed {seed}");
    let next = three.cluster.model().leader(APP).unwrap().cloned().expect("another leads");
    let endpoint = format!("{}:6432", hostname(next.number()));
    assert_eq!(three.ours(client).text("endpoints"), Some(endpoint.as_str()), "seed {seed}");
    assert!(client_reads(three.cluster.model_mut(), "web", client).ready().is_some(), "seed {seed}");

    let before = three.cluster.history().len();
    three.settle()?;
    let ran = three.cluster.history()[before..].iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(ran.len(), 2, "seed {seed}: update-status in both units and nothing else: {ran:?}");
    Ok(())
}

#[test]
fn three_units_with_three_supervisors_in_one_cluster_live_through_every_change() {
    let lives = three_units_live_through_a_change_and_the_end_of_their_leader;
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|seed| scope.spawn(move || lives(seed).unwrap())).collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
    });
}
