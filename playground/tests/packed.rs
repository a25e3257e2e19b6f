//! A packed rock, run with its own Pebble.
//!
//! rockcraft exists only as a snap, so the rock is written here: an OCI archive of two layers, as rockcraft and umoci
//! write them. The lower one has what an Ubuntu base and Python's package bring, taken from this machine; the upper one
//! what the sample's `rockcraft.yaml` makes, with the supervisor as its Pebble (or PEBBLE_BINARY, if that is set).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rock::{Cache, Cancel, Image, Work};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use crate::support::{Desk, wait_until};

#[test]
fn a_packed_rock_runs_with_its_own_pebble_and_nothing_of_the_hosts() {
    whole_story(&Desk::new());
}

#[test]
fn an_ordinary_user_can_run_a_packed_rock() {
    whole_story(&Desk::of_ordinary_user());
}

/// Waits for the page: on a busy machine a restarted web server may take a while to listen.
fn answers(url: &str, text: &str) {
    wait_until(text, || http_client::page(url).is_ok_and(|page| page == text));
}

fn whole_story(desk: &Desk) {
    let project = desk.sample();
    let rock = project.join("site_0.1.rock");
    fs::write(&rock, archive(&project, true)).unwrap();
    let up = desk.run(&["up", rock.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    answers(&desk.url(), "Hello from Flask!\n");
    desk.ok(&["config", "flask-k8s", "greeting=Ahoy"]);
    answers(&desk.url(), "Ahoy\n");

    let ask = |code: &str| desk.ok(&["exec", "--", "/bin/python3", "-c", code]).trim().to_owned();
    assert_eq!(ask("import os; print(os.readlink('/proc/1/exe'))"), "/usr/bin/pebble", "pid 1 is the rock's own");
    assert_eq!(ask("import os; print(sorted(os.listdir('/usr/bin')))"), "['pebble', 'python3', 'sh']");
    assert_eq!(ask("import os; print(os.environ['ROCK'])"), "yes", "the image's variables are Pebble's");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_rock_without_pebble_takes_another_one_and_its_charm_may_be_elsewhere() {
    let desk = Desk::new();
    let project = desk.sample();
    let rock = desk.path().join("site.rock");
    fs::write(&rock, archive(&project, false)).unwrap();
    let rock = rock.to_str().unwrap();
    let up = desk.run(&["up", rock]);
    assert!(up.code == Some(1) && up.err.contains("`--charm FOLDER` names another"), "{up:?}");
    let charm = ["--charm", project.to_str().unwrap()];
    let up = desk.run(&[&["up", rock, "--detach"], &charm[..]].concat());
    assert!(up.code == Some(1) && up.err.contains("the rock site has no Pebble in /usr/bin or /bin"), "{up:?}");
    let pebble = testkit::pebble();
    desk.ok(&[&["up", rock, "--detach", "--pebble", pebble.to_str().unwrap()], &charm[..]].concat());
    answers(&desk.url(), "Hello from Flask!\n");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _line: &str) {}
    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

/// The rock of the project, as a file.
fn archive(project: &Path, with_pebble: bool) -> Vec<u8> {
    let built = tempfile::tempdir().unwrap();
    let cache = Cache::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache/webcharm/dependencies"));
    let project = rock::Project::find(project).unwrap();
    let image = rock::build(&project, built.path(), &cache, &Quiet(Cancel::default())).unwrap();
    let mut base = Layer::new();
    base.debian(&image);
    let mut app = Layer::new();
    if with_pebble {
        app.program("usr/bin/pebble", &testkit::pebble());
    }
    app.image(&image);
    layout(&[base.done(), app.done()])
}

fn text(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// A layer that is being written.
struct Layer {
    tar: Builder<flate2::write::GzEncoder<Vec<u8>>>,
    libraries: BTreeMap<PathBuf, PathBuf>,
}

impl Layer {
    fn new() -> Self {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        Self { tar: Builder::new(encoder), libraries: BTreeMap::new() }
    }

    fn entry(&mut self, kind: EntryType, path: &Path, mode: u32, owner: u32, content: &[u8]) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.into());
        header.set_gid(owner.into());
        header.set_mtime(1);
        header.set_size(content.len() as u64);
        self.tar.append_data(&mut header, path, content).unwrap();
    }

    fn link(&mut self, path: &str, target: &str) {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1);
        self.tar.append_link(&mut header, path, target).unwrap();
    }

    fn program(&mut self, path: &str, from: &Path) {
        self.entry(EntryType::Regular, Path::new(path), 0o755, 0, &fs::read(from).unwrap());
        self.needs(from);
    }

    /// The shared libraries of a program or library, under their names for the loader.
    fn needs(&mut self, binary: &Path) {
        for line in text(Command::new("ldd").arg(binary)).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let path = words.iter().find(|word| word.starts_with('/')).map(PathBuf::from);
            if let Some(path) = path {
                // Folders that are links into `usr` on this machine are links in the rock, too.
                let place = Path::new("usr").join(path.strip_prefix("/").unwrap().strip_prefix("usr").unwrap_or(&path));
                let place = place.components().filter(|part| *part != std::path::Component::RootDir).collect();
                self.libraries.insert(place, path.canonicalize().unwrap());
            }
        }
    }

    /// Adds a folder with its content, without the names that `left` is true for.
    fn tree(&mut self, from: &Path, to: &Path, owner: &dyn Fn(&Path) -> u32, left: &dyn Fn(&str) -> bool) {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let (path, place) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type().unwrap();
            if left(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            if kind.is_dir() {
                self.entry(EntryType::Directory, &place, mode, owner(&place), &[]);
                self.tree(&path, &place, owner, left);
            } else if path.is_file() {
                self.entry(EntryType::Regular, &place, mode, owner(&place), &fs::read(&path).unwrap());
                if place.extension().is_some_and(|extension| extension == "so") {
                    self.needs(&path);
                }
            }
        }
    }

    /// Adds links as Debian and Ubuntu have them, Python with its library, a shell, users.
    fn debian(&mut self, image: &Image) {
        for name in ["bin", "lib", "lib64"] {
            self.entry(EntryType::Directory, &Path::new("usr").join(name), 0o755, 0, &[]);
            self.link(name, &format!("usr/{name}"));
        }
        self.entry(EntryType::Directory, Path::new("root"), 0o700, 0, &[]);
        let python = Path::new("/bin/python3").canonicalize().unwrap();
        self.program("usr/bin/python3", &python);
        self.program("usr/bin/sh", &Path::new("/bin/sh").canonicalize().unwrap());
        let ask = "import sysconfig; print(sysconfig.get_path('stdlib'))";
        let library = PathBuf::from(text(Command::new(&python).args(["-I", "-c", ask])).trim());
        let unneeded =
            ["__pycache__", "test", "idlelib", "ensurepip", "dist-packages", "lib2to3", "pydoc_data", "distutils"];
        let left = |name: &str| unneeded.contains(&name) || name.starts_with("config-");
        self.tree(&library, library.strip_prefix("/").unwrap(), &|_| 0, &left);
        for bind in &image.binds {
            self.tree(&bind.source, Path::new(bind.target.trim_start_matches('/')), &|_| 0, &|name| {
                name == "__pycache__"
            });
        }
        self.needs(&testkit::pebble());
        let users = "root:x:0:0:root:/root:/bin/sh\n_daemon_:x:584792:584792::/:/usr/bin/false\n";
        self.entry(EntryType::Regular, Path::new("etc/passwd"), 0o644, 0, users.as_bytes());
        self.entry(EntryType::Regular, Path::new("etc/group"), 0o644, 0, b"root:x:0:\n_daemon_:x:584792:\n");
    }

    /// Adds the files that `rockcraft.yaml` makes, with their owners.
    fn image(&mut self, image: &Image) {
        let owner = |place: &Path| image.owners.iter().find(|owner| owner.path == place).map_or(0, |owner| owner.uid);
        self.tree(&image.files, Path::new(""), &owner, &|_| false);
    }

    fn done(mut self) -> Vec<u8> {
        for (place, from) in std::mem::take(&mut self.libraries) {
            self.entry(EntryType::Regular, &place, 0o755, 0, &fs::read(from).unwrap());
        }
        self.tar.into_inner().unwrap().finish().unwrap()
    }
}

/// An OCI layout of these layers, in a tar.
fn layout(layers: &[Vec<u8>]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    let mut file = |name: &str, bytes: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    };
    let mut blob = |bytes: &[u8], kind: &str| {
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        file(&format!("blobs/sha256/{digest}"), bytes);
        let kind = format!("application/vnd.oci.image.{kind}");
        serde_json::json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes.len()})
    };
    let layers: Vec<_> = layers.iter().map(|bytes| blob(bytes, "layer.v1.tar+gzip")).collect();
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let entrypoint = serde_json::json!({"Entrypoint": ["/usr/bin/pebble", "enter"], "Env": ["ROCK=yes"]});
    let config = serde_json::json!({"architecture": architecture, "os": "linux", "config": entrypoint});
    let config = blob(config.to_string().as_bytes(), "config.v1+json");
    let manifest = serde_json::json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let manifest = blob(manifest.as_bytes(), "manifest.v1+json");
    file("index.json", serde_json::json!({"schemaVersion": 2, "manifests": [manifest]}).to_string().as_bytes());
    file("oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#);
    tar.into_inner().unwrap()
}
