//! The requirer, provider and peer of the relations guide: their charms, and what each of them must do.

use super::*;
use juju::event::{LeaderElected, RelationBroken, RelationChanged, RelationDeparted, RelationJoined};
use juju::key::{Peer, Provides, Requires};
use juju::{Error, Flow, Setup, Status, Stored, Whose};
use std::collections::BTreeMap;

const DEMO: &str = "{name: app, provides: {offer: {interface: demo}}, requires: {demo: {interface: demo}}}";
const PEERS: &str = "{name: app, peers: {replicas: {interface: replicas}}}";

/// Values by the relation's number.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Memory {
    values: BTreeMap<String, String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Offer {
    leader_uuid: Option<String>,
    token: Option<String>,
    leader_ip: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Special {
    special_field: Option<String>,
}

struct Requirer {
    memory: Stored<Memory>,
}

impl Charm for Requirer {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Requirer { memory: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        let demo = Requires::named("demo");
        on.event(demo.changed(), Self::changed).event(demo.broken(), Self::broken);
    }
}

impl Requirer {
    fn changed(&mut self, event: &RelationChanged<'_>, juju: &Juju<'_>) -> Result<(), Error> {
        if !juju.is_leader()? {
            return Ok(());
        }
        let relation = event.relation();
        let offer: Offer = relation.remote_app()?;
        self.memory.values.insert(relation.id().to_string(), offer.leader_uuid.unwrap_or_default());
        if let Some(unit) = event.unit() {
            let special: Special = relation.remote_unit(unit)?;
            self.memory.values.insert(unit.to_string(), special.special_field.unwrap_or_default());
        }
        relation.set_app([("token", format!("token-{}", self.memory.values.len()))])?;
        juju.set_status(Whose::Unit, &Status::active("configured"))
    }

    fn broken(&mut self, event: &RelationBroken<'_>, _: &Juju<'_>) -> Result<(), Error> {
        self.memory.values.remove(&event.relation().id().to_string());
        Ok(())
    }
}

/// The values that the charm keeps.
fn stored<C: Charm>(harness: &Harness<C>) -> BTreeMap<String, String> {
    let state = harness.model().state(harness.unit()).unwrap();
    let memory: Option<Memory> = state.values().find_map(|value| serde_json::from_str(value).ok());
    memory.unwrap_or_default().values
}

#[test]
fn the_requirer_does_nothing_unless_it_leads() {
    let mut harness = Harness::<Requirer>::from_meta(DEMO, "", "").unwrap();
    harness.begin().unwrap();
    let id = harness.add_relation("demo", "provider").unwrap();
    harness.update_relation_data(id, "provider", [("leader-uuid", "u-1")]).unwrap();
    assert!(stored(&harness).is_empty());
    assert_eq!(harness.get_relation_data(id, "app").unwrap(), Databag::new());
    assert_eq!(harness.unit_status().unwrap(), Some(Status::maintenance("")));
}

#[test]
fn the_leading_requirer_stores_answers_configures_and_forgets() {
    let mut harness = Harness::<Requirer>::from_meta(DEMO, "", "").unwrap();
    harness.set_leader(true).unwrap();
    harness.begin().unwrap();
    let id = harness.add_relation("demo", "provider").unwrap();
    harness.add_relation_unit(id, "provider/0").unwrap();
    harness.update_relation_data(id, "provider", [("leader-uuid", "u-1")]).unwrap();
    assert_eq!(stored(&harness), [("0".to_owned(), "u-1".to_owned())].into());
    let token = harness.get_relation_data(id, "app").unwrap()["token"].clone();
    harness.update_relation_data(id, "provider/0", [("special-field", "x")]).unwrap();
    assert_eq!(stored(&harness)["provider/0"], "x");
    assert_ne!(harness.get_relation_data(id, "app").unwrap()["token"], token, "the token is fresh");
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("configured")));
    harness.remove_relation(id).unwrap();
    assert!(!stored(&harness).contains_key("0"));
}

struct Provider {
    memory: Stored<Memory>,
}

impl Charm for Provider {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Provider { memory: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        let offer = Provides::named("offer");
        on.event(offer.joined(), Self::joined).event(offer.changed(), Self::changed);
    }
}

impl Provider {
    fn joined(&mut self, event: &RelationJoined<'_>, juju: &Juju<'_>) -> Result<(), Error> {
        if juju.is_leader()? {
            event.relation().set_app([("leader-uuid", "u-1")])?;
        }
        event.relation().set_unit([("special-field", juju.context.unit.to_string())])
    }

    fn changed(&mut self, event: &RelationChanged<'_>, _: &Juju<'_>) -> Result<(), Error> {
        let answer: Offer = event.relation().remote_app()?;
        if let Some(token) = answer.token {
            self.memory.values.insert("token".to_owned(), token);
        }
        Ok(())
    }
}

#[test]
fn the_provider_names_itself_and_stores_the_token_once_there_is_one() {
    for leads in [true, false] {
        let mut harness = Harness::<Provider>::from_meta(DEMO, "", "").unwrap();
        harness.set_leader(leads).unwrap();
        harness.begin().unwrap();
        let id = harness.add_relation("offer", "requirer").unwrap();
        harness.add_relation_unit(id, "requirer/0").unwrap();
        assert_eq!(harness.get_relation_data(id, "app").unwrap().text("leader-uuid"), leads.then_some("u-1"));
        assert_eq!(harness.get_relation_data(id, "app/0").unwrap().text("special-field"), Some("app/0"));
        harness.update_relation_data(id, "requirer", [("other", "1")]).unwrap();
        assert!(stored(&harness).is_empty());
        harness.update_relation_data(id, "requirer", [("token", "t")]).unwrap();
        assert_eq!(stored(&harness)["token"], "t");
    }
}

#[test]
fn requirer_and_provider_exchange_both_values() {
    crate::Cluster::explore(0..5, |cluster| {
        let files = || CharmFiles::parse(DEMO, "", "").unwrap();
        cluster.deploy::<Provider>("provider", files(), 1)?;
        cluster.deploy::<Requirer>("requirer", files(), 1)?;
        let id = cluster.integrate("requirer:demo", "provider:offer")?;
        cluster.run_until_quiet(100)?;
        let state = |app: &str| format!("{:?}", cluster.model().state(&UnitName::new(app, 0)).unwrap());
        assert!(state("requirer").contains("u-1") && state("requirer").contains("provider/0"));
        let token = cluster.model().databag(id, &juju::Entity::App("requirer".to_owned()))?["token"].clone();
        assert!(state("provider").contains(&token));
        Ok(())
    })
    .unwrap();
}

struct Replica {
    memory: Stored<Memory>,
}

impl Charm for Replica {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Replica { memory: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        let replicas = Peer::named("replicas");
        on.event(LeaderElected, |_: &mut Self, _, juju: &Juju<'_>| Self::publish(juju))
            .event(replicas.joined(), Self::joined)
            .event(replicas.changed(), Self::changed)
            .event(replicas.departed(), Self::departed);
    }
}

impl Replica {
    fn publish(juju: &Juju<'_>) -> Result<(), Error> {
        let Some(replicas) = juju.relation(Peer::named("replicas"))? else { return Ok(()) };
        let network = replicas.network()?;
        replicas.set_app([("leader-ip", network.bind_address().unwrap_or_default())])
    }

    fn joined(&mut self, event: &RelationJoined<'_>, juju: &Juju<'_>) -> Result<(), Error> {
        if juju.is_leader()? {
            Self::publish(juju)?;
        }
        event.relation().set_unit([("unit-data", juju.context.unit.to_string())])
    }

    fn changed(&mut self, event: &RelationChanged<'_>, juju: &Juju<'_>) -> Result<(), Error> {
        let published: Offer = event.relation().local_app()?;
        let known = self.memory.values.get("leader-ip");
        if let Some(address) = published.leader_ip.filter(|address| Some(address) != known) {
            juju.set_status(Whose::Unit, &Status::active(format!("follows {address}")))?;
            self.memory.values.insert("leader-ip".to_owned(), address);
        }
        Ok(())
    }

    fn departed(&mut self, event: &RelationDeparted<'_>, juju: &Juju<'_>) -> Result<(), Error> {
        let unit = event.departing_unit().map(ToString::to_string).unwrap_or_default();
        juju.set_status(Whose::Unit, &Status::active(format!("without {unit}")))
    }
}

/// A replica with its peer relation.
fn replica() -> (Harness<Replica>, RelationId) {
    let mut harness = Harness::<Replica>::from_meta(PEERS, "", "").unwrap();
    let id = harness.add_relation("replicas", "app").unwrap();
    harness.add_network(&HarnessNetwork::new("10.1.2.3").of_relation(id)).unwrap();
    harness.begin().unwrap();
    (harness, id)
}

#[test]
fn the_elected_peer_publishes_its_address_and_again_to_each_that_joins() {
    let (mut harness, id) = replica();
    harness.set_leader(true).unwrap();
    let published = |harness: &Harness<Replica>| harness.get_relation_data(id, "app").unwrap();
    assert_eq!(published(&harness)["leader-ip"], "10.1.2.3");
    harness.update_relation_data(id, "app", [("leader-ip", "")]).unwrap();
    harness.add_relation_unit(id, "app/1").unwrap();
    assert_eq!(published(&harness)["leader-ip"], "10.1.2.3");
    assert_eq!(harness.get_relation_data(id, "app/0").unwrap()["unit-data"], "app/0");
}

#[test]
fn a_peer_stores_a_new_address_only_when_there_is_one_and_it_differs() {
    let (mut harness, id) = replica();
    harness.add_relation_unit(id, "app/1").unwrap();
    harness.update_relation_data(id, "app/1", [("unit-data", "app/1")]).unwrap();
    assert!(stored(&harness).is_empty());
    let own = harness.get_relation_data(id, "app/0").unwrap();
    assert_eq!(own.text("unit-data"), Some("app/0"), "a unit that doesn't lead writes its own data, too");
    harness.update_relation_data(id, "app", [("leader-ip", "10.9.9.9")]).unwrap();
    assert_eq!(stored(&harness)["leader-ip"], "10.9.9.9");
    let writes = |harness: &Harness<Replica>| {
        harness.backend_calls().iter().filter(|call| ["state-set", "status-set"].contains(&call.tool.as_str())).count()
    };
    let before = writes(&harness);
    harness.update_relation_data(id, "app/1", [("unit-data", "other")]).unwrap();
    assert_eq!(writes(&harness), before, "the same address is not stored again");
}

#[test]
fn a_peer_that_departs_is_named() {
    let (mut harness, id) = replica();
    harness.add_relation_unit(id, "app/1").unwrap();
    harness.remove_relation_unit(id, "app/1").unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("without app/1")));
}

/// A charm that defers its start twice over, in two handlers.
struct Twice;

impl Charm for Twice {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Twice)
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("one", juju::event::Start, |_, _, juju| {
            Ok(if juju.is_leader()? { Flow::Done } else { Flow::Defer })
        });
        on.deferring("two", juju::event::ConfigChanged, |_, _, _| Ok(Flow::Defer));
    }
}

#[test]
fn deferred_events_keep_their_places_and_are_queued_once() {
    let mut harness = Harness::<Twice>::from_meta("name: app", "", "").unwrap();
    harness.begin().unwrap();
    harness.emit(&Event::Start).unwrap();
    harness.emit(&Event::ConfigChanged).unwrap();
    harness.emit(&Event::Start).unwrap();
    let names = |harness: &Harness<Twice>| -> Vec<String> {
        harness.deferred_events().unwrap().into_iter().map(|(_, handler)| handler).collect()
    };
    assert_eq!(names(&harness), ["one", "two"], "an equal one waits once");
    harness.hooks_disabled(|harness| harness.set_leader(true)).unwrap();
    harness.reemit().unwrap();
    assert_eq!(names(&harness), ["two"], "each is delivered to the handler that deferred it");
}
