//! The charm that `init --charm` begins, outside of this repository: its own test passes, and the packed program runs.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs programs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use juju::{CharmFiles, Event, UnitName, Whose};
use juju_testing::{DispatchOptions, Model, Server, dispatch_process, install_tools};
use pack::{Charm, CrateSource, Profile, RustPart};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A charm in a folder that no other workspace is above of, with this repository's versions of all packages.
fn begun(dir: &Path) -> PathBuf {
    let folder = dir.join("hello");
    pack::init_charm(&folder, "hello-charm", &CrateSource::Folder(repository().canonicalize().unwrap())).unwrap();
    fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    // Where the outputs of one run serve the next. A test's binary need not be small.
    fs::create_dir(folder.join(".cargo")).unwrap();
    let settings = format!(
        "[build]\ntarget-dir = {:?}\n[profile.dev]\ndebug = \"line-tables-only\"\n[profile.release]\nlto = \"off\"\ncodegen-units = 16\n",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-charm")
    );
    fs::write(folder.join(".cargo/config.toml"), settings).unwrap();
    folder
}

/// The program behind the hook tools, which Cargo builds beside the tests.
fn hook_tools() -> PathBuf {
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("hook-tools");
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

#[test]
#[ignore = "builds the charm framework anew: long"]
fn a_begun_charm_passes_its_own_test_without_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let folder = begun(dir.path());
    let ran = Command::new(env!("CARGO")).args(["test", "--offline"]).current_dir(&folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains("test tests::the_greeting_is_the_status ... ok"), "{out}\n{err}");
    assert!(!err.contains("warning"), "{err}");
}

#[test]
#[ignore = "builds the charm framework anew: long"]
fn a_begun_charm_is_built_packed_and_run() {
    let dir = tempfile::tempdir().unwrap();
    let folder = begun(dir.path());
    let program = RustPart::of(&folder).unwrap().unwrap().build(Profile::Release).unwrap();
    assert!(!program.windows(5).any(|bytes| bytes == b"/ld-l"), "it names no loader: it is static");
    let (unpacked, tools) = (dir.path().join("charm"), dir.path().join("tools"));
    Charm::with_dispatch(&folder, program).unwrap().unpack(&unpacked).unwrap();

    let unit: UnitName = "hello-charm/0".parse().unwrap();
    let mut model = Model::new("test");
    model.deploy(unit.app(), CharmFiles::read(&unpacked).unwrap(), 1).unwrap();
    let server = Server::start(model, dir.path()).unwrap();
    install_tools(&tools, &hook_tools()).unwrap();
    let options = DispatchOptions::new(tools);
    let ran = dispatch_process(&server, &unit, &Event::ConfigChanged, &unpacked, &options).unwrap();
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
    let status = server.with(|model| model.status(&unit, Whose::Unit)).unwrap().unwrap();
    assert_eq!(status.to_string(), "active: hello");
    assert_eq!(ran.counts().values().sum::<usize>(), 2, "config-get and status-set: {:?}", ran.counts());
}
