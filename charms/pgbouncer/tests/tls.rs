//! TLS to clients and to the backend, with the real programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use interfaces::certificates::Certificate;
use juju::Status;

use crate::real::{can_run, console, credentials, served};
use crate::support::World;
use crate::support::authority::{Authority, has_openssl};
use crate::support::container::until;
use crate::support::postgresql::{Postgresql, psql};

#[test]
fn tls_is_turned_on_and_off_without_a_restart() {
    if !can_run() || !has_openssl() {
        return;
    }
    let (_server, world, id) = served("scram-sha-256", 1);
    let (user, password) = credentials(&world, "web", id);
    let (port, authority) = (world.listen_port(), Authority::new());
    let ask = |options: &str| psql("127.0.0.1", port, &user, &password, &format!("dbname=shop {options}"), "SELECT 1");
    assert!(ask("sslmode=require").unwrap_err().contains("SSL"));
    let relation = world.relate_authority();
    world.settle();
    world.certify(relation, |request| {
        let subject = authority.read(request);
        assert!(subject.contains("DNS:pgbouncer-k8s-0.pgbouncer-k8s-endpoints"), "{subject}");
        let (certificate, ca) = (authority.sign(request), authority.certificate());
        Certificate { certificate: certificate.clone(), ca: ca.clone(), chain: vec![certificate, ca] }
    });
    world.settle();
    let verify = format!("sslmode=verify-ca sslrootcert={}", authority.path().display());
    until("all instances speak TLS", || (0..8).all(|_| ask(&verify).is_ok()));
    for file in ["key.pem", "ca.pem", "cert.pem"] {
        let metadata = fs::metadata(world.container(0).path("lib").join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o400, "{file}");
    }
    world.model.borrow_mut().remove_relation(relation).unwrap();
    world.settle();
    until("no instance speaks TLS", || (0..8).all(|_| ask("sslmode=require").is_err()));
    assert!(ask("sslmode=disable").is_ok());
    assert!(!world.container(0).path("lib/key.pem").exists());
}

/// Has all instances open new connections to the backend, and waits until all have that strictness.
fn reconnect(world: &World, strictness: &str) {
    let line = format!("server_tls_sslmode|{strictness}|");
    until(strictness, || (0..8).all(|_| console(world, "SHOW CONFIG").contains(&line)));
    (0..8).for_each(|_| drop(console(world, "RECONNECT")));
}

/// `t` if all connections of a client's user to the server are encrypted, `f` if one is not.
fn encryption(server: &Postgresql, user: &str) -> String {
    let query = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)";
    server.value("postgres", &format!("{query} WHERE usename = '{user}'"))
}

#[test]
fn connections_to_a_backend_with_tls_are_encrypted_and_its_authority_is_verified() {
    if !can_run() || !has_openssl() {
        return;
    }
    let (authority, stranger) = (Authority::new(), Authority::new());
    // It lets clients in by TLS alone.
    let server = Postgresql::start_with_tls(&authority);
    let mut world = World::real(server.port, 1);
    world.start();
    let backend = world.add_backend();
    assert_eq!(world.status(0), Status::active(""), "{:#?}", world.log.borrow());
    let id = world.add_client("web", "shop");
    world.settle();
    let (user, password) = credentials(&world, "web", id);
    let ask = || {
        psql("127.0.0.1", world.listen_port(), &user, &password, "dbname=shop", "SELECT 1")?;
        Ok::<_, String>(encryption(&server, &user))
    };
    let tell = |ca: Option<String>| {
        *world.backend_ca.borrow_mut() = ca;
        assert!(world.answer_backend(backend, &[]));
        world.settle();
    };
    assert_eq!(ask().as_deref(), Ok("t"), "prefer");
    tell(Some("no certificate".to_owned()));
    reconnect(&world, "require");
    assert_eq!(ask().as_deref(), Ok("t"), "an authority that can't be read is none, and TLS stays required");
    tell(Some(authority.certificate()));
    reconnect(&world, "verify-ca");
    assert_eq!(ask().as_deref(), Ok("t"));
    tell(Some(stranger.certificate()));
    reconnect(&world, "verify-ca");
    ask().expect_err("the server's certificate is of another authority");
}

#[test]
fn a_backend_without_tls_is_used_in_clear() {
    if !can_run() {
        return;
    }
    let (server, world, id) = served("scram-sha-256", 1);
    let (user, password) = credentials(&world, "web", id);
    psql("127.0.0.1", world.listen_port(), &user, &password, "dbname=shop", "SELECT 1").unwrap();
    assert_eq!(encryption(&server, &user), "f");
}
