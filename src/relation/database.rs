//! Databases: the variables `<ENDPOINT>_DB_…`, and Spring's properties. For Spring the connection string is rebuilt
//! from its components. Its drivers get only parameters on a list, since others may run code.
//!
//! A server with TLS adds variables and a file, and for Spring the properties by which its drivers verify the server.
//! The connection string stays as the provider wrote it.

use interfaces::database::{Database, Request, ServerTls, server_tls};
use interfaces::uri::Uri;
use interfaces::{Read, SecretRef, Secrets, mongodb, mysql, postgresql};
use juju::{View, percent};
use pebble::plan::Environment;

use super::parameters::{self, Refused};
use super::{jdbc, names, tls};
use crate::facts::{Interface, LocalSide, Provided, Relation, Role};
use crate::framework::Naming;
use crate::url;

/// Interface `postgresql_client`.
pub const POSTGRESQL: Interface =
    Interface { name: postgresql::INTERFACE, read: |relation, local| sql(relation, local, postgresql::read), ..FAMILY };

/// Interface `mysql_client`.
pub const MYSQL: Interface =
    Interface { name: mysql::INTERFACE, read: |relation, local| sql(relation, local, mysql::read), ..FAMILY };

/// Interface `mongodb_client`.
pub const MONGODB: Interface = Interface { name: mongodb::INTERFACE, read: documents, ..FAMILY };

/// Fields that all database interfaces share.
const FAMILY: Interface = Interface {
    role: Role::Database,
    needs: interfaces::database::NEEDS,
    clear_secrets: &["password", "uris"],
    secrets,
    cross_model: interfaces::database::was_asked_across_models,
    request: |relation, local, _| interfaces::database::request(&relation.view, &request(relation, local)),
    file: |framework, endpoint| Some(tls::path(framework, endpoint)),
    ..Interface::PLAIN
};

/// Secrets of the user and of the server's TLS; the charm waits for both.
fn secrets(view: &View) -> Vec<SecretRef> {
    let mut all = interfaces::database::secrets(view);
    all.iter_mut().filter(|reference| reference.group == "tls").for_each(|reference| reference.needed = true);
    all
}

type Reader = fn(&View, &Secrets, &Request) -> Read<Database>;

fn request(relation: &Relation, local: &LocalSide<'_>) -> Request {
    Request { database: local.app().to_owned(), secrets: local.unit.has_secrets, cross_model: relation.cross_model }
}

/// Reads an SQL database. Spring gets a data source in addition to the plain variables.
fn sql(relation: &Relation, local: &LocalSide<'_>, read: Reader) -> Read<Provided> {
    let read = read(&relation.view, &relation.secrets, &request(relation, local)).and_then(|database| {
        let plain = plain(&relation.view.endpoint, &database);
        let variables = match local.naming() {
            Naming::Plain => Ok(plain),
            Naming::Spring => data_source(&database).map(|properties| plain.into_iter().chain(properties).collect()),
        };
        provided(variables, database)
    });
    read.and_then(|provided| with_tls(provided, relation, local, sql_properties))
}

/// Reads a document database. Spring gets its own property instead of the plain variables.
fn documents(relation: &Relation, local: &LocalSide<'_>) -> Read<Provided> {
    let read = mongodb::read(&relation.view, &relation.secrets, &request(relation, local)).and_then(|database| {
        let variables = match local.naming() {
            Naming::Plain => Ok(plain(&relation.view.endpoint, &database)),
            Naming::Spring => document_store(&database.parts()),
        };
        provided(variables, database)
    });
    read.and_then(|provided| with_tls(provided, relation, local, document_properties))
}

/// Properties by which Spring's driver verifies a server, from the endpoint's name, the scheme and the path of the
/// authority's certificates.
type Verification = fn(&str, &str, &str) -> Environment;

/// Adds TLS of the server, as far as the provider tells it.
fn with_tls(
    mut provided: Provided,
    relation: &Relation,
    local: &LocalSide<'_>,
    verification: Verification,
) -> Read<Provided> {
    server_tls(&relation.view, &relation.secrets).map(|ServerTls { is_on, ca }| {
        let endpoint = &relation.view.endpoint;
        let prefix = format!("{}_DB", names::upper(endpoint));
        provided.variables.extend(tls::variables(&prefix, is_on, ca.as_deref()));
        let path = ca.and_then(|ca| tls::add_file(&mut provided, local, endpoint, &prefix, &ca));
        if let Some(path) = path.filter(|_| local.naming() == Naming::Spring) {
            let scheme = provided.database.as_ref().map(|database| database.parts().scheme).unwrap_or_default();
            provided.variables.extend(verification(endpoint, &scheme, &path));
        }
        provided
    })
}

/// Properties for PostgreSQL's driver. MySQL's reads no certificates in PEM.
fn sql_properties(_: &str, scheme: &str, path: &str) -> Environment {
    if !matches!(scheme, "postgresql" | "postgres") {
        return Environment::default();
    }
    let rows = [("sslmode", Some("verify-ca".to_owned())), ("sslrootcert", Some(path.to_owned()))];
    names::table("spring.datasource.hikari.data-source-properties.", rows)
}

/// Property for MongoDB's driver: the bundle of certificates with the endpoint's name.
fn document_properties(endpoint: &str, _: &str, _: &str) -> Environment {
    [("spring.data.mongodb.ssl.bundle", endpoint)].into_iter().collect()
}

/// Values of a database, or an error about the provider's connection string.
fn provided(variables: Result<Environment, Refused>, database: Database) -> Read<Provided> {
    match variables {
        Ok(variables) => Read::Ready(Provided { variables, database: Some(database), ..Provided::default() }),
        Err(Refused(why)) => Read::Invalid { key: "uris".to_owned(), why: why.to_owned() },
    }
}

/// Variables of a database, with the endpoint's name as prefix: `POSTGRESQL_DB_…` for the endpoint `postgresql`,
/// `ORDERS_DB_…` for `orders`.
fn plain(endpoint: &str, database: &Database) -> Environment {
    let prefix = format!("{}_DB", names::upper(endpoint));
    let replicas = Some(database.read_only_endpoints.join(",")).filter(|list| !list.is_empty());
    let mut all = url::variables(&prefix, database.uri.expose());
    all.extend(names::table(&prefix, [("_READ_ONLY_ENDPOINTS", replicas)]));
    all
}

/// Properties of Spring's only data source. User and password are decoded: JDBC takes them as plain text.
fn data_source(database: &Database) -> Result<Environment, Refused> {
    let uri = database.parts();
    let user = database.username.as_ref().map(|user| user.expose().to_owned());
    let user = user.or_else(|| uri.username.as_deref().map(percent::decode));
    let decoded = uri.password.as_ref().map(|password| percent::decode(password.expose()));
    let password = database.password.as_ref().map(|password| password.expose().to_owned()).or(decoded);
    let properties = [
        ("spring.datasource.url", Some(jdbc::url(&uri)?)),
        ("spring.datasource.username", user),
        ("spring.datasource.password", password),
        ("spring.jpa.hibernate.ddl-auto", Some("none".to_owned())),
    ];
    Ok(properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Parameters that MongoDB's Java driver gets. Others would let it use credentials of the machine
/// (`authMechanism=MONGODB-AWS`) or connect through another server (`proxyHost`).
const DOCUMENT_OPTIONS: [&str; 24] = [
    "appName",
    "authSource",
    "compressors",
    "connectTimeoutMS",
    "directConnection",
    "heartbeatFrequencyMS",
    "journal",
    "loadBalanced",
    "localThresholdMS",
    "maxIdleTimeMS",
    "maxPoolSize",
    "minPoolSize",
    "readConcernLevel",
    "readPreference",
    "replicaSet",
    "retryReads",
    "retryWrites",
    "serverSelectionTimeoutMS",
    "socketTimeoutMS",
    "ssl",
    "tls",
    "uuidRepresentation",
    "w",
    "wtimeoutMS",
];

/// Property of Spring's document database, with all servers.
fn document_store(uri: &Uri) -> Result<Environment, Refused> {
    if !["mongodb", "mongodb+srv"].contains(&uri.scheme.as_str()) {
        return Err(Refused("its scheme is neither mongodb nor mongodb+srv"));
    }
    let password = uri.password.as_ref().map(|password| format!(":{}", url::encode_again(password.expose())));
    let user =
        uri.username.as_deref().map(|user| format!("{}{}@", url::encode_again(user), password.unwrap_or_default()));
    let (hosts, options) = (parameters::hosts(uri)?, parameters::allowed(uri, &DOCUMENT_OPTIONS));
    // The driver requires a path before its options.
    let path = if uri.path.is_empty() && options.is_empty() {
        String::new()
    } else {
        format!("/{}", url::encode_again(uri.name()))
    };
    let uri = format!("{}://{}{hosts}{path}{options}", uri.scheme, user.unwrap_or_default());
    Ok([("spring.data.mongodb.uri", uri)].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(uri: &str) -> Database {
        Database {
            uri: uri.into(),
            database: String::new(),
            username: None,
            password: None,
            endpoints: Vec::new(),
            read_only_endpoints: Vec::new(),
            version: None,
        }
    }

    #[test]
    fn spring_gets_a_data_source_beside_the_plain_variables() {
        let table = [
            ("postgresql://u:p@H1:5432/d", "jdbc:postgresql://h1:5432/d"),
            ("postgres://u:p@h1/d?sslmode=require", "jdbc:postgresql://h1/d?sslmode=require"),
            ("postgresql://u:p@h1:1,h2:2/d", "jdbc:postgresql://h1:1,h2:2/d"),
            ("mysql://u:p@h1:3306/a,mysql://u:p@h2:3306/b", "jdbc:mysql://h1:3306/a"),
        ];
        for (uri, expected) in table {
            let all = data_source(&database(uri)).unwrap();
            assert_eq!(all["spring.datasource.url"], expected);
            assert_eq!(all["spring.jpa.hibernate.ddl-auto"], "none");
            let plain = plain("the-orders", &database(uri));
            assert_eq!(plain["THE_ORDERS_DB_CONNECT_STRING"], uri);
            assert!(plain.keys().all(|name| name.starts_with("THE_ORDERS_DB_")), "{plain:?}");
        }
    }

    #[test]
    fn a_document_store_has_every_server_and_the_options_that_are_allowed() {
        let table = [
            ("mongodb://u:p@h1:27017,h2/d?replicaSet=rs0&authSource=admin", None),
            ("mongodb+srv://u:p%2F4@h/d?tls=true", None),
            ("mongodb://h", None),
            ("mongodb://u@h/", None),
            ("mongodb://h?tls=true", Some("mongodb://h/?tls=true")),
            ("MongoDB://${user}:%23{1}@H1/a$b#f", Some("mongodb://%24%7Buser%7D:%23%7B1%7D@h1/a%24b")),
            ("mongodb://u:p@h/d,mongodb://u:p@h2/d", Some("mongodb://u:p@h/d")),
            ("mongodb://h/d?authMechanism=MONGODB-AWS&w=majority&proxyHost=evil", Some("mongodb://h/d?w=majority")),
        ];
        for (uri, expected) in table {
            let all = document_store(&Uri::first(uri)).unwrap();
            assert_eq!(all["spring.data.mongodb.uri"], expected.unwrap_or(uri));
        }
        let scheme = "its scheme is neither mongodb nor mongodb+srv";
        let host = "it has a host that is not host:port";
        for (uri, why) in [("http://h", scheme), ("h:1", scheme), ("mongodb:///d", host), ("mongodb://h,/d", host)] {
            assert_eq!(document_store(&Uri::first(uri)), Err(Refused(why)), "{uri}");
        }
    }

    #[test]
    fn the_data_source_has_user_and_password_decoded() {
        let encoded = database("postgresql://me%20too:p%40x@h/d");
        let apart = Database { username: Some("you".into()), password: Some("q@y%20".into()), ..encoded.clone() };
        let neither = database("postgresql://h/d");
        let of = |database: &Database| {
            let all = data_source(database).unwrap();
            ["username", "password"].map(|name| all.get(&format!("spring.datasource.{name}")).cloned())
        };
        assert_eq!(of(&encoded), [Some("me too".to_owned()), Some("p@x".to_owned())]);
        assert_eq!(of(&apart), [Some("you".to_owned()), Some("q@y%20".to_owned())]);
        assert_eq!(of(&neither), [None, None]);
    }
}
