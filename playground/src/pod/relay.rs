//! Relays of connections: from the host to the pod's port, and from a unix socket to a server that listens on TCP alone. Those
//! that end before their process are [ways](super::way).
//!
//! A socket belongs to the network namespace in which it was made. The listener was made on the host and is handed to
//! the keeper, so the keeper can accept from the host and connect to the pod's loopback without switching namespaces. A
//! neighbor listens on a unix socket, which is a file and so reachable from every network namespace.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

/// Relays every connection on `listener` to `port` of this namespace's loopback, for as long as the process lives.
pub(super) fn start(listener: TcpListener, port: u16) {
    relay(move || listener.accept(), move || TcpStream::connect((Ipv4Addr::LOCALHOST, port)));
}

/// Makes a unix socket, and relays every connection on it to the server's address in this namespace, for as long as the process
/// lives. A socket that an earlier process left is replaced.
///
/// # Errors
/// When the socket can't be made.
pub(crate) fn start_from(socket: &Path, server: SocketAddrV4) -> io::Result<()> {
    // It is missing the first time.
    let _ = fs::remove_file(socket);
    let listener = UnixListener::bind(socket)?;
    relay(move || listener.accept(), move || TcpStream::connect(server));
    Ok(())
}

/// The connections on a listener, until it is shut down.
pub(crate) fn clients(listener: &TcpListener) -> impl Iterator<Item = TcpStream> + '_ {
    let is_shut = |client: &io::Result<TcpStream>| {
        client.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput)
    };
    listener.incoming().take_while(move |client| !is_shut(client)).flatten()
}

/// Joins every connection that `accept` gives to one that `connect` makes, each in a thread of its own. Without a server the client
/// sees the end of its stream.
fn relay<C, A, S>(
    accept: impl Fn() -> io::Result<(C, A)> + Send + 'static,
    connect: impl Fn() -> io::Result<S> + Send + Sync + 'static,
) where
    C: Into<OwnedFd> + Send + 'static,
    S: Into<OwnedFd>,
{
    let connect = Arc::new(connect);
    thread::spawn(move || {
        loop {
            let Ok((client, _)) = accept() else { continue };
            let connect = Arc::clone(&connect);
            thread::spawn(move || {
                if let Ok(server) = connect() {
                    join(&Stream::from(client), &Stream::from(server));
                }
            });
        }
    });
}

/// Copies bytes in both directions until both have ended.
pub(crate) fn join(one: &Stream, other: &Stream) {
    thread::scope(|scope| {
        scope.spawn(|| pour(one, other));
        pour(other, one);
    });
}

/// A connection, over TCP or a unix socket.
#[derive(Debug)]
pub(crate) struct Stream(File);

impl Stream {
    /// Ends both directions: reads find the end, and writes fail.
    pub(super) fn cut(&self) {
        // Fails for a connection whose other end has gone.
        let _ = rustix::net::shutdown(&self.0, rustix::net::Shutdown::Both);
    }
}

impl<S: Into<OwnedFd>> From<S> for Stream {
    fn from(stream: S) -> Self {
        Self(File::from(stream.into()))
    }
}

fn pour(from: &Stream, to: &Stream) {
    let _ = io::copy(&mut &from.0, &mut &to.0);
    let _ = rustix::net::shutdown(&to.0, rustix::net::Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn both_directions_and_their_ends_are_passed_on() {
        let app = TcpListener::bind("127.0.0.1:0").unwrap();
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = outside.local_addr().unwrap();
        start(outside, app.local_addr().unwrap().port());
        let echo = thread::spawn(move || {
            let (mut stream, _) = app.accept().unwrap();
            let mut question = String::new();
            stream.read_to_string(&mut question).unwrap();
            stream.write_all(question.to_uppercase().as_bytes()).unwrap();
        });
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        echo.join().unwrap();
        assert_eq!(answer, "HELLO");
    }

    #[test]
    fn without_an_app_the_connection_ends() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = outside.local_addr().unwrap();
        start(outside, closed);
        let mut answer = Vec::new();
        let read = TcpStream::connect(address).unwrap().read_to_end(&mut answer);
        assert!(read.is_err() || answer.is_empty());
    }

    #[test]
    fn a_server_on_tcp_is_reached_through_a_unix_socket() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        fs::write(&socket, "left by an earlier process").unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let std::net::SocketAddr::V4(address) = server.local_addr().unwrap() else { panic!("it is of version 4") };
        start_from(&socket, address).unwrap();
        let mut client = UnixStream::connect(&socket).unwrap();
        let (mut stream, _) = server.accept().unwrap();
        stream.write_all(b"welcome").unwrap();
        drop(stream);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "welcome");
    }
}
