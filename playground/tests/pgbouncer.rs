//! The PgBouncer charm in a model: a real PostgreSQL, the real PgBouncer in three pods, and the Flask sample behind it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pebble::blocking::Client;
use pebble::types::{ExecOptions, WriteFile};

use crate::integration::has_postgresql;
use crate::support::{Desk, wait_until};

/// Holds a transaction open from one file's appearance to another's.
const TRANSACTION: &str = "CREATE TABLE held (number int);
BEGIN; INSERT INTO held VALUES (1);
\\! touch /tmp/begun; while [ ! -e /tmp/go ]; do sleep 0.05; done
INSERT INTO held VALUES (2); COMMIT; SELECT 'rows: ' || count(*) FROM held;
";

/// The programs of the test.
fn can_run() -> bool {
    has_postgresql()
        && testkit::needs(Path::new("/usr/sbin/pgbouncer").exists(), "pgbouncer (scripts/packages)")
        && testkit::needs(psql().is_some(), "psql (scripts/packages)")
}

/// Debian's client itself: the one on `PATH` is a script that needs more of the machine.
pub(crate) fn psql() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.map(|version| version.path().join("bin/psql")).find(|path| path.is_file())
}

struct Model {
    desk: Desk,
}

impl Model {
    fn up() -> Self {
        let desk = Desk::new();
        desk.ok(&["up", &desk.built_charm("charms/pgbouncer", "pgbouncer"), "--integrate", "postgresql", "--detach"]);
        desk.ok(&["add-unit", "pgbouncer-k8s", "-n", "2"]);
        Self { desk }
    }

    fn pebble(&self, unit: &str, container: &str) -> Client {
        let containers = self.desk.runtime().join("webcharm/local/containers");
        Client::new(containers.join(unit.replace('/', "-")).join(container).join("pebble.socket"))
    }

    fn statuses(&self, app: &str) -> Vec<String> {
        let status = self.desk.status();
        let units = status["applications"][app]["units"].as_object().unwrap();
        let shown = |unit: &serde_json::Value| {
            let status = &unit["workload-status"];
            [&status["current"], &status["message"]].map(|text| text.as_str().unwrap_or_default()).join(": ")
        };
        units.values().map(shown).collect()
    }

    /// The database's address with its credentials, as the application has it.
    fn uri(&self) -> String {
        let plan = self.pebble("flask-k8s/0", "flask-app").plan().unwrap();
        plan.services["flask"].environment["POSTGRESQL_DB_CONNECT_STRING"].clone()
    }

    /// Runs psql in the application's pod: its output, or else its error.
    fn ask(&self, uri: &str, script: &str) -> Result<String, String> {
        let options = ExecOptions {
            stdin: Some(script.as_bytes().to_vec()),
            timeout: Some(Duration::from_secs(120)),
            ..ExecOptions::new([psql().unwrap().to_str().unwrap(), uri, "-v", "ON_ERROR_STOP=1", "-At"])
        };
        let ran = self.pebble("flask-k8s/0", "flask-app").exec(&options).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if ran.exit_code == 0 { Ok(text(&ran.stdout)) } else { Err(text(&ran.stderr)) }
    }

    /// Processes of all instances, and how often each has read its configuration again.
    fn instances(&self) -> BTreeMap<String, (String, usize)> {
        let mut instances = BTreeMap::new();
        for unit in (0..3).map(|number| format!("pgbouncer-k8s/{number}")) {
            let pebble = self.pebble(&unit, "pgbouncer");
            for service in pebble.services(&[]).unwrap() {
                let number = service.name.rsplit('_').next().unwrap();
                let read = |path: String| String::from_utf8(pebble.read_file(&path, 1 << 20).unwrap()).unwrap();
                let pid = read(format!("/var/lib/pgbouncer/instance_{number}/pgbouncer.pid"));
                let log = read(format!("/var/log/pgbouncer/instance_{number}/pgbouncer.log"));
                let reloads = log.lines().filter(|line| line.contains("got SIGHUP")).count();
                instances.insert(format!("{unit} {number}"), (pid, reloads));
            }
        }
        instances
    }
}

fn an_open_transaction_lives_through_a_change_of_an_option(model: &Model) {
    let (uri, before) = (model.uri(), model.instances());
    let flask = model.pebble("flask-k8s/0", "flask-app");
    std::thread::scope(|scope| {
        let held = scope.spawn(|| model.ask(&uri, TRANSACTION));
        wait_until("the transaction is open", || held.is_finished() || flask.read_file("/tmp/begun", 1).is_ok());
        model.desk.ok(&["config", "pgbouncer-k8s", "max_db_connections=40"]);
        wait_until("every instance has read the change", || {
            model.instances().iter().all(|(name, (_, reloads))| *reloads > before[name].1)
        });
        flask.write_file("/tmp/go", &b""[..], &WriteFile::default()).unwrap();
        let held = held.join().unwrap();
        assert!(held.as_ref().is_ok_and(|out| out.ends_with("rows: 2\n")), "{held:?}");
    });
    let pids = |all: &BTreeMap<String, (String, usize)>| all.values().map(|(pid, _)| pid.clone()).collect::<Vec<_>>();
    assert_eq!(pids(&model.instances()), pids(&before), "no instance was started again");
}

/// The pooler follows a database that moves; the application's variables stay, so it runs on.
fn a_database_that_moves_is_found_by_the_pooler_alone(model: &Model) {
    let running = || {
        let services = model.pebble("flask-k8s/0", "flask-app").services(&["flask"]).unwrap();
        (model.uri(), services[0].current_since.clone())
    };
    let before = running();
    model.desk.ok(&["move", "postgresql"]);
    wait_until("the pooler leads to it", || model.ask(&before.0, "SELECT 1") == Ok("1\n".to_owned()));
    assert_eq!(running(), before);
    assert_eq!(model.statuses("pgbouncer-k8s"), ["active: "; 3]);
}

/// TLS to clients and TLS of the backend come with an authority each, and go with it.
fn tls_comes_with_an_authority_and_goes_with_it(model: &Model) {
    let encrypted = format!("{}?sslmode=require", model.uri());
    // The instances of a unit share the port.
    let many = |query: &str| (0..8).map(|_| model.ask(&encrypted, query)).collect::<Vec<_>>();
    let refused = many("SELECT 1");
    assert!(refused.iter().all(|answer| answer.as_ref().is_err_and(|why| why.contains("SSL"))), "{refused:?}");
    model.desk.ok(&["integrate", "pgbouncer-k8s", "certificates"]);
    wait_until("all instances speak TLS", || many("SELECT 1").iter().all(Result::is_ok));
    assert_eq!(model.statuses("pgbouncer-k8s"), ["active: "; 3]);
    model.desk.wait_for_application();
    let page = http_client::page(&model.desk.url()).unwrap();
    assert!(page.contains("A ship in port is safe"), "the application verifies PgBouncer: {page}");

    // The server tells the user alone who has signed in.
    let backend = "BEGIN; SET LOCAL ROLE NONE; SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid(); COMMIT;";
    let is_encrypted = |answer: &Result<String, String>| answer.as_ref().is_ok_and(|rows| rows.contains("\nt\n"));
    assert!(!many(backend).iter().any(is_encrypted));
    model.desk.ok(&["integrate", "postgresql", "certificates"]);
    wait_until("PgBouncer's connections are encrypted", || many(backend).iter().all(is_encrypted));
    assert_eq!(model.statuses("pgbouncer-k8s"), ["active: "; 3]);

    model.desk.ok(&["remove-application", "certificates"]);
    wait_until("no instance speaks TLS", || many("SELECT 1").iter().all(Result::is_err));
    // For a while after the server refused one of its connections, PgBouncer refuses its clients.
    wait_until("clients are served", || model.ask(&model.uri(), "SELECT 1") == Ok("1\n".to_owned()));
}

#[test]
#[ignore = "long: three pods of PgBouncer and a rock with its packages"]
fn an_application_reaches_its_database_through_three_units_of_pgbouncer() {
    if !can_run() {
        return;
    }
    let model = Model::up();
    assert_eq!(model.statuses("pgbouncer-k8s"), ["active: "; 3]);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/flask");
    model.desk.ok(&["deploy", sample.to_str().unwrap()]);
    model.desk.ok(&["integrate", "flask-k8s", "pgbouncer-k8s"]);
    assert!(model.uri().contains("@pgbouncer-k8s-0.pgbouncer-k8s-endpoints.local.svc.cluster.local:6432/"));
    model.desk.wait_for_application();
    let page = http_client::page(&model.desk.url()).unwrap();
    assert!(page.contains("A ship in port is safe"), "a row of the migration: {page}");

    an_open_transaction_lives_through_a_change_of_an_option(&model);
    a_database_that_moves_is_found_by_the_pooler_alone(&model);
    tls_comes_with_an_authority_and_goes_with_it(&model);

    model.desk.ok(&["remove-unit", "pgbouncer-k8s", "--num-units", "1"]);
    model.desk.wait_for_application();
    assert_eq!(model.statuses("pgbouncer-k8s"), ["active: "; 2]);
    model.desk.ok(&["down"]);
}
