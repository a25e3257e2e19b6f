//! The table of hostile values: values that a remote application may write under any key that an interface reads, with
//! the charm's real binary. The charm waits, or is blocked and names the key; the other integrations and the
//! application stay as they are, no hook fails, and status and log show no secret.
//!
//! The expected message of a value comes from the interface's reader. The interfaces' own tests assert these texts.

use std::collections::BTreeMap;

use juju::{StatusKind, UnitName};

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
    /// The relation is ready, or waits and is optional: no message.
    Silent,
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

impl Table {
    /// Writes rows of different endpoints, runs an event, asserts their effects, and writes the usable values back.
    fn try_at_once(&mut self, rows: &[Row]) {
        let variables = || self.world.variables_of(self.framework);
        let before = variables();
        rows.iter().for_each(|row| self.write(row.interface, (row.place, row.key), &row.value));
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
        self.is_in_process = false;
        self.observe();
        self.world.expect(StatusKind::Active, "");
        let texts = self.world.public_texts();
        assert!(!texts.contains(MARK) && texts.len() < 1_000_000, "{texts:.5000}");
    }
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
    let why = "spring.rabbitmq.password: it has ${ or #{, which Spring evaluates: give it another value";
    table.world.expect(StatusKind::Blocked, &format!("Invalid rabbitmq relation data. {why}"));
    table.try_at_once(&[placeholder]);
    table.try_all(some_rows(2), false);
    assert!(table.rows > 60, "{}", table.rows);
}

/// Tries the whole table, in this process but for values of megabytes: the tests above have a sample of all values with
/// the charm's binary. Prints the cost of the binary's events that restart no service, in the order of its own processor
/// time.
#[allow(clippy::print_stdout, reason = "figures of a measurement; none is asserted")]
fn try_every_row(framework: &'static str) {
    let mut table = Table::new(framework);
    table.try_all(all_rows().collect(), true);
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
