//! Events in any order: the same facts lead to the same plan, status and databags, and a repeated event has no effects.
//!
//! Hundreds of orders run through Juju's model and the stages of the charm, with a container in memory in Pebble's
//! place; a few orders run through the real binary and a pod.

mod container;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::SystemTime;

use juju::{
    Context, Databag, Entity, Event, Juju, RelationEvent, RelationId, RelationKind, Role, SecretEvent, SecretId,
    SecretKind, Status, StatusKind, UnitName, Whose,
};
use juju_testing::{Finished, Model, ModelBackend};
use pebble::plan::{Plan, Service};
use proptest::prelude::*;
use webcharm::charm_spec::{CharmSpec, Switches};
use webcharm::work;
use webcharm::{conclude, decide, observe, publish};

use container::Pebble;

use crate::support::{Charm, DATABASE, End, Pod, Rock, World, pebble_ready, secret};

/// A change of the unit's surroundings. The facts may come in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// An option is set.
    Greeting,
    /// Another option is set.
    Keepalive,
    /// A database is integrated and gives its account in clear text.
    Mysql,
    /// A database is integrated and gives its account in a secret.
    Postgresql,
    /// That secret has a new content.
    Rotated,
    /// A third database is integrated and removed again.
    Gone,
    /// Ingress is integrated and gives a URL.
    Ingress,
    /// Another unit joins.
    Peer,
    /// The unit becomes leader.
    Leader,
    /// The container's Pebble answers.
    Pod,
    /// Time passes: update-status.
    Time,
}

const FACTS: [Fact; 11] = [
    Fact::Greeting,
    Fact::Keepalive,
    Fact::Mysql,
    Fact::Postgresql,
    Fact::Rotated,
    Fact::Gone,
    Fact::Ingress,
    Fact::Peer,
    Fact::Leader,
    Fact::Pod,
    Fact::Time,
];

/// State after a series of events. Relation ids depend on the order, so databags are listed by endpoint.
#[derive(Debug, PartialEq)]
struct Left {
    statuses: Vec<Option<Status>>,
    plan: Plan,
    running: BTreeMap<String, (Service, BTreeMap<String, Vec<u8>>)>,
    migration: Option<Vec<u8>>,
    databags: BTreeMap<String, [Databag; 2]>,
    memory: Vec<String>,
    ports: usize,
}

/// A unit with its model and a container in memory.
struct Unit {
    model: RefCell<Model>,
    name: UnitName,
    spec: CharmSpec,
    pebble: Pebble,
    password: &'static str,
    secret: Option<SecretId>,
}

impl Unit {
    /// A unit beside another one, which leads and whose charm has no effects.
    fn new() -> Self {
        let files = Charm::with_integrations().files();
        let spec = CharmSpec::of(&files, &Switches::default()).unwrap();
        let mut model = Model::with_uuid("test", "20ce8299-3634-4bef-8bd8-5ace6c8816b4");
        model.deploy("flask-k8s", files, 2).unwrap();
        let name = UnitName::new("flask-k8s", 0);
        model.set_leader(&UnitName::new("flask-k8s", 1)).unwrap();
        Self { model: RefCell::new(model), name, spec, pebble: Pebble::new(), password: "pass-word-1", secret: None }
    }

    /// A unit after the facts in this order. The flag of a fact is true if its events run before the next fact.
    fn after(order: &[(Fact, bool)]) -> Self {
        let mut unit = Self::new();
        for (fact, settles) in order {
            unit.make(*fact);
            if *settles {
                unit.settle();
            }
        }
        unit.settle();
        unit.run(&Event::UpdateStatus);
        unit
    }

    fn make(&mut self, fact: Fact) {
        let model = self.model.get_mut();
        let mut set = |option: &str, value: &str| {
            model.configure_text("flask-k8s", &BTreeMap::from([(option.to_owned(), value.to_owned())])).unwrap();
        };
        match fact {
            Fact::Greeting => set("greeting", "ahoy"),
            Fact::Keepalive => set("webserver-keepalive", "7"),
            Fact::Leader => model.set_leader(&self.name).unwrap(),
            Fact::Peer => self.enter_peer(),
            Fact::Time => drop(self.run(&Event::UpdateStatus)),
            Fact::Mysql => {
                self.integrate("mysql", "mysql_client", &DATABASE);
            }
            Fact::Ingress => {
                self.integrate("ingress", "ingress", &[("ingress", "{\"url\": \"https://example.com/\"}")]);
            }
            Fact::Gone => {
                let relation = self.integrate("the-orders", "postgresql_client", &DATABASE);
                self.settle();
                self.model.get_mut().remove_relation(relation).unwrap();
            }
            Fact::Postgresql => self.add_secret(),
            Fact::Rotated => {
                self.password = "pass-word-2";
                let content = secret(&[("username", "user-1"), ("password", self.password)]);
                self.secret.iter().for_each(|id| self.model.get_mut().set_secret(id, content.clone()).unwrap());
            }
            Fact::Pod => {
                self.pebble.is_up = true;
                self.model.get_mut().push(&self.name, pebble_ready()).unwrap();
            }
        }
    }

    fn integrate(&mut self, endpoint: &str, interface: &str, data: &[(&str, &str)]) -> RelationId {
        let (model, app) = (self.model.get_mut(), format!("other-{endpoint}"));
        let offer = vec![juju_testing::endpoint("offer", Role::Provides, interface)];
        model.add_application(&app, offer, 1).unwrap();
        let relation = model.integrate(&format!("flask-k8s:{endpoint}"), &app).unwrap();
        model.set_databag(relation, &Entity::App(app), &data.iter().copied().collect()).unwrap();
        relation
    }

    fn add_secret(&mut self) {
        let relation = self.integrate("postgresql", "postgresql_client", &[("endpoints", "db:5432")]);
        let (model, app) = (self.model.get_mut(), "other-postgresql");
        let content = secret(&[("username", "user-1"), ("password", self.password)]);
        let id = model.add_secret(app, content).unwrap();
        model.grant_secret(&id, relation).unwrap();
        let data = Databag::from_iter([("secret-user", id.to_string())]);
        model.set_databag(relation, &Entity::App(app.to_owned()), &data).unwrap();
        self.secret = Some(id);
    }

    /// Runs the first events of the other unit, with empty hooks.
    fn enter_peer(&mut self) {
        let (model, other) = (self.model.get_mut(), UnitName::new("flask-k8s", 1));
        while let Some(event) = model.next_event(&other) {
            let hook = model.begin(&other, event).unwrap();
            model.finish(&hook, true).unwrap();
        }
    }

    fn settle(&mut self) {
        while let Some(event) = self.next() {
            self.run(&event);
        }
    }

    fn next(&self) -> Option<Event> {
        self.model.borrow().next_event(&self.name)
    }

    /// Runs the stages of one event as `webcharm::pipeline` does. Returns the number of effects, and the finished hook.
    fn run(&mut self, event: &Event) -> (usize, Finished) {
        let hook = self.model.get_mut().begin(&self.name, event.clone()).unwrap();
        let backend = ModelBackend::new(&self.model, hook.clone());
        let vars = [
            ("JUJU_UNIT_NAME", self.name.to_string()),
            ("JUJU_MODEL_NAME", "test".to_owned()),
            ("JUJU_MODEL_UUID", self.model.borrow().uuid().to_owned()),
            ("JUJU_VERSION", "3.6.12".to_owned()),
            ("JUJU_DISPATCH_PATH", "hooks/start".to_owned()),
        ];
        let vars: BTreeMap<_, _> = vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let context = Context { event: event.clone(), ..Context::read(&vars).unwrap() };
        let effects = reconcile(&Juju::new(&context, &backend), &self.spec, &mut self.pebble);
        (effects, self.model.get_mut().finish(&hook, true).unwrap())
    }
}

fn reconcile(juju: &Juju<'_>, spec: &CharmSpec, pebble: &mut Pebble) -> usize {
    let work = work::of(&juju.context.event, spec);
    if work.is_nothing() {
        return 0;
    }
    let unused = pebble::blocking::Client::new("/nonexistent/pebble.socket");
    let mut seen = observe::all(&work, juju, &unused, spec, SystemTime::UNIX_EPOCH).unwrap();
    if seen.workload.is_some() {
        seen.workload = Some(pebble.seen());
    }
    let steps = decide::steps(&work, &seen, spec, &mut || [7; 64]);
    publish::progress(juju, &steps).unwrap();
    let done = pebble.carry_out(&steps);
    publish::to(juju, &conclude::report(&seen, &steps, &done)).unwrap();
    steps.effects.len()
}

impl Unit {
    /// Events that Juju may repeat at any time.
    fn repeatable(&self) -> Vec<Event> {
        let relations = self.model.borrow().relations().collect::<Vec<_>>();
        let changed = relations.iter().map(|relation| {
            Event::Relation(RelationEvent {
                kind: RelationKind::Changed,
                endpoint: relation.endpoint("flask-k8s").unwrap().to_owned(),
                id: relation.id,
                app: relation.sides.last().map(|side| side.0.clone()),
                unit: None,
                departing: None,
            })
        });
        let secrets = self.secret.iter().map(|id| {
            Event::Secret(SecretEvent { kind: SecretKind::Changed, id: id.clone(), label: None, revision: None })
        });
        let plain =
            [Event::ConfigChanged, Event::UpdateStatus, pebble_ready(), Event::LeaderElected, Event::UpgradeCharm];
        plain.into_iter().chain(changed).chain(secrets).collect()
    }

    fn left(&self) -> Left {
        let model = self.model.borrow();
        let half = |id, entity| {
            let bag = model.databag(id, &entity).unwrap_or_default();
            let plain = |text: &String| {
                self.secret.iter().fold(text.clone(), |text, id| text.replace(&id.to_string(), "<secret>"))
            };
            bag.iter().map(|(key, value)| (key.clone(), plain(value))).collect::<Databag>()
        };
        let databags = model.relations().map(|relation| {
            let halves = [Entity::App("flask-k8s".to_owned()), Entity::Unit(self.name.clone())];
            (relation.endpoint("flask-k8s").unwrap().to_owned(), halves.map(|entity| half(relation.id, entity)))
        });
        Left {
            statuses: [Whose::Unit, Whose::App].map(|whose| model.status(&self.name, whose).unwrap()).to_vec(),
            plan: self.pebble.container.plan.clone(),
            running: self.pebble.running.clone(),
            migration: self.pebble.container.migration.status.clone(),
            databags: databags.collect(),
            memory: model.state(&self.name).unwrap().values().cloned().collect(),
            ports: model.ports(&self.name).unwrap().len(),
        }
    }
}

/// All facts in random order, each with a random flag for [`Unit::after`].
fn orders() -> impl Strategy<Value = Vec<(Fact, bool)>> {
    let order = Just(FACTS.to_vec()).prop_shuffle();
    (order, prop::collection::vec(any::<bool>(), FACTS.len()))
        .prop_map(|(facts, settles)| facts.into_iter().zip(settles).collect())
}

/// The state after the facts in the order of [`FACTS`].
static EXPECTED: OnceLock<Left> = OnceLock::new();

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_ends_the_same_and_a_repeated_event_changes_nothing(order in orders()) {
        let expected = EXPECTED.get_or_init(|| Unit::after(&FACTS.map(|fact| (fact, true))).left());
        prop_assert!(expected.statuses.iter().all(|status| *status == Some(Status::active(""))));
        let mut unit = Unit::after(&order);
        prop_assert_eq!(&unit.left(), expected);
        for event in unit.repeatable() {
            let (effects, done) = unit.run(&event);
            prop_assert_eq!(effects, 0, "{:?}", event);
            let writes = ["relation-set", "state-set", "open-port", "close-port", "juju-log"];
            let calls = done.counts();
            prop_assert!(writes.iter().all(|tool| !calls.contains_key(*tool)), "{:?}: {:?}", event, calls);
        }
        prop_assert_eq!(&unit.left(), expected);
    }
}

/// The state after facts in this order, with the real binary. Only facts that concern a single unit are possible.
fn real(order: &[Fact]) -> End {
    let mut world = World::of(&Charm::with_integrations());
    world.share("running");
    world.share("ran");
    let mut relations = vec![RelationId(0)];
    for fact in order {
        match fact {
            Fact::Greeting => world.set_options(&[("greeting", "ahoy")]),
            Fact::Keepalive => world.set_options(&[("webserver-keepalive", "7")]),
            Fact::Time => drop(world.fire(Event::UpdateStatus)),
            Fact::Pod => {
                world.pod = Some(Pod::start(world.dir.path(), Rock::idle()));
                world.settle();
                world.fire(pebble_ready());
            }
            Fact::Mysql => {
                let relation = world.integrate("mysql", "db");
                world.say(relation, "db", &DATABASE);
                relations.push(relation);
            }
            Fact::Gone => {
                let relation = world.integrate("the-orders", "orders");
                world.say(relation, "orders", &DATABASE);
                world.settle();
                world.separate(relation);
            }
            other => panic!("{other:?} needs the container in memory"),
        }
        world.settle();
    }
    world.expect(StatusKind::Active, "");
    let key = world.ours(RelationId(0), Whose::App)["flask_secret_key"].clone();
    End { memory: BTreeMap::new(), ..End::of(&world, &relations, &[(key, "<key>")]) }
}

#[test]
fn real_events_in_other_orders_end_the_same() {
    use Fact::{Gone, Greeting, Keepalive, Mysql, Pod, Time};
    let first = real(&[Pod, Greeting, Mysql, Gone, Keepalive, Time]);
    assert_eq!(first.status, Status::active(""));
    for order in [[Gone, Mysql, Keepalive, Greeting, Time, Pod], [Keepalive, Pod, Time, Gone, Mysql, Greeting]] {
        assert_eq!(real(&order), first, "{order:?}");
    }
}
