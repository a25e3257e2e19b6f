//! A database as the variables `<ENDPOINT>_DB_…`, and as what Spring has for it.

use interfaces::database::{Database, Wish};
use interfaces::uri::Uri;
use interfaces::{Read, Secrets, mongodb, mysql, postgresql};
use juju::{Secret, View};
use pebble::plan::Environment;

use super::{Given, Interface, Ours, Part, names};
use crate::framework::Naming;
use crate::seen::Relation;
use crate::url;

/// `postgresql_client`
pub const POSTGRESQL: Interface =
    Interface { name: postgresql::INTERFACE, read: |relation, ours| sql(relation, ours, postgresql::read), ..FAMILY };

/// `mysql_client`
pub const MYSQL: Interface =
    Interface { name: mysql::INTERFACE, read: |relation, ours| sql(relation, ours, mysql::read), ..FAMILY };

/// `mongodb_client`
pub const MONGODB: Interface = Interface { name: mongodb::INTERFACE, read: documents, ..FAMILY };

/// What they have in common.
const FAMILY: Interface = Interface {
    part: Part::Database,
    needs: interfaces::database::NEEDS,
    clear_secrets: &["password", "uris"],
    secrets: interfaces::database::secrets,
    request: |relation, ours, _| interfaces::database::request(&relation.view, &wish(relation, ours)),
    ..Interface::PLAIN
};

type Reader = fn(&View, &Secrets, &Wish) -> Read<Database>;

fn wish(relation: &Relation, ours: &Ours<'_>) -> Wish {
    Wish { database: ours.app().to_owned(), secrets: ours.unit.has_secrets, cross_model: relation.cross_model }
}

/// A database that Spring has a data source for.
fn sql(relation: &Relation, ours: &Ours<'_>, read: Reader) -> Read<Given> {
    read(&relation.view, &relation.secrets, &wish(relation, ours)).map(|database| {
        let mut variables = plain(&relation.view.endpoint, &database);
        if ours.naming() == Naming::Spring {
            variables.extend(data_source(&database));
        }
        Given { variables, database: Some(database), ..Given::default() }
    })
}

/// A database of documents.
fn documents(relation: &Relation, ours: &Ours<'_>) -> Read<Given> {
    mongodb::read(&relation.view, &relation.secrets, &wish(relation, ours)).map(|database| {
        let variables = match ours.naming() {
            Naming::Plain => plain(&relation.view.endpoint, &database),
            Naming::Spring => [("spring.data.mongodb.uri", database.uri.expose())].into_iter().collect(),
        };
        Given { variables, database: Some(database), ..Given::default() }
    })
}

/// The variables of the database of this endpoint: `POSTGRESQL_DB_…` for the endpoint `postgresql`, `ORDERS_DB_…` for
/// one that its author called `orders`.
fn plain(endpoint: &str, database: &Database) -> Environment {
    let prefix = format!("{}_DB", names::upper(endpoint));
    let replicas = Some(database.read_only_endpoints.join(",")).filter(|list| !list.is_empty());
    let mut all = url::variables(&prefix, database.uri.expose());
    all.extend(names::table(&prefix, [("_READ_ONLY_ENDPOINTS", replicas)]));
    all
}

/// The database as Spring's one data source. What JDBC is told of user and password is not encoded as it is in a URL.
fn data_source(database: &Database) -> Environment {
    let uri = database.parts();
    let user = database.username.clone().or_else(|| uri.username.as_deref().map(url::decode));
    let decoded = uri.password.as_ref().map(|password| url::decode(password.expose()));
    let password = database.password.as_ref().map(|password| password.expose().to_owned()).or(decoded);
    let properties = [
        ("spring.datasource.url", Some(jdbc(&uri))),
        ("spring.datasource.username", user),
        ("spring.datasource.password", password),
        ("spring.jpa.hibernate.ddl-auto", Some("none".to_owned())),
    ];
    properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The address as JDBC's drivers take it: without user and password, with every host.
fn jdbc(uri: &Uri) -> String {
    // libpq's short name of its scheme, which its driver for Java doesn't know.
    let scheme = if uri.scheme == "postgres" { "postgresql" } else { &uri.scheme };
    let netloc = Secret::expose(&uri.netloc);
    let hosts = netloc.rsplit_once('@').map_or(netloc, |(_, hosts)| hosts).to_lowercase();
    let query = if uri.query.is_empty() { String::new() } else { format!("?{}", uri.query) };
    format!("jdbc:{scheme}://{hosts}{}{query}", uri.path)
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
    fn spring_gets_a_data_source_beside_the_variables_of_all() {
        let table = [
            ("postgresql://u:p@H1:5432/d", "jdbc:postgresql://h1:5432/d"),
            ("postgres://u:p@h1/d?sslmode=require", "jdbc:postgresql://h1/d?sslmode=require"),
            ("postgresql://u:p@h1:1,h2:2/d", "jdbc:postgresql://h1:1,h2:2/d"),
            ("mysql://u:p@h1:3306/a,mysql://u:p@h2:3306/b", "jdbc:mysql://h1:3306/a"),
        ];
        for (uri, expected) in table {
            let all = data_source(&database(uri));
            assert_eq!(all["spring.datasource.url"], expected);
            assert_eq!(all["spring.jpa.hibernate.ddl-auto"], "none");
            let plain = plain("the-orders", &database(uri));
            assert_eq!(plain["THE_ORDERS_DB_CONNECT_STRING"], uri);
            assert!(plain.keys().all(|name| name.starts_with("THE_ORDERS_DB_")), "{plain:?}");
        }
    }

    #[test]
    fn the_data_source_has_user_and_password_as_they_are() {
        let encoded = database("postgresql://me%20too:p%40x@h/d");
        let apart = Database { username: Some("you".to_owned()), password: Some("q@y%20".into()), ..encoded.clone() };
        let neither = database("postgresql://h/d");
        let of = |database: &Database| {
            let all = data_source(database);
            ["username", "password"].map(|name| all.get(&format!("spring.datasource.{name}")).cloned())
        };
        assert_eq!(of(&encoded), [Some("me too".to_owned()), Some("p@x".to_owned())]);
        assert_eq!(of(&apart), [Some("you".to_owned()), Some("q@y%20".to_owned())]);
        assert_eq!(of(&neither), [None, None]);
    }
}
