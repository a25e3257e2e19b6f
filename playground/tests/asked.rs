//! Requests of a charm to the playground's servers that try to inject SQL or configuration.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::ingress::{has_nginx, with_ingress};
use crate::integration::has_postgresql;
use crate::support::{Desk, code, wait_until};

/// A charm that writes `databag` of its application and `unit` of its unit as soon as it is integrated.
fn charm(databag: &str, unit: &str) -> String {
    format!(
        "case $JUJU_DISPATCH_PATH in *-relation-created)\n\
         relation-set -r \"$JUJU_RELATION_ID\" --app {databag} && relation-set -r \"$JUJU_RELATION_ID\" {unit};;\n\
         *) status-set blocked 'there is no application';; esac"
    )
}

/// Starts a model with that charm. It stays up, although its application doesn't answer.
fn up(desk: &Desk, project: &Path) {
    let ran = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    assert!(ran.code == Some(1) && ran.out.contains("The model stays up."), "{ran:?}");
}

/// Output of `psql` for a query as the server's own user. Lets that user in without a password from now on.
fn psql(desk: &Desk, query: &str) -> String {
    psql_in(desk, "postgres", query)
}

/// The same in another database.
fn psql_in(desk: &Desk, database: &str, query: &str) -> String {
    let dir = desk.runtime().join("webcharm/local/postgresql-0");
    fs::write(dir.join("data/pg_hba.conf"), "local all webcharm trust\n").unwrap();
    reload(&dir.join("data"));
    let output = RefCell::default();
    wait_until("the server lets us in", || {
        let mut command = Command::new(programs().join("psql"));
        command.args(["-w", "-h", dir.to_str().unwrap(), "-U", "webcharm", "-d", database, "-AtXc", query]);
        let said = command.output().unwrap();
        output.replace(String::from_utf8(said.stdout).unwrap());
        said.status.success()
    });
    output.take()
}

/// Makes the server with the folder `data` read its settings again. Its own pid file has the id in its namespace.
fn reload(data: &Path) {
    let data = fs::metadata(data).unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    for process in processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        let works_in = fs::metadata(format!("/proc/{process}/cwd"));
        if works_in.is_ok_and(|folder| (folder.dev(), folder.ino()) == (data.dev(), data.ino())) {
            let _ = kill_process(Pid::from_raw(process).unwrap(), Signal::HUP);
        }
    }
}

fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap().flatten();
    versions.map(|entry| entry.path().join("bin")).find(|bin| bin.join("psql").is_file()).unwrap()
}

fn roles_and_databases(desk: &Desk) -> String {
    psql(
        desk,
        "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' UNION ALL \
         SELECT 'database ' || datname FROM pg_database ORDER BY 1",
    )
}

const NONE: &str = "database postgres\ndatabase template0\ndatabase template1\nwebcharm\n";

#[test]
fn a_database_s_name_stays_a_name() {
    if !has_postgresql() {
        return;
    }
    for name in ["x\"; DROP ROLE relation_0; --", "x'; SELECT pg_sleep(99); --", "a\\b{c};$$d$$", "ä ö"] {
        let desk = Desk::new().with_charm(&charm(&format!("database={}", quoted(name)), "a=b"));
        up(&desk, &desk.sample());
        let ran = desk.run(&["integrate", "postgresql"]);
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        let mut wanted: Vec<String> = NONE.lines().map(str::to_owned).collect();
        wanted.extend([format!("database {name}"), format!("{name}_owner"), "relation_1".to_owned()]);
        let found = roles_and_databases(&desk);
        let mut found: Vec<&str> = found.lines().collect();
        wanted.sort();
        found.sort_unstable();
        assert_eq!(found, wanted);
        desk.ok(&["down"]);
    }
}

/// Quotes a text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn a_database_that_is_not_the_application_s_is_refused_by_name() {
    if !has_postgresql() {
        return;
    }
    for (name, why) in [
        ("template1".to_owned(), "that name is PostgreSQL's own"),
        ("pg_database".to_owned(), "that name is PostgreSQL's own"),
        ("x".repeat(60), "it is longer than 57 bytes"),
    ] {
        let desk = Desk::new().with_charm(&charm(&format!("database={name}"), "a=b"));
        up(&desk, &desk.sample());
        let ran = desk.run(&["integrate", "postgresql"]);
        assert!(ran.out.contains("\"database\" can't be served") && ran.out.contains(why), "{name}: {ran:?}");
        let told = format!("error: relation 1: the application's \"database\" can't be served: {why}");
        assert!(ran.code == Some(1) && ran.err.contains(&told), "{name}: {ran:?}");
        let remedy = "its charm has to ask for another, or `webcharm remove-relation 1` ends it";
        assert!(ran.err.contains(remedy) && !ran.out.contains("integrated: "), "{name}: {ran:?}");
        assert_eq!(roles_and_databases(&desk), NONE);
        desk.ok(&["down"]);
    }
}

#[test]
fn a_user_has_the_roles_that_its_application_requests() {
    if !has_postgresql() {
        return;
    }
    let desk = Desk::new().with_charm(&charm("database=shop extra-user-roles=SUPERUSER,createdb,pg_monitor", "a=b"));
    up(&desk, &desk.sample());
    desk.ok(&["integrate", "postgresql"]);
    let query = "SELECT rolsuper, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = 'relation_1'";
    assert_eq!(psql(&desk, query), "t|t|f\n");
    let groups = "SELECT roleid::regrole FROM pg_auth_members WHERE member = 'relation_1'::regrole ORDER BY roleid::regrole::text";
    assert_eq!(psql(&desk, groups), "pg_monitor\nshop_owner\n");
    assert_eq!(psql(&desk, "SELECT count(*) FROM pg_db_role_setting"), "0\n", "it begins as itself");
    // Objects of its own, there and elsewhere, don't keep it from going.
    psql_in(&desk, "shop", "SET ROLE relation_1; CREATE TABLE orders ()");
    psql(&desk, "CREATE DATABASE other OWNER relation_1");
    desk.ok(&["remove-relation", "1"]);
    assert_eq!(psql(&desk, "SELECT count(*) FROM pg_roles WHERE rolname = 'relation_1'"), "0\n");
    let owner = psql_in(&desk, "shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'");
    assert_eq!(owner, "shop_owner\n", "the rows stay");
    assert_eq!(psql(&desk, "SELECT datdba::regrole FROM pg_database WHERE datname = 'other'"), "webcharm\n");
    desk.ok(&["down"]);
}

#[test]
fn a_role_that_postgresql_does_not_have_is_refused_by_its_key() {
    if !has_postgresql() {
        return;
    }
    for role in ["webcharm", "x; DROP ROLE webcharm"] {
        let databag = format!("database=shop {}", quoted(&format!("extra-user-roles={role}")));
        let desk = Desk::new().with_charm(&charm(&databag, "a=b"));
        up(&desk, &desk.sample());
        let ran = desk.run(&["integrate", "postgresql"]);
        let told = "error: relation 1: the application's \"extra-user-roles\" can't be served: it has a role";
        assert!(ran.code == Some(1) && ran.err.contains(told), "{role}: {ran:?}");
        assert_eq!(roles_and_databases(&desk), NONE);
        desk.ok(&["down"]);
    }
}

#[test]
fn what_is_asked_of_an_ingress_stays_out_of_its_configuration() {
    if !has_nginx() {
        return;
    }
    let configuration =
        |desk: &Desk| fs::read_to_string(desk.runtime().join("webcharm/local/ingress/nginx.conf")).unwrap();
    let hostile = ";} } server { listen 80; location / { return 200; }";
    for (model, name, strip, key) in [
        (hostile, "app", "true", "model"),
        ("local", hostile, "true", "name"),
        ("local", "a$host", "false", "name"),
        ("local", "app", "\"true;}\"", "strip-prefix"),
    ] {
        let app = [format!("model=\"{model}\""), format!("name=\"{name}\""), format!("strip-prefix={strip}")];
        let app = app.map(|pair| quoted(&pair)).join(" ") + " port=8000";
        let unit = format!("{} {}", quoted(&format!("host=\"{hostile}\"")), quoted("ip=\"10.1.1.10\""));
        let desk = Desk::new().with_charm(&charm(&app, &unit));
        up(&desk, &with_ingress(&desk));
        let ran = desk.run(&["integrate", "ingress"]);
        assert!(ran.out.contains(&format!("{key:?} can't be served")), "{key}: {ran:?}");
        let text = configuration(&desk);
        assert!(!text.contains("listen 80") && !text.contains("    upstream "), "{text}");
        desk.ok(&["down"]);
    }
    let app = format!("{} {} port=8000", quoted("model=\"local\""), quoted("name=\"app\""));
    let unit = quoted(&format!("host=\"{hostile}\""));
    let desk = Desk::new().with_charm(&charm(&app, &unit));
    up(&desk, &with_ingress(&desk));
    desk.ok(&["integrate", "ingress"]);
    assert!(!configuration(&desk).contains("listen 80"));
    let url = desk.status()["applications"]["nginx-ingress-integrator"]["url"].as_str().unwrap().to_owned();
    assert_eq!(code(&format!("{url}/")), 503, "no unit has opened its port");
    desk.ok(&["down"]);
}
