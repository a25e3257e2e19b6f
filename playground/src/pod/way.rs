//! Ways to servers that can be closed: a server moves, or is removed, while pods and the host hold connections to it.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use super::Neighbor;
use super::relay::{Stream, clients, join};

/// The ways of a network namespace to its neighbors.
#[derive(Debug, Default)]
pub(super) struct Ways(Vec<(Neighbor, Way)>);

impl Ways {
    /// Opens the ways to these neighbors that are not open, and closes all others. A place with several names has one way.
    pub(super) fn lead_to(&mut self, neighbors: &[Neighbor]) {
        self.0.retain(|(known, _)| neighbors.iter().any(|neighbor| neighbor.is_where(known)));
        for neighbor in neighbors {
            if self.0.iter().any(|(known, _)| known.is_where(neighbor)) {
                continue;
            }
            let listener = TcpListener::bind((neighbor.address, neighbor.port));
            match listener.and_then(|listener| Way::open(listener, neighbor.socket.clone())) {
                Ok(way) => self.0.push((neighbor.clone(), way)),
                Err(error) => {
                    // Standard error is the pod's log.
                    let _ = writeln!(io::stderr(), "cannot relay connections to {}: {error}", neighbor.name);
                }
            }
        }
    }
}

/// A relay from a listener to a server's unix socket. Dropping it closes the listener and all connections.
#[derive(Debug)]
pub(crate) struct Way {
    listener: TcpListener,
    connections: Connections,
}

impl Way {
    /// Relays every connection on `listener` to the socket. Without a server the client sees the end of its stream.
    ///
    /// # Errors
    /// When this process has too many files open.
    pub(crate) fn open(listener: TcpListener, socket: PathBuf) -> io::Result<Self> {
        let (accepting, connections) = (listener.try_clone()?, Connections::default());
        let open = connections.clone();
        thread::spawn(move || {
            for client in clients(&accepting) {
                let (socket, open) = (socket.clone(), open.clone());
                thread::spawn(move || open.relay(client, &socket));
            }
        });
        Ok(Self { listener, connections })
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Read);
        self.connections.close();
    }
}

/// The open connections of a way; `None` once it is closed.
#[derive(Debug, Clone)]
struct Connections(Arc<Mutex<Option<Vec<Weak<Stream>>>>>);

impl Default for Connections {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }
}

impl Connections {
    /// Joins a client to the server at `socket` until both have ended, or the way is closed.
    fn relay(&self, client: TcpStream, socket: &Path) {
        let Ok(server) = UnixStream::connect(socket) else { return };
        let (client, server) = (Arc::new(Stream::from(client)), Arc::new(Stream::from(server)));
        if self.keep([&client, &server]) {
            join(&client, &server);
        }
    }

    /// Keeps the two ends of a connection for the end of the way. Returns false if it is closed already.
    fn keep(&self, ends: [&Arc<Stream>; 2]) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = open.as_mut() else { return false };
        open.retain(|stream| stream.strong_count() > 0);
        open.extend(ends.map(Arc::downgrade));
        true
    }

    fn close(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        open.into_iter().flatten().filter_map(|stream| stream.upgrade()).for_each(|stream| stream.cut());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::Ipv4Addr;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A server on a unix socket, and a neighbor that leads to it at a port that was free a moment ago.
    fn neighbor(address: Ipv4Addr) -> (tempfile::TempDir, UnixListener, Neighbor) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let server = UnixListener::bind(&socket).unwrap();
        let port = TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port();
        (dir, server, Neighbor { name: "db".to_owned(), address, port, socket })
    }

    #[test]
    fn a_neighbor_is_reached_at_its_address() {
        let (_dir, server, neighbor) = neighbor([127, 0, 7, 1].into());
        let mut ways = Ways::default();
        ways.lead_to(std::slice::from_ref(&neighbor));
        let mut client = TcpStream::connect((neighbor.address, neighbor.port)).unwrap();
        let (mut stream, _) = server.accept().unwrap();
        stream.write_all(b"welcome").unwrap();
        drop(stream);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "welcome");
    }

    #[test]
    fn a_place_with_two_names_has_one_way_which_stays_for_the_second() {
        let (_dir, server, unit) = neighbor([127, 0, 7, 5].into());
        let service = Neighbor { name: "service".to_owned(), ..unit.clone() };
        let mut ways = Ways::default();
        ways.lead_to(&[service, unit.clone()]);
        assert_eq!(ways.0.len(), 1);
        let mut client = TcpStream::connect((unit.address, unit.port)).unwrap();
        let (mut stream, _) = server.accept().unwrap();
        ways.lead_to(&[unit]);
        stream.write_all(b"!").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 1);
    }

    #[test]
    fn a_neighbor_that_moves_is_reached_at_its_new_address_alone() {
        let (_dir, server, old) = neighbor([127, 0, 7, 2].into());
        let new = Neighbor { address: [127, 0, 7, 3].into(), ..old.clone() };
        let mut ways = Ways::default();
        ways.lead_to(std::slice::from_ref(&old));
        let mut client = TcpStream::connect((old.address, old.port)).unwrap();
        let (mut held, _) = server.accept().unwrap();
        ways.lead_to(std::slice::from_ref(&new));
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "an open connection is cut");
        assert_eq!(held.read(&mut [0]).unwrap(), 0, "the server sees that, too");
        let refused = TcpStream::connect((old.address, old.port)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let mut client = TcpStream::connect((new.address, new.port)).unwrap();
        let (mut stream, _) = server.accept().unwrap();
        ways.lead_to(&[old, new.clone()]);
        stream.write_all(b"!").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 1, "a way that stays keeps its connections");
        ways.lead_to(&[]);
        assert!(TcpStream::connect((new.address, new.port)).is_err());
    }

    #[test]
    fn a_connection_that_comes_while_its_way_is_closed_ends() {
        let (_dir, server, neighbor) = neighbor([127, 0, 7, 4].into());
        let connections = Connections::default();
        connections.close();
        let listener = TcpListener::bind((neighbor.address, neighbor.port)).unwrap();
        let mut client = TcpStream::connect((neighbor.address, neighbor.port)).unwrap();
        connections.relay(listener.accept().unwrap().0, &neighbor.socket);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert_eq!(server.accept().unwrap().0.read(&mut [0]).unwrap(), 0);
    }
}
