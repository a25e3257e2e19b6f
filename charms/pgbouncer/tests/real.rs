//! The charm with the real PgBouncer under a supervisor, and a real PostgreSQL.

use std::fs;
use std::os::unix::fs::MetadataExt;

use juju::{RelationId, Status};
use pgbouncer::{Connection, Session};

use crate::support::World;
use crate::support::container::{REAL, ids_of, until};
use crate::support::postgresql::{Postgresql, login, programs, psql};

/// True if this machine has the programs.
pub(crate) fn can_run() -> bool {
    testkit::needs(std::path::Path::new(REAL).exists(), "pgbouncer (scripts/packages)")
        && testkit::needs(programs().is_some(), "postgresql (scripts/packages)")
}

/// Credentials of a client, as it reads them.
pub(crate) fn credentials(world: &World, client: &str, id: RelationId) -> (String, String) {
    let read = world.client_reads(client, id);
    let database = read.ready().unwrap_or_else(|| panic!("{read:?}: {:#?}", world.log.borrow()));
    let text = |secret: &Option<juju::Secret>| secret.as_ref().unwrap().expose().to_owned();
    (text(&database.username), text(&database.password))
}

/// A server, and units with a client that has the database `shop`.
pub(crate) fn served(method: &str, units: u32) -> (Postgresql, World, RelationId) {
    let server = Postgresql::start(method);
    let mut world = World::real(server.port, units);
    world.start();
    world.add_backend();
    assert_eq!(world.status(0), Status::active(""), "{:#?}", world.log.borrow());
    let id = world.add_client("web", "shop");
    world.settle();
    (server, world, id)
}

/// Asks the console of an instance, over the port.
pub(crate) fn console(world: &World, query: &str) -> String {
    let password = world.own_secret("admin-password");
    let user = "pgbouncer_admin_pgbouncer_k8s";
    psql("127.0.0.1", world.listen_port(), user, &password, "dbname=pgbouncer", query).unwrap()
}

#[test]
fn a_client_works_through_pgbouncer_and_a_reload_keeps_its_transaction() {
    if !can_run() {
        return;
    }
    let (server, world, id) = served("scram-sha-256", 1);
    let (user, password) = credentials(&world, "web", id);
    let login = login("127.0.0.1", world.listen_port(), &user, &password);
    let mut client = Connection::open(&login, "shop").unwrap_or_else(|error| {
        let log = world.container(0).file("log/instance_0/pgbouncer.log");
        panic!("{}: {log:?}", juju::chain(&error))
    });
    client.run("RESET ROLE; CREATE TABLE orders (number int)").unwrap();
    client.run("BEGIN; INSERT INTO orders VALUES (7)").unwrap();
    world.configure("max_db_connections", 60);
    world.settle();
    until("the console shows the new limit", || {
        (0..8).all(|_| console(&world, "SHOW CONFIG").contains("max_db_connections|60|"))
    });
    client.run("INSERT INTO orders VALUES (8); COMMIT").unwrap();
    assert_eq!(server.value("shop", "SELECT count(*) FROM orders"), "2");
    assert_eq!(
        server.value("shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"),
        "pgbouncer_owner_shop"
    );
}

#[test]
fn files_and_folders_belong_to_the_user_of_the_processes() {
    if !can_run() {
        return;
    }
    let (_server, world, _) = served("scram-sha-256", 1);
    let is_root = rustix::process::geteuid().is_root();
    let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let expected = if is_root { ids_of("postgres") } else { own };
    for number in 0..2 {
        for (path, mode) in [
            (format!("lib/instance_{number}"), 0o700),
            (format!("log/instance_{number}"), 0o700),
            (format!("lib/instance_{number}/pgbouncer.ini"), 0o400),
            ("lib/pgbouncer.ini".to_owned(), 0o400),
            ("shm/userlist.txt".to_owned(), 0o400),
        ] {
            let found = fs::metadata(world.container(0).path(&path)).unwrap();
            assert_eq!((found.uid(), found.gid()), expected, "{path}");
            assert_eq!(found.mode() & 0o777, mode, "{path}");
        }
    }
}

#[test]
fn a_server_that_asks_for_md5_is_served_too() {
    if !can_run() {
        return;
    }
    let (_server, world, id) = served("md5", 1);
    let (user, password) = credentials(&world, "web", id);
    let answer = psql("127.0.0.1", world.listen_port(), &user, &password, "dbname=shop", "SELECT current_user");
    assert_eq!(answer.as_deref(), Ok("pgbouncer_owner_shop"));
    let answer = psql("127.0.0.1", world.listen_port(), &user, "wrong", "dbname=shop", "SELECT 1");
    let refusal = answer.unwrap_err();
    assert!(refusal.contains("authentication failed"), "{refusal}");
}

#[test]
fn a_new_port_is_in_force_after_a_restart() {
    if !can_run() {
        return;
    }
    let (_server, world, id) = served("scram-sha-256", 1);
    let before = world.listen_port();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    world.configure("listen_port", i64::from(free));
    world.settle();
    let (user, password) = credentials(&world, "web", id);
    let ask = |port| psql("127.0.0.1", port, &user, &password, "dbname=shop", "SELECT 1");
    until("the new port answers", || ask(free).is_ok());
    ask(before).unwrap_err();
}

#[test]
fn a_client_that_goes_leaves_its_database_and_takes_its_user_along() {
    if !can_run() {
        return;
    }
    let (server, world, id) = served("scram-sha-256", 1);
    let (user, password) = credentials(&world, "web", id);
    let port = world.listen_port();
    psql("127.0.0.1", port, &user, &password, "dbname=shop", "CREATE TABLE orders (number int)").unwrap();
    let roles = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{user}'");
    let functions = "SELECT count(*) FROM pg_proc WHERE proname = 'get_auth'";
    assert_eq!([server.value("postgres", &roles), server.value("shop", functions)], ["1", "1"]);
    world.model.borrow_mut().remove_relation(id).unwrap();
    world.settle();
    assert_eq!(
        [server.value("postgres", &roles), server.value("shop", functions)],
        ["0", "0"],
        "{:#?}",
        world.log.borrow()
    );
    assert_eq!(server.value("shop", "SELECT count(*) FROM orders"), "0", "the table is there");
    let again = world.add_client("web", "shop");
    world.settle();
    let (user, password) = credentials(&world, "web", again);
    let count = psql("127.0.0.1", port, &user, &password, "dbname=shop", "SELECT count(*) FROM orders");
    assert_eq!(count.as_deref(), Ok("0"), "another user of that database finds it");
}

#[test]
fn a_backend_that_goes_is_left_without_our_users() {
    if !can_run() {
        return;
    }
    let server = Postgresql::start("scram-sha-256");
    let mut world = World::real(server.port, 1);
    world.start();
    let backend = world.add_backend();
    world.add_client("web", "shop");
    world.settle();
    let left = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'pgbouncer_auth%'";
    assert_eq!(server.value("postgres", left), "1");
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.settle();
    assert_eq!(server.value("postgres", left), "0", "{:#?}", world.log.borrow());
    for database in ["postgres", "pgbouncer", "shop"] {
        assert_eq!(
            server.value(database, "SELECT count(*) FROM pg_proc WHERE proname = 'get_auth'"),
            "0",
            "{database}"
        );
    }
    assert_eq!(world.status(0), Status::blocked("waiting for backend database relation to initialise"));
    assert_eq!(world.container(0).file("shm/userlist.txt"), None);
}

#[test]
fn a_name_that_pgbouncer_cannot_read_keeps_no_other_client_out() {
    if !can_run() {
        return;
    }
    let (server, world, id) = served("scram-sha-256", 1);
    let hostile = world.add_client("blog", "\"a\"\"b'; DROP TABLE x; -- ü=c\"");
    world.settle();
    assert_eq!(world.status(0), Status::blocked("invalid database name"));
    assert_eq!(world.ours(hostile).text("secret-user"), None);
    world.configure("max_db_connections", 60);
    world.settle();
    until("the configuration is still read", || console(&world, "SHOW CONFIG").contains("max_db_connections|60|"));
    let (user, password) = credentials(&world, "web", id);
    psql("127.0.0.1", world.listen_port(), &user, &password, "dbname=shop", "SELECT 1").unwrap();
    assert_eq!(server.value("postgres", "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'relation_id%'"), "1");
}

#[test]
fn three_units_serve_a_client_and_the_next_leader_takes_over() {
    if !can_run() {
        return;
    }
    let (server, world, id) = served("scram-sha-256", 3);
    let (user, password) = credentials(&world, "web", id);
    let port = world.listen_port();
    let ask = |host: &str, query: &str| psql(host, port, &user, &password, "dbname=shop", query);
    ask("127.0.0.1", "CREATE TABLE orders (number int)").unwrap();
    for host in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        until(host, || ask(host, "INSERT INTO orders VALUES (1)").is_ok());
    }
    world.remove(0);
    world.settle();
    assert!(ask("127.0.0.2", "SELECT 1").is_ok(), "without a leader, a client of the others is not lost");
    world.elect_any();
    world.settle();
    let endpoints = world.ours(id).text("endpoints").unwrap().to_owned();
    let leader = world.model.borrow().leader(crate::support::APP).unwrap().unwrap().number();
    assert!(endpoints.starts_with(&format!("pgbouncer-k8s-{leader}.")), "{endpoints}");
    world.configure("max_db_connections", 30);
    world.settle();
    let blog = world.add_client("blog", "blog");
    world.settle();
    let (user, password) = credentials(&world, "blog", blog);
    let host = format!("127.0.0.{}", leader + 1);
    let answer = psql(&host, port, &user, &password, "dbname=blog", "SELECT current_database()");
    assert_eq!(answer.as_deref(), Ok("blog"), "{:#?}", world.log.borrow());
    drop(server);
}
