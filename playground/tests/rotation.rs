//! A server's credentials change, its place, and its TLS, while the sample is related to it: the application follows, and restarts
//! only then.

use std::path::Path;

use crate::inside::{SAMPLE, relocate, rotate, run, shown, variable};
use crate::support::{Desk, FORM, code, post};
use crate::tls;

const PASSWORD: &str = "POSTGRESQL_DB_PASSWORD";

/// A line that the migrations write.
const LINE: &str = "A ship in port is safe";

/// The database's user, by the database.
const USER: &str = r#"
import psycopg
with psycopg.connect(os.environ["POSTGRESQL_DB_CONNECT_STRING"], connect_timeout=10) as connection:
    (said,) = connection.execute("SELECT session_user").fetchone()
"#;

/// What the database says to another password.
fn refusal(desk: &Desk, password: &str) -> String {
    let program = format!(
        r#"
import psycopg
try:
    psycopg.connect(os.environ["POSTGRESQL_DB_CONNECT_STRING"], password={password:?}, connect_timeout=10).close()
    said = "welcome"
except psycopg.OperationalError as error:
    said = str(error)
"#
    );
    run(desk, &program).as_str().unwrap().to_owned()
}

fn whole_story(desk: &Desk) {
    desk.ok(&["up", SAMPLE, "--detach"]);
    for verb in ["rotate", "move"] {
        let idle = desk.run(&[verb, "postgresql"]);
        let why = "postgresql does not run: `webcharm integrate postgresql` starts it";
        assert!(idle.code == Some(1) && idle.err.contains(why), "{verb}: {idle:?}");
    }

    desk.ok(&["integrate", "postgresql"]);
    assert!(shown(desk).contains(LINE));
    let (user, first) = (run(desk, USER), variable(desk, PASSWORD).0);
    let told = rotate(desk, "postgresql", PASSWORD);
    assert!(told.starts_with("rotated: every integration of postgresql-k8s has new credentials\n"), "{told}");
    assert!(shown(desk).contains(LINE));
    let (second, _) = variable(desk, PASSWORD);
    assert_eq!(run(desk, USER), user, "the same user");
    assert_eq!(refusal(desk, &second), "welcome");
    let refused = refusal(desk, &first);
    assert!(refused.contains("password authentication failed"), "{refused}");

    let told = relocate(desk, "postgresql", "POSTGRESQL_DB_CONNECT_STRING");
    let place = "postgresql-k8s-primary-2.local.svc.cluster.local:15432";
    assert!(told.starts_with(&format!("moved: postgresql-k8s is at {place} now\n")), "{told}");
    assert!(shown(desk).contains(LINE), "the rows move with the server");
    assert_eq!(post(&desk.url(), FORM, "author=Ada&line=has+moved".to_owned()).0, 303);
    assert!(shown(desk).contains("Ada: has moved\n"));
    assert_eq!(run(desk, USER), user, "the same user");
    assert_eq!(refusal(desk, &second), "welcome", "with the same password");
    let process = variable(desk, PASSWORD).1;

    // An event that changes no variable leaves the application alone.
    desk.ok(&["config", "flask-k8s", "greeting=Hello from Flask!"]);
    assert_eq!(variable(desk, PASSWORD), (second, process));

    tls::comes_changes_and_goes(desk);
    assert!(shown(desk).contains(LINE));

    desk.ok(&["remove-relation", "flask-k8s", "postgresql"]);
    assert!(!shown(desk).contains(LINE));
    assert_eq!(post(&desk.url(), FORM, "line=x".to_owned()).0, 503, "its variables are gone");
    assert_eq!(code(&desk.url()), 200);
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn an_application_follows_its_database_s_new_password_and_place() {
    if testkit::needs(Path::new("/usr/lib/postgresql").is_dir(), "PostgreSQL (Debian's package postgresql)") {
        whole_story(&Desk::new());
    }
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn an_ordinary_user_s_application_follows_its_database_s_new_password_and_place() {
    if testkit::needs(Path::new("/usr/lib/postgresql").is_dir(), "PostgreSQL (Debian's package postgresql)") {
        whole_story(&Desk::of_ordinary_user());
    }
}
