//! A framework that the charm does not support: one file of tables, and an application that is built and run.
//! `docs/add-a-framework.md` shows the same code.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use juju::{CharmFiles, Context, Event, Juju, Port, StatusKind, UnitName, Whose};
use juju_testing::{Model, ModelBackend};
use tempfile::TempDir;
use webcharm::charm_spec::{CharmSpec, Switches};
use webcharm::{pipeline, work};

use crate::support::{Pod, Rock, repository};

#[path = "../fixtures/custom_framework/rust.rs"]
#[allow(unreachable_pub, reason = "the file is as it would be in the crate")]
mod rust;

const CHARM: &str = include_str!("../fixtures/custom_framework/charmcraft.yaml");

/// Builds the application as a static program, which runs in any container.
fn built(into: &Path) -> PathBuf {
    let program = into.join("shop");
    let source = repository().join("tests/fixtures/custom_framework/shop.rs");
    let done = Command::new("rustc")
        .args(["--edition", "2024", "-C", "target-feature=+crt-static", "-o"])
        .args([&program, &source])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    program
}

/// A unit whose charm runs in this process, with its pod.
struct Unit {
    model: RefCell<Model>,
    name: UnitName,
    spec: CharmSpec,
    pod: Pod,
    _dir: TempDir,
}

impl Unit {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let migration = "echo migrated by $(id -u) >> /tmp/migrated\n";
        let rock = Rock::from("").layer(include_str!("../fixtures/custom_framework/layer.yaml"));
        let rock = rock.built("usr/local/bin/shop", &built(dir.path())).file("app/migrate.sh", migration);
        let pod = Pod::start(dir.path(), rock);
        let files = CharmFiles::parse_charmcraft("charmcraft.yaml", CHARM).unwrap();
        // The list of frameworks lacks this one, so the charm's files are read as Go's.
        let go = Switches { framework: Some("go".to_owned()), ..Switches::default() };
        let spec = CharmSpec { framework: &rust::RUST, ..CharmSpec::of(&files, &go).unwrap() };
        let mut model = Model::new("test");
        model.deploy("shop", files, 1).unwrap();
        Self { model: RefCell::new(model), name: UnitName::new("shop", 0), spec, pod, _dir: dir }
    }

    fn configure(&mut self, option: &str, value: &str) {
        let settings = BTreeMap::from([(option.to_owned(), value.to_owned())]);
        self.model.get_mut().configure_text("shop", &settings).unwrap();
        self.settle();
    }

    fn settle(&mut self) {
        loop {
            let next = self.model.borrow().next_event(&self.name);
            let Some(event) = next else { break };
            self.run(&event);
        }
    }

    fn run(&mut self, event: &Event) {
        let hook = self.model.get_mut().begin(&self.name, event.clone()).unwrap();
        let backend = ModelBackend::new(&self.model, hook.clone());
        let vars = [
            ("JUJU_UNIT_NAME", "shop/0"),
            ("JUJU_MODEL_NAME", "test"),
            ("JUJU_MODEL_UUID", "20ce8299-3634-4bef-8bd8-5ace6c8816b4"),
            ("JUJU_VERSION", "3.6.12"),
            ("JUJU_DISPATCH_PATH", "hooks/start"),
        ];
        let vars: BTreeMap<_, _> = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let context = Context { event: event.clone(), ..Context::read(&vars).unwrap() };
        let (juju, work) = (Juju::new(&context, &backend), work::of(event, &self.spec));
        if !work.is_nothing() {
            let pebble = pebble::blocking::Client::new(&self.pod.socket);
            pipeline::run(&work, &juju, &pebble, &self.spec, SystemTime::UNIX_EPOCH, &mut || [7; 64]).unwrap();
        }
        self.model.get_mut().finish(&hook, true).unwrap();
    }

    #[track_caller]
    fn expect(&self, kind: StatusKind, message: &str) {
        let status = self.model.borrow().status(&self.name, Whose::Unit).unwrap().unwrap();
        assert_eq!((status.kind, status.message.as_str()), (kind, message));
    }
}

#[test]
fn a_custom_framework_is_one_file_and_runs_its_application() {
    let mut unit = Unit::start();
    unit.settle();
    unit.expect(StatusKind::Active, "");
    unit.configure("app-port", "8000");
    unit.expect(StatusKind::Active, "");
    assert_eq!(unit.model.borrow().ports(&unit.name).unwrap().iter().collect::<Vec<_>>(), [&Port::tcp(8000)]);
    let page = unit.pod.page("/");
    for line in ["APP_BASE_URL=http://shop.test:8000\n", "RUST_BACKTRACE=1\n", "migrated by "] {
        assert!(page.contains(line), "{line} isn't in {page}");
    }
    assert_eq!(page.matches("migrated by ").count(), 1, "{page}");
    unit.configure("greeting", "ahoy");
    unit.pod.page_with("/", "APP_GREETING=ahoy\n");
    let state = |unit: &Unit| {
        let pebble = pebble::blocking::Client::new(&unit.pod.socket);
        (pebble.plan().unwrap(), pebble.services(&[]).unwrap())
    };
    let before = state(&unit);
    unit.run(&Event::UpdateStatus);
    assert_eq!(state(&unit), before, "an event without changes has no effects");
    unit.configure("app-port", "0");
    unit.expect(StatusKind::Blocked, "invalid options: app-port (must be from 1 to 65535)");
    assert_eq!(state(&unit), before);
}

#[test]
fn the_document_shows_the_file_that_the_test_runs() {
    let document = std::fs::read_to_string(repository().join("docs/add-a-framework.md")).unwrap();
    for file in ["rust.rs", "layer.yaml"] {
        let text = std::fs::read_to_string(repository().join("tests/fixtures/custom_framework").join(file)).unwrap();
        assert!(document.contains(&text), "docs/add-a-framework.md shows another {file}");
    }
}
