//! A playground of its own for each test, and checks for leftovers.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The ordinary user of tests that root runs.
const NOBODY: u32 = 65_534;

/// A runtime folder and everything that the program needs. Dropping it removes them.
pub(crate) struct Desk {
    dir: tempfile::TempDir,
    bin: PathBuf,
    cache: PathBuf,
    user: Option<u32>,
    home: Option<PathBuf>,
}

impl Desk {
    /// A desk of the user who runs the tests.
    pub(crate) fn new() -> Self {
        let bin = Path::new(env!("CARGO_BIN_EXE_webcharm")).parent().unwrap().to_owned();
        for name in ["pebble", "dispatch"] {
            assert!(bin.join(name).is_file(), "{name} is not built: cargo build -p supervisor -p webcharm");
        }
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let desk = Self { dir: short_dir(), bin, cache, user: None, home: None };
        fs::create_dir(desk.runtime()).unwrap();
        desk
    }

    /// A desk of an ordinary user: the user who runs the tests, unless that is root.
    pub(crate) fn of_ordinary_user() -> Self {
        let mut desk = Self::new();
        if rustix::process::geteuid().is_root() {
            let own = desk.path().join("bin");
            fs::create_dir(&own).unwrap();
            for name in ["webcharm", "pebble", "dispatch"] {
                fs::copy(desk.bin.join(name), own.join(name)).unwrap();
            }
            desk.bin = own;
            desk.cache = desk.path().join("cache");
            desk.user = Some(NOBODY);
            fs::create_dir(&desk.cache).unwrap();
            for dir in [desk.path(), &desk.runtime(), &desk.cache] {
                std::os::unix::fs::chown(dir, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn runtime(&self) -> PathBuf {
        self.path().join("run")
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Gives the program an empty home folder, without the other variables of a login.
    pub(crate) fn with_empty_home(mut self) -> Self {
        let home = self.path().join("home");
        fs::create_dir(&home).unwrap();
        if let Some(user) = self.user {
            std::os::unix::fs::chown(&home, Some(user), Some(user)).unwrap();
        }
        self.cache = home.join(".cache");
        self.home = Some(home);
        self
    }

    /// Gives the desk an empty cache.
    pub(crate) fn with_fresh_cache(mut self) -> Self {
        self.cache = self.path().join("fresh");
        self
    }

    /// Replaces the charm by a shell script.
    pub(crate) fn with_charm(mut self, script: &str) -> Self {
        let own = self.path().join("bin");
        fs::create_dir(&own).unwrap();
        for name in ["webcharm", "pebble"] {
            // A copy, because the program looks for the others beside a link's target.
            fs::copy(self.bin.join(name), own.join(name)).unwrap();
        }
        write_program(&own.join("dispatch"), &format!("#!/bin/sh\n{script}\n"));
        self.bin = own;
        self
    }

    /// A project for a test to change: a Flask application that requires only Flask.
    pub(crate) fn sample(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/flask");
        let to = self.path().join("project");
        fs::create_dir_all(to.join("rock/flask")).unwrap();
        for name in [
            "charmcraft.yaml",
            "rockcraft.yaml",
            "rock/flask/app.py",
            "rock/flask/requirements.txt",
            "rock/flask/gunicorn.conf.py",
        ] {
            fs::copy(root.join(name), to.join(name)).unwrap();
        }
        to
    }

    /// A charm of the repository in a folder of the desk's, with the program that is built beside `webcharm`, so that
    /// nothing is built again.
    pub(crate) fn built_charm(&self, folder: &str, program: &str) -> String {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join("charmcraft.yaml");
        let text = fs::read_to_string(source).unwrap();
        assert!(text.contains("plugin: rust\n"), "{text}");
        let built = Path::new(env!("CARGO_BIN_EXE_webcharm")).with_file_name(program);
        assert!(built.is_file(), "{program} is not built: cargo build --workspace --bins");
        let own = self.path().join(program);
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("charmcraft.yaml"), text.replace("plugin: rust\n", "plugin: nil\n")).unwrap();
        fs::copy(built, own.join("dispatch")).unwrap();
        own.to_str().unwrap().to_owned()
    }

    /// Command of the program with arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join("webcharm"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        command.env("XDG_RUNTIME_DIR", self.runtime()).env("XDG_CACHE_HOME", &self.cache);
        if self.user.is_some() {
            command.env("HOME", "/nonexistent");
        }
        self.become_user(&mut command);
        if let Some(home) = &self.home {
            command.env("HOME", home).env_remove("XDG_CACHE_HOME");
        }
        command
    }

    /// Makes a command run as this desk's user.
    pub(crate) fn become_user(&self, command: &mut Command) {
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Runs the program, which must succeed, and returns what it printed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert!(ran.code == Some(0), "{args:?}: {ran:?}");
        ran.out
    }

    /// Starts the program in the foreground, with its output in files.
    pub(crate) fn start(&self, args: &[&str]) -> Foreground {
        self.start_command(&mut self.command(args))
    }

    /// As [`Desk::start`], for a command of the program that a test has changed.
    pub(crate) fn start_command(&self, command: &mut Command) -> Foreground {
        let file = |name: &str| fs::File::create(self.path().join(name)).unwrap();
        let child = command.stdout(file("out")).stderr(file("err")).spawn().unwrap();
        Foreground { child, dir: self.path().to_owned() }
    }

    /// The whole model, by `status`.
    pub(crate) fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.ok(&["status", "--format", "json"])).unwrap()
    }

    /// The application's URL, by `status`.
    pub(crate) fn url(&self) -> String {
        self.status()["applications"]["flask-k8s"]["url"].as_str().unwrap().to_owned()
    }

    /// Waits until the application answers: its server may still be starting when a verb that restarts it returns.
    pub(crate) fn wait_for_application(&self) {
        let url = self.url();
        wait_until("the application answers", || code(&url) == 200);
    }

    /// The unit that leads, by `status`.
    pub(crate) fn leader(&self) -> Option<String> {
        let status = self.status();
        let units = status["applications"]["flask-k8s"]["units"].as_object()?.clone();
        units.into_iter().find(|(_, unit)| unit["leader"] == true).map(|(name, _)| name)
    }

    /// The first processes in the pods, by unit.
    pub(crate) fn pebbles(&self) -> BTreeMap<String, u32> {
        let name = |pid: &u32| {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
            let parent = processes().iter().find(|p| p.pid == *pid).map(|p| p.parent)?;
            let keeper = fs::read_to_string(format!("/proc/{parent}/cmdline")).ok()?;
            let (app, number) = keeper.split("/pods/").nth(1)?.split('/').next()?.rsplit_once('-')?;
            line.starts_with("/charm/bin/pebble").then(|| (format!("{app}/{number}"), *pid))
        };
        self.processes().iter().filter_map(name).collect()
    }

    /// Kills the first process of a unit's pod.
    pub(crate) fn kill_pod(&self, unit: &str) {
        kill(self.pebbles()[unit]);
    }

    /// Waits for a process of this desk whose command line contains `words`.
    pub(crate) fn process(&self, words: &str) -> u32 {
        let find = || {
            let (all, ours) = (processes(), self.processes());
            all.iter().find(|p| ours.contains(&p.pid) && p.line.contains(words)).map(|p| p.pid)
        };
        let found = Cell::new(None);
        wait_until(&format!("there is a process {words:?}"), || {
            found.set(find());
            found.get().is_some()
        });
        found.get().unwrap()
    }

    /// Every living process of this desk: those that name its folder, and their descendants.
    pub(crate) fn processes(&self) -> BTreeSet<u32> {
        let all = processes();
        let ours = self.path().to_str().unwrap();
        let mut found: BTreeSet<u32> = all.iter().filter(|p| p.line.contains(ours)).map(|p| p.pid).collect();
        loop {
            let more: Vec<u32> =
                all.iter().filter(|p| found.contains(&p.parent) && !found.contains(&p.pid)).map(|p| p.pid).collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    /// Asserts that no file or mount of the model is left, and that the processes `before` are gone.
    pub(crate) fn assert_nothing_left(&self, before: &BTreeSet<u32>) {
        wait_until("no process is left", || {
            let living: BTreeSet<u32> = processes().iter().map(|p| p.pid).collect();
            before.is_disjoint(&living) && self.processes().is_empty()
        });
        assert_eq!(names(&self.runtime()), [""; 0], "the runtime folder is empty");
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        assert!(!mounts.contains(self.path().to_str().unwrap()), "{mounts}");
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // A test that failed halfway must not leave its model up.
        if self.runtime().join("webcharm").exists() {
            let _ = self.command(&["down"]).output();
        }
    }
}

/// Writes an executable file.
pub(crate) fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Sends SIGKILL.
pub(crate) fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The names in a folder, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// Outcome of a finished program.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// A program in the foreground.
pub(crate) struct Foreground {
    child: Child,
    dir: PathBuf,
}

impl Foreground {
    pub(crate) fn out(&self) -> String {
        fs::read_to_string(self.dir.join("out")).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        fs::read_to_string(self.dir.join("err")).unwrap()
    }

    /// Waits until its standard error holds `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        while !self.err().contains(text) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}: no {text:?} in {}", self.err());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for its end, which must be a failure with `text` in the message.
    pub(crate) fn wait_for_end(self, text: &str) {
        let dir = self.dir.clone();
        assert_eq!(self.end(), Some(1));
        let err = fs::read_to_string(dir.join("err")).unwrap();
        assert!(err.contains(text), "no {text:?} in {err}");
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, and returns its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {}", self.err());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(120);

/// Waits on a condition. The limit is only for hangs: a busy machine may take long.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The body of a page, once there is one: an application that an event has started anew listens a moment later.
pub(crate) fn page(url: &str) -> String {
    let started = Instant::now();
    loop {
        match get(url).and_then(http_client::Response::text) {
            Ok(text) => return text,
            Err(error) => assert!(started.elapsed() < PATIENCE, "no page: {error:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The answer to `GET url`, within a minute, because the machine may be busy.
pub(crate) fn get(url: &str) -> Result<http_client::Response, http_client::Error> {
    http_client::client().get(url).timeout(Duration::from_secs(60)).send()
}

/// Type of a form's content.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Posts a body of this type; returns status and body of the answer.
pub(crate) fn post(url: &str, kind: &str, body: String) -> (u16, String) {
    let request = http_client::client().post(url).header(http_client::header::CONTENT_TYPE, kind).body(body);
    let answer = request.send().unwrap();
    (answer.status().as_u16(), answer.text().unwrap())
}

/// The status code of a page; 0 if there is no answer.
pub(crate) fn code(url: &str) -> u16 {
    get(url).map_or(0, |answer| answer.status().as_u16())
}

struct Process {
    pid: u32,
    parent: u32,
    line: String,
}

/// Running processes, without zombies.
fn processes() -> Vec<Process> {
    let ids = names(Path::new("/proc")).into_iter().filter_map(|name| name.parse::<u32>().ok());
    ids.filter_map(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| Some(status.lines().find_map(|line| line.strip_prefix(name))?.trim().to_owned());
        if field("State:")?.starts_with('Z') {
            return None;
        }
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let parent = field("PPid:")?.parse().ok()?;
        Some(Process { pid, parent, line: String::from_utf8_lossy(&line).replace('\0', " ") })
    })
    .collect()
}

/// A folder in `/tmp`: a path below the target folder may be too long for sockets.
fn short_dir() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("wc").tempdir_in("/tmp").unwrap()
}
