//! nginx itself: started in the pods' network, told what to lead to, and asked whether it does.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use interfaces::ingress::provider::BadUrl;
use rock::Work;
use rock::tool::{self, Tool};

use super::super::user;
use super::config::{Route, config, socket, sockets};
use crate::daemon::{self, Daemon, Spec};
use crate::log_tail::LogTail;
use crate::pod::Identity;
use crate::ui::Ui;

/// The users that root runs it as, by preference.
const USERS: [&str; 2] = ["www-data", "nobody"];

/// Where it comes from.
const TOOL: Tool = Tool { program: "nginx", package: "nginx-light" };

/// How long it may take to work by another configuration.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no ingress.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not installed.
    #[error(transparent)]
    Tool(#[from] tool::Error),
    /// Root has nobody to run it as.
    #[error("nginx shall not run as root, and this machine has neither a user www-data nor a user nobody")]
    NoUser,
    /// No port.
    #[error("cannot listen on a port for nginx")]
    Listen(#[source] io::Error),
    /// Its folder can't be made.
    #[error("cannot {what} for nginx")]
    Folder {
        /// What.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It can't be started.
    #[error(transparent)]
    Daemon(#[from] daemon::Error),
    /// It ended.
    #[error("nginx ended ({status}); {log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The end of its log.
        log: LogTail,
    },
    /// It takes too long.
    #[error("nginx does not take its configuration; {0}")]
    Silent(LogTail),
    /// The address isn't one.
    #[error(transparent)]
    Url(BadUrl),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

fn folder(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Folder { what, source }
}

/// A running nginx.
#[derive(Debug)]
pub(super) struct Nginx {
    program: PathBuf,
    dir: PathBuf,
    user: (u32, u32),
    network: u32,
    daemon: Daemon,
    revision: u64,
}

impl Nginx {
    /// Starts it in `dir`, leading nowhere; connections on `listener` are its.
    pub(super) fn start(dir: &Path, network: u32, listener: &TcpListener, ui: &Ui) -> Result<Self, Error> {
        let program = tool::find(TOOL, ui)?;
        let user = user::find(&USERS).ok_or(Error::NoUser)?;
        let make = || -> io::Result<()> {
            fs::DirBuilder::new().mode(0o700).create(dir)?;
            chown(dir, Some(user.0), Some(user.1))?;
            fs::write(dir.join("nginx.conf"), config(&[], 0))
        };
        make().map_err(folder("make a folder"))?;
        ui.step("starting nginx");
        let daemon = serve(&program, dir, user, network, listener)?;
        let mut nginx = Self { program, dir: dir.to_owned(), user, network, daemon, revision: 0 };
        nginx.wait(ui)?;
        Ok(nginx)
    }

    /// Whether it lives, and in that network.
    pub(super) fn is_running_in(&mut self, network: u32) -> bool {
        self.network == network && self.daemon.ended().is_none()
    }

    /// Starts another one in its place, with the same configuration.
    pub(super) fn restart(&mut self, network: u32, listener: &TcpListener, ui: &Ui) -> Result<(), Error> {
        // Those of one that was killed would be in the way.
        for socket in sockets(self.revision) {
            let _ = fs::remove_file(self.dir.join(socket));
        }
        self.daemon = serve(&self.program, &self.dir, self.user, network, listener)?;
        self.network = network;
        self.wait(ui)
    }

    /// Has it lead there, and waits until it does.
    pub(super) fn lead_to(&mut self, routes: &[Route], ui: &Ui) -> Result<(), Error> {
        let text = config(routes, self.revision + 1);
        fs::write(self.dir.join("nginx.conf"), text).map_err(folder("write the configuration"))?;
        self.revision += 1;
        if self.daemon.reload().is_err() {
            // It has ended; the next one reads the same file.
            return Ok(());
        }
        self.wait(ui)
    }

    fn lead_through(&self, socket: &Path) -> io::Result<()> {
        let new = self.dir.join("nginx.sock.new");
        symlink(socket, &new)?;
        fs::rename(new, door(&self.dir))
    }

    /// Waits until the current revision answers on its socket, and makes that the one that connections are brought to.
    fn wait(&mut self, ui: &Ui) -> Result<(), Error> {
        let started = Instant::now();
        let socket = self.dir.join(socket(self.revision));
        let client = http_client::on_socket(&socket);
        loop {
            if client.get("http://nginx/").send().is_ok() {
                return self.lead_through(&socket).map_err(folder("change the socket"));
            }
            if let Some(status) = self.daemon.ended() {
                return Err(Error::Ended { status, log: self.daemon.log_tail() });
            }
            if ui.cancel().is_thrown() {
                return Err(Error::Interrupted);
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::Silent(self.daemon.log_tail()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Where connections are brought to.
fn door(dir: &Path) -> PathBuf {
    dir.join("nginx.sock")
}

fn serve(
    program: &Path,
    dir: &Path,
    (uid, gid): (u32, u32),
    network: u32,
    listener: &TcpListener,
) -> Result<Daemon, Error> {
    let program = program.display().to_string();
    let arguments = ["-p", daemon::HOME, "-c", "/mnt/server/nginx.conf", "-e", "stderr"].map(str::to_owned);
    let spec = Spec {
        command: std::iter::once(program).chain(arguments).collect(),
        dir: dir.to_owned(),
        uid,
        gid,
        identity: Identity::current(),
        network: Some(network),
        socket: Some(door(dir)),
    };
    Ok(Daemon::start(&spec, &dir.with_extension("json"), Some(listener), &dir.with_extension("log"))?)
}
