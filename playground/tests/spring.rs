//! Variables that are Spring Boot's properties: its sample uses PostgreSQL, with TLS too, Redis and MongoDB by them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use certify::Authority;
use pebble::blocking::Client;
use pebble::types::WriteFile;

use crate::pgbouncer::psql;
use crate::support::{Desk, code, page, wait_until};

const APP: &str = "spring-boot-k8s";

/// True if the servers and what builds the sample are here; otherwise the test is skipped.
#[track_caller]
fn has_servers() -> bool {
    let runs = |program: &str, argument: &str| Command::new(program).arg(argument).output().is_ok();
    let go = runs("go", "version") || runs("/usr/local/go/bin/go", "version");
    testkit::needs(go && runs("mvn", "--version"), "Go, which builds FerretDB, and Maven")
        && testkit::needs(Path::new("/usr/bin/redis-server").is_file(), "Redis (Debian's package redis-server)")
        && testkit::needs(psql().is_some(), "psql (scripts/packages)")
        && crate::integration::has_postgresql()
}

/// The page, once the application answers with `text` in it. A JVM on a busy machine starts slowly.
fn page_with(desk: &Desk, text: &str) -> String {
    let url = desk.status()["applications"][APP]["url"].as_str().unwrap().to_owned();
    wait_until(text, || http_client::page(&url).is_ok_and(|page| page.contains(text)));
    page(&url)
}

/// Number in the page's line that ends so.
fn number(page: &str, end: &str) -> u32 {
    let line = page.split("<p>").find_map(|line| line.split("</p>").next()?.strip_suffix(end));
    line.unwrap_or_else(|| panic!("no{end} in {page}")).parse().unwrap()
}

/// Encryption of the application's sessions, as the database tells a session of the same user's.
fn encryption(desk: &Desk) -> String {
    let uri = &pebble(desk).plan().unwrap().services["spring-boot"].environment["POSTGRESQL_DB_CONNECT_STRING"];
    let others = "application_name ~ 'JDBC' AND usename = session_user";
    let query = format!("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE {others}");
    let psql = psql().unwrap();
    desk.ok(&["exec", "--", psql.to_str().unwrap(), uri, "-qAtc", "SET ROLE NONE", "-c", &query])
}

fn pebble(desk: &Desk) -> Client {
    Client::new(desk.runtime().join("webcharm/local/containers").join(format!("{APP}-0/app/pebble.socket")))
}

/// TLS of the database comes and goes, and the driver verifies the server by the file of its authority.
fn verifies_the_database(desk: &Desk) {
    assert_eq!(encryption(desk), "f\n");
    desk.ok(&["integrate", "postgresql", "certificates"]);
    page_with(desk, "The migration wrote this.");
    assert_eq!(encryption(desk), "t\n");

    let stranger = Authority::draw("a stranger").unwrap();
    let pebble = pebble(desk);
    let file = &pebble.plan().unwrap().services["spring-boot"].environment["POSTGRESQL_DB_TLS_CA_FILE"];
    pebble.write_file(file, stranger.certificate().as_bytes(), &WriteFile::default()).unwrap();
    pebble.restart(&["spring-boot"], Duration::from_secs(120)).unwrap();
    let url = desk.status()["applications"][APP]["url"].as_str().unwrap().to_owned();
    wait_until("the driver refuses the server", || code(&url) == 503);

    desk.ok(&["remove-relation", "postgresql", "certificates"]);
    page_with(desk, "The migration wrote this.");
    assert_eq!(encryption(desk), "f\n");
}

/// Starts of the application so far, by the pod's log.
fn starts(desk: &Desk) -> usize {
    let log = desk.runtime().join("webcharm/local/pods").join(format!("{APP}-0/pod.log"));
    fs::read_to_string(log).unwrap().matches("Service \"spring-boot\" starting").count()
}

fn whole_story(desk: &Desk) {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/spring-boot");
    desk.ok(&["up", sample, "--integrate", "postgresql", "--detach"]);
    let alone = page_with(desk, "The migration wrote this.");
    assert!(!alone.contains(" visits "), "{alone}");
    verifies_the_database(desk);

    desk.ok(&["integrate", "redis"]);
    let first = number(&page_with(desk, " visits counted"), " visits counted");
    assert_eq!(number(&page_with(desk, " visits counted"), " visits counted"), first + 2);

    desk.ok(&["integrate", "mongodb"]);
    let first = number(&page_with(desk, " visits kept"), " visits kept");
    desk.ok(&["rotate", "mongodb"]);
    let begun = starts(desk);
    let told = desk.ok(&["move", "mongodb"]);
    let place = "mongodb-k8s-1.mongodb-k8s-endpoints.local.svc.cluster.local:37017";
    assert!(told.starts_with(&format!("moved: mongodb-k8s is at {place} now\n")), "{told}");
    assert_eq!(starts(desk), begun + 1, "it starts again, once");
    let second = page_with(desk, " visits kept");
    assert!(number(&second, " visits kept") > first, "the documents outlive the password and the place: {second}");
    desk.ok(&["remove-relation", APP, "mongodb"]);
    let removed = page_with(desk, " visits counted");
    assert!(!removed.contains(" visits kept"), "{removed}");
    desk.ok(&["integrate", "mongodb"]);
    let third = page_with(desk, " visits kept");
    assert!(number(&third, " visits kept") > number(&second, " visits kept"), "the documents outlive the relation");

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
#[ignore = "long: Maven builds it, and Go a server"]
fn spring_boot_s_guestbook_uses_its_properties() {
    if has_servers() {
        whole_story(&Desk::new());
    }
}
