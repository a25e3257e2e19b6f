//! The pod's port on the host: connections accepted out there, continued in here.
//!
//! A socket belongs to the network namespace in which it was made. The listener was made on the host and is handed to the
//! keeper, so the keeper can accept from the host and connect to the pod's loopback without switching namespaces.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

/// Relays every connection on `listener` to `port` of this namespace's loopback, for as long as the process lives.
pub(super) fn start(listener: TcpListener, port: u16) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                // Either side may go away at any time; the other then sees the end of its stream.
                let _ = serve(&client, port);
            });
        }
    });
}

fn serve(client: &TcpStream, port: u16) -> io::Result<()> {
    let app = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    thread::scope(|scope| {
        scope.spawn(|| pour(client, &app));
        pour(&app, client);
    });
    Ok(())
}

fn pour(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

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
}
