use interfaces::database::Database;
use testkit::assert_golden;

use super::*;
use crate::features::Features;

fn backend() -> Backend {
    let database = Database {
        uri: "postgresql://relation-8:p@pg-primary:5432/pgbouncer".into(),
        database: "pgbouncer".to_owned(),
        username: Some("relation-8".into()),
        password: Some("p".into()),
        endpoints: vec!["pg-primary:5432".to_owned()],
        read_only_endpoints: vec!["pg-2:5432".to_owned(), "pg-1:5432".to_owned()],
        version: None,
    };
    Backend::of(&database).unwrap()
}

fn fresh() -> Document {
    Document::fresh(&Options::default(), &Places::default())
}

fn with_clients() -> Document {
    let places = Places::default();
    let mut document = fresh();
    document.set_users("pgbouncer-k8s", &backend(), &places.auth_file);
    let names = ["shop", "my-blog", "shop"].map(|name| DatabaseName::parse(name).unwrap());
    document.set_databases(&names, &backend());
    document
}

fn expanded(document: &Document, count: usize, version: &str, tls: bool) -> String {
    let places = Places::default();
    let instances = places.instances(count);
    let features = Features::of(version);
    let backend_tls = BackendTls::default();
    let unit = UnitSide { places: &places, instances: &instances, features, has_tls: tls, backend_tls };
    document.expand(&unit).join("\n; ---- the next instance ----\n\n")
}

#[test]
fn golden_base_documents() {
    assert_golden("golden/base.ini", &fresh().text());
    assert_golden("golden/base-clients.ini", &with_clients().text());
}

#[test]
fn golden_documents_of_instances() {
    assert_golden("golden/instances-1.18.ini", &expanded(&with_clients(), 2, "1.18.0", true));
    assert_golden("golden/instances-1.19.ini", &expanded(&with_clients(), 2, "1.19.0", false));
    assert_golden("golden/instances-1.21.ini", &expanded(&fresh(), 4, "1.21.0", false));
}

#[test]
fn tls_to_the_backend_is_as_strict_as_the_backend_allows() {
    let places = Places::default();
    let instances = places.instances(1);
    let lines = |backend_tls| {
        let features = Features::of("1.18.0");
        let unit = UnitSide { places: &places, instances: &instances, features, has_tls: false, backend_tls };
        let document = fresh().expand(&unit).remove(0);
        document.lines().filter(|line| line.starts_with("server_tls")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(BackendTls::Prefer), ["server_tls_sslmode = prefer"]);
    assert_eq!(lines(BackendTls::Require), ["server_tls_sslmode = require"]);
    let file = "server_tls_ca_file = /var/lib/pgbouncer/backend-ca.pem";
    assert_eq!(lines(BackendTls::Verify), ["server_tls_sslmode = verify-ca", file]);
}

#[test]
fn pools_are_sized_for_the_instances_of_the_unit() {
    let table = [(100, 4, (13, 7)), (100, 2, (25, 13)), (535, 1, (268, 134)), (1, 4, (1, 1)), (0, 4, (20, 10))];
    for (connections, instances, (default, small)) in table {
        assert_eq!(PoolSizes::of(connections, instances), PoolSizes { default, min: small, reserve: small });
    }
    assert_eq!(PoolSizes::of(u32::MAX, usize::MAX).default, 1);
}

#[test]
fn every_option_is_taken_over() {
    use crate::options::PoolMode;
    let mut document = fresh();
    let options = Options {
        listen_port: 7000,
        pool_mode: PoolMode::Transaction,
        max_db_connections: 12,
        max_prepared_statements: 5,
    };
    document.set_options(&options);
    assert_eq!(document, Document::fresh(&options, &Places::default()), "in the same places");
    for line in ["listen_port = 7000", "pool_mode = transaction", "max_db_connections = 12"] {
        assert!(document.text().contains(line), "{line}");
    }
    assert!(expanded(&document, 2, "1.21.0", false).contains("max_prepared_statements = 5"));
    assert!(expanded(&document, 2, "1.18.0", false).contains("default_pool_size = 3\n"));
}

#[test]
fn a_document_is_read_back_and_the_same_facts_give_the_same_text() {
    let document = with_clients();
    assert_eq!(Document::parse(&document.text()), Ok(document.clone()));
    assert_eq!(with_clients().hash(), document.hash());
    assert_ne!(fresh().hash(), document.hash());
}

#[test]
fn a_backend_that_goes_leaves_the_default_document() {
    let mut document = with_clients();
    assert!(document.knows(&backend()) && !fresh().knows(&backend()));
    document.forget_backend();
    assert_eq!(document, fresh());
}

#[test]
fn text_that_no_charm_wrote_is_refused() {
    for (text, expected) in [
        ("", "it has no listen_port"),
        ("[pgbouncer]\nlisten_port = 0", "it has no listen_port"),
        ("[pgbouncer]\nlisten_port = many", "it has no listen_port"),
        ("garbage", "line 1: a key stands before the first section"),
    ] {
        assert_eq!(Document::parse(text).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_read_only_name_that_would_be_too_long_is_left_out() {
    let mut document = fresh();
    document.set_databases([&DatabaseName::parse(&"a".repeat(60)).unwrap()], &backend());
    assert_eq!(document.ini.entries(DATABASES).count(), 1);
}

#[test]
fn a_database_that_is_named_like_anothers_read_only_one_is_its_own() {
    let mut document = fresh();
    let names = ["shop", "shop_readonly"].map(|name| DatabaseName::parse(name).unwrap());
    document.set_databases(&names, &backend());
    let entries: Vec<_> = document.ini.entries(DATABASES).collect();
    let keys: Vec<_> = entries.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, ["shop", "shop_readonly", "shop_readonly_readonly"]);
    assert!(entries[1].1.contains("host=pg-primary dbname=shop_readonly "), "{}", entries[1].1);
}
