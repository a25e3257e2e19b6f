//! Ends the charm's process at a chosen call of a hook tool or at a chosen request to Pebble, as a node that is drained
//! or runs out of memory does.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{CONTAINER, World, signal};

/// Stands between the charm and Pebble, and notes the requests.
pub(crate) struct Toll {
    shared: Arc<Shared>,
}

struct Shared {
    pebble: PathBuf,
    charm: PathBuf,
    requests: Mutex<Vec<String>>,
    /// After which request the charm is ended; none is the 0th.
    fatal: AtomicUsize,
}

impl World {
    /// Has the charm's next process receive a signal when it calls its hook tools for the `call`th time, the first being
    /// 1; 0 lets it live.
    pub(crate) fn ambush_at_tool(&mut self, name: &str, call: usize) {
        let dir = self.dir.path().join("ambush");
        if !dir.exists() {
            fs::create_dir(&dir).unwrap();
            juju_testing::hook_tools().for_each(|tool| self.wrap(tool));
            self.options.tools_dir = dir.clone();
        }
        fs::write(dir.join(".calls"), "0\n").unwrap();
        fs::write(dir.join(".fatal"), format!("{call} {name}\n")).unwrap();
    }

    /// The charm's processes that have called hook tools since the first ambush, once for each call.
    pub(crate) fn ambushed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join("ambush/.charms")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn wrap(&self, tool: &str) {
        let (dir, tools) = (self.dir.path().join("ambush"), self.dir.path().join("tools"));
        let (dir, tools) = (dir.display(), tools.display());
        let script = format!(
            "#!/bin/sh\nread calls < {dir}/.calls\nread fatal name < {dir}/.fatal\ncalls=$((calls + 1))\n\
            echo $calls > {dir}/.calls\necho $PPID >> {dir}/.charms\n[ $calls = $fatal ] && kill -s $name $PPID\nexec {tools}/{tool} \"$@\"\n"
        );
        let path = self.dir.path().join("ambush").join(tool);
        // Another process writes it: one that another test forks meanwhile would hold the file open, and it could not be run.
        let mut writer = Command::new("/bin/sh");
        writer.args(["-c", r#"printf %s "$1" > "$2" && chmod 755 "$2""#, "sh", &script]).arg(path);
        assert!(writer.status().unwrap().success());
    }

    /// Has the charm reach its Pebble through a toll.
    pub(crate) fn toll(&mut self) -> Toll {
        let containers = self.dir.path().join("tolled");
        let socket = containers.join(CONTAINER).join("pebble.socket");
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let shared = Shared {
            pebble: self.socket(),
            charm: self.dir.path().join("charm/dispatch").canonicalize().unwrap(),
            requests: Mutex::default(),
            fatal: AtomicUsize::new(0),
        };
        let toll = Toll { shared: Arc::new(shared) };
        let (listener, shared) = (UnixListener::bind(socket).unwrap(), Arc::clone(&toll.shared));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                thread::spawn(move || shared.relay(&stream));
            }
        });
        self.options.containers_dir = Some(containers);
        toll
    }
}

impl Toll {
    /// The requests since the last time, as `POST /v1/layers`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.requests.lock().unwrap())
    }

    /// Ends the charm when Pebble has answered its `request`th request, before it hears the answer.
    pub(crate) fn ambush_at(&self, request: usize) {
        self.requests();
        self.shared.fatal.store(request, Ordering::SeqCst);
    }

    /// Ends the charm's process.
    pub(crate) fn strike(&self) {
        self.shared.strike();
    }
}

impl Shared {
    /// Moves bytes in both directions until one side has enough.
    fn relay(&self, charm: &UnixStream) {
        let Ok(pebble) = UnixStream::connect(&self.pebble) else { return };
        let is_fatal = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                pass(charm, &pebble, |bytes| {
                    is_fatal.fetch_or(self.note(bytes), Ordering::SeqCst);
                    true
                });
            });
            pass(&pebble, charm, |_| !is_fatal.load(Ordering::SeqCst) || !self.strike());
        });
    }

    /// Notes what begins a request; whether it is the fatal one.
    fn note(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let mut words = text.split([' ', '?']);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return false };
        if !["GET", "POST"].contains(&method) || !path.starts_with("/v1/") {
            return false;
        }
        let mut requests = self.requests.lock().unwrap();
        requests.push(format!("{method} {path}"));
        requests.len() == self.fatal.load(Ordering::SeqCst)
    }

    /// Ends the charm's process.
    fn strike(&self) -> bool {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let ours = processes.filter(|process| is(&process.path(), &self.charm));
        ours.filter_map(|process| process.file_name().to_str()?.parse().ok()).for_each(|id| signal("KILL", id));
        true
    }
}

fn is(process: &Path, program: &Path) -> bool {
    fs::read_link(process.join("exe")).is_ok_and(|exe| exe == program)
}

fn pass(mut from: &UnixStream, mut to: &UnixStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !goes_on(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
