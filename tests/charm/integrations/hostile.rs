//! The table of hostile values: values that a remote application may write under any key that an interface reads, with
//! the charm's real binary. The charm waits, or is blocked and names the key; the other integrations and the
//! application stay as they are, no hook fails, and status and log show no secret.
//!
//! The expected message of a value comes from the interface's reader. The interfaces' own tests assert these texts.

#[path = "../../../interfaces/tests/sizes/every.rs"]
#[allow(dead_code, reason = "the charm has no provider's half")]
mod every;

use std::cell::RefCell;
use std::collections::BTreeMap;

use every::{EVERY, Interface, Key, SECRET, secrets};
use juju::{Entity, Event, RelationId, SecretId, StatusKind, UnitName, Whose};

use super::super::hidden::SCRIPT;
use super::started;
use crate::support::{Charm, Rock, World, secret};

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
    /// The relation is ready, or waits and is optional: no message.
    Silent,
}

/// Endpoint of an interface in the charm.
fn endpoint(interface: &Interface) -> &'static str {
    match interface.name {
        "oauth" => "oidc",
        "http_proxy" => "http-proxy",
        "prometheus_scrape" => "metrics-endpoint",
        "loki_push_api" => "logging",
        "grafana_dashboard" => "grafana-dashboard",
        name => name.strip_suffix("_client").unwrap_or(name),
    }
}

/// True for interfaces of applications that watch ours: whatever they write, the status stays as it is.
fn watches(interface: &Interface) -> bool {
    ["metrics-endpoint", "logging", "grafana-dashboard"].contains(&endpoint(interface))
}

/// Keys of the remote application and of its units. The charm is the provider of its metrics and dashboards.
fn theirs(interface: &Interface) -> (&'static [Key], &'static [Key]) {
    match endpoint(interface) {
        "metrics-endpoint" | "grafana-dashboard" => (interface.asked, &[]),
        _ => (interface.app, interface.unit),
    }
}

/// All interfaces that the charm has endpoints of. Those of other charms are in the table too: backups, certificates.
fn known() -> impl Iterator<Item = &'static Interface> {
    let others = ["secret-storage", "backup", "certificates"];
    EVERY.iter().filter(move |interface| !others.iter().any(|other| interface.name.contains(other)))
}

/// Usable application data of an interface, under the keys of the table. A database's account is in clear text.
fn usable(interface: &Interface) -> Vec<(&'static str, &'static str)> {
    let own: &[(&str, &str)] = match endpoint(interface) {
        "postgresql" | "mysql" | "mongodb" => &[("password", "hunter2-clear"), ("uris", "")],
        _ => &[],
    };
    let all = theirs(interface).0.iter().map(|(key, value, _)| (*key, *value)).chain(own.iter().copied());
    all.filter(|(key, _)| *key != "data").collect::<BTreeMap<_, _>>().into_iter().collect()
}

impl Row {
    fn effect(&self) -> Effect {
        if watches(self.interface) {
            return Effect::Silent;
        }
        let of = |place: &str| if place == self.place { vec![(self.key, self.value.as_str())] } else { Vec::new() };
        let mut view = Interface::view(self.interface.app, &[usable(self.interface), of("app")].concat());
        view.local_app = None;
        view.units = [(UnitName::new("other", 0), every::bag(self.interface.unit, &of("unit")))].into();
        let said = (self.interface.requirer)(&view, &secrets(self.interface.fields, &of("secret"))).said;
        let complaint = match endpoint(self.interface) {
            "http-proxy" => "http-proxy relation data is either unavailable, invalid or not usable.".to_owned(),
            name => format!("Invalid {name} relation data."),
        };
        match said.strip_prefix("invalid ") {
            Some(why) => Effect::Blocks(format!("{complaint} {why}")),
            None => Effect::Silent,
        }
    }
}

/// A unit with a relation on every endpoint, and the secret of each remote application.
struct Table {
    framework: &'static str,
    world: World,
    relations: BTreeMap<&'static str, (RelationId, SecretId)>,
    rows: usize,
    /// Of each event without a write to Pebble: milliseconds of the charm's own processor time, milliseconds of wall time,
    /// hook-tool calls.
    costs: RefCell<Vec<(u128, u128, usize)>>,
}

/// The framework's charm with every endpoint, each for any number of relations.
fn charm(framework: &str) -> Charm {
    let more = "requires:\n  postgresql: {interface: postgresql_client, optional: true}\n  \
                mysql: {interface: mysql_client, optional: true}\n  tracing: {interface: tracing, optional: true}\n";
    Charm::with_every_integration(framework).replace(", limit: 1}", "}").replace("requires:\n", more)
}

impl Table {
    fn new(framework: &'static str) -> Self {
        let table = Self::of(framework, started(framework, &charm(framework)));
        table.world.expect(StatusKind::Active, "");
        table
    }

    /// The table of a unit whose workload is not checked.
    fn of(framework: &'static str, world: World) -> Self {
        let mut table = Self { framework, world, relations: BTreeMap::new(), rows: 0, costs: RefCell::default() };
        table.relations = table.relate(known(), "").into_iter().collect();
        table
    }

    /// Integrates applications that give usable data, and runs the events that follow. An application's name is
    /// `prefix` and the endpoint.
    fn relate(
        &self,
        interfaces: impl Iterator<Item = &'static Interface>,
        prefix: &str,
    ) -> Vec<(&'static str, (RelationId, SecretId))> {
        let app = |interface: &Interface| format!("{prefix}{}", endpoint(interface));
        let related = |interface| (interface, self.world.integrate(endpoint(interface), &app(interface)));
        let relations: Vec<_> = interfaces.map(related).collect();
        self.observe();
        let answers = relations.into_iter().map(|(interface, relation)| {
            (endpoint(interface), (relation, self.answer(interface, relation, &app(interface))))
        });
        let answers = answers.collect();
        // The charm sees remote units after their relation-joined. One event is enough for all of them.
        self.world.skip();
        self.observe();
        answers
    }

    /// Writes usable data as the remote application. Returns the id of its secret.
    fn answer(&self, interface: &'static Interface, relation: RelationId, app: &str) -> SecretId {
        let fields: Vec<_> = interface.fields.iter().map(|(key, value, _)| (*key, *value)).collect();
        let id = self.world.secret(app, &fields);
        let addressed = |key: &str, value: &str| (key.to_owned(), self.addressed(value, relation, &id));
        let app_bag = usable(interface).into_iter().map(|(key, value)| addressed(key, value)).collect();
        let unit_bag = theirs(interface).1.iter().map(|(key, value, _)| addressed(key, value)).collect();
        self.world.server.with(|model| {
            model.grant_secret(&id, relation).unwrap();
            model.set_databag(relation, &Entity::App(app.to_owned()), &app_bag).unwrap();
            model.set_databag(relation, &Entity::Unit(UnitName::new(app, 0)), &unit_bag).unwrap();
        });
        id
    }

    /// A value of the table, with the secret's id and the id of our request in their places.
    fn addressed(&self, value: &str, relation: RelationId, id: &SecretId) -> String {
        let asked = self.world.ours(relation, Whose::App);
        let asked: serde_json::Value =
            asked.text("requests").map_or_else(Default::default, |t| serde_json::from_str(t).unwrap());
        let ours = |key: &str| format!("\"{key}\": \"{}\"", asked[0][key].as_str().unwrap_or("r"));
        let value = value.replace(SECRET, &id.to_string());
        value.replace("\"request-id\": \"r\"", &ours("request-id")).replace("\"requirer\": \"r\"", &ours("requirer"))
    }

    /// Runs one event in which the charm reads all relations.
    fn observe(&self) {
        let logged = self.world.logged();
        let done = self.world.fire(Event::UpdateStatus);
        if !self.world.requests_since(logged).iter().any(|request| request.starts_with("POST")) {
            self.costs.borrow_mut().push((done.cpu.as_millis(), done.wall.as_millis(), done.calls.len()));
        }
    }

    fn write(&self, row: &Row, value: &str) {
        let name = endpoint(row.interface);
        let (relation, id) = &self.relations[name];
        let value = self.addressed(value, *relation, id);
        let entity = match row.place {
            "app" => Entity::App(name.to_owned()),
            _ => Entity::Unit(UnitName::new(name, 0)),
        };
        self.world.server.with(|model| match row.place {
            "secret" => {
                let fields = row.interface.fields.iter().map(|(key, value, _)| (*key, *value));
                let fields: BTreeMap<_, _> = fields.chain([(row.key, value.as_str())]).collect();
                model.set_secret(id, secret(&fields.into_iter().collect::<Vec<_>>())).unwrap();
            }
            _ => model.set_databag(*relation, &entity, &[(row.key, value)].into_iter().collect()).unwrap(),
        });
    }

    /// The usable value in the place of a row.
    fn usable(row: &Row) -> &'static str {
        let of = |keys: &'static [Key]| keys.iter().find(|(key, ..)| *key == row.key).map_or("", |(_, value, _)| value);
        match row.place {
            "app" => usable(row.interface).into_iter().find(|(key, _)| *key == row.key).map_or("", |(_, value)| value),
            "unit" => of(theirs(row.interface).1),
            _ => of(row.interface.fields),
        }
    }

    /// Writes rows of different endpoints, runs an event, asserts their effects, and writes the usable values back.
    fn try_at_once(&mut self, rows: &[Row]) {
        let variables = || self.world.variables_of(self.framework);
        let before = variables();
        rows.iter().for_each(|row| self.write(row, &row.value));
        self.observe();
        let status = self.world.status();
        let mut is_blocked = false;
        for row in rows {
            let label = format!("{} {} {} {:.40?}: {status:?}", row.interface.name, row.place, row.key, row.value);
            match row.effect() {
                Effect::Blocks(message) => assert!(status.message.contains(&message), "{message} of {label}"),
                Effect::Silent => continue,
            }
            assert_eq!(status.kind, StatusKind::Blocked, "{label}");
            is_blocked = true;
        }
        let after = variables();
        if is_blocked {
            assert_eq!(after, before, "{status:?}");
        }
        assert!(self.framework == "flask" || after.values().all(|value| !value.contains("${")), "{after:?}");
        rows.iter().for_each(|row| self.write(row, Self::usable(row)));
        self.rows += rows.len();
    }

    /// Tries all rows: those of megabytes alone, the others as many at once as their messages fit into a status.
    fn try_all(&mut self, rows: Vec<Row>) {
        let (large, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.value.len() > LARGE);
        for row in large {
            self.try_at_once(&[row]);
        }
        let (blocking, silent): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.effect() != Effect::Silent);
        for rows in [blocking, silent] {
            let mut waiting = rows;
            while !waiting.is_empty() {
                let (mut now, mut room) = (BTreeMap::new(), 390_usize);
                waiting = waiting
                    .into_iter()
                    .filter_map(|row| {
                        let length = match row.effect() {
                            Effect::Blocks(message) => message.len() + 2,
                            Effect::Silent => 0,
                        };
                        if length > room || now.contains_key(endpoint(row.interface)) {
                            return Some(row);
                        }
                        room -= length;
                        now.insert(endpoint(row.interface), row);
                        None
                    })
                    .collect();
                self.try_at_once(&now.into_values().collect::<Vec<_>>());
            }
        }
        self.observe();
        self.world.expect(StatusKind::Active, "");
        let texts = self.world.public_texts();
        assert!(!texts.contains(MARK) && texts.len() < 1_000_000, "{texts:.5000}");
    }
}

/// Every key that the charm reads, each with its place.
fn keys(interface: &'static Interface) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (app, unit) = theirs(interface);
    let places = [("app", app), ("unit", unit), ("secret", interface.fields)];
    let all = places.into_iter().flat_map(|(place, keys)| keys.iter().map(move |(key, ..)| (place, *key)));
    // A database's account is in clear text in this table, so its secret is not read.
    all.filter(|(place, _)| {
        *place != "secret" || !interface.name.ends_with("sql_client") && interface.name != "mongodb_client"
    })
}

/// Every value under every key. Values of megabytes are only under the first key of each interface: the model copies
/// them for each event, and the interfaces' own tests have them under every key.
fn all_rows() -> impl Iterator<Item = Row> {
    known().flat_map(|interface| {
        let rows = move |value: String| {
            let most = if value.len() > LARGE { 1 } else { usize::MAX };
            keys(interface).take(most).map(move |(place, key)| Row { interface, place, key, value: value.clone() })
        };
        values().into_iter().flat_map(rows)
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
    table.try_all(some_rows(0));
    assert!(table.rows > 60, "{}", table.rows);
}

#[test]
fn hostile_values_of_any_integration_are_told_to_spring_boot_charms_and_harm_nothing() {
    let mut table = Table::new("spring-boot");
    let rabbitmq = known().find(|interface| interface.name == "rabbitmq").unwrap();
    let placeholder = Row { interface: rabbitmq, place: "app", key: "password", value: "${APP_SECRET_KEY}".to_owned() };
    table.write(&placeholder, &placeholder.value);
    table.observe();
    let why = "spring.rabbitmq.password: it has ${ or #{, which Spring evaluates: give it another value";
    table.world.expect(StatusKind::Blocked, &format!("Invalid rabbitmq relation data. {why}"));
    table.try_at_once(&[placeholder]);
    table.try_all(some_rows(2));
    assert!(table.rows > 60, "{}", table.rows);
}

/// Tries the whole table, and prints the cost of events that restart no service, in the order of the charm's own processor
/// time.
#[allow(clippy::print_stdout, reason = "figures of a measurement; none is asserted")]
fn try_every_row(framework: &'static str) {
    let mut table = Table::new(framework);
    table.try_all(all_rows().collect());
    assert!(table.rows > 1000, "{}", table.rows);
    let mut costs = table.costs.take();
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
        let row = Row { interface, place, key, value: "hunter2\n".to_owned() };
        table.write(&row, &row.value);
    }
    table.observe();
    table.world.expect(StatusKind::Active, "");
    assert_eq!(table.world.variables(), before, "both applications give the same data");
}
