//! A server of the playground's, such as PostgreSQL: a process that can't outlive the model.
//!
//! ```text
//! webcharm up ── keeper (its input is our pipe) ── pid 1 of its own pid, mount and IPC namespaces: the server
//! ```
//! Whatever the server has started goes with it, because it is pid 1; so does its shared memory, of either kind. Its folder is shown to it
//! at [`HOME`]: where root keeps the model's folder to himself, the server's user could not get there otherwise. It listens
//! on a unix socket and nowhere else. Its network is the host's, or, for one that has to reach pods, theirs.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Signal, chdir, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::kept::{self, Kept};
use crate::log_tail::LogTail;
use crate::pod::root::{self, die_with_parent, step};
use crate::pod::{Identity, keeper, mounts, namespace, relay};

/// The first argument with which this program becomes a server's keeper.
pub const KEEPER: &str = "server-keeper";

/// The first argument with which this program becomes a server.
pub const INIT: &str = "server-init";

/// Where a server sees its folder.
pub const HOME: &str = "/mnt/server";

/// Where that is mounted: a place every machine has, and where a server has nothing else to look for.
const PLACE: &str = "/mnt";

/// How long a server that has been killed may take to be gone.
const GRACE: Duration = Duration::from_secs(10);

/// What a server is made of. It is written to a file, which keeper and server read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Its folder on the host; the server's [`HOME`].
    pub dir: PathBuf,
    /// Who it runs as, never root.
    pub uid: u32,
    /// The group of that user.
    pub gid: u32,
    /// Who starts it.
    pub identity: Identity,
    /// The keeper of the pods' network, if the server is to be in it.
    #[serde(default)]
    pub network: Option<u32>,
    /// The server's socket to which connections from the host are relayed, if there is a listener for them.
    #[serde(default)]
    pub socket: Option<PathBuf>,
}

/// What a running server can be told.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    /// To read its configuration again.
    Reload,
}

/// Why a server can't be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The specification can't be handed over.
    #[error("cannot hand over the server's description {path}")]
    Describe {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The keeper can't be started.
    #[error("cannot start the server's keeper")]
    Spawn(#[source] io::Error),
    /// The keeper can't keep it.
    #[error(transparent)]
    Keeper(#[from] keeper::Error),
    /// No namespaces.
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    /// The server's surroundings can't be made.
    #[error(transparent)]
    Root(#[from] root::Error),
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Daemon(Kept);

impl Daemon {
    /// Starts a server, described in the new file `description`, that logs to the file `log`. Connections on `listener` are
    /// relayed to its socket.
    ///
    /// # Errors
    /// When the keeper can't be started. Whether the server came up is for its client to find out.
    pub fn start(spec: &Spec, description: &Path, listener: Option<&TcpListener>, log: &Path) -> Result<Self, Error> {
        kept::describe(description, spec)
            .map_err(|source| Error::Describe { path: description.display().to_string(), source })?;
        Ok(Self(Kept::start(KEEPER, description, listener, log, GRACE).map_err(Error::Spawn)?))
    }

    /// Has it read its configuration again.
    ///
    /// # Errors
    /// When it has ended.
    pub fn reload(&self) -> io::Result<()> {
        self.0.tell(&Word::Reload)
    }

    /// How the server ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.ended()
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> LogTail {
        self.0.log_tail()
    }
}

fn read(description: &Path) -> Result<Spec, Error> {
    kept::described(description).map_err(|source| Error::Describe { path: description.display().to_string(), source })
}

/// Keeps the server described in `description` until it ends, or this process's input does: then it is killed, for its
/// data go, too. Returns its exit code.
///
/// # Errors
/// When it can't be started.
pub fn keep(description: &Path) -> Result<u8, Error> {
    let Spec { identity, network, socket, .. } = read(description)?;
    match network {
        Some(network) => {
            namespace::enter(identity, network)?;
            namespace::leave_memory_again(identity)?;
        }
        None => namespace::leave_memory(identity)?,
    }
    if let Some(socket) = socket {
        relay::start_to(keeper::given_listener().map_err(keeper::Error::Init)?, socket);
    }
    Ok(keeper::attend(INIT, description, identity, Duration::ZERO, |line, server| {
        if let Ok(Word::Reload) = serde_json::from_str(line) {
            let _ = pidfd_send_signal(server, Signal::HUP);
        }
    })?)
}

/// Becomes the server described in `description`.
///
/// # Errors
/// When that fails; on success it doesn't return.
pub fn enter(description: &Path) -> Result<Infallible, Error> {
    let spec = read(description)?;
    namespace::leave_mounts(spec.identity)?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("keep the server's mounts to itself", mount_change("/", private))?;
    mounts::tmpfs(Path::new(PLACE), "0755")?;
    // Shared memory of its own, which goes with it even when it is killed.
    mounts::tmpfs(Path::new("/dev/shm"), "1777")?;
    mounts::folder(&spec.dir, Path::new(HOME))?;
    step("cease to be root", namespace::cease_to_be_root(spec.identity, spec.uid, spec.gid))?;
    step("leave the user's session keyring", namespace::leave_keyring())?;
    // Not before: whoever becomes another user is forgotten as his parent's child.
    die_with_parent()?;
    step("enter the server's folder", chdir(HOME))?;
    step("close what was inherited", namespace::close_inherited())?;
    let (program, arguments) = spec.command.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", HOME)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .exec();
    Ok(step(format!("become {program}"), Err(error))?)
}
