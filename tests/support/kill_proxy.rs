//! Kills the charm's process at a chosen hook-tool call or Pebble request, as a drained node or one out of memory does.

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

/// Proxy between the charm and Pebble that records each request and can kill the charm at one of them.
pub(crate) struct KillProxy {
    shared: Arc<Shared>,
}

struct Shared {
    pebble: PathBuf,
    charm: PathBuf,
    requests: Mutex<Vec<String>>,
    /// Number of the request, counted from 1, whose answer kills the charm; 0 lets the charm live.
    fatal: AtomicUsize,
}

impl World {
    /// Sends the signal `name` to the charm's process at its `call`th hook-tool call, counted from 1; 0 lets it live.
    pub(crate) fn kill_at_tool(&mut self, name: &str, call: usize) {
        let dir = self.dir.path().join("killing_tools");
        if !dir.exists() {
            fs::create_dir(&dir).unwrap();
            juju_testing::hook_tools().for_each(|tool| self.wrap(tool));
            self.options.tools_dir = dir.clone();
        }
        fs::write(dir.join(".calls"), "0\n").unwrap();
        fs::write(dir.join(".fatal"), format!("{call} {name}\n")).unwrap();
    }

    fn wrap(&self, tool: &str) {
        let (dir, tools) = (self.dir.path().join("killing_tools"), self.dir.path().join("tools"));
        let (dir, tools) = (dir.display(), tools.display());
        let script = format!(
            "#!/bin/sh\nread calls < {dir}/.calls\nread fatal name < {dir}/.fatal\ncalls=$((calls + 1))\n\
            echo $calls > {dir}/.calls\n[ $calls = $fatal ] && kill -s $name $PPID\nexec {tools}/{tool} \"$@\"\n"
        );
        let path = self.dir.path().join("killing_tools").join(tool);
        // A separate process writes the script: a child forked by another test could inherit our open file, and
        // running the script would then fail with ETXTBSY.
        let mut writer = Command::new("/bin/sh");
        writer.args(["-c", r#"printf %s "$1" > "$2" && chmod 755 "$2""#, "sh", &script]).arg(path);
        assert!(writer.status().unwrap().success());
    }

    /// Starts a [`KillProxy`] and points the charm's Pebble socket at it.
    pub(crate) fn kill_proxy(&mut self) -> KillProxy {
        let containers = self.dir.path().join("kill_proxy");
        let socket = containers.join(CONTAINER).join("pebble.socket");
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let shared = Shared {
            pebble: self.socket(),
            charm: self.dir.path().join("charm/dispatch").canonicalize().unwrap(),
            requests: Mutex::default(),
            fatal: AtomicUsize::new(0),
        };
        let proxy = KillProxy { shared: Arc::new(shared) };
        let (listener, shared) = (UnixListener::bind(socket).unwrap(), Arc::clone(&proxy.shared));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                thread::spawn(move || shared.relay(&stream));
            }
        });
        self.options.containers_dir = Some(containers);
        proxy
    }
}

impl KillProxy {
    /// Takes the requests recorded since the last call, such as `POST /v1/layers`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.requests.lock().unwrap())
    }

    /// Kills the charm once Pebble answers its `request`th request from now, before the answer reaches the charm.
    /// Counted from 1; 0 lets the charm live.
    pub(crate) fn kill_at(&self, request: usize) {
        self.requests();
        self.shared.fatal.store(request, Ordering::SeqCst);
    }

    /// Kills every process that runs the charm's program.
    pub(crate) fn kill(&self) {
        self.shared.kill();
    }
}

impl Shared {
    /// Copies bytes in both directions until a side closes or the charm is killed.
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
            pass(&pebble, charm, |_| !is_fatal.load(Ordering::SeqCst) || !self.kill());
        });
    }

    /// Records the bytes if they begin a request; true if that request is the fatal one.
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

    /// Kills every process that runs the charm's program.
    fn kill(&self) -> bool {
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
