//! [`Juju::publish`] over the model: which calls it makes, and that a second publish of the same changes writes nothing.

#![allow(clippy::unwrap_used, reason = "a test plays Juju's part")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use juju::{
    Changes, Context, Databag, Draft, Entity, Event, Juju, Needs, Offer, Part, RelationId, Role, Secret, SecretContent,
    SecretId, UnitName, Value, View, Whose, chain,
};
use proptest::prelude::*;
use webcharm_juju_testing::{Model, ModelBackend, endpoint};

/// The tools that change something.
const WRITES: [&str; 4] = ["relation-set", "secret-add", "secret-set", "secret-grant"];

/// `pg` with two units, of which the first leads, in a relation with `web`.
struct World {
    model: RefCell<Model>,
    relation: RelationId,
}

impl World {
    fn new() -> World {
        let mut model = Model::new("test");
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 2).unwrap();
        model.add_application("web", vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
        let relation = model.integrate("web", "pg").unwrap();
        World { model: RefCell::new(model), relation }
    }

    /// Runs `work` as a hook of a unit of `pg`. Returns its result and the names of the calls.
    fn hook<R>(&self, unit: u32, work: impl FnOnce(&Juju<'_>) -> R) -> (R, Vec<String>) {
        let unit = UnitName::new("pg", unit);
        let hook = self.model.borrow_mut().begin(&unit, Event::UpdateStatus).unwrap();
        let unit = unit.to_string();
        let vars = [
            ("JUJU_UNIT_NAME", unit.as_str()),
            ("JUJU_MODEL_NAME", "test"),
            ("JUJU_DISPATCH_PATH", "hooks/update-status"),
        ];
        let vars: BTreeMap<_, _> = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (context, backend) = (Context::read(&vars).unwrap(), ModelBackend::new(&self.model, hook.clone()));
        let juju = Juju::new(&context, &backend);
        let result = work(&juju);
        juju.flush().unwrap();
        let done = self.model.borrow_mut().finish(&hook, true).unwrap();
        (result, done.calls.into_iter().map(|call| call.tool).collect())
    }

    /// Publishes in a hook of its own. Returns true if anything was written, and the names of the calls.
    fn publish(&self, unit: u32, changes: &Changes) -> (bool, Vec<String>) {
        let (result, calls) = self.hook(unit, |juju| juju.publish(&self.view(), changes));
        (result.unwrap(), calls)
    }

    /// The relation, read no further than its name.
    fn view(&self) -> View {
        View::empty("database", self.relation)
    }

    fn databag(&self, whose: Whose, unit: u32) -> Databag {
        let entity = match whose {
            Whose::App => Entity::App("pg".to_owned()),
            Whose::Unit => Entity::Unit(UnitName::new("pg", unit)),
        };
        self.model.borrow().databag(self.relation, &entity).unwrap()
    }

    /// The secrets' contents, each with the applications that can read it.
    fn secrets(&self) -> BTreeMap<SecretId, (SecretContent, Vec<String>)> {
        let model = self.model.borrow();
        let of = |id: &SecretId| (model.secret(id).unwrap().clone(), model.secret_readers(id).unwrap());
        model.secrets().map(|id| (id.clone(), of(id))).collect()
    }
}

fn content(password: &str) -> SecretContent {
    [("password".to_owned(), Secret::from(password))].into()
}

fn offer(password: &str) -> Offer {
    Offer { label: "database.user.secret".to_owned(), content: content(password) }
}

/// The user's name in clear, its password in a secret.
fn account(password: &str) -> Changes {
    let mut app = Draft::differing(&Databag::new(), &Databag::from_iter([("username", "me")]));
    app.set("secret-user", offer(password));
    Changes { app, ..Changes::default() }
}

#[test]
fn a_secret_is_granted_before_the_databag_names_it_and_found_again_by_its_id() {
    let world = World::new();
    let (is_written, calls) = world.publish(0, &account("one"));
    let first = ["is-leader", "relation-get", "secret-info-get", "secret-add", "secret-grant", "relation-set"];
    assert_eq!((is_written, calls.as_slice()), (true, &first.map(str::to_owned)[..]));
    let bag = world.databag(Whose::App, 0);
    let id: SecretId = bag.text("secret-user").unwrap().parse().unwrap();
    assert_eq!(bag.text("username"), Some("me"));
    assert_eq!(world.secrets(), [(id.clone(), (content("one"), vec!["web".to_owned()]))].into());

    let (is_written, calls) = world.publish(0, &account("one"));
    assert_eq!((is_written, calls.join(" ").as_str()), (false, "is-leader relation-get secret-get"));

    let (is_written, calls) = world.publish(0, &account("two"));
    assert_eq!((is_written, calls.join(" ").as_str()), (true, "is-leader relation-get secret-get secret-set"));
    assert_eq!(world.secrets(), [(id, (content("two"), vec!["web".to_owned()]))].into());
    assert_eq!(world.databag(Whose::App, 0), bag);
}

#[test]
fn within_one_event_what_was_published_is_known() {
    let world = World::new();
    let (news, calls) = world.hook(0, |juju| {
        let publish = |password| juju.publish(&world.view(), &account(password)).unwrap();
        [publish("one"), publish("one"), publish("two"), publish("two")]
    });
    assert_eq!(news, [true, false, true, false]);
    let secret = "secret-info-get secret-add secret-grant secret-set";
    assert_eq!(calls.join(" "), format!("is-leader relation-get {secret} relation-set"));
}

#[test]
fn databags_that_were_read_are_not_read_again() {
    let world = World::new();
    let needs = Needs { local_app: true, local_unit: true, ..Needs::default() };
    let mut changes = account("one");
    changes.unit.set("host", "pg-0".to_owned());
    for (is_news, written) in
        [(true, " secret-info-get secret-add secret-grant relation-set relation-set"), (false, "")]
    {
        let ((), calls) = world.hook(0, |juju| {
            let view = juju.view("database", world.relation, needs).unwrap();
            assert_eq!(juju.publish(&view, &changes).unwrap(), is_news);
        });
        let expected = format!("is-leader relation-get relation-get{written}");
        assert_eq!(calls.join(" "), if is_news { expected } else { expected + " secret-get" });
    }
}

#[test]
fn a_secret_whose_id_is_lost_is_found_by_its_label() {
    let world = World::new();
    world.publish(0, &account("one"));
    let bag = world.databag(Whose::App, 0);
    let lost = Databag::from_iter([("secret-user", "")]);
    world.model.borrow_mut().set_databag(world.relation, &Entity::App("pg".to_owned()), &lost).unwrap();
    let (is_written, calls) = world.publish(0, &account("one"));
    let expected = "is-leader relation-get secret-info-get secret-get secret-grant relation-set";
    assert_eq!((is_written, calls.join(" ").as_str()), (true, expected));
    assert_eq!(world.databag(Whose::App, 0), bag);
    assert_eq!(world.secrets().len(), 1);
}

#[test]
fn a_secret_that_is_gone_is_added_again() {
    let world = World::new();
    world.publish(0, &account("one"));
    let gone: SecretId = world.databag(Whose::App, 0).text("secret-user").unwrap().parse().unwrap();
    world.model.borrow_mut().remove_secret(&gone).unwrap();
    let (is_written, calls) = world.publish(0, &account("one"));
    let added = "secret-get secret-info-get secret-add secret-grant relation-set";
    assert_eq!((is_written, calls.join(" ")), (true, format!("is-leader relation-get {added}")));
    let id: SecretId = world.databag(Whose::App, 0).text("secret-user").unwrap().parse().unwrap();
    assert_eq!(world.secrets(), [(id, (content("one"), vec!["web".to_owned()]))].into());
}

#[test]
fn a_secret_that_this_application_may_not_read_is_not_taken_for_its_own() {
    let world = World::new();
    let foreign = world.model.borrow_mut().add_secret("web", content("theirs")).unwrap();
    let named = Databag::from_iter([("secret-user", foreign.to_string())]);
    world.model.borrow_mut().set_databag(world.relation, &Entity::App("pg".to_owned()), &named).unwrap();
    assert!(world.publish(0, &account("one")).0);
    let id: SecretId = world.databag(Whose::App, 0).text("secret-user").unwrap().parse().unwrap();
    let secrets = world.secrets();
    assert_eq!((&secrets[&id].0, &secrets[&foreign].0), (&content("one"), &content("theirs")));
}

#[test]
fn a_secret_that_is_named_in_two_places_is_made_once() {
    let world = World::new();
    let (mut changes, secret) = (Changes::default(), || Part::Secret(offer("one")));
    changes.app.set("both", [secret(), Part::Text(" ".to_owned()), secret()].into_iter().collect::<Value>());
    assert!(world.publish(0, &changes).0);
    let ids: Vec<_> = world.secrets().into_keys().map(|id| id.to_string()).collect();
    assert_eq!(world.databag(Whose::App, 0).text("both"), Some(format!("{0} {0}", ids[0]).as_str()));
    assert_eq!(ids.len(), 1);
    assert!(!world.publish(0, &changes).0);
}

#[test]
fn a_unit_that_does_not_lead_publishes_only_its_own_databag_and_secret() {
    let world = World::new();
    let (is_written, calls) = world.publish(1, &account("one"));
    assert_eq!((is_written, calls.join(" ").as_str()), (false, "is-leader"));
    assert_eq!((world.databag(Whose::App, 1), world.secrets().len()), (Databag::new(), 0));

    let mut changes = account("one");
    changes.unit.set("own", Offer { label: "own".to_owned(), content: content("mine") });
    let (is_written, calls) = world.publish(1, &changes);
    let expected = "is-leader relation-get secret-info-get secret-add secret-grant relation-set";
    assert_eq!((is_written, calls.join(" ").as_str()), (true, expected));
    assert_eq!(world.databag(Whose::App, 1), Databag::new());
    let id: SecretId = world.databag(Whose::Unit, 1).text("own").unwrap().parse().unwrap();
    assert_eq!(world.secrets(), [(id, (content("mine"), vec!["web".to_owned()]))].into());
    assert!(world.databag(Whose::Unit, 0).text("own").is_none());
}

#[test]
fn a_unit_s_secret_can_t_have_the_label_of_its_application_s() {
    let world = World::new();
    let mut changes = account("one");
    changes.unit.set("own", offer("mine"));
    let error = world.hook(0, |juju| juju.publish(&world.view(), &changes)).0.unwrap_err();
    let text = chain(&error);
    assert!(text.contains("own") && text.ends_with("already exists"), "{text}");
}

#[test]
fn an_error_names_relation_and_key_and_shows_no_secret() {
    let world = World::new();
    let (relation, mut changes) = (world.relation, account("hunter2"));
    changes
        .app
        .set("secret-user", Offer { label: "l".to_owned(), content: [("x".to_owned(), "hunter2".into())].into() });
    let (result, _) = world.hook(0, |juju| juju.publish(&world.view(), &changes));
    let error = result.unwrap_err();
    let expected = format!("cannot publish secret-user in relation database:{relation}: cannot run secret-add: ");
    assert!(chain(&error).starts_with(&expected), "{}", chain(&error));
    assert!(!format!("{error:?} {}", chain(&error)).contains("hunter2"));

    let large = Databag::from_iter([("a", "x".repeat(juju::MAX_DATABAG_BYTES)), ("b", "1".to_owned())]);
    let changes = Changes { unit: Draft::differing(&Databag::new(), &large), ..Changes::default() };
    let (result, _) = world.hook(1, |juju| juju.publish(&world.view(), &changes));
    let error = result.unwrap_err();
    let expected = format!("cannot publish a, b in relation database:{relation}: cannot write ");
    assert!(chain(&error).starts_with(&expected), "{}", chain(&error));
}

#[test]
fn into_a_relation_that_is_gone_neither_databag_nor_secret_is_published() {
    let world = World::new();
    let gone = View::empty("database", RelationId(99));
    let (result, calls) = world.hook(0, |juju| juju.publish(&gone, &account("one")));
    assert_eq!((result.unwrap(), calls.join(" ").as_str()), (false, "is-leader relation-get"));
    assert!(world.secrets().is_empty());
}

/// A draft whose secrets' labels begin with `prefix`. One label is in one place, as it has one content.
fn draft(prefix: &'static str) -> impl Strategy<Value = Draft> {
    let text = prop_oneof![Just(String::new()), Just("x".to_owned()), Just("[\"y".to_owned())];
    let password = prop_oneof![Just(None), Just(Some("1")), Just(Some("2"))];
    let keys = prop_oneof![Just("a"), Just("b"), Just("c")];
    let value = (text, password, any::<bool>());
    proptest::collection::btree_map(keys, value, 0..4).prop_map(move |entries| {
        let mut draft = Draft::default();
        for (key, (text, password, is_first)) in entries {
            let secret = password
                .map(|password| Part::Secret(Offer { label: format!("{prefix}-{key}"), content: content(password) }));
            let text = Part::Text(text);
            let parts = if is_first { [secret, Some(text)] } else { [Some(text), secret] };
            draft.set(key, parts.into_iter().flatten().collect::<Value>());
        }
        draft
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_same_changes_are_written_once_whatever_was_published_before(
        steps in proptest::collection::vec((0..2_u32, draft("app"), draft("unit")), 1..6),
        is_same_event: bool,
    ) {
        let world = World::new();
        for (unit, app, own) in steps {
            let changes = Changes { app, unit: own };
            let before = (world.databag(Whose::App, unit), world.databag(Whose::Unit, unit), world.secrets());
            let (is_written, calls) = world.publish(unit, &changes);
            let after = (world.databag(Whose::App, unit), world.databag(Whose::Unit, unit), world.secrets());
            let count = |tool: &str| calls.iter().filter(|call| *call == tool).count();
            prop_assert_eq!(count("relation-set"), usize::from(before.0 != after.0) + usize::from(before.1 != after.1));
            prop_assert_eq!(count("secret-add"), after.2.len() - before.2.len());
            let revised = before.2.iter().filter(|(id, (content, _))| after.2[*id].0 != *content);
            prop_assert_eq!(count("secret-set"), revised.count());
            prop_assert_eq!(is_written, calls.iter().any(|call| WRITES.contains(&call.as_str())));
            if unit != 0 {
                prop_assert_eq!(before.0, after.0.clone());
            }
            let halves = [(&changes.app, &after.0), (&changes.unit, &after.1)];
            for (draft, bag) in halves.into_iter().skip(usize::from(unit != 0)) {
                let texts = draft.resolve(bag, |key, offer, named| {
                    let id = named.cloned().ok_or_else(|| TestCaseError::fail(format!("{key} names no secret")))?;
                    prop_assert_eq!(&after.2[&id], &(offer.content.clone(), vec!["web".to_owned()]));
                    Ok(id)
                });
                prop_assert!(Databag::diff(bag, &texts?).is_empty());
            }
            let (again, calls) = if is_same_event {
                let twice = |juju: &Juju<'_>| [0, 1].map(|_| juju.publish(&world.view(), &changes).unwrap());
                let (twice, calls) = world.hook(unit, twice);
                (twice[0] || twice[1], calls)
            } else {
                world.publish(unit, &changes)
            };
            prop_assert!(!again);
            prop_assert!(!calls.iter().any(|call| WRITES.contains(&call.as_str())), "{calls:?}");
        }
    }
}
