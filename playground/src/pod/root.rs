//! Pid 1 before it becomes Pebble: makes the pod's root, and moves there.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use pack::text::shown;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{Signal, chdir, pivot_root, set_parent_process_death_signal};

use super::confinement::{self, UserSpace};
use super::{Spec, files, mounts, namespace, packed};
use crate::keeper_handle::described;

/// Folder in which Juju puts the supervisor into a container, and the program's path.
const PEBBLE_DIR: &str = "/charm/bin";
const PEBBLE: &str = "/charm/bin/pebble";

/// Folder in which Juju shares a container's socket with the charm.
const SOCKET_DIR: &str = "/charm/container";

/// Reasons why the pod's root can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The description can't be read.
    #[error("cannot read the pod's description")]
    Describe(#[source] io::Error),
    /// The mount namespace can't be made.
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    /// The keeper is gone.
    #[error("the pod's keeper has ended")]
    Orphan,
    /// The rock has a link in place of a folder that the pod needs.
    #[error("cannot use {} of the rock, which is a link: it must be a folder, or not there", shown(.0))]
    Link(String),
    /// A folder of the pod's can't be made.
    #[error(transparent)]
    Folder(#[from] pack::folder::Error),
    /// The user namespace can't be made. Its holder has written the cause to the pod's log.
    #[error("so the pod can't start")]
    NoUserSpace,
    /// A step of making the root failed.
    #[error("cannot {what}")]
    Step {
        /// The step, as in "cannot …".
        what: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Adds the step's purpose, as in "cannot …", to its error.
pub(crate) fn step<T, E: Into<io::Error>>(what: impl Into<String>, result: Result<T, E>) -> Result<T, Error> {
    result.map_err(|error| Error::Step { what: what.into(), source: error.into() })
}

/// Makes the pod's root as `description` says, moves there and becomes Pebble.
///
/// # Errors
/// When a step fails. On success it doesn't return.
pub fn enter(description: &Path) -> Result<Infallible, Error> {
    let spec: Spec = described(description).map_err(Error::Describe)?;
    die_with_parent()?;
    mounts::leave(spec.identity)?;
    let space = UserSpace::new(spec.single())?;
    build(&spec)?;
    step("name the pod", rustix::system::sethostname(spec.hostname.as_bytes()))?;
    move_into(&spec.root)?;
    space.enter()?;
    step("leave the user's session keyring", namespace::leave_keyring())?;
    // The change of credentials may have cleared PR_SET_PDEATHSIG.
    die_with_parent()?;
    // From here on the rock's links lead into the pod, so that writes can't reach files of the host.
    furnish(&spec)?;
    confinement::drop_privileges(spec.image.packed.is_some())?;
    step("close what was inherited", namespace::close_inherited())?;
    become_pebble(&spec)
}

/// Makes the kernel kill this process when its parent ends. Fails if the parent has ended before: it has closed our
/// input.
pub(crate) fn die_with_parent() -> Result<(), Error> {
    step("follow the keeper", set_parent_process_death_signal(Some(Signal::KILL)))?;
    let stdin = io::stdin();
    let mut input = [PollFd::new(&stdin, PollFlags::IN)];
    step("look for the keeper", poll(&mut input, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })))?;
    if input[0].revents().is_empty() { Ok(()) } else { Err(Error::Orphan) }
}

fn build(spec: &Spec) -> Result<(), Error> {
    let root = &spec.root;
    mounts::tmpfs(&spec.scratch, "0700")?;
    if spec.image.packed.is_some() {
        mounts::whole(spec)?;
    } else {
        mounts::tmpfs(root, "0755")?;
        files::copy(&spec.image.files, root)?;
        mounts::base(root, &spec.image.files, &spec.scratch)?;
        mounts::etc(root)?;
    }
    mounts::devices(root)?;
    mounts::proc(root)?;
    for bind in &spec.image.binds {
        mounts::read_only(&bind.source, &files::make_inside(root, &bind.target)?)?;
    }
    for path in &spec.shared {
        share(root, path)?;
    }
    let pebble = files::make_inside(root, PEBBLE_DIR)?.join("pebble");
    match spec.image.packed.as_ref().and_then(|packed| packed.pebble.as_deref()) {
        Some(own) => packed::link_pebble(own, &pebble)?,
        None => mounts::file(&spec.pebble, &pebble)?,
    }
    mounts::folder(&spec.socket_dir, &files::make_inside(root, SOCKET_DIR)?)
}

/// Shows a folder or file of the host in the pod, at the same path.
fn share(root: &Path, path: &Path) -> Result<(), Error> {
    let inside = |path: &Path| files::make_inside(root, &path.to_string_lossy());
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if path.is_file() => mounts::file(path, &inside(parent)?.join(name)),
        _ => mounts::folder(path, &inside(path)?),
    }
}

/// Writes the pod's own files in `/etc`, and sets the owners of the rock's files.
fn furnish(spec: &Spec) -> Result<(), Error> {
    if spec.image.packed.is_some() {
        packed::etc(spec)?
    } else {
        files::etc(spec)?
    }
    files::owners(spec)
}

/// Makes `root` the root of this mount namespace, and unmounts the old one: pivot_root(2), "pivot_root(., .)".
fn move_into(root: &Path) -> Result<(), Error> {
    step("enter the pod's root", chdir(root))?;
    step("change the root", pivot_root(".", "."))?;
    step("unmount the host's root", unmount(".", UnmountFlags::DETACH))?;
    step("enter the new root", chdir("/"))
}

/// Becomes Pebble, with the environment and arguments that Juju gives it in a sidecar container.
fn become_pebble(spec: &Spec) -> Result<Infallible, Error> {
    let error = Command::new(PEBBLE)
        .args(["run", "--create-dirs", "--hold", "--verbose"])
        .env_clear()
        .env("PATH", rock::PATH)
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .envs(&spec.image.environment)
        .envs(spec.image.packed.iter().flat_map(|packed| &packed.environment))
        .env("PEBBLE", "/var/lib/pebble/default")
        .env("PEBBLE_SOCKET", format!("{SOCKET_DIR}/pebble.socket"))
        .env("JUJU_CONTAINER_NAME", &spec.container)
        .stdin(Stdio::null())
        .exec();
    let missing = fs::metadata(PEBBLE).is_err();
    let what = if missing { "find Pebble in the pod" } else { "become Pebble" };
    Err(Error::Step { what: what.to_owned(), source: error })
}
