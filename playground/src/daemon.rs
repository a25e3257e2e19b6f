//! Process of a server such as PostgreSQL, which can't outlive the model.
//!
//! ```text
//! webcharm up ── keeper (its input is our pipe) ── pid 1 of its own pid, mount and IPC namespaces: the server
//! ```
//! The server is pid 1, so the kernel ends the processes that it has started with it; its shared memory, System V and
//! POSIX, goes with its namespaces. It sees its folder at [`HOME`]: if root runs the model, the server's user could not
//! enter the model's folder. Clients reach it through a unix socket. Its network is the host's; that of the pods, if it has to
//! reach them; or one of its own, if it listens on TCP alone: then its port is nobody else's, and the keeper brings connections
//! from a unix socket to it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddrV4, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Signal, chdir, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::keeper_handle::{self, KeeperHandle};
use crate::log_tail::LogTail;
use crate::network;
use crate::pod::root::{self, die_with_parent, step};
use crate::pod::way::Way;
use crate::pod::{Identity, keeper, mounts, namespace, relay};

/// The first argument with which this program becomes a server's keeper.
pub const KEEPER: &str = "server-keeper";

/// The first argument with which this program becomes a server.
pub const INIT: &str = "server-init";

/// Path of a server's folder in its own mount namespace.
pub const HOME: &str = "/mnt/server";

/// Path of the folder with a server's programs, for one that has them in the cache, which its user can't enter.
pub const PROGRAMS: &str = "/mnt/programs";

/// Mount point above [`HOME`] and [`PROGRAMS`]: a folder that every machine has and that servers don't use otherwise.
const PLACE: &str = "/mnt";

/// Longest wait for a killed server to be gone.
const GRACE: Duration = Duration::from_secs(10);

/// Description of a server. It is written to a file, which keeper and server read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Its folder on the host; the server's [`HOME`].
    pub dir: PathBuf,
    /// User that it runs as, never root.
    pub uid: u32,
    /// The group of that user.
    pub gid: u32,
    /// User that starts it.
    pub identity: Identity,
    /// Its network.
    #[serde(default)]
    pub network: Network,
    /// Variables of its environment, besides `PATH`, `HOME` and `LANG`.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Addresses of a server that listens on TCP, each with the unix socket from which the keeper brings connections to it.
    #[serde(default)]
    pub ways_in: Vec<(PathBuf, SocketAddrV4)>,
    /// Folder on the host with its programs; the server's [`PROGRAMS`].
    #[serde(default)]
    pub programs: Option<PathBuf>,
    /// The server's socket. Connections on the listener are relayed to it, if there is a listener.
    #[serde(default)]
    pub socket: Option<PathBuf>,
}

/// Network of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The host's.
    #[default]
    Host,
    /// That of the process with this id: the pods' keeper, or another server's.
    Of(u32),
    /// A new one with nothing but the loopback.
    Own,
}

/// Message to a running server.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Message {
    /// Read the configuration again.
    Reload,
}

/// Reasons why a server can't be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The description can't be written or read.
    #[error("cannot use the server's description {path}")]
    Describe {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The keeper can't be started.
    #[error("cannot start the server's keeper")]
    Spawn(#[source] io::Error),
    /// The keeper can't start the server's first process.
    #[error(transparent)]
    Keeper(#[from] keeper::Error),
    /// Namespaces can't be made.
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    /// Its network can't be made.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The unix socket that leads to it can't be made.
    #[error("cannot listen on {path}")]
    WayIn {
        /// The socket.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The server's mounts can't be made, or its user can't be changed.
    #[error(transparent)]
    Root(#[from] root::Error),
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Daemon(KeeperHandle);

impl Daemon {
    /// Starts a server, described in the new file `description`, that logs to the file `log`. Connections on `listener`
    /// are relayed to its socket.
    ///
    /// # Errors
    /// When the keeper can't be started. Success doesn't mean that the server answers: its client has to ask.
    pub fn start(spec: &Spec, description: &Path, listener: Option<&TcpListener>, log: &Path) -> Result<Self, Error> {
        keeper_handle::describe(description, spec)
            .map_err(|source| Error::Describe { path: description.display().to_string(), source })?;
        Ok(Self(KeeperHandle::start(KEEPER, description, listener.map(AsFd::as_fd), log, GRACE).map_err(Error::Spawn)?))
    }

    /// Process id of its keeper, by which another process enters its network.
    #[must_use]
    pub fn keeper(&self) -> u32 {
        self.0.id()
    }

    /// Makes it read its configuration again.
    ///
    /// # Errors
    /// When it has ended.
    pub fn reload(&self) -> io::Result<()> {
        self.0.tell(&Message::Reload)
    }

    /// Exit status, if the server has ended.
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
    keeper_handle::described(description)
        .map_err(|source| Error::Describe { path: description.display().to_string(), source })
}

/// Runs the server described in `description` until it ends, or kills it when this process's input ends: its data are
/// removed with the model, so it needs no orderly end. Returns its exit code.
///
/// # Errors
/// When it can't be started.
pub fn keep(description: &Path) -> Result<u8, Error> {
    let Spec { identity, network, socket, ways_in, .. } = read(description)?;
    match network {
        Network::Of(keeper) => {
            namespace::enter(identity, keeper)?;
            namespace::leave_memory_again(identity)?;
        }
        Network::Host => namespace::leave_memory(identity)?,
        Network::Own => {
            namespace::leave(identity)?;
            network::alone()?;
        }
    }
    for (path, server) in ways_in {
        relay::start_from(&path, server).map_err(|source| Error::WayIn { path: path.display().to_string(), source })?;
    }
    // Open as long as this process lives.
    let _way =
        socket.map(|socket| Way::open(keeper::given_listener()?, socket)).transpose().map_err(keeper::Error::Init)?;
    Ok(keeper::attend(INIT, description, identity, Duration::ZERO, |line, server| {
        if let Ok(Message::Reload) = serde_json::from_str(line) {
            let _ = pidfd_send_signal(server, Signal::HUP);
        }
    })?)
}

/// Becomes the server described in `description`.
///
/// # Errors
/// When a step fails. On success it doesn't return.
pub fn enter(description: &Path) -> Result<Infallible, Error> {
    let spec = read(description)?;
    namespace::leave_mounts(spec.identity)?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("keep the server's mounts to itself", mount_change("/", private))?;
    mounts::tmpfs(Path::new(PLACE), "0755")?;
    // Shared memory of its own, which the kernel frees with the mount namespace, also when the server is killed.
    mounts::tmpfs(Path::new("/dev/shm"), "1777")?;
    mounts::folder(&spec.dir, Path::new(HOME))?;
    if let Some(programs) = &spec.programs {
        mounts::folder(programs, Path::new(PROGRAMS))?;
    }
    step("cease to be root", namespace::cease_to_be_root(spec.identity, spec.uid, spec.gid))?;
    step("leave the user's session keyring", namespace::leave_keyring())?;
    // setuid clears PR_SET_PDEATHSIG, so it is set after the change of user.
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
        .envs(&spec.variables)
        .stdin(Stdio::null())
        .exec();
    Ok(step(format!("become {program}"), Err(error))?)
}
