//! Namespaces: leaves the host's for new ones. Where that is forbidden, the error has the remedy.
#![allow(
    unsafe_code,
    reason = "unshare is unsafe for the sake of one flag, which isn't used here; a descriptor known by its number has no owner"
)]

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use keyutils::Keyring;
use rustix::fs::{Gid, Uid};
use rustix::io::FdFlags;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{
    ThreadNameSpaceType, UnshareFlags, move_into_thread_name_spaces, set_thread_gid, set_thread_groups, set_thread_uid,
};
use serde::{Deserialize, Serialize};

/// User who is root in a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The host's root: every user exists.
    Root,
    /// The user who started this program, in a user namespace with that single id: all users of the pod have it.
    Single,
}

impl Identity {
    /// The identity this process can give a pod.
    #[must_use]
    pub fn current() -> Self {
        if rustix::process::geteuid().is_root() { Self::Root } else { Self::Single }
    }
}

/// Reasons why namespaces can't be made or entered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel or its policy says no.
    #[error("this machine does not let {who} make namespaces, which a pod is made of: {remedy}")]
    Forbidden {
        /// The kind of user.
        who: &'static str,
        /// The command or change that mends it.
        remedy: String,
        /// The kernel's error.
        #[source]
        source: io::Error,
    },
    /// The pods' network is not there any more.
    #[error("cannot enter the pods' network")]
    Gone {
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Enters new network, host-name and IPC namespaces, as root of a new user namespace unless that is the host's root.
/// The process must have one thread.
///
/// # Errors
/// When that is forbidden, with the remedy.
pub(crate) fn leave(identity: Identity) -> Result<(), Error> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let flags = UnshareFlags::NEWNET | UnshareFlags::NEWUTS | UnshareFlags::NEWIPC;
    let entered = match identity {
        Identity::Root => unshare(flags),
        Identity::Single => unshare(flags | UnshareFlags::NEWUSER).and_then(|()| map(0, uid, 0, gid)),
    };
    entered.map_err(|source| forbidden(identity, source))
}

/// Enters the network namespace of the process `pid`, and its user namespace, in which an ordinary user is root of it.
/// The process must have one thread.
///
/// # Errors
/// When that is forbidden, or there is no such process any more.
pub(crate) fn enter(identity: Identity, pid: u32) -> Result<(), Error> {
    let spaces = match identity {
        Identity::Root => ThreadNameSpaceType::NETWORK,
        Identity::Single => ThreadNameSpaceType::NETWORK | ThreadNameSpaceType::USER,
    };
    let enter = || {
        let pid = Pid::from_raw(pid.cast_signed()).ok_or(rustix::io::Errno::SRCH)?;
        move_into_thread_name_spaces(pidfd_open(pid, PidfdFlags::empty())?.as_fd(), spaces)
    };
    enter().map_err(|source| Error::Gone { source: source.into() })
}

/// Leaves the namespaces entered by [`enter`] for new ones, but for the user namespace: network, host-name and IPC.
///
/// # Errors
/// When that is forbidden, with the remedy.
pub(crate) fn leave_again(identity: Identity) -> Result<(), Error> {
    let flags = UnshareFlags::NEWNET | UnshareFlags::NEWUTS | UnshareFlags::NEWIPC;
    unshare(flags).map_err(|source| forbidden(identity, source))
}

/// Enters a new IPC namespace after [`enter`].
///
/// # Errors
/// When that is forbidden, with the remedy.
pub(crate) fn leave_memory_again(identity: Identity) -> Result<(), Error> {
    unshare(UnshareFlags::NEWIPC).map_err(|source| forbidden(identity, source))
}

/// Enters a new IPC namespace, and a user namespace as [`leave`] does. For a server, which stays in the host's network.
///
/// # Errors
/// When that is forbidden, with the remedy.
pub(crate) fn leave_memory(identity: Identity) -> Result<(), Error> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let entered = match identity {
        Identity::Root => unshare(UnshareFlags::NEWIPC),
        Identity::Single => unshare(UnshareFlags::NEWIPC | UnshareFlags::NEWUSER).and_then(|()| map(0, uid, 0, gid)),
    };
    entered.map_err(|source| forbidden(identity, source))
}

/// Gives up root. The host's root becomes the user `uid` and the group `gid`; the root of a user namespace enters a
/// nested one, in which it has these ids again.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn cease_to_be_root(identity: Identity, uid: u32, gid: u32) -> io::Result<()> {
    match identity {
        Identity::Root => {
            set_thread_groups(&[])?;
            set_thread_gid(Gid::from_raw(gid))?;
            Ok(set_thread_uid(Uid::from_raw(uid))?)
        }
        Identity::Single => unshare(UnshareFlags::NEWUSER).and_then(|()| map(uid, 0, gid, 0)),
    }
}

/// Makes this thread's next child the first process of a new pid namespace. The thread can't start threads after that.
///
/// # Errors
/// When that is forbidden.
pub(crate) fn leave_pids(identity: Identity) -> Result<(), Error> {
    unshare(UnshareFlags::NEWPID).map_err(|source| forbidden(identity, source))
}

/// Enters a new user namespace, in which no ids have a meaning yet.
///
/// # Errors
/// When that is forbidden, with the remedy.
pub(super) fn leave_user(identity: Identity) -> Result<(), Error> {
    unshare(UnshareFlags::NEWUSER).map_err(|source| forbidden(identity, source))
}

/// Gives this process an empty session keyring of its own. A user namespace keeps the old one, so a pod would find the
/// keys of the user's session, such as Kerberos tickets. Where keyrings are forbidden or missing, there are no keys to
/// find.
///
/// # Errors
/// When the kernel refuses, for example because the user has too many keyrings.
pub(crate) fn leave_keyring() -> io::Result<()> {
    match Keyring::join_anonymous_session().map(drop).map_err(io::Error::from) {
        Err(error) if [io::ErrorKind::PermissionDenied, io::ErrorKind::Unsupported].contains(&error.kind()) => Ok(()),
        other => other,
    }
}

/// Sets a parameter of the kernel that belongs to this process's namespaces. Where `/proc/sys` is read-only it stays as
/// it is.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn set_sysctl(name: &str, value: &str) -> io::Result<()> {
    match fs::write(format!("/proc/sys/{name}"), value) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        other => other,
    }
}

/// Enters a new mount namespace.
///
/// # Errors
/// When that is forbidden.
pub(crate) fn leave_mounts(identity: Identity) -> Result<(), Error> {
    unshare(UnshareFlags::NEWNS).map_err(|source| forbidden(identity, source))
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES), "the one flag that is unsafe");
    // SAFETY: the call is unsafe only with `FILES`, which no caller in this file passes.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Marks every inherited file to be closed when this process becomes another program, except standard input, output and
/// error. An open folder of the host would be a way out of a pod. The process must have one thread.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn close_inherited() -> io::Result<()> {
    let listed = fs::read_dir("/proc/self/fd")?;
    let numbers: Vec<i32> = listed.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // SAFETY: the borrow ends with this statement, and no other thread closes descriptors meanwhile. The kernel
        // refuses the number of the list itself, which is closed by now.
        match rustix::io::fcntl_setfd(unsafe { BorrowedFd::borrow_raw(number) }, FdFlags::CLOEXEC) {
            Ok(()) | Err(rustix::io::Errno::BADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Maps the one user and the one group of a new user namespace.
fn map(uid: u32, outer_uid: u32, gid: u32, outer_gid: u32) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {outer_uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {outer_gid} 1"))
}

fn forbidden(identity: Identity, source: io::Error) -> Error {
    let who = match identity {
        Identity::Root => "this root user",
        Identity::Single => "an ordinary user",
    };
    // The kernel reports a reached limit as ENOSPC, whose text is about disks.
    let is_limit = source.kind() == io::ErrorKind::StorageFull;
    let source = if is_limit { io::Error::other("the limit of namespaces is reached") } else { source };
    Error::Forbidden { who, remedy: remedy(identity, |path| fs::read_to_string(path).ok()), source }
}

/// Remedy, by the kernel parameters that can forbid namespaces.
fn remedy(identity: Identity, read: impl Fn(&str) -> Option<String>) -> String {
    let is = |path: &str, value: &str| read(path).is_some_and(|text| text.trim() == value);
    for kind in ["user", "net", "pid", "mnt", "uts", "ipc"] {
        if is(&format!("/proc/sys/user/max_{kind}_namespaces"), "0") {
            return format!("`sudo sysctl user.max_{kind}_namespaces=10000`");
        }
    }
    if is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        return "`sudo sysctl kernel.unprivileged_userns_clone=1`, or run as root".to_owned();
    }
    if is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        return "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or run as root".to_owned();
    }
    match identity {
        Identity::Root => "in a container, start it with `--privileged`; else run on the machine itself".to_owned(),
        Identity::Single => "run as root; in a container, start it with `--privileged`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_namespaces_is_no_full_disk() {
        let error = forbidden(Identity::Single, rustix::io::Errno::NOSPC.into());
        assert!(crate::chain(&error).ends_with(": the limit of namespaces is reached"), "{}", crate::chain(&error));
        let error = forbidden(Identity::Single, rustix::io::Errno::PERM.into());
        assert!(crate::chain(&error).contains("Operation not permitted"));
    }

    #[test]
    fn the_remedy_names_the_switch_that_is_off() {
        let with = |path: &'static str, value: &'static str| {
            remedy(Identity::Single, move |asked| (asked == path).then(|| format!("{value}\n")))
        };
        assert!(with("/proc/sys/user/max_user_namespaces", "0").contains("user.max_user_namespaces=10000"));
        assert!(with("/proc/sys/user/max_net_namespaces", "0").contains("user.max_net_namespaces"));
        assert!(with("/proc/sys/kernel/unprivileged_userns_clone", "0").contains("unprivileged_userns_clone=1"));
        assert!(with("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1").contains("apparmor"));
        assert!(with("/proc/sys/user/max_user_namespaces", "9000").contains("run as root"));
        assert!(remedy(Identity::Root, |_| None).contains("--privileged"));
    }
}
