//! The table of hostile values: values that a remote application may write under any key that an interface reads, with
//! the charm's real binary. The charm waits, or is blocked and names the key; the other integrations and the
//! application stay as they are, no hook fails, and status and log show no secret.
//!
//! The expected message of a value comes from the interface's reader, but for one value of each interface. The interfaces'
//! own tests assert these texts.

use std::collections::BTreeMap;
use std::thread;

use juju::{Databag, SecretId, StatusKind, UnitName};

use super::super::hidden::SCRIPT;
use super::table::every::{self, Interface, secrets};
use super::table::{Table, charm, endpoint, keys, known, usable, usable_value, watches};
use crate::support::{Rock, World};

/// Text in the hostile values that must not get into status or log.
const MARK: &str = "hunter2";

/// Length beyond which a value is large, in bytes.
const LARGE: usize = 1_000_000;

/// Values of a careless or hostile application. The last two are deeply nested JSON, and 10 MB.
fn values() -> Vec<String> {
    let short = [
        "",
        " ",
        "hunter2\0",
        "hunter2\n",
        "hunter2\u{1b}[2J",
        "hunter2:port",
        "-1",
        "99999999999999999999",
        "{hunter2",
        "[\"hunter2\", 1, null]",
        "{\"url\": [\"hunter2\"], \"requirer\": {}}",
        "null",
        "http://hunter2:port/?a#b",
        "secret:hunter2",
        "v2",
        "${APP_SECRET_KEY}",
        ",,hunter2,,",
    ];
    let long = [format!("{}{MARK}{}", "[".repeat(5_000), "]".repeat(5_000)), format!("{MARK},").repeat(1_250_000)];
    short.map(str::to_owned).into_iter().chain(long).collect()
}

/// A value under a key of an interface. The place is `app`, `unit` or `secret`.
struct Row {
    interface: &'static Interface,
    place: &'static str,
    key: &'static str,
    value: String,
}

/// Effect of a row on the status.
#[derive(PartialEq)]
enum Effect {
    /// The value is invalid: the charm is blocked with this message.
    Blocks(String),
    /// Data that lack a key, or a secret that is not granted: the status has this message. It is empty if all data are
    /// gone: then the endpoint is as if it had no answer.
    Remarks(String),
    /// The relation is ready: no message.
    Silent,
}

impl Effect {
    fn message(&self) -> &str {
        match self {
            Self::Blocks(message) | Self::Remarks(message) => message,
            Self::Silent => "",
        }
    }
}

impl Row {
    fn effect(&self, table: &Table) -> Effect {
        if watches(self.interface) {
            return Effect::Silent;
        }
        let of = |place: &str| if place == self.place { vec![(self.key, self.value.as_str())] } else { Vec::new() };
        let mut view = Interface::view(self.interface.app, &[usable(self.interface), of("app")].concat());
        view.local_app = None;
        view.units = [(UnitName::new("other", 0), every::bag(self.interface.unit, &of("unit")))].into();
        let has_data = |bag: &Databag| bag.keys().any(|key| key != "data");
        let has_written = view.units.values().chain([&view.remote_app]).any(has_data);
        let names_secret = self.key.contains("secret") || self.key == "password_id";
        let said = (self.interface.requirer)(&view, &secrets(self.interface.fields, &of("secret"))).said;
        match said.split_once(' ') {
            Some(("invalid", why)) => Effect::Blocks(table.complaint(self.interface, why)),
            Some(("waiting", _)) if names_secret && self.value.parse::<SecretId>().is_ok() => {
                Effect::Remarks(format!("Waiting for the secret of {} to be granted", endpoint(self.interface)))
            }
            Some(("waiting", _)) if !has_written => Effect::Remarks(String::new()),
            Some(("waiting", key)) => Effect::Remarks(table.remark(self.interface, key)),
            _ => Effect::Silent,
        }
    }
}

impl Table {
    /// Message about invalid data.
    fn complaint(&self, interface: &Interface, why: &str) -> String {
        let complaint = match endpoint(interface) {
            "http-proxy" => "http-proxy relation data is either unavailable, invalid or not usable.".to_owned(),
            name => format!("Invalid {name} relation data."),
        };
        format!("{complaint} {why} (correct it in {})", self.ways_out(interface))
    }

    /// Remark on data without a key.
    fn remark(&self, interface: &Interface, key: &str) -> String {
        let name = endpoint(interface);
        let app = self.ways_out(interface).replacen(',', " and its version,", 1);
        format!("{name}: {name} gives no usable {key} yet (if it stays so, check {app})")
    }

    /// The remote application to look into, and the command that ends the relation.
    fn ways_out(&self, interface: &Interface) -> String {
        let name = endpoint(interface);
        format!("{name}, or juju remove-relation {}", self.relations[name].0)
    }

    /// Writes rows of different endpoints, runs an event, asserts their effects, and writes the usable values back.
    fn try_at_once(&mut self, rows: &[Row]) {
        let variables = || self.world.variables_of(self.framework);
        let before = variables();
        rows.iter().for_each(|row| self.write(row.interface, (row.place, row.key), &row.value));
        self.observe();
        let status = self.world.status();
        let effects: Vec<_> = rows.iter().map(|row| row.effect(self)).collect();
        let is_blocked = effects.iter().any(|effect| matches!(effect, Effect::Blocks(_)));
        for (row, effect) in rows.iter().zip(&effects) {
            let label = format!("{} {} {} {:.40?}: {status:?}", row.interface.name, row.place, row.key, row.value);
            assert!(status.message.contains(effect.message()), "{} of {label}", effect.message());
            let name = endpoint(row.interface);
            let begins = [format!("Invalid {name} relation"), format!("{name} relation"), format!("{name}: ")];
            let is_told = begins.iter().any(|begin| status.message.contains(begin));
            assert!(!is_told || *effect != Effect::Silent || self.framework != "flask", "{label}");
        }
        let after = variables();
        if is_blocked {
            assert_eq!((status.kind, &after), (StatusKind::Blocked, &before), "{status:?}");
        }
        // Spring takes fewer addresses than the interfaces do, and Pebble's reader of layers few brackets in a value.
        let is_plain = rows.iter().all(|row| !row.value.starts_with("[[[["));
        if self.framework == "flask" && is_plain && effects.iter().all(|effect| *effect == Effect::Silent) {
            self.world.expect(StatusKind::Active, "");
        }
        assert!(self.framework == "flask" || after.values().all(|value| !value.contains("${")), "{after:?}");
        for row in rows {
            let at = (row.place, row.key);
            self.write(row.interface, at, usable_value(row.interface, at));
        }
        self.rows += rows.len();
    }

    /// Tries all rows: those of megabytes alone, the others as many at once as their messages fit into a status, and in
    /// this process if `in_process` is true.
    fn try_all(&mut self, rows: Vec<Row>, in_process: bool) {
        let (large, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.value.len() > LARGE);
        for row in large {
            self.try_at_once(&[row]);
        }
        self.is_in_process = in_process;
        let (silent, told): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.effect(self) == Effect::Silent);
        let (blocking, remarked): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|row| matches!(row.effect(self), Effect::Blocks(_)));
        // A client of OpenID Connect that is not registered, or whose ingress has no URL, has a message besides.
        for (rows, most) in [(blocking, 390_usize), (remarked, 300), (silent, 0)] {
            let mut waiting = rows;
            while !waiting.is_empty() {
                let (mut now, mut room) = (BTreeMap::new(), most);
                let mut later = Vec::new();
                for row in waiting {
                    let length = match row.effect(self).message().len() {
                        0 => 0,
                        length => length + 2,
                    };
                    if length > room || now.contains_key(endpoint(row.interface)) {
                        later.push(row);
                        continue;
                    }
                    room -= length;
                    now.insert(endpoint(row.interface), row);
                }
                waiting = later;
                self.try_at_once(&now.into_values().collect::<Vec<_>>());
            }
        }
        self.is_in_process = false;
        self.observe();
        self.world.expect(StatusKind::Active, "");
        let texts = self.world.public_texts();
        assert!(!texts.contains(MARK) && texts.len() < 1_000_000, "{texts:.5000}");
    }
}

/// Number of units that share the whole table. Most of an event is the wait for a service that starts.
const PARTS: usize = 4;

/// Every value of a part under every key. Values of megabytes are only under the first key of each interface: the model
/// copies them for each event, and the interfaces' own tests have them under every key.
fn all_rows(part: usize) -> impl Iterator<Item = Row> {
    known().flat_map(move |interface| {
        let rows = move |value: String| {
            let most = if value.len() > LARGE { 1 } else { usize::MAX };
            keys(interface).take(most).map(move |(place, key)| Row { interface, place, key, value: value.clone() })
        };
        values().into_iter().skip(part).step_by(PARTS).flat_map(rows)
    })
}

/// A sample of the rows: each interface has every fourth value, under one key. The count begins at `first`.
fn some_rows(first: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, interface) in known().enumerate() {
        let mine = values().into_iter().enumerate().filter(|(at, _)| (number + at + first).is_multiple_of(4));
        let keys: Vec<_> = keys(interface).collect();
        rows.extend(mine.map(|(at, value)| {
            let (place, key) = keys[at % keys.len()];
            Row { interface, place, key, value }
        }));
    }
    rows
}

#[test]
fn hostile_values_of_any_integration_are_told_to_flask_charms_and_harm_nothing() {
    let mut table = Table::new("flask");
    table.try_all(some_rows(0), false);
    assert!(table.rows > 60, "{}", table.rows);
}

#[test]
fn hostile_values_of_any_integration_are_told_to_spring_boot_charms_and_harm_nothing() {
    let mut table = Table::new("spring-boot");
    let rabbitmq = known().find(|interface| interface.name == "rabbitmq").unwrap();
    let placeholder = Row { interface: rabbitmq, place: "app", key: "password", value: "${APP_SECRET_KEY}".to_owned() };
    table.write(rabbitmq, ("app", "password"), &placeholder.value);
    table.observe();
    let why = "spring.rabbitmq.password: it has ${ or #{, which Spring evaluates";
    table.world.expect(StatusKind::Blocked, &table.complaint(rabbitmq, why));
    table.try_at_once(&[placeholder]);
    table.try_all(some_rows(2), false);
    assert!(table.rows > 60, "{}", table.rows);
}

/// A value under the key of each endpoint, with the status: of invalid data, or of data that lack a key. `ID` stands for
/// the relation's id.
const TOLD: [(&str, (&str, &str), &str, &str); 15] = [
    (
        "postgresql",
        ("app", "password"),
        "a\nb",
        "Invalid postgresql relation data. password: it has a control character (correct it in postgresql, or juju remove-relation ID)",
    ),
    (
        "mysql",
        ("app", "endpoints"),
        "db:port",
        "Invalid mysql relation data. endpoints: the first entry has a port that is not a number (correct it in mysql, or juju remove-relation ID)",
    ),
    (
        "mongodb",
        ("app", "password"),
        "",
        "mongodb: mongodb gives no usable password yet (if it stays so, check mongodb and its version, or juju remove-relation ID)",
    ),
    (
        "redis",
        ("unit", "port"),
        "",
        "redis: redis gives no usable port yet (if it stays so, check redis and its version, or juju remove-relation ID)",
    ),
    (
        "valkey",
        ("app", "requests"),
        "",
        "valkey: valkey gives no usable requests yet (if it stays so, check valkey and its version, or juju remove-relation ID)",
    ),
    (
        "rabbitmq",
        ("app", "password"),
        "",
        "rabbitmq: rabbitmq gives no usable password yet (if it stays so, check rabbitmq and its version, or juju remove-relation ID)",
    ),
    (
        "s3",
        ("app", "access-key"),
        "",
        "s3: s3 gives no usable access-key yet (if it stays so, check s3 and its version, or juju remove-relation ID)",
    ),
    (
        "bucket",
        ("app", "secret-extra"),
        "nonsense",
        "Invalid bucket relation data. secret-extra: it is not the address of a secret (correct it in bucket, or juju remove-relation ID)",
    ),
    (
        "saml",
        ("app", "entity_id"),
        "",
        "Invalid saml relation data. entity_id: it is missing (correct it in saml, or juju remove-relation ID)",
    ),
    (
        "smtp",
        ("app", "port"),
        "65536",
        "Invalid smtp relation data. port: it is not a port's number (correct it in smtp, or juju remove-relation ID)",
    ),
    (
        "openfga",
        ("app", "store_id"),
        "",
        "openfga: openfga gives no usable store_id yet (if it stays so, check openfga and its version, or juju remove-relation ID)",
    ),
    (
        "tracing",
        ("app", "receivers"),
        "7",
        "tracing: tracing gives no usable receivers yet (if it stays so, check tracing and its version, or juju remove-relation ID)",
    ),
    (
        "ingress",
        ("app", "ingress"),
        "{",
        "Invalid ingress relation data. ingress: it is not JSON (correct it in ingress, or juju remove-relation ID)",
    ),
    (
        "oidc",
        ("app", "client_secret_id"),
        "hunter2",
        "Invalid oidc relation data. client_secret_id: it is not the address of a secret (correct it in oidc, or juju remove-relation ID)",
    ),
    (
        "http-proxy",
        ("app", "responses"),
        "hunter2",
        "http-proxy relation data is either unavailable, invalid or not usable. responses: it is not JSON (correct it in http-proxy, or juju remove-relation ID)",
    ),
];

#[test]
fn of_every_interface_a_value_that_is_no_use_is_told_with_key_and_remedy_and_the_remark_goes_with_it() {
    let table = Table::new("flask");
    let mut left: Vec<_> = known().filter(|interface| !watches(interface)).map(endpoint).collect();
    let before = table.world.variables();
    for (name, at, value, told) in TOLD {
        let interface = known().find(|interface| endpoint(interface) == name).unwrap();
        left.retain(|other| *other != name);
        table.write(interface, at, value);
        table.observe();
        let kind = if told.contains("relation data") { StatusKind::Blocked } else { StatusKind::Active };
        let status = table.world.status();
        // Without ingress, a client of OpenID Connect has a message too.
        let message = status.message.strip_suffix("; Ingress relation is required for OIDC to work correctly!");
        let message = message.unwrap_or(&status.message);
        assert_eq!((status.kind, message), (kind, told.replace("ID", &table.relations[name].0.to_string()).as_str()));
        table.write(interface, at, usable_value(interface, at));
        table.observe();
        table.world.expect(StatusKind::Active, "");
        assert_eq!(table.world.variables(), before, "{name}");
    }
    assert_eq!(left, [""; 0], "an interface without a row");
}

/// Tries the whole table, in this process but for values of megabytes: the tests above have a sample of all values with
/// the charm's binary. Prints the cost of the binary's events that restart no service, in the order of its own processor
/// time.
#[allow(clippy::print_stdout, reason = "figures of a measurement; none is asserted")]
fn try_every_row(framework: &'static str) {
    let try_part = |part| {
        let mut table = Table::new(framework);
        table.try_all(all_rows(part).collect(), true);
        (table.rows, table.costs.take())
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let parts: Vec<_> = (0..PARTS).map(|part| scope.spawn(move || try_part(part))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    });
    assert!(parts.iter().map(|(rows, _)| rows).sum::<usize>() > 1000);
    let mut costs: Vec<_> = parts.into_iter().flat_map(|(_, costs)| costs).collect();
    costs.sort_unstable();
    let (median, slowest) = (costs[costs.len() / 2], costs[costs.len() - 1]);
    let longest = costs.iter().map(|(_, wall, _)| wall).max();
    let all = costs.len();
    println!(
        "{framework}, {all} events (cpu ms, wall ms, hook tools): median {median:?}, most {slowest:?}; wall {longest:?}"
    );
}

#[test]
#[ignore = "the whole cross product of keys and values takes minutes"]
fn every_hostile_value_under_every_key_is_told_to_flask_charms_and_harms_nothing() {
    try_every_row("flask");
}

#[test]
#[ignore = "the whole cross product of keys and values takes minutes"]
fn every_hostile_value_under_every_key_is_told_to_spring_boot_charms_and_harms_nothing() {
    try_every_row("spring-boot");
}

#[test]
fn secrets_that_are_taken_back_are_waited_for_at_every_endpoint() {
    let table = Table::new("flask");
    let before = table.world.variables();
    for interface in known().filter(|one| !one.fields.is_empty() && !keys(one).all(|(place, _)| place != "secret")) {
        let name = endpoint(interface);
        let (relation, id) = &table.relations[name];
        table.world.server.with(|model| model.revoke_secret(id, *relation)).unwrap();
        table.observe();
        table.world.expect(StatusKind::Waiting, &format!("Waiting for the secret of {name} to be granted"));
        assert_eq!(table.world.variables(), before, "{name}");
        table.world.server.with(|model| model.grant_secret(id, *relation)).unwrap();
    }
    table.observe();
    table.world.expect(StatusKind::Active, "");
}

#[test]
fn secrets_of_every_endpoint_that_a_migration_prints_are_not_told() {
    let rock = Rock::idle().file("flask/app/migrate.sh", SCRIPT);
    let table = Table::of("flask", World::of(&charm("flask")).with_pod(rock));
    let status = table.world.status();
    let end = "failed, will retry in next update-status: cannot reach http://me:***@p:1";
    assert!(status.message.ends_with(end), "{status:?}");
    let logged = table.world.public_texts();
    assert!(logged.contains("APP_NAME=flask-k8s") || logged.contains("FLASK_BASE_URL"), "{logged}");
    assert!(!logged.contains(MARK), "{logged}");
}

#[test]
fn of_two_relations_on_any_endpoint_the_one_that_can_be_used_is() {
    let table = Table::new("flask");
    let before = table.world.variables();
    // The charm takes only one ingress.
    let several = || known().filter(|interface| endpoint(interface) != "ingress");
    table.relate(several(), "second-");
    for interface in several() {
        let (place, key) = keys(interface).find(|(_, key)| !["data", "subordinated"].contains(key)).unwrap();
        table.write(interface, (place, key), "hunter2\n");
    }
    table.observe();
    let status = table.world.status();
    let first = table.relations["postgresql"].0;
    let remark =
        format!("postgresql: second-postgresql is used, not postgresql (juju remove-relation {first}); mysql: ");
    assert_eq!((status.kind, status.message.chars().count()), (StatusKind::Active, 401));
    assert!(status.message.starts_with(&remark) && status.message.ends_with('…'), "{status:?}");
    assert_eq!(table.world.variables(), before, "both applications give the same data");
    let (redis, _) = table.relations["redis"];
    for interface in several().filter(|interface| endpoint(interface) != "redis") {
        let (relation, _) = table.relations[endpoint(interface)];
        table.world.server.with(|model| model.remove_relation(relation)).unwrap();
    }
    table.world.skip();
    table.observe();
    let remark = format!("redis: second-redis is used, not redis (juju remove-relation {redis})");
    table.world.expect(StatusKind::Active, &remark);
    table.world.separate(redis);
    table.world.expect(StatusKind::Active, "");
    assert_eq!(table.world.variables(), before);
}
