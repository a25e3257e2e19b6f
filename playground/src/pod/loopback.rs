//! Bringing the loopback interface up: the one network device of a pod.
//!
//! A new network namespace has it, with index 1, but down. One rtnetlink message (`RTM_NEWLINK` with `IFF_UP`) changes
//! that, see rtnetlink(7); the kernel answers with an acknowledgement that carries an error number.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const RTM_NEWLINK: u16 = 16;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLMSG_ERROR: u16 = 2;
const IFF_UP: u32 = 1;
const LOOPBACK: i32 = 1;
/// Header and interface message, without attributes.
const LENGTH: usize = 32;

/// Brings the loopback interface of this network namespace up.
///
/// # Errors
/// What the kernel says.
pub(super) fn up() -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    sendto(&socket, &request(), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0_u8; 256];
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    judge(&answer[..length])
}

fn request() -> [u8; LENGTH] {
    let mut message = Vec::with_capacity(LENGTH);
    message.extend((LENGTH as u32).to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
    message.extend([0; 8]); // sequence number and port: there is one question
    message.extend([0; 4]); // family, padding, device type: unspecified
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes()); // the flags,
    message.extend(IFF_UP.to_ne_bytes()); // and which of them to change
    message.try_into().expect("the fields above are 32 bytes")
}

fn judge(answer: &[u8]) -> io::Result<()> {
    let field = |at: usize| answer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    match (kind, field(16).map(i32::from_ne_bytes)) {
        (Some(NLMSG_ERROR), Some(0)) => Ok(()),
        (Some(NLMSG_ERROR), Some(error)) => Err(io::Error::from_raw_os_error(-error)),
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
        judge(&answer(NLMSG_ERROR, 0)).unwrap();
        assert_eq!(judge(&answer(NLMSG_ERROR, -1)).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        judge(&answer(3, 0)).unwrap_err();
        judge(&[]).unwrap_err();
    }
}
