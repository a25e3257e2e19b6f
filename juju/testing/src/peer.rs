//! Credentials of the user at the other end of a unix socket.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Refuses a peer that is neither this user nor root. Another user could otherwise create the socket's folder first and
/// pose as the other end.
///
/// # Errors
/// `PermissionDenied` with the peer's user id, or the system's error if it can't tell the id.
pub fn check(stream: &impl AsFd) -> io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?.uid.as_raw();
    admit(peer, rustix::process::geteuid().as_raw())
}

/// As [`check`] for the server of the socket `path`, by the owner of its file: the user who made it.
///
/// For clients in a process namespace of their own. There the server's process has no id, and rustix no value for its
/// credentials.
///
/// # Errors
/// As [`check`].
pub fn check_owner(path: &Path) -> io::Result<()> {
    admit(std::fs::metadata(path)?.uid(), rustix::process::geteuid().as_raw())
}

fn admit(peer: u32, me: u32) -> io::Result<()> {
    if peer == me || peer == 0 {
        return Ok(());
    }
    let text = format!("the other end of the socket is user {peer}, neither this user, {me}, nor root");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::Uid;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn only_this_user_and_root_are_admitted() {
        admit(1000, 1000).unwrap();
        admit(0, 1000).unwrap();
        let error = admit(1001, 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(error.to_string(), "the other end of the socket is user 1001, neither this user, 1000, nor root");
        admit(1000, 0).unwrap_err();
        check(&UnixStream::pair().unwrap().0).unwrap();
    }

    #[test]
    fn the_kernel_says_who_the_peer_is() {
        if !testkit::needs_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        open(dir.path(), 0o755);
        open(&socket, 0o666);
        let path = socket.clone();
        let other = std::thread::spawn(move || {
            let other = Uid::from_raw(64_998);
            rustix::thread::set_thread_res_uid(other, other, other).unwrap();
            UnixStream::connect(path).unwrap()
        });
        let (accepted, _) = listener.accept().unwrap();
        let _other = other.join().unwrap();
        assert!(check(&accepted).unwrap_err().to_string().contains("user 64998"));
        check_owner(&socket).unwrap();
        let _own = UnixStream::connect(&socket).unwrap();
        check(&listener.accept().unwrap().0).unwrap();
        std::os::unix::fs::chown(&socket, Some(64_998), None).unwrap();
        assert!(check_owner(&socket).unwrap_err().to_string().contains("user 64998"));
    }
}
