//! The process of a server: an own folder and user, a start, and a wait until it is ready.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rock::Work;
use rock::tool;

use super::user;
use crate::daemon::{self, Daemon, Network, Spec};
use crate::log_tail::LogTail;
use crate::pod::Identity;
use crate::ui::Ui;

/// Time between two looks at a server that isn't ready yet.
const PERIOD: Duration = Duration::from_millis(5);

/// Error of a server's process. `title` is the server's name for people.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The program is not installed.
    #[error(transparent)]
    Tool(#[from] tool::Error),
    /// This machine has no user for a server of root's.
    #[error("{title} does not run as root, and this machine has none of the users {}: make one", names.join(", "))]
    NoUser {
        /// The server.
        title: &'static str,
        /// The users that it may run as.
        names: &'static [&'static str],
    },
    /// A file of the server can't be made.
    #[error("cannot {what} for {title}")]
    File {
        /// The server.
        title: &'static str,
        /// The attempt.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The process can't be started.
    #[error(transparent)]
    Daemon(#[from] daemon::Error),
    /// It has ended.
    #[error("{title} ended ({status}); {log}")]
    Ended {
        /// The server.
        title: &'static str,
        /// Its exit status.
        status: ExitStatus,
        /// The end of its log.
        log: LogTail,
    },
    /// It takes too long to get ready.
    #[error("{title} does not get ready; {log}")]
    Silent {
        /// The server.
        title: &'static str,
        /// The end of its log.
        log: LogTail,
    },
    /// The model is ending.
    #[error("interrupted")]
    Interrupted,
}

impl From<Error> for super::Error {
    fn from(error: Error) -> Self {
        Self::Server(error.into())
    }
}

/// Names what was attempted in an error about a file.
pub(super) fn file(title: &'static str, what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File { title, what, source }
}

/// A free port of this machine, and a listener there.
pub(super) fn listen(title: &'static str) -> Result<(u16, TcpListener), Error> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let known = bound.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    known.map_err(file(title, "listen on a port"))
}

/// The network of the first of these processes that runs; a new one if none does. For units that meet in a network of theirs.
pub(super) fn network_of<'a>(processes: impl IntoIterator<Item = &'a mut Process>) -> Network {
    for process in processes {
        if !process.has_ended() {
            return process.network();
        }
    }
    Network::Own
}

/// Address of the unit with this number in the network in which a server's units meet.
pub(super) fn inner(number: u32) -> Ipv4Addr {
    const FIRST: u32 = 0x7f00_0001;
    Ipv4Addr::from(FIRST + number % 0x00ff_ff00)
}

/// A server's folder and user, in which its programs are started.
#[derive(Debug, Clone)]
pub(super) struct Place {
    title: &'static str,
    pub(super) dir: PathBuf,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Place {
    /// Makes the folder `dir`, empty, for the user who starts us; root's server gets the first of the `users` that there is.
    pub(super) fn make(title: &'static str, dir: &Path, users: &'static [&'static str]) -> Result<Self, Error> {
        let (uid, gid) = user::find(users).ok_or(Error::NoUser { title, names: users })?;
        let what = "make a folder";
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file(title, "clear the folder")(error));
            }
            _ => {}
        }
        fs::DirBuilder::new().mode(0o700).create(dir).map_err(file(title, what))?;
        let place = Self { title, dir: dir.to_owned(), uid, gid };
        place.give(dir).map_err(file(title, what))?;
        Ok(place)
    }

    /// Gives a file in the folder to the server's user.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }

    /// Writes a file in the folder, which only the server's user can read; an earlier one is replaced at once.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let (path, new) = (self.dir.join(name), self.dir.join(format!("{name}.new")));
        let made = File::options().write(true).create(true).truncate(true).mode(0o600).open(&new);
        let written = made.and_then(|mut file| file.write_all(text.as_bytes())).and_then(|()| self.give(&new));
        written.and_then(|()| fs::rename(&new, &path)).map_err(file(self.title, "write a file"))?;
        Ok(path)
    }

    /// The description of a process: a program with arguments, outside the pods' network.
    pub(super) fn spec(&self, program: &Path, arguments: impl IntoIterator<Item = impl Into<String>>) -> Spec {
        let program = program.display().to_string();
        Spec {
            command: std::iter::once(program).chain(arguments.into_iter().map(Into::into)).collect(),
            dir: self.dir.clone(),
            uid: self.uid,
            gid: self.gid,
            identity: Identity::current(),
            network: Network::Host,
            variables: BTreeMap::new(),
            ways_in: Vec::new(),
            programs: None,
            socket: None,
        }
    }

    /// Starts the process that `spec` describes. Its socket gets the connections on `listener`.
    pub(super) fn start(&self, spec: &Spec, listener: Option<&TcpListener>) -> Result<Process, Error> {
        let program = spec.command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
        let description = self.dir.with_extension(format!("{}.json", program.display()));
        let daemon = Daemon::start(spec, &description, listener, &self.dir.with_extension("log"))?;
        Ok(Process { title: self.title, daemon })
    }
}

/// A running process of a server. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    title: &'static str,
    daemon: Daemon,
}

impl Process {
    /// The same process under another name for people.
    pub(super) fn called(self, title: &'static str) -> Self {
        Self { title, ..self }
    }

    /// The network of this process, for another one beside it.
    pub(super) fn network(&self) -> Network {
        Network::Of(self.daemon.keeper())
    }

    /// True if it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.daemon.ended().is_some()
    }

    /// Has it read its configuration again.
    pub(super) fn reload(&self) -> io::Result<()> {
        self.daemon.reload()
    }

    /// Waits until `ready` returns a value, for at most `patience`.
    ///
    /// # Errors
    /// When the process ends, takes longer, or the switch of `ui` is thrown.
    pub(super) fn wait<T>(
        &mut self,
        patience: Duration,
        ui: &Ui,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        self.wait_for(patience, ui, |status| match (ready(), status) {
            (Some(value), _) => Some(Ok(value)),
            (None, status) => status.map(Err),
        })
    }

    /// Waits until the process ends successfully, for at most `patience`.
    ///
    /// # Errors
    /// As [`Process::wait`].
    pub(super) fn wait_for_end(&mut self, patience: Duration, ui: &Ui) -> Result<(), Error> {
        self.wait_for(patience, ui, |status| status.map(|status| if status.success() { Ok(()) } else { Err(status) }))
    }

    fn wait_for<T>(
        &mut self,
        patience: Duration,
        ui: &Ui,
        mut look: impl FnMut(Option<ExitStatus>) -> Option<Result<T, ExitStatus>>,
    ) -> Result<T, Error> {
        let (title, started) = (self.title, Instant::now());
        loop {
            match look(self.daemon.ended()) {
                Some(Ok(value)) => return Ok(value),
                Some(Err(status)) => return Err(Error::Ended { title, status, log: self.daemon.log_tail() }),
                None if ui.cancel().is_thrown() => return Err(Error::Interrupted),
                None if started.elapsed() > patience => {
                    return Err(Error::Silent { title, log: self.daemon.log_tail() });
                }
                None => std::thread::sleep(PERIOD),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_anew_for_its_user_alone() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("server");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("left"), "").unwrap();
        let place = Place::make("Example", &folder, &["nobody"]).unwrap();
        let found = folder.metadata().unwrap();
        assert_eq!((found.mode() & 0o777, found.uid(), found.gid()), (0o700, place.uid, place.gid));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        for text in ["first", "second"] {
            let path = place.write("settings", text).unwrap();
            let found = path.metadata().unwrap();
            assert_eq!(
                (fs::read_to_string(path).unwrap().as_str(), found.mode() & 0o777, found.uid()),
                (text, 0o600, place.uid)
            );
        }
        let spec = place.spec(Path::new("/bin/x"), ["-a"]);
        assert_eq!((spec.command, spec.network), (vec!["/bin/x".to_owned(), "-a".to_owned()], Network::Host));
    }

    #[test]
    fn units_meet_at_addresses_of_the_loopback() {
        let addresses = [0, 1, 254, 255, u32::MAX].map(|number| inner(number).to_string());
        assert_eq!(addresses[..4], ["127.0.0.1", "127.0.0.2", "127.0.0.255", "127.0.1.0"]);
        assert!(addresses[4].starts_with("127."), "{addresses:?}");
        assert_eq!(network_of([]), Network::Own);
    }

    #[test]
    fn a_machine_without_a_user_for_a_server_of_root_s_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let made = Place::make("Example", &dir.path().join("server"), &["no-such-user"]);
        if rustix::process::geteuid().is_root() {
            let error = made.unwrap_err().to_string();
            assert!(error.ends_with("this machine has none of the users no-such-user: make one"), "{error}");
        } else {
            assert_eq!(made.unwrap().uid, rustix::process::geteuid().as_raw());
        }
    }
}
