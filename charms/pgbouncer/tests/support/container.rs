//! A container: a supervisor, folders of its own, and a program named `pgbouncer`; or a fake Pebble in those folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use pebble::blocking::Client;
use pebble_fake::{ExecReply, Pebble, Server};
use pgbouncer::Places;

use super::killer::{Between, Killer};

/// Limit of every wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// The real program, of Debian's package.
pub(crate) const REAL: &str = "/usr/sbin/pgbouncer";

/// A program in the place of PgBouncer. It says that it is 1.18.0, runs until it is ended, and keeps a list of its starts
/// and of the signals to reload.
const STAND_IN: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo 'PgBouncer 1.18.0'; exit; }
[ -e "$0.broken" ] && exit 1
log=$(dirname "$1")/events
echo start >> "$log"
trap 'echo reload >> "$log"' HUP
trap 'exit 0' TERM
while :; do sleep 1000 & wait $!; done
"#;

/// A unit's container.
#[derive(Debug)]
pub(crate) struct Container {
    dir: PathBuf,
    supervisor: Option<Child>,
    fake: Option<Fake>,
}

/// A Pebble in this process.
#[derive(Debug)]
struct Fake {
    pebble: Arc<Mutex<Pebble>>,
    server: Option<Server>,
    between: Option<Between>,
    killer: Arc<Killer>,
}

impl Container {
    /// A container that has not started, in a folder of its own.
    pub(crate) fn new(dir: &Path) -> Self {
        for folder in ["bin", "containers/pgbouncer", "pebble", "lib", "log", "shm"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let program = dir.join("bin/pgbouncer");
        if !program.is_symlink() {
            write_program(&program, STAND_IN);
        }
        Self { dir: dir.to_owned(), supervisor: None, fake: None }
    }

    /// The same with a fake Pebble, whose requests are steps of the killer.
    pub(crate) fn in_process(dir: &Path, killer: &Arc<Killer>) -> Self {
        let (pebble, killer) = (Arc::new(Mutex::new(rooted_pebble())), Arc::clone(killer));
        let mut container = Self::new(dir);
        container.fake = Some(Fake { pebble, server: None, between: None, killer });
        container
    }

    /// The fake Pebble.
    pub(crate) fn fake(&self) -> MutexGuard<'_, Pebble> {
        self.fake.as_ref().unwrap().pebble.lock().unwrap()
    }

    /// Number of starts and signals of all instances of a fake Pebble.
    pub(crate) fn process_changes(&self) -> usize {
        let pebble = self.fake();
        pebble.signals().len() + ["pgbouncer_0", "pgbouncer_1"].iter().map(|name| pebble.starts(name)).sum::<usize>()
    }

    /// Has the fake Pebble begin anew, without its plan; pebble-ready has not come yet.
    pub(crate) fn restart(&self) {
        *self.fake() = rooted_pebble();
    }

    /// The same between two steps of the next hook, once `is_due` is true of the steps so far.
    pub(crate) fn restart_once(&self, is_due: fn(&[String]) -> bool) {
        let fake = self.fake.as_ref().unwrap();
        let pebble = Arc::clone(&fake.pebble);
        fake.killer.disturb(move |steps| {
            let is_due = is_due(steps);
            if is_due {
                *pebble.lock().unwrap() = rooted_pebble();
            }
            is_due
        });
    }

    /// Puts the real PgBouncer in the stand-in's place. Its user enters the folders.
    pub(crate) fn be_real(&self) {
        let program = self.dir.join("bin/pgbouncer");
        fs::remove_file(&program).unwrap();
        std::os::unix::fs::symlink(REAL, program).unwrap();
        for folder in [self.dir.parent().unwrap(), &self.dir, &self.dir.join("shm")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
    }

    /// Starts the supervisor, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let (socket, behind) = (self.socket(), self.dir.join("pebble.socket"));
        if let Some(fake) = &mut self.fake {
            fake.server = Some(Server::start(&behind, Arc::clone(&fake.pebble)).unwrap());
            fake.between = Some(Between::start(&socket, &behind, &fake.killer));
            return;
        }
        let path = format!("{}:{}", self.dir.join("bin").display(), std::env::var("PATH").unwrap());
        let log = fs::File::options().create(true).append(true).open(self.dir.join("pebble.log")).unwrap();
        let child = Command::new(binary("pebble"))
            .args(["run", "--create-dirs"])
            .env("PATH", path)
            .env("PEBBLE", self.dir.join("pebble"))
            .env("PEBBLE_SOCKET", self.socket())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.supervisor = Some(child);
        until("the supervisor answers", || self.pebble().system_info().is_ok());
    }

    /// Ends the supervisor with its services, as the end of a pod does; the files go with it.
    pub(crate) fn kill(&mut self) {
        self.stop();
        for folder in ["pebble", "lib", "log", "shm"] {
            let _ = fs::remove_dir_all(self.dir.join(folder));
        }
        let dir = self.dir.clone();
        *self = match self.fake.take() {
            Some(fake) => Self::in_process(&dir, &fake.killer),
            None => Self::new(&dir),
        };
    }

    /// Has the program fail from its next start on, or work again.
    pub(crate) fn break_program(&self, is_broken: bool) {
        let mark = self.dir.join("bin/pgbouncer.broken");
        if is_broken { fs::write(mark, "").unwrap() } else { fs::remove_file(mark).unwrap() }
    }

    fn stop(&mut self) {
        if let Some(fake) = &mut self.fake {
            (fake.between, fake.server) = (None, None);
        }
        if let Some(mut supervisor) = self.supervisor.take() {
            let pid = rustix::process::Pid::from_child(&supervisor);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            supervisor.wait().unwrap();
        }
        let _ = fs::remove_file(self.socket());
    }

    pub(crate) fn pebble(&self) -> Client {
        Client::new(self.socket())
    }

    pub(crate) fn containers_dir(&self) -> PathBuf {
        self.dir.join("containers")
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("containers/pgbouncer/pebble.socket")
    }

    /// Starts and reloads of an instance so far.
    pub(crate) fn events(&self, instance: usize) -> Vec<String> {
        let text = fs::read_to_string(self.dir.join(format!("lib/instance_{instance}/events"))).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until an instance has had that many starts and reloads.
    pub(crate) fn wait_for(&self, instance: usize, starts: usize, reloads: usize) {
        let count = |word: &str| self.events(instance).iter().filter(|event| *event == word).count();
        until(&format!("{starts} starts and {reloads} reloads: {:?}", self.events(instance)), || {
            count("start") == starts && count("reload") == reloads
        });
    }

    /// Text of a file in the container; `None` if there is none.
    pub(crate) fn file(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.dir.join(path)).ok()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A supervisor whose services find the stand-in for PgBouncer: a program in that folder, which exists.
pub(crate) fn supervisor_with_stand_in(dir: &Path) -> PathBuf {
    let program = dir.join("supervisor");
    write_program(&dir.join("pgbouncer"), STAND_IN);
    write_program(
        &program,
        &format!("#!/bin/sh\nPATH=\"{}:$PATH\" exec \"{}\" \"$@\"\n", dir.display(), binary("pebble").display()),
    );
    program
}

/// A fake Pebble whose PgBouncer is 1.18.0, as the stand-in says.
pub(crate) fn fake_pebble() -> Pebble {
    let mut pebble = Pebble::default();
    pebble.handle_exec(&["pgbouncer", "--version"], |_| ExecReply::prints("PgBouncer 1.18.0\n"));
    pebble
}

/// The same; the paths of the test's folders are those of the container.
fn rooted_pebble() -> Pebble {
    let mut pebble = fake_pebble();
    pebble.set_root("/");
    pebble
}

impl Drop for Container {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Places of a unit whose containers are in that folder.
pub(crate) fn places(containers_dir: &Path) -> Places {
    let dir = containers_dir.parent().unwrap();
    let path = |name: &str| dir.join(name).display().to_string();
    let is_real = dir.join("bin/pgbouncer").is_symlink();
    let is_root = rustix::process::geteuid().is_root();
    // The real program refuses to run as root.
    let (user, group) = if is_real && is_root { ("postgres".to_owned(), "postgres".to_owned()) } else { owner() };
    // A unit's folder is named by its number, or by the unit.
    let number: u8 = dir.file_name().unwrap().to_string_lossy().rsplit('-').next().unwrap().parse().unwrap();
    Places {
        base: path("lib"),
        logs: path("log"),
        auth_file: path("shm/userlist.txt"),
        user,
        group,
        address: format!("127.0.0.{}", number + 1),
    }
}

/// The user that tests run as, and its group.
fn owner() -> (String, String) {
    let name = |file: &str, id: u32| {
        let text = fs::read_to_string(file).unwrap();
        let line = text.lines().find(|line| line.split(':').nth(2) == Some(&id.to_string())).unwrap();
        line.split(':').next().unwrap().to_owned()
    };
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    (name("/etc/passwd", user), name("/etc/group", group))
}

/// Ids of a user and its group.
pub(crate) fn ids_of(user: &str) -> (u32, u32) {
    let text = fs::read_to_string("/etc/passwd").unwrap();
    let line = text.lines().find(|line| line.split(':').next() == Some(user)).unwrap();
    let id = |field: usize| line.split(':').nth(field).unwrap().parse().unwrap();
    (id(2), id(3))
}

/// Waits for a condition.
#[track_caller]
pub(crate) fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A binary of this workspace in the test's target folder.
fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is missing: run `cargo build -p supervisor` first", path.display());
    path
}
