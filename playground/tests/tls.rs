//! TLS of the database: the sample verifies the server by the file of its authority, and follows when TLS comes, when it changes
//! and when it goes.

use certify::Authority;
use serde_json::{Value, json};

use crate::inside::{relocate, rotate, run, starts, variable};
use crate::support::Desk;

/// True if the sample's own connections are encrypted, by the server's word, which it tells the user alone who has signed in.
const ENCRYPTED: &str = r#"
import sys
sys.path.insert(0, "/flask/app")
from app import entries
with entries.connect() as connection:
    connection.execute("SET ROLE NONE")
    (said,) = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
"#;

/// The traces of TLS in the application's variables, and among its files.
const TRACES: &str = r#"
said = sorted(name for name in os.environ if "_TLS" in name)
said += [path.name for path in pathlib.Path("/flask/app").glob("webcharm-*")]
"#;

/// The answers to a client without TLS, and to one that trusts another authority.
fn refusals(desk: &Desk) -> Vec<String> {
    let stranger = Authority::draw("a stranger").unwrap();
    let program = format!(
        r#"
import psycopg, tempfile
def refusal(**options):
    try:
        psycopg.connect(os.environ["POSTGRESQL_DB_CONNECT_STRING"], connect_timeout=10, **options).close()
        return "welcome"
    except psycopg.OperationalError as error:
        return str(error)
with tempfile.NamedTemporaryFile("w", suffix=".pem") as stranger:
    stranger.write({:?})
    stranger.flush()
    said = [refusal(sslmode="disable"), refusal(sslmode="verify-full", sslrootcert=stranger.name)]
"#,
        stranger.certificate()
    );
    serde_json::from_value(run(desk, &program)).unwrap()
}

/// TLS comes with an authority, changes with another one, stays when the server moves, and goes with the relation; each is one
/// restart.
pub(crate) fn comes_changes_and_goes(desk: &Desk) {
    let starts = || starts(desk).len();
    let before = starts();
    let integrated = desk.ok(&["integrate", "postgresql-k8s", "self-signed-certificates"]);
    let ends = "postgresql-k8s:certificates and self-signed-certificates:certificates";
    assert!(integrated.starts_with(&format!("integrated: {ends}\n")), "{integrated}");
    assert_eq!(run(desk, ENCRYPTED), Value::Bool(true));
    assert_eq!(variable(desk, "POSTGRESQL_DB_TLS").0, "true");
    let refused = refusals(desk);
    assert!(refused[0].contains("no encryption") && refused[1].contains("certificate verify failed"), "{refused:?}");
    assert_eq!(starts(), before + 1);

    rotate(desk, "certificates", "POSTGRESQL_DB_TLS_CA");
    assert_eq!(run(desk, ENCRYPTED), Value::Bool(true), "the file has the new authority");
    assert_eq!(starts(), before + 2);

    relocate(desk, "postgresql", "POSTGRESQL_DB_CONNECT_STRING");
    assert_eq!(run(desk, ENCRYPTED), Value::Bool(true), "the certificate has the new name");

    desk.ok(&["remove-relation", "postgresql", "certificates"]);
    assert_eq!(run(desk, ENCRYPTED), Value::Bool(false));
    assert_eq!(run(desk, TRACES), json!([]));
    assert_eq!(starts(), before + 4);
}
