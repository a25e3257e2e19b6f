//! Relations and databags as a handler works with them, whatever the event.

use super::*;
use juju::key::{Peer, Provides};
use juju::{Error, Event as Hook, Role};
use serde::Deserialize;

const SITE: &str = "
name: web
requires:
  db: {interface: pg, limit: 2}
  cache: {interface: redis, optional: true}
provides: {site: http}
peers: {ring: {interface: ring}}
";

fn site(event: &Hook, state: &State, script: Script) -> State {
    SCRIPT.set(script);
    Context::<Scripted>::from_meta(SITE, "", "").unwrap().run(event, state).unwrap()
}

fn own_data(state: &State, id: u32) -> Databag {
    let mut own = state.relation(RelationId(id)).unwrap().local_unit_data.clone();
    for address in ["egress-subnets", "ingress-address", "private-address"] {
        own.remove(address);
    }
    own
}

#[test]
fn a_required_endpoint_without_a_relation_stops_no_event() {
    let after = site(&Hook::Start, &State::default(), |_, juju| {
        let relation = juju.relation(Requires::named("db"))?;
        assert!(relation.is_none());
        juju.set_status(Whose::Unit, &Status::active(""))
    });
    assert_eq!(after.unit_status, Some(Status::active("")));
}

#[test]
fn a_charm_reads_role_limit_and_optional_of_its_endpoints() {
    site(&Hook::Start, &State::default(), |_, juju| {
        let metadata = &juju.context.declared().unwrap().metadata;
        let read = |name| metadata.endpoint(name).map(|found| (found.role, found.limit, found.optional)).unwrap();
        assert_eq!(read("db"), (Role::Requires, Some(2), false));
        assert_eq!(read("cache"), (Role::Requires, None, true));
        assert_eq!(read("site"), (Role::Provides, None, false));
        assert_eq!(read("ring"), (Role::Peers, None, false));
        Ok(())
    });
}

#[test]
fn a_relation_is_fetched_by_endpoint_or_by_endpoint_and_id() {
    let state = State { relations: vec![pg(), ring()], ..State::default() };
    site(&Hook::ConfigChanged, &state, |_, juju| {
        let (db, ring) = (Requires::named("db"), Peer::named("ring"));
        let relation = juju.relation(&db)?.unwrap();
        assert_eq!((relation.id(), relation.endpoint(), relation.app()?.as_deref()), (RelationId(1), "db", Some("pg")));
        assert_eq!(juju.relation(&ring)?.unwrap().id(), RelationId(2));
        assert_eq!(juju.relation_by_id(&db, RelationId(1))?.unwrap().remote_app::<Databag>()?.text("app"), Some("pg"));
        assert!(juju.relation_by_id(&db, RelationId(2))?.is_none(), "it is another endpoint's");
        assert!(juju.relation_by_id(&db, RelationId(9))?.is_none());
        Ok(())
    });
}

#[test]
fn a_view_of_another_endpoints_relation_is_an_error_that_names_both() {
    let state = State { relations: vec![pg(), ring()], ..State::default() };
    site(&Hook::ConfigChanged, &state, |_, juju| {
        let error = juju.view("db", RelationId(2), Needs::all()).unwrap_err();
        assert_eq!(error.to_string(), "relation 2 is of endpoint \"ring\", not of \"db\"");
        assert_eq!(juju.calls(), 0, "it is known without a call");
        assert_eq!(juju.view("ring", RelationId(2), Needs::all().of_peer())?.units.len(), 1);
        assert!(juju.view("db", RelationId(9), Needs::all())?.units.is_empty(), "it is gone");
        Ok(())
    });
}

#[test]
fn relations_are_listed_by_endpoint_also_where_there_are_zero() {
    let second = StateRelation { id: RelationId(3), ..pg() };
    let state = State { relations: vec![second, pg(), ring()], ..State::default() };
    site(&Hook::ConfigChanged, &state, |_, juju| {
        let ids = |relations: Vec<juju::Relation<'_>>| relations.iter().map(juju::Relation::id).collect::<Vec<_>>();
        assert_eq!(ids(juju.relations(Requires::named("db"))?), [RelationId(1), RelationId(3)]);
        assert_eq!(ids(juju.relations(Peer::named("ring"))?), [RelationId(2)]);
        assert_eq!(ids(juju.relations(Requires::named("cache"))?), []);
        assert_eq!(ids(juju.relations(Provides::named("site"))?), []);
        assert!(matches!(juju.relation(Requires::named("db")), Err(Error::TooManyRelated { .. })));
        Ok(())
    });
}

#[test]
fn a_joined_handler_sets_our_data_of_the_units_name_and_address_alone() {
    let state = State { relations: vec![pg()], ..State::default() };
    let after = site(&pg().joined("web", 3), &state, |event, juju| {
        let Hook::Relation(event) = event else { panic!("{event:?}") };
        let (relation, joined) = (juju.relation(Requires::named("db"))?.unwrap(), event.unit.as_ref().unwrap());
        let address = relation.network()?.bind_address().unwrap().to_owned();
        relation.set_unit([("greets", joined.to_string()), ("me", juju.context.unit.to_string()), ("at", address)])
    });
    let expected = Databag::from_iter([("at", "192.0.2.0"), ("greets", "pg/3"), ("me", "web/0")]);
    assert_eq!(own_data(&after, 1), expected);
}

#[test]
fn relation_changed_leads_to_the_databag_of_its_unit_or_of_its_application() {
    let state = State { relations: vec![pg()], ..State::default() };
    let script: Script = |event, juju| {
        let Hook::Relation(event) = event else { panic!("{event:?}") };
        assert_eq!(event.app.as_deref(), Some("pg"));
        let relation = juju.relation(Requires::named("db"))?.unwrap();
        let (bag, key) = match &event.unit {
            Some(unit) => (relation.remote_unit::<Databag>(unit)?, "unit"),
            None => (relation.remote_app::<Databag>()?, "app"),
        };
        relation.set_unit([("seen", bag.text(key).unwrap())])
    };
    let seen = |unit| own_data(&site(&pg().changed("web", unit), &state, script), 1)["seen"].clone();
    assert_eq!((seen(Some(3)), seen(None)), ("pg/3".to_owned(), "pg".to_owned()));
}

#[test]
fn a_missing_key_reads_as_no_value_and_is_no_error() {
    #[derive(Deserialize)]
    struct Settings {
        app: Option<String>,
        absent: Option<String>,
    }
    let state = State { leader: true, relations: vec![pg(), ring()], ..State::default() };
    site(&Hook::ConfigChanged, &state, |_, juju| {
        let relation = juju.relation(Requires::named("db"))?.unwrap();
        let (remote, own) = (UnitName::new("pg", 0), relation.local_app::<Databag>()?);
        for bag in [own, relation.remote_app()?, relation.remote_unit(&remote)?, relation.local_unit()?] {
            assert_eq!(bag.text("absent"), None);
        }
        let settings: Settings = relation.remote_app()?;
        assert_eq!((settings.app.as_deref(), settings.absent), (Some("pg"), None));
        Ok(())
    });
}

/// A charm whose status says what it reaches through the relation of its event.
struct Reader;

impl Charm for Reader {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Reader)
    }

    fn observe(on: &mut On<Self>) {
        let db = Requires::named("db");
        on.event(db.created(), |_, event, juju| tell("created", event.relation(), juju))
            .event(db.joined(), |_, event, juju| tell("joined", event.relation(), juju))
            .event(db.changed(), |_, event, juju| tell("changed", event.relation(), juju))
            .event(db.departed(), |_, event, juju| tell("departed", event.relation(), juju))
            .event(db.broken(), |_, event, juju| tell("broken", event.relation(), juju));
    }
}

fn tell(kind: &str, relation: &juju::Relation<'_>, juju: &Juju<'_>) -> Result<(), Error> {
    let (of_app, of_unit) = (relation.local_app::<Databag>()?, relation.local_unit::<Databag>()?);
    let (remote_app, remote_unit): (Databag, Databag) =
        (relation.remote_app()?, relation.remote_unit(&UnitName::new("pg", 3))?);
    let own = format!("{:?} {:?}", of_app.text("app"), of_unit.text("ingress-address"));
    let theirs = format!("{:?} {:?}", remote_app.text("app"), remote_unit.text("unit"));
    let text = format!("{kind} {}:{} {own} {theirs}", relation.endpoint(), relation.id());
    juju.set_status(Whose::Unit, &Status::active(text))
}

#[test]
fn each_relation_event_carries_its_relation_and_all_databags_through_it() {
    let state = State { leader: true, relations: vec![pg()], ..State::default() };
    let db = pg();
    for (kind, event, of_unit) in [
        ("created", db.created("web"), "Some(\"pg/3\")"),
        ("joined", db.joined("web", 3), "Some(\"pg/3\")"),
        ("changed", db.changed("web", Some(3)), "Some(\"pg/3\")"),
        ("departed", db.departed("web", 3), "Some(\"pg/3\")"),
        // The units are gone by then.
        ("broken", db.broken("web"), "None"),
    ] {
        let after = Context::<Reader>::from_meta(SITE, "", "").unwrap().run(&event, &state).unwrap();
        let expected = format!("{kind} db:1 Some(\"web\") Some(\"192.0.2.0\") Some(\"pg\") {of_unit}");
        assert_eq!(after.unit_status.unwrap().message, expected);
    }
}

#[test]
fn units_know_their_application_so_peers_and_remote_units_are_told_apart() {
    let state = State { relations: vec![pg(), ring()], ..State::default() };
    site(&Hook::ConfigChanged, &state, |_, juju| {
        let of = |relation: Option<juju::Relation<'_>>| relation.unwrap().units();
        let (remote, peers) = (of(juju.relation(Requires::named("db"))?)?, of(juju.relation(Peer::named("ring"))?)?);
        assert_eq!(remote.iter().map(ToString::to_string).collect::<Vec<_>>(), ["pg/0", "pg/3"]);
        assert!(remote.iter().all(|unit| unit.app() == "pg" && unit.app() != juju.context.app()));
        assert_eq!(peers.iter().map(|unit| (unit.app(), unit.number())).collect::<Vec<_>>(), [("web", 1)]);
        Ok(())
    });
}

/// The keys of its addresses that Juju puts into a unit's databag.
fn addresses(bag: &Databag) -> Vec<(&str, &str)> {
    let keys = ["egress-subnets", "ingress-address", "private-address"];
    keys.into_iter().filter_map(|key| Some((key, bag.text(key)?))).collect()
}

const AT_192_0_2_0: [(&str, &str); 3] =
    [("egress-subnets", "192.0.2.0/32"), ("ingress-address", "192.0.2.0"), ("private-address", "192.0.2.0")];

#[test]
fn a_remote_unit_has_its_addresses_without_the_test_s_doing() {
    let state = State { relations: vec![StateRelation::new(1, "db")], ..State::default() };
    let event = state.relations[0].changed("web", Some(0));
    site(&event, &state, |_, juju| {
        let relation = juju.relation(Requires::named("db"))?.unwrap();
        let bag: Databag = relation.remote_unit(&UnitName::new("remote", 0))?;
        assert_eq!(addresses(&bag), AT_192_0_2_0);
        Ok(())
    });
}

#[test]
fn peers_have_their_addresses_beside_their_data_and_an_own_address_wins() {
    let own = Databag::from_iter([("ingress-address", "10.2.2.2"), ("unit", "web/2")]);
    let ring = StateRelation { units_data: [(2, own.clone())].into(), ..StateRelation::peer(2, "ring") };
    let ring = ring.with_units([1, 2]);
    assert_eq!((ring.units_data.len(), &ring.units_data[&2]), (2, &own), "a unit with data keeps it");
    let after =
        site(&ring.changed("web", Some(1)), &State { relations: vec![ring.clone()], ..State::default() }, |_, juju| {
            let ring = juju.relation(Peer::named("ring"))?.unwrap();
            assert_eq!(ring.units()?, [UnitName::new("web", 1), UnitName::new("web", 2)].into());
            let bag = |number| ring.remote_unit::<Databag>(&UnitName::new("web", number));
            assert_eq!(addresses(&bag(1)?), AT_192_0_2_0);
            let second = bag(2)?;
            let expected =
                [("egress-subnets", "192.0.2.0/32"), ("ingress-address", "10.2.2.2"), ("private-address", "192.0.2.0")];
            assert_eq!((addresses(&second).as_slice(), second.text("unit")), (&expected[..], Some("web/2")));
            Ok(())
        });
    assert_eq!(after.relations[0].units_data, ring.units_data, "the state says what it said");
}
