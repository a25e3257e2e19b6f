//! A pod as the playground runs it; the test starts and ends its keeper, the process that the pod ends with.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use playground::pod::{Identity, KEEPER, Spec, Users};

use super::{CONTAINER, PATIENCE, Rock, binary, signal};

/// A running pod. Drop ends it.
pub(crate) struct Pod {
    keeper: Child,
    port: u16,
    log: PathBuf,
    pub(crate) socket: PathBuf,
}

impl Pod {
    /// Starts a pod of this rock (a text stands for the sample's rock with this application) and waits until Pebble
    /// answers.
    pub(crate) fn start(dir: &Path, rock: impl Into<Rock>) -> Self {
        let spec = spec(dir, &rock.into());
        let description = dir.join("pod.json");
        std::fs::write(&description, serde_json::to_vec(&spec).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = dir.join("pod.log");
        let keeper = Command::new(binary("webcharm"))
            .arg(KEEPER)
            .arg(&description)
            .stdin(Stdio::piped())
            .stdout(OwnedFd::from(listener))
            .stderr(File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut pod = Self { keeper, port, log, socket: spec.socket() };
        let pebble = pebble::blocking::Client::new(&pod.socket);
        pod.until("Pebble answers", || pebble.system_info().ok());
        pod
    }

    /// Limits the container's disk to `bytes`. Needs root.
    pub(crate) fn shrink_disk(&self, bytes: u64) {
        let mut process = self.keeper.id();
        while let Some(child) = child_of(process) {
            process = child;
        }
        let mut command = Command::new("nsenter");
        command.args(["--target", &process.to_string(), "--mount", "mount", "-o"]);
        let status = command.arg(format!("remount,size={bytes}")).arg("/").status().unwrap();
        assert!(status.success(), "{status}");
    }

    /// The complete lines that Pebble and the services have printed.
    pub(crate) fn log(&self) -> String {
        let mut log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.truncate(log.rfind('\n').map_or(0, |end| end + 1));
        log
    }

    /// Calls `ask` until it returns a value. Panics with `what` and the log at the timeout, or if the pod has ended.
    pub(crate) fn until<T>(&mut self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            let ended = self.keeper.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "no {what} ({ended:?}): {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// URL of a page of the application.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Body of a page of the application; waits until the page answers.
    pub(crate) fn page(&mut self, path: &str) -> String {
        let url = self.url(path);
        self.until("page", || ask(http_client::client(), &url).ok())
    }

    /// Waits until this text is on the page. After a restart the old process may answer for a while.
    pub(crate) fn page_with(&mut self, path: &str, text: &str) {
        let url = self.url(path);
        self.until(text, || ask(http_client::client(), &url).ok().filter(|page| page.contains(text)));
    }

    /// Kills the pod, as the failure of a node does.
    pub(crate) fn kill(mut self) {
        self.keeper.kill().unwrap();
        self.keeper.wait().unwrap();
    }

    /// Kills the pod through a shared reference, for tests that read its log meanwhile.
    pub(crate) fn strike(&self) {
        signal("KILL", self.keeper.id());
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// First child of a process.
fn child_of(process: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    children.split(' ').next()?.parse().ok()
}

/// Body of the page at `url`. The error may be a status code other than 2xx.
pub(crate) fn ask(client: &http_client::Client, url: &str) -> Result<String, http_client::Error> {
    client.get(url).send()?.error_for_status()?.text()
}

fn spec(dir: &Path, rock: &Rock) -> Spec {
    let folder = |name: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let identity = Identity::current();
    Spec {
        hostname: "flask-k8s-0".to_owned(),
        hosts: Vec::new(),
        neighbors: Vec::new(),
        image: rock.build(&fresh(dir.join("image"))),
        pebble: testkit::chosen_pebble().unwrap_or_else(|| binary("pebble")),
        container: CONTAINER.to_owned(),
        socket_dir: folder(&format!("containers/{CONTAINER}")),
        root: folder("root"),
        scratch: folder("scratch"),
        port: 8000,
        network: None,
        identity,
        single: 0,
        users: Users::default(),
        shared: Vec::new(),
    }
}

/// Makes an empty folder; removes the files of an earlier pod.
fn fresh(path: PathBuf) -> PathBuf {
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
