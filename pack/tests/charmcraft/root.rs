//! The repository's own `charmcraft.yaml` under charmcraft: its expansion, and the charm built from this source.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use juju::{CharmFiles, Event, StatusKind, UnitName, Whose};
use juju_testing::{DispatchOptions, Model, Server, dispatch_process, install_tools};
use serde_yaml::Mapping;

use crate::{PYTHON, assert_same, charmcraft, on_this_machine, ran};

/// The keys that build a charm and don't reach Juju: `charm-libs` of the Python charm, `parts` of ours in Rust.
const DIFFERENT: [&str; 2] = ["charm-libs", "parts"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// `charmcraft.yaml` of `folder`, expanded by charmcraft.
fn expanded(folder: &Path) -> Mapping {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(folder.join("charmcraft.yaml"), dir.path().join("charmcraft.yaml")).unwrap();
    serde_yaml::from_str(&charmcraft(dir.path(), &["expand-extensions"])).unwrap()
}

#[test]
#[ignore = "installs charmcraft: long, and in need of the network"]
fn the_root_s_charm_is_what_charmcraft_expands_the_sample_s_to_but_for_the_parts() {
    let (mut ours, mut sample) = (expanded(&root()), expanded(&root().join("rock/flask/charm")));
    let names = |mapping: &Mapping| mapping["parts"].as_mapping().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((names(&ours), names(&sample)), (vec!["dispatch".into(), "settings".into()], vec!["charm".into()]));
    assert_eq!((ours.contains_key("charm-libs"), sample.contains_key("charm-libs")), (false, true));
    for key in DIFFERENT {
        ours.remove(key);
        sample.remove(key);
    }
    assert_eq!(ours, sample);
}

/// Copies the repository without git's folder and build outputs.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() {
            if !["target", ".git", "dist"].iter().any(|left_out| name == *left_out) {
                copy(&entry.path(), &to.join(&name));
            }
        } else if name != ".git" {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}

/// A copy of the repository in `dir`, with this machine as its platform.
fn source(dir: &Path) -> PathBuf {
    let source = dir.join("source");
    copy(&root(), &source);
    let path = source.join("charmcraft.yaml");
    let mut project: Mapping = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    on_this_machine(&mut project);
    fs::write(path, serde_yaml::to_string(&project).unwrap()).unwrap();
    source
}

const FILES: [&str; 7] =
    ["actions.yaml", "config.yaml", "dispatch", "manifest.yaml", "metadata.yaml", "paas-config.yaml", "webcharm.yaml"];

/// Unpacks the `.charm` file, asserting that it has exactly [`FILES`].
fn unpack(charm: &Path, into: &Path) {
    let script = "import sys, zipfile; print(*sorted(zipfile.ZipFile(sys.argv[1]).namelist()))";
    let listed = ran(Command::new(PYTHON).args(["-c", script]).arg(charm)).stdout;
    assert_eq!(String::from_utf8(listed).unwrap().trim(), FILES.join(" "));
    fs::create_dir(into).unwrap();
    for name in FILES {
        fs::write(into.join(name), pack::entry(charm, name).unwrap()).unwrap();
    }
    fs::set_permissions(into.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// The program behind the hook tools, which Cargo builds beside the tests.
fn hook_tools() -> PathBuf {
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("hook-tools");
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

#[test]
#[ignore = "installs charmcraft and builds the charm anew: long, and in need of the network and of Debian with python3-apt"]
fn charmcraft_builds_the_root_s_charm_and_its_hook_runs() {
    let dir = tempfile::tempdir().unwrap();
    let source = source(dir.path());
    charmcraft(&source, &["pack", "--destructive-mode"]);
    let packed: Vec<_> = fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().path()).collect();
    let packed = packed.iter().find(|path| path.extension().is_some_and(|end| end == "charm")).unwrap();
    let charm = dir.path().join("charm");
    unpack(packed, &charm);
    let ours = pack::Charm::with_dispatch(&root(), Vec::new()).unwrap();
    assert_same(&ours, packed);
    for file in ["paas-config.yaml", "webcharm.yaml"] {
        assert_eq!(fs::read(charm.join(file)).unwrap(), ours.files[file].content, "{file}");
    }

    let unit: UnitName = "flask-k8s/0".parse().unwrap();
    let mut model = Model::new("test");
    model.deploy(unit.app(), CharmFiles::read(&charm).unwrap(), 1).unwrap();
    let server = Server::start(model, dir.path()).unwrap();
    let tools = dir.path().join("tools");
    install_tools(&tools, &hook_tools()).unwrap();
    let done = dispatch_process(&server, &unit, &Event::ConfigChanged, &charm, &DispatchOptions::new(tools)).unwrap();
    assert_eq!((done.exit, done.stdout.as_str(), done.stderr.as_str()), (Some(0), "", ""));
    let status = server.with(|model| model.status(&unit, Whose::Unit)).unwrap().unwrap();
    assert_eq!((status.kind, status.message.as_str()), (StatusKind::Waiting, "Waiting for pebble ready"));
}
