//! A node of the cluster, which is a unit, and Erlang's port mapper, by which nodes and tools find each other.
//!
//! All are in one network of their own, in which each node listens at an address and a port of its own. The port mapper is a
//! process beside the nodes, so that none of them takes it along when it leaves.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::rabbitmq::PORT;
use juju::Secret;

use super::super::process::{self, Place, Process};
use super::RABBITMQ;
use crate::daemon::{Network, Spec};
use crate::ui::Ui;

/// Folder of the programs themselves: those on the path change the user first.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// Erlang's port mapper.
const MAPPER: &str = "/usr/bin/epmd";

/// Port of Erlang's port mapper.
const MAPPER_PORT: u16 = 4369;

/// First port on which nodes talk to each other.
const CLUSTER_PORT: u32 = 25_672;

/// Number of ports on which nodes talk to each other: up to those of the tools.
const CLUSTER_PORTS: u32 = 9000;

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["rabbitmq", "nobody"];

/// Variables of the server and its tools.
const VARIABLES: [(&str, &str); 7] = [
    ("RABBITMQ_CONF_ENV_FILE", "/mnt/server/environment"),
    ("RABBITMQ_CONFIG_FILE", "/mnt/server/rabbitmq"),
    ("RABBITMQ_ADVANCED_CONFIG_FILE", "/mnt/server/advanced"),
    ("RABBITMQ_ENABLED_PLUGINS_FILE", "/mnt/server/plugins"),
    ("RABBITMQ_MNESIA_BASE", "/mnt/server/data"),
    ("RABBITMQ_LOG_BASE", "/mnt/server/log"),
    ("RABBITMQ_LOGS", "-"),
];

/// Settings: the one user that there is at first can do nothing from outside, and nothing is done for a full disk. Nodes that have
/// lost each other find together again by themselves, as by RabbitMQ's charm.
const SETTINGS: &str = "loopback_users.guest = true\ndefault_permissions.configure = ^$\n\
    default_permissions.read = ^$\ndefault_permissions.write = ^$\ndisk_free_limit.absolute = 1MB\n\
    cluster_partition_handling = autoheal\n";

/// Limit of a start.
const START: Duration = Duration::from_secs(180);

/// Limit of one use of a tool, which starts an Erlang of its own.
const TOOL_LIMIT: Duration = Duration::from_secs(300);

/// Limit of an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Name of the node with this number.
pub(super) fn name(number: u32) -> String {
    format!("webcharm-{number}@localhost")
}

/// Makes the folder `dir` for the server's user.
pub(super) fn place(dir: &Path) -> Result<Place, process::Error> {
    Place::make(RABBITMQ.title, dir, &USERS)
}

/// Starts the port mapper, and waits until it answers.
pub(super) fn start_mapper(place: &Place, network: Network, ui: &Ui) -> Result<Process, process::Error> {
    let socket = place.dir.join("epmd.sock");
    let ways_in = vec![(socket.clone(), SocketAddrV4::new(Ipv4Addr::LOCALHOST, MAPPER_PORT))];
    let spec = place.spec(Path::new(MAPPER), ["-address", "127.0.0.1"]);
    let mut process = place.start(&Spec { network, ways_in, ..spec }, None)?.called("Erlang's epmd");
    process.wait(START, ui, || maps(&socket))?;
    Ok(process)
}

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    number: u32,
    place: Place,
    process: Process,
}

impl Node {
    /// Starts a node in a new folder, without waiting for it. It joins the cluster of `others`, if there are any.
    pub(super) fn start(
        number: u32,
        dir: &Path,
        others: &[u32],
        cookie: &Secret,
        network: Network,
    ) -> Result<Self, process::Error> {
        let place = place(dir)?;
        let settings = settings(number, others);
        for (file, text) in [("rabbitmq.conf", &*settings), ("plugins", "[].\n"), (".erlang.cookie", cookie.expose())] {
            place.write(file, text)?;
        }
        let process = serve(number, &place, network)?;
        Ok(Self { number, place, process })
    }

    /// Starts it again, without waiting for it; its data are as they were.
    pub(super) fn start_again(&mut self, network: Network) -> Result<(), process::Error> {
        self.process = serve(self.number, &self.place, network)?;
        Ok(())
    }

    /// The unix socket that leads clients to it.
    pub(super) fn socket(&self) -> PathBuf {
        socket(&self.place.dir)
    }

    /// Its process.
    pub(super) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Waits until it greets as a broker does.
    pub(super) fn wait(&mut self, ui: &Ui) -> Result<(), process::Error> {
        let socket = self.socket();
        self.process.wait(START, ui, || greets(&socket))
    }

    /// Has it evaluate Erlang, from a file: a process's arguments can be read by everybody.
    pub(super) fn evaluate(&self, text: &str, ui: &Ui) -> Result<(), process::Error> {
        let path = self.place.write("evaluate.erl", text)?;
        self.control(&["eval_file", "/mnt/server/evaluate.erl"], ui)?;
        std::fs::remove_file(&path).map_err(process::file(RABBITMQ.title, "remove a file"))
    }

    /// Runs its rabbitmqctl.
    pub(super) fn control(&self, arguments: &[&str], ui: &Ui) -> Result<(), process::Error> {
        let tool = spec(self.number, &self.place, "rabbitmqctl", arguments, self.process.network());
        self.place.start(&tool, None)?.called("RabbitMQ's rabbitmqctl").wait_for_end(TOOL_LIMIT, ui)
    }
}

/// Settings of a node, which joins the cluster of `others` when it is new.
fn settings(number: u32, others: &[u32]) -> String {
    let listener = format!("listeners.tcp.1 = {}:{PORT}\n", process::inner(number));
    // A new node takes its own name for a mistake if it is not among these.
    let nodes = others.iter().chain([&number]).enumerate();
    let discovery: String = nodes
        .map(|(place, node)| format!("cluster_formation.classic_config.nodes.{} = {}\n", place + 1, name(*node)))
        .collect();
    let discovery = if others.is_empty() { String::new() } else { discovery };
    format!("{listener}{SETTINGS}{discovery}")
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("amqp.sock")
}

fn spec(number: u32, place: &Place, program: &str, arguments: &[&str], network: Network) -> Spec {
    let mut spec = place.spec(&Path::new(PROGRAMS).join(program), arguments.iter().copied());
    spec.variables = VARIABLES.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let port = CLUSTER_PORT + number % CLUSTER_PORTS;
    let own = [("RABBITMQ_NODENAME", name(number)), ("RABBITMQ_DIST_PORT", port.to_string())];
    spec.variables.extend(own.map(|(key, value)| (key.to_owned(), value)));
    spec.network = network;
    spec
}

fn serve(number: u32, place: &Place, network: Network) -> Result<Process, process::Error> {
    let mut spec = spec(number, place, "rabbitmq-server", &[], network);
    spec.ways_in = vec![(socket(&place.dir), SocketAddrV4::new(process::inner(number), PORT))];
    place.start(&spec, None)
}

/// Sends the head of AMQP 0-9-1; a broker answers with a frame of the method channel.
///
/// Source: <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, 4.2.2 and 4.2.3
fn greets(socket: &Path) -> Option<()> {
    (ask::<1>(socket, b"AMQP\0\0\x09\x01")? == [1]).then_some(())
}

/// Asks the port mapper for all names; it answers with its port first.
///
/// Source: <https://www.erlang.org/doc/apps/erts/erl_dist_protocol.html>, "Get all registered names from EPMD"
fn maps(socket: &Path) -> Option<()> {
    (ask::<4>(socket, b"\0\x01n")? == u32::from(MAPPER_PORT).to_be_bytes()).then_some(())
}

/// The first bytes of the answer.
fn ask<const N: usize>(socket: &Path, question: &[u8]) -> Option<[u8; N]> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(question).ok()?;
    let mut answer = [0; N];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_node_alone_joins_nobody_and_a_later_one_the_others() {
        let alone = settings(0, &[]);
        assert!(alone.starts_with("listeners.tcp.1 = 127.0.0.1:5672\n") && !alone.contains("cluster_formation"));
        let third = settings(2, &[0, 1]);
        assert!(third.starts_with("listeners.tcp.1 = 127.0.0.3:5672\n"), "{third}");
        let nodes: Vec<_> = third.lines().filter_map(|line| line.strip_prefix("cluster_formation.")).collect();
        assert_eq!(
            nodes,
            [
                "classic_config.nodes.1 = webcharm-0@localhost",
                "classic_config.nodes.2 = webcharm-1@localhost",
                "classic_config.nodes.3 = webcharm-2@localhost",
            ]
        );
    }

    #[test]
    fn a_broker_and_a_port_mapper_are_known_by_their_answers() {
        let dir = tempfile::tempdir().unwrap();
        let path = socket(dir.path());
        assert_eq!((greets(&path), maps(&path)), (None, None), "nothing listens");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            for answer in [&b"\x01\0\0"[..], b"AMQP\0\0\x09\x01", b"\0\0\x11\x11", b"\0\0\x11\x12"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 8]).unwrap();
                stream.write_all(answer).unwrap();
            }
        });
        assert_eq!([greets(&path), greets(&path)], [Some(()), None]);
        assert_eq!([maps(&path), maps(&path)], [Some(()), None]);
        server.join().unwrap();
    }
}
