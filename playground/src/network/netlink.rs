//! Client of rtnetlink(7) for the network devices of pods.
//!
//! A request is a header, a fixed body and attributes; the kernel answers with an acknowledgement that carries an error
//! number. A socket belongs to the network namespace in which it was opened, even if the process moves to another one.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use rustix::net::netdevice::name_to_index;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;

const REQUEST: u16 = 1;
const ACKNOWLEDGE: u16 = 4;
/// Makes a new device or address (`NLM_F_CREATE | NLM_F_EXCL`).
const CREATE: u16 = 0x600;

/// Type of every answer: an acknowledgement is an error with number 0.
const ERROR: u16 = 2;

const UP: u32 = 1;
const INET: u8 = 2;

const HEADER: usize = 16;

/// Index of the loopback interface in any network namespace.
pub(super) const LOOPBACK: u32 = 1;

/// Types of attributes: of a link (`IFLA_…`), of its kind (`IFLA_INFO_…`), of a pair (`VETH_INFO_…`), of an address
/// (`IFA_…`).
mod attribute {
    pub(super) const LINK_ADDRESS: u16 = 1;
    pub(super) const LINK_NAME: u16 = 3;
    pub(super) const LINK_MASTER: u16 = 10;
    pub(super) const LINK_INFO: u16 = 18;
    pub(super) const LINK_NAMESPACE_PID: u16 = 19;
    pub(super) const INFO_KIND: u16 = 1;
    pub(super) const INFO_DATA: u16 = 2;
    pub(super) const PAIR_PEER: u16 = 1;
    pub(super) const ADDRESS: u16 = 1;
    pub(super) const LOCAL: u16 = 2;
}

/// Socket to the kernel, for one network namespace.
#[derive(Debug)]
pub(super) struct Netlink(OwnedFd);

/// The end of a pair that is in another namespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer<'a> {
    /// Its name in that namespace.
    pub(super) name: &'a str,
    /// Its hardware address.
    pub(super) mac: [u8; 6],
    /// A process in that namespace.
    pub(super) pid: u32,
}

impl Netlink {
    /// Opens a socket for the network namespace in which this process is now.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self(socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?))
    }

    /// The index of an interface.
    pub(super) fn index(&self, name: &str) -> io::Result<u32> {
        Ok(name_to_index(&self.0, name)?)
    }

    /// Brings an interface up.
    pub(super) fn up(&self, index: u32) -> io::Result<()> {
        self.ask(NEW_LINK, 0, &[link(index)])
    }

    /// Makes a bridge, and brings it up.
    pub(super) fn add_bridge(&self, name: &str) -> io::Result<()> {
        let kind = attribute(attribute::INFO_KIND, &[b"bridge"]);
        self.ask(NEW_LINK, CREATE, &[link(0), named(name), attribute(attribute::LINK_INFO, &[&kind])])
    }

    /// Makes a veth pair. The first end, which the kernel names, is up and belongs to the bridge. The other end is in
    /// the namespace of `peer`, and down, because it can't be up before the first end exists.
    pub(super) fn add_pair(&self, bridge: u32, peer: Peer<'_>) -> io::Result<()> {
        let end = [
            vec![0; link(0).len()],
            named(peer.name),
            attribute(attribute::LINK_ADDRESS, &[&peer.mac]),
            attribute(attribute::LINK_NAMESPACE_PID, &[&peer.pid.to_ne_bytes()]),
        ];
        let end = attribute(attribute::PAIR_PEER, &[&end.concat()]);
        let kind = [attribute(attribute::INFO_KIND, &[b"veth"]), attribute(attribute::INFO_DATA, &[&end])];
        let master = attribute(attribute::LINK_MASTER, &[&bridge.to_ne_bytes()]);
        self.ask(NEW_LINK, CREATE, &[link(0), master, attribute(attribute::LINK_INFO, &[&kind.concat()])])
    }

    /// Adds an address to an interface, and with it a route to the network of that prefix.
    pub(super) fn add_address(&self, index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut body = vec![INET, prefix, 0, 0];
        body.extend(index.to_ne_bytes());
        let octets = address.octets();
        let attributes = [attribute(attribute::LOCAL, &[&octets]), attribute(attribute::ADDRESS, &[&octets])];
        self.ask(NEW_ADDRESS, CREATE, &[body, attributes.concat()])
    }

    fn ask(&self, kind: u16, flags: u16, parts: &[Vec<u8>]) -> io::Result<()> {
        let message = message(kind, flags, &parts.concat());
        sendto(&self.0, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut answer = [0_u8; 1024];
        let (length, _) = recv(&self.0, &mut answer[..], RecvFlags::empty())?;
        judge(&answer[..length])
    }
}

fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + body.len());
    message.extend(((HEADER + body.len()) as u32).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((REQUEST | ACKNOWLEDGE | flags).to_ne_bytes());
    message.extend([0; 8]); // sequence number and port: there is one question at a time
    message.extend(body);
    message
}

/// Fixed body of a request that brings a link up.
fn link(index: u32) -> Vec<u8> {
    let mut body = vec![0; 4]; // family, padding, device type: unspecified
    body.extend(index.to_ne_bytes());
    body.extend(UP.to_ne_bytes()); // the flags,
    body.extend(UP.to_ne_bytes()); // and which of them to change
    body
}

fn named(name: &str) -> Vec<u8> {
    attribute(attribute::LINK_NAME, &[name.as_bytes(), &[0]])
}

/// Encodes an attribute: length, type, content, and zeros up to the next multiple of four, which the length doesn't
/// count.
fn attribute(kind: u16, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len() + 4).expect("attributes are names, numbers and a few of those");
    let mut attribute = length.to_ne_bytes().to_vec();
    attribute.extend(kind.to_ne_bytes());
    attribute.extend(content);
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

fn judge(answer: &[u8]) -> io::Result<()> {
    let field = |at: usize| answer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    match (kind, field(HEADER).map(i32::from_ne_bytes)) {
        (Some(ERROR), Some(0)) => Ok(()),
        (Some(ERROR), Some(error)) => Err(io::Error::from_raw_os_error(error.saturating_neg())),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is no acknowledgement")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u16, error: i32) -> Vec<u8> {
        let mut answer = vec![0; 36];
        answer[4..6].copy_from_slice(&kind.to_ne_bytes());
        answer[16..20].copy_from_slice(&error.to_ne_bytes());
        answer
    }

    #[test]
    fn the_acknowledgement_carries_the_error() {
        judge(&answer(ERROR, 0)).unwrap();
        assert_eq!(judge(&answer(ERROR, -1)).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        judge(&answer(3, 0)).unwrap_err();
        judge(&[]).unwrap_err();
    }

    #[test]
    fn attributes_are_padded_and_their_length_is_not() {
        assert_eq!(attribute(3, &[b"lo", &[0]]), [[7, 0, 3, 0].as_slice(), b"lo\0\0"].concat());
        assert_eq!(attribute(10, &[&[1, 0, 0, 0]]).len(), 8);
        assert_eq!(message(NEW_LINK, 0, &link(1)).len(), 32);
    }
}
