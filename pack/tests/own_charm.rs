//! Charms with a program of their own. The one that `init --charm` begins, outside of this repository: its own test passes,
//! and the packed program runs. And the example that extends webcharm's charm, packed by the command.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs programs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use juju::{ActionEvent, CharmFiles, Databag, Entity, Event, Role, StatusKind, UnitName, Whose};
use juju_testing::{ActionStatus, DispatchOptions, Model, Server, dispatch_process, endpoint, install_tools};
use pack::{Charm, CrateSource, Profile, RustPart};
use pebble::plan::Layer;
use pebble_fake::Pebble;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Folder of the outputs of builds, for all tests of this file.
fn outputs() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-charm")
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
        outputs()
    );
    fs::write(folder.join(".cargo/config.toml"), settings).unwrap();
    folder
}

/// A program that Cargo builds beside the tests.
fn beside(program: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join(program);
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

/// Unpacks the `.charm` file as Juju does.
fn unpack(charm: &Path, into: &Path) {
    let file = fs::File::open(charm).unwrap_or_else(|error| panic!("{}: {error}", charm.display()));
    zip::ZipArchive::new(file).unwrap().extract(into).unwrap();
}

#[test]
#[ignore = "builds the charm framework anew: long"]
fn a_begun_charm_passes_its_own_test_without_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let folder = begun(dir.path());
    let ran = Command::new(env!("CARGO")).args(["test", "--offline"]).current_dir(&folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains("test it_greets_the_name_in_its_option ... ok"), "{out}\n{err}");
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
    install_tools(&tools, &beside("hook-tools")).unwrap();
    let options = DispatchOptions::new(tools);
    let ran = dispatch_process(&server, &unit, &Event::ConfigChanged, &unpacked, &options).unwrap();
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
    let status = server.with(|model| model.status(&unit, Whose::Unit)).unwrap().unwrap();
    assert_eq!(status.to_string(), "active: Hello, world!");
    assert_eq!(ran.counts().values().sum::<usize>(), 2, "config-get and status-set: {:?}", ran.counts());
}

/// The packed program has the interface, the variable and the action of its crate, beside all that is webcharm's.
#[test]
#[ignore = "builds the whole charm anew: long"]
fn the_example_with_a_crate_of_its_own_is_packed_by_the_command_and_run() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(beside("webcharm"));
    command.arg("pack").arg(repository().join("examples/extended")).arg("--output").arg(dir.path());
    command.env("CARGO_TARGET_DIR", outputs());
    command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    let packed = command.output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let charm = PathBuf::from(String::from_utf8(packed.stdout).unwrap().trim());
    assert_eq!(charm, dir.path().join("shop_amd64.charm"));
    let (unpacked, tools, containers) = (dir.path().join("charm"), dir.path().join("tools"), dir.path().join("pods"));
    unpack(&charm, &unpacked);

    let pebble = Arc::new(Mutex::new(Pebble::default()));
    let layer = "services: {go: {override: replace, startup: enabled, command: shop, user: _daemon_}}";
    let layer = Layer { label: "rock".to_owned(), ..Layer::parse(layer.as_bytes()).unwrap() };
    pebble.lock().unwrap().add_layer(layer, true).unwrap();
    let _pebble = pebble_fake::Server::start(containers.join("app/pebble.socket"), Arc::clone(&pebble)).unwrap();

    let unit: UnitName = "shop/0".parse().unwrap();
    let mut model = Model::new("test");
    model.deploy(unit.app(), CharmFiles::read(&unpacked).unwrap(), 1).unwrap();
    model.add_application("elastic", vec![endpoint("search", Role::Provides, "shop_search")], 1).unwrap();
    let server = Server::start(model, dir.path()).unwrap();
    install_tools(&tools, &beside("hook-tools")).unwrap();
    let options = DispatchOptions { containers_dir: Some(containers), ..DispatchOptions::new(tools) };
    let dispatch = |event: &Event| dispatch_process(&server, &unit, event, &unpacked, &options).unwrap();
    let status_after_all_events = || {
        while let Some(event) = server.with(|model| model.next_event(&unit)) {
            let ran = dispatch(&event);
            assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""), "{event:?}");
        }
        server.with(|model| model.status(&unit, Whose::Unit)).unwrap().unwrap()
    };
    assert_eq!(status_after_all_events().to_string(), "blocked: missing integrations: search");

    server.with(|model| {
        let id = model.integrate("shop:search", "elastic:search").unwrap();
        let host = Databag::from_iter([("host", "e-0")]);
        model.set_databag(id, &Entity::Unit(UnitName::new("elastic", 0)), &host).unwrap();
    });
    assert_eq!(status_after_all_events().kind, StatusKind::Active);
    let variables = pebble.lock().unwrap().plan().services["go"].environment.clone();
    assert_eq!(
        (variables["SEARCH_SERVERS"].as_str(), variables["SHOP_TITLE"].as_str()),
        ("http://e-0:9200", "Shop of test")
    );

    let params = serde_json::json!({"kind": "pets"});
    let id = server.with(|model| model.run_action(&unit, "reindex", params.as_object().unwrap())).unwrap();
    let action = dispatch(&Event::Action(ActionEvent { name: "reindex".to_owned(), id })).action.unwrap();
    let refusal = "there are no pets: take books, toys or all";
    assert_eq!((action.status, action.failure.as_deref()), (ActionStatus::Failed, Some(refusal)));
}
