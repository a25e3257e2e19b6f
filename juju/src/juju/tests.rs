//! Tests of the calls the handle makes, each at most once.

use super::*;
use crate::databag::MAX_DATABAG_BYTES;
use crate::fake::{Fake, SECRET, context};
use crate::key::Requires;
use crate::relation::Relation;
use crate::secret::{NewSecret, SecretContent, SecretQuery, SecretUpdate};
use crate::view::{Needs, View};

fn world() -> Fake {
    let bag = |key: &str| Databag::from_iter([(key, "1")]);
    let bags = [((7, "pg".to_owned()), bag("remote")), ((7, "web/1".to_owned()), bag("own"))];
    Fake {
        relations: BTreeMap::from([(7, vec!["pg/10", "pg/9"]), (8, vec![])]),
        bags: RefCell::new(bags.into()),
        ..Fake::default()
    }
}

#[test]
fn reads_are_made_once() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    for _ in 0..2 {
        assert_eq!(juju.options().expect("config").int("port"), Some(8000));
        assert!(!juju.is_leader().expect("leadership"));
        assert_eq!(juju.relation_ids("db").expect("ids"), [RelationId(7), RelationId(8)]);
        juju.view("db", RelationId(7), Needs::all()).expect("a view");
    }
    let want = [
        "config-get",
        "is-leader",
        "relation-ids db",
        "relation-list 7",
        "relation-get 7 pg/9",
        "relation-get 7 pg/10",
        "relation-get 7 pg",
        "relation-get 7 web/1",
    ];
    assert_eq!(fake.take(), want);
    assert_eq!(juju.calls(), want.len() as u64);
}

#[test]
fn a_view_holds_what_was_asked_for() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let view = juju.view("db", RelationId(7), Needs { remote_units: true, remote_app: true, ..Needs::default() });
    let view = view.expect("a view");
    assert_eq!(view.units.keys().map(UnitName::number).collect::<Vec<_>>(), [9, 10]);
    assert_eq!(view.remote_app.text("remote"), Some("1"));
    assert_eq!((view.local_app, view.local_unit.len()), (None, 0));
    assert_eq!(fake.take(), ["relation-list 7", "relation-get 7 pg"]);

    juju.view("db", RelationId(8), Needs { remote_app: true, ..Needs::default() }).expect("a view");
    assert_eq!(fake.take(), ["relation-list 8 --app", "relation-get 8 pg"]);
    assert_eq!(juju.views("db", Needs::default()).expect("views").len(), 2);
}

#[test]
fn the_application_s_databag_is_read_by_leaders_and_peers() {
    let needs = Needs { local_app: true, ..Needs::default() };
    let context = context("hooks/start");
    for (leader, needs, readable) in [(false, needs, false), (true, needs, true), (false, needs.of_peer(), true)] {
        let fake = Fake { leader, ..world() };
        let view = Juju::new(&context, &fake).view("db", RelationId(7), needs).expect("a view");
        assert_eq!(view.local_app.is_some(), readable);
        assert_eq!(fake.take().contains(&"relation-get 7 web".to_owned()), readable);
    }
}

#[test]
fn a_relation_that_ends_is_left_out_and_still_readable() {
    let (fake, context) = (world(), context("hooks/db-relation-broken"));
    let juju = Juju::new(&context, &fake);
    assert_eq!(juju.relation_ids("db").expect("ids"), [RelationId(8)]);
    let view = juju.view("db", RelationId(7), Needs::all()).expect("a view");
    assert_eq!(view.remote_app.text("remote"), Some("1"));
    assert!(view.units.is_empty());
}

#[test]
fn a_relation_that_is_gone_is_empty() {
    let (fake, context) = (world(), context("hooks/start"));
    let view = Juju::new(&context, &fake).view("db", RelationId(9), Needs::all()).expect("a view");
    assert_eq!(view, View::empty("db", RelationId(9)));
}

#[test]
fn another_endpoint_s_relation_is_known_from_the_event_and_from_lists_without_a_call() {
    let (fake, context) = (world(), context("hooks/db-relation-changed"));
    let juju = Juju::new(&context, &fake);
    let view = |endpoint: &str, id| juju.view(endpoint, RelationId(id), Needs::default());
    let error = view("logs", 7).expect_err("the event's relation").to_string();
    assert_eq!(error, r#"relation 7 is of endpoint "db", not of "logs""#);
    view("logs", 8).expect("a relation that was not listed");
    juju.relation_ids("db").expect("ids");
    fake.take();
    let error = view("logs", 8).expect_err("a listed relation").to_string();
    assert_eq!(error, r#"relation 8 is of endpoint "db", not of "logs""#);
    assert!(fake.take().is_empty());
}

#[test]
fn databag_writes_show_and_are_made_only_where_they_change_something() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let needs = Needs { local_unit: true, ..Needs::default() };
    let own = |juju: &Juju<'_>| juju.view("db", RelationId(7), needs).expect("a view").local_unit;
    assert_eq!(own(&juju), Databag::from_iter([("own", "1")]));
    fake.take();
    let write =
        |changes: &[(&str, &str)]| juju.set_databag(RelationId(7), Whose::Unit, &changes.iter().copied().collect());
    write(&[("own", "1"), ("absent", "")]).expect("nothing to do");
    juju.flush().expect("nothing to do");
    assert!(fake.take().is_empty());
    write(&[("own", ""), ("new", "1")]).expect("a write");
    write(&[("new", "2")]).expect("another");
    assert_eq!(own(&juju), Databag::from_iter([("new", "2")]));
    assert!(fake.take().is_empty(), "writes wait for the end of the event");
    juju.flush().expect("one write");
    assert_eq!(fake.take(), [r#"relation-set 7 Unit ["new", "own"]"#]);
    juju.flush().expect("nothing to do");
    assert!(fake.take().is_empty());
    assert_eq!(own(&juju), Databag::from_iter([("new", "2")]));
}

#[test]
fn an_unread_databag_is_read_before_it_is_written() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    juju.set_databag(RelationId(7), Whose::Unit, &Databag::from_iter([("own", "1")])).expect("the value it has");
    juju.flush().expect("nothing to do");
    assert_eq!(fake.take(), ["relation-get 7 web/1"]);
}

#[test]
fn a_unit_that_does_not_lead_writes_nothing_into_the_application_s_databag() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let error = juju.set_databag(RelationId(7), Whose::App, &Databag::from_iter([("k", "v")])).expect_err("no leader");
    assert!(error.is_permission_denied());
    let want = "web/1 cannot write the databag of web in relation 7: it does not lead";
    assert_eq!(error.to_string(), want);
    assert_eq!(fake.take(), ["is-leader"]);
}

#[test]
fn one_relation_is_handed_out_and_several_are_an_error() {
    let context = context("hooks/start");
    let db = || Requires::named("db");
    let alone = Fake { relations: BTreeMap::from([(7, vec!["pg/1"])]), ..world() };
    let juju = Juju::new(&context, &alone);
    let relation = juju.relation(db()).expect("one").expect("one");
    assert_eq!((relation.id(), relation.endpoint()), (RelationId(7), "db"));
    assert_eq!(relation.app().expect("a name").as_deref(), Some("pg"));
    assert_eq!(relation.units().expect("units").len(), 1);
    assert_eq!(relation.remote_app::<Databag>().expect("a databag").text("remote"), Some("1"));
    assert!(juju.relation_by_id(db(), RelationId(8)).expect("none").is_none());

    let juju = Juju::new(&context, &alone);
    let none = Fake::default();
    assert!(Juju::new(&context, &none).relation(db()).expect("none").is_none());
    assert_eq!(juju.relations(db()).expect("all").len(), 1);

    let several = world();
    let error = Juju::new(&context, &several).relation(db()).expect_err("two");
    assert_eq!(error.to_string(), "endpoint db has several relations (7, 8): ask for all of them");
}

#[test]
fn every_read_and_write_of_a_relation_that_is_gone_is_empty() {
    let (fake, context) = (Fake { leader: true, ..world() }, context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let gone = Relation::new(&juju, "db", RelationId(9));
    assert_eq!(gone.app().expect("nothing"), None);
    assert!(gone.units().expect("nothing").is_empty());
    let empty = Databag::new();
    let bags = [gone.remote_app(), gone.remote_unit(&UnitName::new("pg", 9)), gone.local_app(), gone.local_unit()];
    assert!(bags.into_iter().all(|bag| bag.is_ok_and(|bag: Databag| bag == empty)));
    gone.set_app([("k", "v")]).expect("no write");
    gone.set_unit([("k", "v")]).expect("no write");
    juju.flush().expect("no write");
    assert_eq!(fake.take(), ["relation-list 9 --app", "is-leader"], "the first read finds out");
}

#[test]
fn a_relation_that_ends_is_not_written() {
    let (fake, context) = (world(), context("hooks/db-relation-broken"));
    let juju = Juju::new(&context, &fake);
    Relation::new(&juju, "db", RelationId(7)).set_unit([("k", "v")]).expect("no write");
    juju.flush().expect("no write");
    assert!(fake.take().is_empty());
}

#[test]
fn a_databag_too_large_is_refused_by_name_and_size() {
    let (fake, context) = (Fake { leader: true, ..world() }, context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let fits = Databag::from_iter([("k", "x".repeat(MAX_DATABAG_BYTES - 1))]);
    juju.set_databag(RelationId(7), Whose::App, &fits).expect("just small enough");
    let large = Databag::from_iter([("k", "x".repeat(MAX_DATABAG_BYTES))]);
    let error = juju.set_databag(RelationId(7), Whose::App, &large).expect_err("one byte too many");
    assert!(error.to_string().contains("16777217 bytes into relation 7"), "{error}");
}

#[test]
fn state_and_ports_are_written_where_they_differ() {
    let (fake, context) = (world(), context("hooks/start"));
    fake.ports.borrow_mut().extend([Port::tcp(80), Port::tcp(443)]);
    let juju = Juju::new(&context, &fake);
    juju.set_ports(&[Port::tcp(443), Port::tcp(8000)].into()).expect("ports");
    juju.set_ports(&[Port::tcp(443), Port::tcp(8000)].into()).expect("ports");
    assert_eq!(fake.take(), ["opened-ports", "close-port 80/tcp", "open-port 8000/tcp"]);

    let map = |value: &str| BTreeMap::from([("k".to_owned(), value.to_owned())]);
    assert!(juju.state().expect("state").is_empty());
    for _ in 0..2 {
        juju.set_state(&map("1")).expect("state");
        juju.flush().expect("state");
    }
    assert_eq!(juju.state().expect("state"), map("1"));
    for _ in 0..2 {
        juju.delete_state("k").expect("state");
        juju.flush().expect("state");
    }
    assert_eq!(fake.take(), ["state-get", r#"state-set ["k"]"#, "state-delete k"]);
}

#[test]
fn a_status_is_set_once() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let status = Status::active("ready");
    juju.set_status(Whose::Unit, &status).expect("a status");
    juju.set_status(Whose::Unit, &status).expect("a status");
    assert_eq!(juju.status(Whose::Unit).expect("a status"), Some(status));
    assert_eq!(fake.take(), ["status-set Unit active: ready"]);
}

#[test]
fn secrets_are_read_once_until_they_change() {
    let (fake, context) = (world(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let id: SecretId = SECRET.parse().expect("an id");
    let both = SecretQuery { label: Some("db".to_owned()), ..SecretQuery::id(id.clone()) }.refresh();
    for query in [&both, &both, &SecretQuery::id(id.clone()), &SecretQuery::label("db").peek()] {
        assert_eq!(juju.secret(query).expect("a secret")["password"].expose(), "hunter2");
    }
    assert_eq!(fake.take(), [r#"secret-get Some("db") Refresh"#]);
    for query in [SecretQuery::label("db"), SecretQuery::id(id.clone())] {
        assert_eq!(juju.secret_info(&query).expect("info").revision, 1);
    }
    assert_eq!(fake.take(), ["secret-info-get"]);

    juju.set_secret(&id, &SecretUpdate::default()).expect("a change");
    juju.secret(&SecretQuery::label("db")).expect("a secret");
    juju.secret_info(&SecretQuery::id(id)).expect("info");
    assert_eq!(fake.take(), ["secret-set", r#"secret-get Some("db") Tracked"#, "secret-info-get"]);
    juju.add_secret(&NewSecret::new(SecretContent::new())).expect("a secret");
}

#[test]
fn a_secret_has_one_cache_whatever_it_is_asked_by() {
    let (fake, context) = (world(), context("hooks/secret-changed"));
    let juju = Juju::new(&context, &fake);
    let id: SecretId = SECRET.parse().expect("an id");
    let read = |query: &SecretQuery| juju.secret(query).expect("a secret");
    read(&SecretQuery::label("db"));
    read(&SecretQuery::id(id.clone()));
    assert_eq!(fake.take().len(), 2, "they may be two secrets");
    juju.secret_info(&SecretQuery::label("db")).expect("facts tell that they are one");
    read(&SecretQuery::id(id.clone()).refresh());
    assert_eq!(fake.take(), ["secret-info-get", "secret-get None Refresh"]);
    for query in [SecretQuery::label("db"), SecretQuery::label("db").refresh(), SecretQuery::id(id.clone()).peek()] {
        read(&query);
    }
    assert!(fake.take().is_empty());
    // A read with both gives the secret a label, which is a write.
    read(&SecretQuery { label: Some("mine".to_owned()), ..SecretQuery::id(id) });
    assert_eq!(fake.take(), [r#"secret-get Some("mine") Tracked"#]);
}

#[test]
fn a_secret_that_is_missing_and_one_that_is_withheld_are_told_apart() {
    struct Refusal(&'static str);
    impl Backend for Refusal {
        fn secret_get(&self, _: &SecretQuery) -> Result<SecretContent, Error> {
            Err(Error::refusal("secret-get", 1, self.0))
        }
    }
    let context = context("hooks/start");
    let read = |words| Juju::new(&context, &Refusal(words)).secret(&SecretQuery::label("db")).expect_err("a refusal");
    let missing = read(r#"ERROR secret "db" not found"#);
    assert!(matches!(&missing, Error::SecretNotFound { secret, .. } if secret == "db") && missing.is_not_found());
    let withheld = read("ERROR permission denied");
    assert!(matches!(&withheld, Error::SecretNotGranted { .. }) && withheld.is_permission_denied());
    assert!(matches!(read("ERROR connection is shut down"), Error::Tool { .. }));
}
