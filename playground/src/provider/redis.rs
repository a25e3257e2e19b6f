//! Redis: one cache for all applications of the model, a primary and its replicas. The interface has no users and no password.
//!
//! Each unit is a server of its own. They replicate in a network of theirs; clients come by unix sockets. When the primary
//! leaves or ends, the replica that has most of its writes takes over, as by the sentinels of Redis's charm.

mod client;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::redis::{
    self,
    provider::{self, Primary},
};
use juju::Role;
use rock::tool::{self, Tool};

use super::process::{self, Place, Process};
use super::relations::answers_of_units;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, UnitDetails};
use crate::daemon::Spec;
use crate::pod::Neighbor;
use crate::ui::Ui;
use client::{ask, field};

/// Redis.
pub(super) const REDIS: Provider = Provider {
    name: "redis",
    title: "Redis",
    app: "redis-k8s",
    endpoint: "redis",
    interface: redis::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: true,
    start: |host| Ok(Box::new(Redis::start(host)?)),
};

const TOOL: Tool = Tool { program: "redis-server", package: "redis-server" };

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["redis", "nobody"];

/// Settings: a unix socket for clients, nothing on disk, and replicas that are served at once.
const SETTINGS: [&str; 14] = [
    "--unixsocket",
    "/mnt/server/redis.sock",
    "--save",
    "",
    "--appendonly",
    "no",
    "--daemonize",
    "no",
    // No one else is in their network.
    "--protected-mode",
    "no",
    "--repl-diskless-sync",
    "yes",
    "--repl-diskless-sync-delay",
    "0",
];

/// Port of Redis in a cluster, and in the units' own network.
const PORT: u16 = 6379;

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// Limit for a replica to have all that its primary has, when the primary leaves.
const HANDOVER: Duration = Duration::from_secs(5);

/// The running units.
#[derive(Debug)]
struct Redis {
    program: PathBuf,
    nodes: BTreeMap<u32, Node>,
    /// Number of the unit that takes writes.
    primary: u32,
}

/// A unit: a server with a folder of its own.
#[derive(Debug)]
struct Node {
    place: Place,
    process: Process,
}

impl Node {
    fn socket(&self) -> PathBuf {
        socket(&self.place.dir)
    }

    fn ask(&self, command: &str) -> Result<String, process::Error> {
        ask(&self.socket(), command).map_err(process::file(REDIS.title, "talk to the server"))
    }

    /// Makes it a replica of another unit.
    fn follow(&self, primary: u32) -> Result<(), process::Error> {
        self.ask(&format!("REPLICAOF {} {PORT}", process::inner(primary))).map(drop)
    }

    /// Waits until it answers, and until a replica has got its primary's data.
    fn wait(&mut self, ui: &Ui) -> Result<(), process::Error> {
        let socket = self.socket();
        self.process.wait(START, ui, || ask(&socket, "INFO replication").ok().filter(|info| is_ready(info)).map(drop))
    }
}

impl Redis {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let program = tool::find(TOOL, host.ui)?;
        let mut started = Self { program, nodes: BTreeMap::new(), primary: 0 };
        host.ui.step("starting Redis");
        started.add(0, host)?;
        started.wait_for(&[0], host.ui)?;
        Ok(started)
    }

    /// Starts a new unit, without waiting for it.
    fn add(&mut self, number: u32, host: &Host<'_>) -> Result<(), process::Error> {
        let place = Place::make(REDIS.title, &host.unit_dir(number), &USERS)?;
        let process = self.serve(number, &place)?;
        self.nodes.insert(number, Node { place, process });
        Ok(())
    }

    /// Starts the server of a unit in the network of those that run.
    fn serve(&mut self, number: u32, place: &Place) -> Result<Process, process::Error> {
        let network = process::network_of(self.nodes.values_mut().map(|node| &mut node.process));
        let own = ["--bind".to_owned(), process::inner(number).to_string(), "--port".to_owned(), PORT.to_string()];
        let replica = ["--replicaof".to_owned(), format!("{} {PORT}", process::inner(self.primary))];
        let replica = (number != self.primary).then_some(replica).into_iter().flatten();
        let arguments = SETTINGS.map(str::to_owned).into_iter().chain(own).chain(replica);
        place.start(&Spec { network, ..place.spec(&self.program, arguments) }, None)
    }

    fn wait_for(&mut self, numbers: &[u32], ui: &Ui) -> Result<(), process::Error> {
        let mut nodes = self.nodes.iter_mut().filter(|(number, _)| numbers.contains(number));
        nodes.try_for_each(|(_, node)| node.wait(ui))
    }

    /// Ends units.
    fn drop_units(&mut self, numbers: &[u32]) {
        self.nodes.retain(|number, _| !numbers.contains(number));
    }

    /// Has the unit that has most of the primary's writes take over, among those that run without `leaving`. Returns false if there
    /// is none.
    fn promote(&mut self, leaving: &[u32], ui: &Ui) -> Result<bool, process::Error> {
        let followers = self.nodes.iter_mut().filter(|(number, _)| !leaving.contains(number));
        let offsets = followers.filter_map(|(number, node)| {
            let info = (!node.process.has_ended()).then(|| node.ask("INFO replication").ok())??;
            Some((*number, offset(&info)))
        });
        let Some(heir) = heir(&offsets.collect()) else { return Ok(false) };
        self.nodes.get(&heir).map_or(Ok(()), |node| node.ask("REPLICAOF NO ONE").map(drop))?;
        self.primary = heir;
        ui.step(&format!("{}/{heir} is the primary now", REDIS.app));
        for (_, node) in self.nodes.iter().filter(|(number, _)| **number != heir && !leaving.contains(number)) {
            // Fails for a unit that has ended. It is a replica when it is started again.
            let _ = node.follow(heir);
        }
        Ok(true)
    }

    /// Holds up writes until a replica without `leaving` has all that the primary has. A primary that doesn't answer has nothing
    /// to hand over.
    fn hold_writes(&mut self, leaving: &[u32], ui: &Ui) {
        let replicas: Vec<PathBuf> =
            self.nodes.iter().filter(|(number, _)| !leaving.contains(number)).map(|(_, node)| node.socket()).collect();
        let Some(primary) = self.nodes.get_mut(&self.primary) else { return };
        let info = |socket: &Path| ask(socket, "INFO replication").map(|info| offset(&info));
        let own = primary.socket();
        // Refused by releases before 6.2, with which writes of the last moment are lost.
        if ask(&own, &format!("CLIENT PAUSE {} WRITE", HANDOVER.as_millis())).is_err() {
            return;
        }
        let is_complete = || {
            let wanted = info(&own).ok()?;
            replicas.iter().any(|replica| info(replica).is_ok_and(|offset| offset >= wanted)).then_some(())
        };
        // A replica that doesn't get there takes over with what it has.
        let _ = primary.process.wait(HANDOVER, ui, is_complete);
    }
}

impl Serve for Redis {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        let way =
            |(number, node): (&u32, &Node)| host.way_to(*number, host.unit(*number), host.port(PORT), node.socket());
        self.nodes.iter().map(way).collect()
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let all = self.nodes.iter_mut();
        let mut ended: Vec<u32> =
            all.filter_map(|(number, node)| node.process.has_ended().then_some(*number)).collect();
        if ended.is_empty() {
            return Ok(false);
        }
        let keeps_data = !ended.contains(&self.primary) || self.promote(&[], host.ui)?;
        let data = if keeps_data { "as a replica" } else { "without its data" };
        host.ui.step(&format!("Redis ended; starting it again, {data}"));
        // Replicas wait for their primary.
        ended.sort_by_key(|number| *number != self.primary);
        for number in ended {
            let Some(place) = self.nodes.get(&number).map(|node| node.place.clone()) else { continue };
            let process = self.serve(number, &place)?;
            self.nodes.insert(number, Node { place, process });
            self.wait_for(&[number], host.ui)?;
        }
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let primary = published(self.primary, host);
        Ok(answers_of_units(relations, |_, view| Ok(Some(provider::answer(view, &primary)))))
    }

    fn add_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        host.ui.step("starting replicas of Redis");
        let started = numbers.iter().try_for_each(|number| self.add(*number, host));
        let ready = started.and_then(|()| self.wait_for(numbers, host.ui));
        if ready.is_err() {
            self.drop_units(numbers);
        }
        Ok(ready?)
    }

    fn remove_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        let mut promoted = Ok(true);
        if numbers.contains(&self.primary) {
            self.hold_writes(numbers, host.ui);
            promoted = self.promote(numbers, host.ui);
        }
        self.drop_units(numbers);
        if let (false, Some(first)) = (self.nodes.contains_key(&self.primary), self.nodes.keys().next()) {
            self.primary = *first;
        }
        Ok(promoted.map(drop)?)
    }

    fn units(&self) -> BTreeMap<u32, UnitDetails> {
        let role = |number: u32| if number == self.primary { "primary" } else { "replica" };
        let details = |number: &u32| (*number, UnitDetails { role: role(*number), url: None });
        let several = Some(&self.nodes).filter(|nodes| nodes.len() > 1);
        several.into_iter().flat_map(|nodes| nodes.keys().map(details)).collect()
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("redis.sock")
}

/// The primary, as every unit publishes it: its address, its port, and the name that wins over the address.
fn published(primary: u32, host: &Host<'_>) -> Primary {
    Primary { hostname: host.address(primary).to_string(), port: host.port(PORT), leader_host: host.unit(primary) }
}

/// True for a primary, and for a replica that has got its primary's data, by the answer to `INFO replication`.
fn is_ready(info: &str) -> bool {
    field(info, "role") == Some("master") || field(info, "master_link_status") == Some("up")
}

/// Number of bytes of the primary's writes that a unit has.
fn offset(info: &str) -> u64 {
    let name = if field(info, "role") == Some("master") { "master_repl_offset" } else { "slave_repl_offset" };
    field(info, name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The unit that takes over, of those with these offsets: the one that has most, of several the first.
fn heir(offsets: &BTreeMap<u32, u64>) -> Option<u32> {
    let best = offsets.values().max()?;
    offsets.iter().find(|(_, offset)| *offset == best).map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;

    use interfaces::Read;

    use super::super::relations::trial::{fresh, seen};
    use super::*;

    /// The place of the unit with this number, as an application reads it from what three units publish.
    fn place(primary: u32, moves: u32) -> (String, String) {
        let ui = Ui::new(Arc::default(), Path::new("/nowhere"));
        let dir = "/nowhere/redis".into();
        let host = Host { provider: &REDIS, dir, model: "m", number: 3, moves, network: 0, ui: &ui };
        let relation = fresh(REDIS.app, &[0, 1, 2], &[]);
        let primary = published(primary, &host);
        let answer = |_: u32, view: &juju::View| Ok(Some(provider::answer(view, &primary)));
        let mut view = seen(&relation, &answers_of_units(std::slice::from_ref(&relation), answer));
        let read = |view: &juju::View| match redis::read(view) {
            Read::Ready(url) => url,
            other => panic!("{other:?}"),
        };
        let url = read(&view);
        assert!(view.units.values().all(|bag| bag == &view.units[&relation.leader]), "all see one primary: {view:?}");
        view.remote_app = juju::Databag::new();
        (url, read(&view))
    }

    #[test]
    fn every_unit_publishes_the_primary_s_address_and_the_leader_its_name() {
        let name = "redis://redis-k8s-2.redis-k8s-endpoints.m.svc.cluster.local:6379".to_owned();
        assert_eq!(place(2, 0), (name, "redis://127.2.1.3:6379".to_owned()));
    }

    #[test]
    fn after_a_move_the_primary_has_another_name_address_and_port() {
        let name = "redis://redis-k8s-1.redis-k8s-endpoints.m.svc.cluster.local:16379".to_owned();
        assert_eq!(place(0, 1), (name, "redis://127.0.2.3:16379".to_owned()));
    }

    #[test]
    fn the_replica_with_most_writes_takes_over_and_of_several_the_first() {
        assert_eq!(heir(&BTreeMap::new()), None);
        assert_eq!(heir(&[(1, 7), (2, 9), (4, 9)].into()), Some(2));
        assert_eq!(offset("role:master\r\nmaster_repl_offset:12\r\n"), 12);
        assert_eq!(offset("role:slave\r\nslave_repl_offset:9\r\nmaster_repl_offset:12\r\n"), 9);
        assert_eq!(offset(""), 0);
    }

    #[test]
    fn a_replica_is_ready_when_it_has_its_primary_s_data() {
        assert!(is_ready("role:master\r\n") && is_ready("role:slave\r\nmaster_link_status:up\r\n"));
        assert!(!is_ready("role:slave\r\nmaster_link_status:down\r\n") && !is_ready(""));
    }

    #[test]
    fn a_server_is_asked_on_its_socket() {
        let dir = tempfile::tempdir().unwrap();
        let path = socket(dir.path());
        ask(&path, "PING").unwrap_err();
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 6];
            stream.read_exact(&mut question).unwrap();
            assert_eq!(question, *b"PING\r\n");
            stream.write_all(b"+PONG\r\n").unwrap();
        });
        assert_eq!(ask(&path, "PING").unwrap(), "PONG");
        server.join().unwrap();
    }
}
