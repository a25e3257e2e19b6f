//! The limits of a pod's processes: a user namespace of their own, and the capabilities that Kubernetes gives a
//! container.
//!
//! Ids are the same inside and outside, so the rock's files keep their owners, but for the one id of an ordinary user,
//! which may be another than root's inside. The pod's root has no capabilities over
//! objects made outside of the namespace: the host's kernel, network, clock and mounts, and the pod's own mounts.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{
    CapabilitySet, ThreadNameSpaceType, move_into_thread_name_spaces, remove_capability_from_bounding_set,
    set_no_new_privs,
};

use super::namespace::{self, set_sysctl};
use super::root::{Error, step};
use super::{HOLDER, Identity};
use crate::keeper_handle::OURSELVES;

/// Capabilities of the pod's root over the pod's own objects: the default list of container runtimes, without raw
/// sockets and device nodes.
const CAPABILITIES: [CapabilitySet; 11] = [
    CapabilitySet::CHOWN,
    CapabilitySet::DAC_OVERRIDE,
    CapabilitySet::FOWNER,
    CapabilitySet::FSETID,
    CapabilitySet::KILL,
    CapabilitySet::NET_BIND_SERVICE,
    CapabilitySet::SETFCAP,
    CapabilitySet::SETGID,
    CapabilitySet::SETPCAP,
    CapabilitySet::SETUID,
    CapabilitySet::SYS_CHROOT,
];

/// A new user namespace, with a process in it that holds it open until the pod's first process has joined.
pub(super) struct UserSpace {
    holder: Child,
}

impl UserSpace {
    /// Makes the namespace. It has the ids that this process's namespace has, or the one id `single`.
    pub(super) fn new(single: Option<u32>) -> Result<Self, Error> {
        let holder =
            Command::new(OURSELVES).arg0("webcharm").arg(HOLDER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut holder = step("start the holder of the pod's user namespace", holder)?;
        let mut line = String::new();
        if let Some(out) = holder.stdout.take() {
            step("wait for the pod's user namespace", BufReader::new(out).read_line(&mut line))?;
        }
        let pid = line.trim();
        if pid.is_empty() {
            let _ = holder.wait();
            return Err(Error::NoUserSpace);
        }
        for map in ["uid_map", "gid_map"] {
            let ours = step(format!("read {map}"), fs::read_to_string(format!("/proc/self/{map}")))?;
            let written = fs::write(format!("/proc/{pid}/{map}"), ids(&ours, single));
            step(format!("write the {map} of the pod's user namespace"), written)?;
        }
        Ok(Self { holder })
    }

    /// Moves this process into the namespace. It must have one thread, and loses its capabilities over everything made
    /// before.
    pub(super) fn enter(mut self) -> Result<(), Error> {
        let enter = || {
            let holder = pidfd_open(Pid::from_child(&self.holder), PidfdFlags::empty())?;
            move_into_thread_name_spaces(holder.as_fd(), ThreadNameSpaceType::USER)
        };
        step("enter the pod's user namespace", enter())?;
        drop(self.holder.stdin.take());
        step("end the holder of the pod's user namespace", self.holder.wait())?;
        Ok(())
    }
}

/// Holds a new user namespace open until this process's input ends. Prints the process's id, as `/proc` has it.
///
/// # Errors
/// When user namespaces are forbidden, with the remedy.
pub fn hold() -> Result<u8, Error> {
    namespace::leave_user(Identity::current())?;
    // A nested user namespace would give capabilities back, for example to mount control groups.
    step("forbid more user namespaces", set_sysctl("user/max_user_namespaces", "0"))?;
    let pid = step("learn the process's id", fs::read_link("/proc/self"))?;
    step("report that the namespace is there", writeln!(io::stdout(), "{}", pid.display()))?;
    step("wait for the pod", io::copy(&mut io::stdin(), &mut io::sink()))?;
    Ok(0)
}

/// Drops every capability that a container doesn't have. Unless the rock is packed, it also disables set-user-id bits:
/// programs with one are the host's.
pub(super) fn drop_privileges(is_packed: bool) -> Result<(), Error> {
    for capability in CapabilitySet::all().iter() {
        if !CAPABILITIES.contains(&capability) {
            match remove_capability_from_bounding_set(capability) {
                // The kernel is too old to know it.
                Err(rustix::io::Errno::INVAL) => {}
                other => step("drop capabilities", other)?,
            }
        }
    }
    if is_packed { Ok(()) } else { step("forbid more privileges", set_no_new_privs(true)) }
}

/// A map of the ids of `map`, each to itself. With `single`, that id stands for the map's first one.
fn ids(map: &str, single: Option<u32>) -> String {
    if let (Some(id), Some(first)) = (single, map.split_whitespace().next()) {
        return format!("{id} {first} 1\n");
    }
    let lines = map.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .filter_map(|fields| match fields.as_slice() {
            [inside, _, count] => Some(format!("{inside} {inside} {count}\n")),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_has_the_ids_of_who_makes_it() {
        assert_eq!(ids("         0          0 4294967295\n", None), "0 0 4294967295\n");
        assert_eq!(ids("0 1000 1\n1 100000 65536\n", None), "0 0 1\n1 1 65536\n");
        assert_eq!(ids("         0       1000          1\n", Some(0)), "0 0 1\n");
        assert_eq!(ids("         0       1000          1\n", Some(7)), "7 0 1\n");
        assert_eq!(ids("", None), "");
        assert_eq!(ids("", Some(7)), "");
    }
}
