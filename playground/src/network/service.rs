//! Service of a cluster: relays connections to the units that serve, in turn.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_keepalive;

use crate::pod::relay;

/// Longest wait for a pod to accept a connection; then the next pod is tried.
const PATIENCE: Duration = Duration::from_millis(500);

/// Addresses of the serving units, and a count of the connections so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets(Arc<Mutex<(Vec<SocketAddrV4>, usize)>>);

impl Targets {
    pub(super) fn set(&self, targets: Vec<SocketAddrV4>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = targets;
    }

    /// All targets, beginning with the next one at each call.
    fn turn(&self) -> Vec<SocketAddrV4> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = state.1.wrapping_add(1);
        let (mut targets, turn) = (state.0.clone(), state.1);
        if !targets.is_empty() {
            let first = turn % targets.len();
            targets.rotate_left(first);
        }
        targets
    }
}

/// The targets of each Service, by its address.
#[derive(Debug, Clone, Default)]
pub(super) struct Services(Arc<Mutex<BTreeMap<Ipv4Addr, Targets>>>);

impl Services {
    /// The targets of the Service at `address`.
    pub(super) fn of(&self, address: Ipv4Addr) -> Targets {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(address).or_default().clone()
    }
}

/// Relays every connection on `listener` to one of the targets, until the listener is shut down.
pub(super) fn start(listener: TcpListener, targets: &Targets) {
    let targets = targets.clone();
    thread::spawn(move || {
        for client in relay::clients(&listener) {
            let targets = targets.turn();
            thread::spawn(move || {
                let reached =
                    targets.into_iter().find_map(|target| TcpStream::connect_timeout(&target.into(), PATIENCE).ok());
                if let Some(server) = reached {
                    // Refused only for what is no socket.
                    let _ = set_socket_keepalive(&server, true);
                    relay::join(&client.into(), &server.into());
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn port(listener: &TcpListener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    fn here(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
    }

    fn answer(port: u16) -> String {
        let mut answer = String::new();
        // A connection that leads nowhere ends at once, or is reset.
        let _ = TcpStream::connect(here(port)).and_then(|mut stream| stream.read_to_string(&mut answer));
        answer
    }

    #[test]
    fn targets_take_turns_and_a_dead_one_is_passed_over() {
        let outside = TcpListener::bind(here(0)).unwrap();
        let (port_outside, targets) = (port(&outside), Targets::default());
        start(outside, &targets);
        assert_eq!(answer(port_outside), "", "nobody serves yet");
        let servers = ["a", "b"].map(|name| {
            let server = TcpListener::bind(here(0)).unwrap();
            let place = here(port(&server));
            thread::spawn(move || server.incoming().flatten().for_each(|mut s| s.write_all(name.as_bytes()).unwrap()));
            place
        });
        let dead = here(port(&TcpListener::bind(here(0)).unwrap()));
        targets.set(vec![servers[0], dead, servers[1]]);
        let answers: String = (0..6).map(|_| answer(port_outside)).collect();
        assert!(answers.len() == 6 && answers.contains('a') && answers.contains('b'), "{answers}");
    }

    #[test]
    fn a_listener_that_is_shut_down_takes_no_more_connections() {
        let outside = TcpListener::bind(here(0)).unwrap();
        let (port, targets) = (port(&outside), Targets::default());
        let ours = outside.try_clone().unwrap();
        start(outside, &targets);
        assert_eq!(answer(port), "");
        rustix::net::shutdown(&ours, rustix::net::Shutdown::Read).unwrap();
        drop(ours);
        let started = std::time::Instant::now();
        while TcpStream::connect(here(port)).is_ok() {
            assert!(started.elapsed() < Duration::from_secs(60), "it still listens");
            thread::yield_now();
        }
    }
}
