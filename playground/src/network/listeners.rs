//! Hand-over of the Services' listeners to the network's keeper: a socket pair whose other end is the keeper's standard
//! output.
//!
//! A listener belongs to the network namespace in which it was made. Those for the host's ports are made there, and go to
//! the keeper as file descriptors; a message names the Service, and the keeper answers each one with [`DONE`] or with
//! the fault.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recv, recvmsg, send, sendmsg, socketpair,
};

/// Longest wait for the keeper's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest message of a fault, in bytes.
const LONGEST: usize = 1024;

/// An end of the socket pair.
#[derive(Debug)]
pub(super) struct HandOver(OwnedFd);

impl HandOver {
    /// Makes a socket pair: our end, and the keeper's.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&ours, Timeout::Recv, Some(PATIENCE))?;
        Ok((Self(ours), theirs))
    }

    /// The end that this process was given.
    pub(super) fn given(end: OwnedFd) -> Self {
        Self(end)
    }

    /// Gives the keeper the host's listener of the Service at `place`, and waits until the Service is open.
    pub(super) fn give(&self, place: SocketAddrV4, listener: &TcpListener) -> io::Result<()> {
        let mut bytes = [0; 6];
        bytes[..4].copy_from_slice(&place.ip().octets());
        bytes[4..].copy_from_slice(&place.port().to_be_bytes());
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let listener = [listener.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&listener));
        sendmsg(&self.0, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL)?;
        let mut answer = [0; LONGEST];
        let (length, _) = recv(&self.0, &mut answer[..], RecvFlags::empty())?;
        let fault = String::from_utf8_lossy(&answer[..length]);
        if fault == DONE { Ok(()) } else { Err(io::Error::other(fault.into_owned())) }
    }

    /// Receives the next listener, opens its Service by `open`, and answers. Fails when the other end is closed.
    pub(super) fn take(&self, open: impl FnOnce(SocketAddrV4, TcpListener) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = [0; 6];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(&self.0, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let listener = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut given) => given.next(),
            _ => None,
        });
        let listener = listener.filter(|_| received.bytes == bytes.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        let [a, b, c, d, high, low] = bytes;
        let place = SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]));
        let fault = open(place, TcpListener::from(listener)).err();
        let fault = fault.map_or_else(|| DONE.to_owned(), |fault| fault.to_string());
        let end = fault.floor_char_boundary(LONGEST);
        send(&self.0, &fault.as_bytes()[..end], SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

/// The answer for a Service that is open.
const DONE: &str = "open";

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::thread;

    use super::*;

    #[test]
    fn a_listener_and_its_service_s_place_go_over_and_the_fault_comes_back() {
        let (ours, theirs) = HandOver::pair().unwrap();
        let place = SocketAddrV4::new(Ipv4Addr::new(10, 3, 0, 1), 8080);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let keeper = thread::spawn(move || {
            let (theirs, mut taken) = (HandOver::given(theirs), None);
            theirs
                .take(|place, listener| {
                    taken = Some((place, listener));
                    Ok(())
                })
                .unwrap();
            theirs.take(|_, _| Err(io::Error::other("no such device"))).unwrap();
            taken.unwrap()
        });
        ours.give(place, &listener).unwrap();
        assert_eq!(ours.give(place, &listener).unwrap_err().to_string(), "no such device");
        let (found, taken) = keeper.join().unwrap();
        assert_eq!(found, place);
        drop(listener);
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        taken.accept().unwrap();
    }

    #[test]
    fn a_keeper_that_has_ended_is_an_error() {
        let (ours, theirs) = HandOver::pair().unwrap();
        drop(theirs);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        ours.give(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1), &listener).unwrap_err();
    }
}
