//! Integrations with real servers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Desk, page, wait_until};

/// True if PostgreSQL is installed; otherwise the test is skipped.
#[track_caller]
pub(crate) fn has_postgresql() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|entry| entry.path().join("bin/initdb")).any(|path| path.is_file());
    testkit::needs(found, "PostgreSQL (Debian's package postgresql)")
}

/// The sample with a page `/db`, on which the database tells its host, user and visits.
pub(crate) fn with_database(desk: &Desk) -> PathBuf {
    let project = desk.sample();
    let app = project.join("rock/flask/app.py");
    let mut text = fs::read_to_string(&app).unwrap();
    text.push_str(
        r#"

@app.get("/db")
def database():
    """Count visits in the database."""
    import psycopg

    with psycopg.connect(os.environ["POSTGRESQL_DB_CONNECT_STRING"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO visits DEFAULT VALUES")
        count = connection.execute("SELECT count(*) FROM visits").fetchone()[0]
        user = connection.execute("SELECT session_user").fetchone()[0]
        return {"host": os.environ["POSTGRESQL_DB_HOSTNAME"], "visits": count, "user": user}
"#,
    );
    fs::write(&app, text).unwrap();
    fs::write(project.join("rock/flask/requirements.txt"), "flask\ngunicorn\npsycopg[binary]\n").unwrap();
    project
}

fn database_page(desk: &Desk) -> serde_json::Value {
    desk.wait_for_application();
    serde_json::from_str(&page(&format!("{}/db", desk.url()))).unwrap()
}

/// Folder of a server's sockets and data.
fn data(desk: &Desk) -> PathBuf {
    desk.runtime().join("webcharm/local/postgresql-0")
}

fn whole_story(desk: &Desk) {
    let project = with_database(desk);
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let integrated = desk.ok(&["integrate", "flask-k8s", "postgresql"]);
    let ends = "flask-k8s:postgresql and postgresql-k8s:database";
    assert!(integrated.starts_with(&format!("integrated: {ends}\n")), "{integrated}");
    assert!(
        integrated.contains("webcharm remove-relation flask-k8s:postgresql postgresql-k8s:database"),
        "{integrated}"
    );
    let first = database_page(desk);
    assert_eq!(first["host"], "postgresql-k8s-primary.local.svc.cluster.local");
    assert_eq!(first["visits"], 1);

    let status = desk.ok(&["status", "--relations"]);
    assert!(status.contains("postgresql-k8s/0*  active"), "{status}");
    assert!(status.contains("postgresql-k8s:database"), "{status}");
    let again = desk.run(&["integrate", "postgresql"]);
    assert!(again.code == Some(1) && again.err.contains("remove-relation"), "{again:?}");

    desk.ok(&["remove-relation", "flask-k8s", "postgresql"]);
    assert!(!desk.ok(&["status", "--relations"]).contains("postgresql_client"));
    let gone = desk.run(&["remove-relation", "flask-k8s", "postgresql"]);
    assert!(gone.code == Some(1) && gone.err.contains("status --relations"), "{gone:?}");

    desk.ok(&["integrate", "postgresql-k8s", "flask-k8s:postgresql"]);
    let second = database_page(desk);
    assert_eq!(second["visits"], 2, "the database outlives the relation");
    assert_ne!(second["user"], first["user"], "its user doesn't");

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
    assert!(!Path::new(&data(desk)).exists());
}

#[test]
fn an_application_gets_a_real_database() {
    if has_postgresql() {
        whole_story(&Desk::new());
    }
}

#[test]
fn an_ordinary_user_s_application_gets_one_too() {
    if has_postgresql() {
        whole_story(&Desk::of_ordinary_user());
    }
}

#[test]
fn a_killed_model_takes_its_servers_with_it() {
    if !has_postgresql() {
        return;
    }
    let desk = Desk::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask");
    let mut up = desk.start(&["up", sample]);
    up.wait_for("running until Ctrl-C");
    desk.ok(&["integrate", "postgresql"]);
    assert!(data(&desk).join(".s.PGSQL.5432").exists());
    let before = desk.processes();
    up.signal(rustix::process::Signal::KILL);
    assert_eq!(up.end(), None);
    wait_until("the server ends with its model", || desk.processes().is_disjoint(&before));
    desk.ok(&["up", sample, "--detach"]);
    assert!(!data(&desk).exists(), "the next model has cleared the rest");
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn what_can_not_be_integrated_is_answered_with_what_can() {
    let desk = Desk::new();
    desk.ok(&["up", concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask"), "--detach"]);
    for (args, words) in [
        (&["integrate", "flask-k8s"][..], "webcharm integrate flask-k8s postgresql"),
        (&["integrate", "flask-k8s", "kafka"], "there is: postgresql, ingress"),
        (&["integrate", "flask-k8s", "certificates"], "`requires: certificates: {interface: tls-certificates}`"),
        (&["integrate", "shop", "postgresql"], "no application \"shop\""),
        (&["integrate", "flask-k8s:db", "postgresql"], "no endpoint \"db\"; there is: postgresql, mysql, mongodb"),
        (
            &["integrate", "flask-k8s", "postgresql:nope"],
            "\"postgresql-k8s\" has no endpoint \"nope\"; there is: database",
        ),
        (&["remove-relation", "flask-k8s", "postgresql"], "webcharm status --relations"),
        (&["remove-relation", "7"], "webcharm status --relations"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{args:?}: {ran:?}");
    }
    desk.ok(&["down"]);
}
