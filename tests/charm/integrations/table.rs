//! A unit with a relation on every endpoint, whose remote applications give usable data: the table of all interfaces and
//! their keys, against the charm's real binary.

#[path = "../../../interfaces/tests/sizes/every.rs"]
#[allow(dead_code, reason = "the charm has no provider's half")]
pub(super) mod every;

use std::cell::RefCell;
use std::collections::BTreeMap;

use every::{EVERY, Interface, Key, SECRET};
use juju::{Entity, Event, RelationId, SecretId, StatusKind, UnitName, Whose};

use super::started;
use crate::support::{Charm, World, secret};

/// Endpoint of an interface in the charm.
pub(super) fn endpoint(interface: &Interface) -> &'static str {
    match interface.name {
        "oauth" => "oidc",
        "http_proxy" => "http-proxy",
        "prometheus_scrape" => "metrics-endpoint",
        "loki_push_api" => "logging",
        "grafana_dashboard" => "grafana-dashboard",
        "s3 of version 1" => "bucket",
        name => name.strip_suffix("_client").unwrap_or(name),
    }
}

/// True for interfaces of applications that watch ours: whatever they write, the status stays as it is.
pub(super) fn watches(interface: &Interface) -> bool {
    ["metrics-endpoint", "logging", "grafana-dashboard"].contains(&endpoint(interface))
}

/// Keys of the remote application and of its units. The charm is the provider of its metrics and dashboards.
pub(super) fn theirs(interface: &Interface) -> (&'static [Key], &'static [Key]) {
    match endpoint(interface) {
        "metrics-endpoint" | "grafana-dashboard" => (interface.asked, &[]),
        _ => (interface.app, interface.unit),
    }
}

/// All interfaces that the charm has endpoints of. Those of other charms are in the table too: backups, certificates.
pub(super) fn known() -> impl Iterator<Item = &'static Interface> {
    let others = ["secret-storage", "backup", "certificates"];
    EVERY.iter().filter(move |interface| !others.iter().any(|other| interface.name.contains(other)))
}

/// Usable application data of an interface, under the keys of the table. A database's account is in clear text.
pub(super) fn usable(interface: &Interface) -> Vec<(&'static str, &'static str)> {
    let own: &[(&str, &str)] = match endpoint(interface) {
        "postgresql" | "mysql" | "mongodb" => &[("password", "hunter2-clear"), ("uris", "")],
        _ => &[],
    };
    let all = theirs(interface).0.iter().map(|(key, value, _)| (*key, *value)).chain(own.iter().copied());
    all.filter(|(key, _)| *key != "data").collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// A unit with a relation on every endpoint, and the secret of each remote application.
pub(super) struct Table {
    pub(super) framework: &'static str,
    pub(super) world: World,
    pub(super) relations: BTreeMap<&'static str, (RelationId, SecretId)>,
    pub(super) rows: usize,
    /// True to run the charm's code in this process: an event then takes a tenth of the time, and no hook tool is started.
    pub(super) is_in_process: bool,
    /// Of each event without a write to Pebble: milliseconds of the charm's own processor time, milliseconds of wall time,
    /// hook-tool calls.
    pub(super) costs: RefCell<Vec<(u128, u128, usize)>>,
}

/// The framework's charm with every endpoint, each for any number of relations.
pub(super) fn charm(framework: &str) -> Charm {
    let more = "requires:\n  postgresql: {interface: postgresql_client, optional: true}\n  \
                mysql: {interface: mysql_client, optional: true}\n  tracing: {interface: tracing, optional: true}\n  \
                bucket: {interface: s3, optional: true}\n";
    Charm::with_every_integration(framework).replace(", limit: 1}", "}").replace("requires:\n", more)
}

impl Table {
    pub(super) fn new(framework: &'static str) -> Self {
        let table = Self::of(framework, started(framework, &charm(framework)));
        table.world.expect(StatusKind::Active, "");
        table
    }

    /// The table of a unit whose workload is not checked.
    pub(super) fn of(framework: &'static str, world: World) -> Self {
        let mut table = Self {
            framework,
            world,
            relations: BTreeMap::new(),
            rows: 0,
            is_in_process: false,
            costs: RefCell::default(),
        };
        table.relations = table.relate(known(), "").into_iter().collect();
        table
    }

    /// Integrates applications that give usable data, and runs the events that follow. An application's name is
    /// `prefix` and the endpoint.
    pub(super) fn relate(
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
    pub(super) fn answer(&self, interface: &'static Interface, relation: RelationId, app: &str) -> SecretId {
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
    pub(super) fn addressed(&self, value: &str, relation: RelationId, id: &SecretId) -> String {
        let asked = self.world.ours(relation, Whose::App);
        let asked: serde_json::Value =
            asked.text("requests").map_or_else(Default::default, |t| serde_json::from_str(t).unwrap());
        let ours = |key: &str| format!("\"{key}\": \"{}\"", asked[0][key].as_str().unwrap_or("r"));
        let value = value.replace(SECRET, &id.to_string());
        value.replace("\"request-id\": \"r\"", &ours("request-id")).replace("\"requirer\": \"r\"", &ours("requirer"))
    }

    /// Runs one event in which the charm reads all relations.
    pub(super) fn observe(&self) {
        if self.is_in_process {
            self.world.fire_in_process(&Event::UpdateStatus);
            return;
        }
        let logged = self.world.logged();
        let done = self.world.fire(Event::UpdateStatus);
        if !self.world.requests_since(logged).iter().any(|request| request.starts_with("POST")) {
            self.costs.borrow_mut().push((done.cpu.as_millis(), done.wall.as_millis(), done.calls.len()));
        }
    }

    /// Writes a value as the remote application of an endpoint. The place is `app`, `unit` or `secret`.
    pub(super) fn write(&self, interface: &Interface, (place, key): (&str, &str), value: &str) {
        let name = endpoint(interface);
        let (relation, id) = &self.relations[name];
        let value = self.addressed(value, *relation, id);
        let entity = match place {
            "app" => Entity::App(name.to_owned()),
            _ => Entity::Unit(UnitName::new(name, 0)),
        };
        self.world.server.with(|model| match place {
            "secret" => {
                let fields = interface.fields.iter().map(|(key, value, _)| (*key, *value));
                let fields: BTreeMap<_, _> = fields.chain([(key, value.as_str())]).collect();
                model.set_secret(id, secret(&fields.into_iter().collect::<Vec<_>>())).unwrap();
            }
            _ => model.set_databag(*relation, &entity, &[(key, value)].into_iter().collect()).unwrap(),
        });
    }
}

/// The usable value under a key.
pub(super) fn usable_value(interface: &Interface, (place, key): (&str, &str)) -> &'static str {
    let of = |keys: &'static [Key]| keys.iter().find(|(name, ..)| *name == key).map_or("", |(_, value, _)| value);
    match place {
        "app" => usable(interface).into_iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value),
        "unit" => of(theirs(interface).1),
        _ => of(interface.fields),
    }
}

/// Every key that the charm reads, each with its place.
pub(super) fn keys(interface: &'static Interface) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (app, unit) = theirs(interface);
    let places = [("app", app), ("unit", unit), ("secret", interface.fields)];
    let all = places.into_iter().flat_map(|(place, keys)| keys.iter().map(move |(key, ..)| (place, *key)));
    // A database's account is in clear text in this table, so its secret is not read.
    all.filter(|(place, _)| {
        *place != "secret" || !interface.name.ends_with("sql_client") && interface.name != "mongodb_client"
    })
}
