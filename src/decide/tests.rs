mod django;
mod lines;
mod logs;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use juju::{ConfigOption, ConfigValue, Databag, OptionKind, Port, RelationId, UnitName, View};
use pebble::plan::{Layer, Plan, Service, Startup};
use pebble::types::{ServiceInfo, ServiceStatus};

use super::*;
use crate::action_result::ActionResult;
use crate::facts::{Endpoint, Integration, Interface, Relation};
use crate::framework::flask::FLASK;
use crate::memory::Memory;
use crate::migration::{Migration, Script};
use crate::paas_config::{Logging, PaasConfig};
use crate::relation::database::{MYSQL, POSTGRESQL};
use crate::relation::ingress::INGRESS;
use crate::seen::Container;
use crate::services::Services;
use crate::steps::RelationWrite;
use crate::work::Scope;

const KEY: &str = "0123456789-a-key-of-eighty-six-letters";

fn spec() -> CharmSpec {
    let options = FLASK.options().map(|option| option.name).chain(["greeting"]);
    CharmSpec {
        name: "shop-k8s".to_owned(),
        framework: &FLASK,
        container: "flask-app".to_owned(),
        options: options.map(|name| (name.to_owned(), option_of(OptionKind::String))).collect(),
        peer: Some("secret-storage".to_owned()),
        endpoints: Vec::new(),
        migration_timeout: std::time::Duration::from_secs(60),
        listens_within: None,
        version_file: None,
        prefixes: switches::Prefixes::default(),
        actions: BTreeMap::new(),
        variables: BTreeMap::new(),
        extension: &crate::extension::Extension::NONE,
        paas_config: Ok(PaasConfig::default()),
    }
}

fn option_of(kind: OptionKind) -> ConfigOption {
    ConfigOption { kind, default: None, description: String::new(), optional: None }
}

fn rock() -> Plan {
    let layer = "services:\n  flask: {override: replace, startup: enabled, after: [statsd-exporter], user: _daemon_, \
        command: \"/bin/python3 -m gunicorn 'app:app' -k [ sync ]\", environment: {TZ: UTC}}\n  \
        statsd-exporter: {override: merge, startup: enabled, command: statsd_exporter}\n  \
        Mail-Worker: {override: merge, startup: disabled, command: mail}\n  \
        clock-scheduler: {override: replace, startup: enabled, command: clock}\n";
    let layer = Layer::parse(layer.as_bytes()).unwrap();
    pebble::plan::combine(&[layer]).unwrap()
}

fn info(name: &str, current: ServiceStatus) -> ServiceInfo {
    ServiceInfo { name: name.to_owned(), current, ..ServiceInfo::default() }
}

fn peer_view(key: Option<&str>) -> View {
    let bag: Databag = key.map(|key| ("flask_secret_key".to_owned(), key.to_owned())).into_iter().collect();
    View { local_app: Some(bag), ..View::empty("secret-storage", RelationId(0)) }
}

/// Unit with everything it needs, in a container that no event has changed.
fn fresh() -> Seen {
    let plan = rock();
    let services = plan.services.keys().map(|name| info(name, ServiceStatus::Inactive)).collect();
    Seen {
        peer: Some(peer_view(Some(KEY))),
        workload: Some(Workload::Here(Box::new(Container { plan, services, ..Container::default() }))),
        ..Seen::nothing()
    }
}

fn decide(seen: &Seen) -> Steps {
    steps_for(None, seen)
}

fn steps_for(action: Option<Asks>, seen: &Seen) -> Steps {
    let work = Work { scope: Scope::Everything, action };
    steps(&work, seen, &spec(), &mut || [7; 64])
}

fn names(steps: &Steps) -> Vec<String> {
    let own = steps.effects.iter().filter(|step| !matches!(step.action, Action::Await { .. }));
    own.map(|step| step.action.to_string()).collect()
}

fn messages(steps: &Steps) -> Vec<&str> {
    steps.holds.iter().map(|hold| hold.message.as_str()).collect()
}

/// A Pebble with the container's plan, in which its active services run.
fn pebble_of(container: &Container) -> pebble_fake::Pebble {
    let Plan { services, log_targets, .. } = container.plan.clone();
    let rock = Layer { label: "rock".to_owned(), services, log_targets, ..Layer::default() };
    let mut pebble = pebble_fake::Pebble::new(vec![rock]).unwrap();
    let active = container.services.iter().filter(|service| service.is_running());
    pebble.start(&active.map(|service| service.name.clone()).collect::<Vec<_>>()).unwrap();
    pebble
}

/// State after these steps succeeded and were published.
fn carry_out(mut seen: Seen, steps: &Steps) -> Seen {
    let Some(Workload::Here(container)) = &mut seen.workload else { return seen };
    let mut pebble = pebble_of(container);
    for step in &steps.effects {
        match &step.action {
            Action::Write { path, content, .. } if path.ends_with("original-services.json") => {
                container.original = Some(serde_json::from_slice(content).unwrap());
            }
            Action::Write { path, content, .. } if path.ends_with("-status") => {
                container.migration.status = Some(content.clone());
            }
            Action::Write { path, content, .. } => drop(container.files.insert(path.clone(), content.clone())),
            Action::AddLayer(layer) | Action::ForwardLogs(layer) => pebble.add_layer((**layer).clone(), true).unwrap(),
            Action::Replan => pebble.replan().unwrap(),
            Action::Stop { services } => pebble.stop(services).unwrap(),
            _ => {}
        }
    }
    (container.plan, container.services) = (pebble.plan().clone(), pebble.services());
    let all = steps.effects.iter().map(|step| &step.on_success).chain([&steps.on_success]);
    seen.memory = all.fold(seen.memory, |earlier, later| later.memory.clone().or(earlier));
    seen.ports.clone_from(&steps.ports);
    for write in steps.relations.iter().filter(|write| write.view.id == RelationId(0)) {
        let bag = seen.peer.as_mut().unwrap().local_app.as_mut().unwrap();
        bag.extend(write.changes.app.texts());
    }
    seen
}

fn container(seen: &mut Seen) -> &mut Container {
    let Some(Workload::Here(container)) = &mut seen.workload else { panic!("no container") };
    container
}

fn layer(steps: &Steps) -> Layer {
    let mut layers = steps.effects.iter().filter_map(|step| match &step.action {
        Action::AddLayer(layer) => Some((**layer).clone()),
        _ => None,
    });
    layers.next_back().expect("a layer")
}

fn set(seen: &mut Seen, option: &str, value: ConfigValue) {
    seen.config.insert(option.to_owned(), value);
}

#[test]
fn a_fresh_container_is_checked_before_it_is_configured() {
    let expected = [
        "write /tmp/flask/state/original-services.json",
        "make folder /var/log/flask",
        "write /flask/gunicorn.conf.py",
        "check the webserver configuration",
        "configure the services",
        "start the services",
    ];
    let steps = decide(&fresh());
    assert_eq!(names(&steps), expected);
    assert_eq!(steps.ports, [Port::tcp(8000)].into());
    assert_eq!((steps.holds.len(), steps.relations.len()), (0, 0));
}

#[test]
fn a_second_identical_event_has_nothing_to_do() {
    let seen = fresh();
    let first = decide(&seen);
    let seen = carry_out(seen, &first);
    let second = decide(&seen);
    assert_eq!(names(&second), [""; 0]);
    assert_eq!((&second.on_success.memory, &second.ports), (&seen.memory, &seen.ports));
    assert_eq!(second.relations, []);
}

#[test]
fn services_keep_the_rocks_definition_and_variables() {
    let layer = layer(&decide(&fresh()));
    assert_eq!(
        layer.services.keys().map(String::as_str).collect::<Vec<_>>(),
        ["Mail-Worker", "clock-scheduler", "flask"]
    );
    let flask = &layer.services["flask"];
    let expected = [("FLASK_BASE_URL", "http://shop.m:8000"), ("FLASK_SECRET_KEY", KEY), ("TZ", "UTC")];
    assert_eq!(flask.environment, expected.into_iter().collect());
    assert_eq!((flask.user.as_str(), &flask.startup), ("_daemon_", &Startup::Enabled));
    let worker = &layer.services["Mail-Worker"];
    assert_eq!((&worker.startup, &worker.override_), (&Startup::Disabled, &pebble::plan::Override::Replace));
    assert_eq!(worker.environment.len(), 2);
}

#[test]
fn schedulers_run_on_unit_0_alone_and_are_stopped_elsewhere() {
    let mut seen = fresh();
    assert_eq!(layer(&decide(&seen)).services["clock-scheduler"].startup, Startup::Enabled);
    seen.unit.name = UnitName::new("shop", 3);
    for service in &mut container(&mut seen).services {
        service.current = ServiceStatus::Active;
    }
    let steps = decide(&seen);
    assert_eq!(layer(&steps).services["clock-scheduler"].startup, Startup::Disabled);
    assert!(names(&steps).contains(&"stop clock-scheduler".to_owned()), "{:?}", names(&steps));
}

#[test]
fn a_changed_configuration_alone_is_reloaded_a_changed_environment_is_restarted() {
    let seen = carry_out(fresh(), &decide(&fresh()));
    let mut workers = carry_out(seen, &Steps::default());
    set(&mut workers, "webserver-workers", ConfigValue::Int(2));
    let expected = [
        "make folder /var/log/flask",
        "write /flask/gunicorn.conf.py",
        "check the webserver configuration",
        "start the services",
        "reload flask",
    ];
    assert_eq!(names(&decide(&workers)), expected);
    let steps = decide(&workers);
    let mut more = carry_out(workers, &steps);
    set(&mut more, "webserver-workers", ConfigValue::Int(3));
    let names_of = names(&decide(&more));
    assert_eq!(
        names_of[1..3],
        ["remove /flask/__pycache__", "write /flask/gunicorn.conf.py"],
        "it is as long as before"
    );
    let steps = decide(&more);
    let mut greeting = carry_out(more, &steps);
    set(&mut greeting, "greeting", ConfigValue::String("hello".to_owned()));
    let expected = [
        "make folder /var/log/flask",
        "check the webserver configuration",
        "configure the services",
        "start the services",
    ];
    assert_eq!(names(&decide(&greeting)), expected);
}

#[test]
fn the_next_event_completes_an_interrupted_one() {
    let steps = decide(&fresh());
    for stop in 0..steps.effects.len() {
        let half = Steps { effects: steps.effects[..stop].to_vec(), ..Steps::default() };
        let seen = carry_out(fresh(), &half);
        let rest = decide(&seen);
        assert!(names(&rest).contains(&"check the webserver configuration".to_owned()), "after {stop}");
        let seen = carry_out(seen, &rest);
        assert_eq!(names(&decide(&seen)), [""; 0], "after {stop}");
    }
}

#[test]
fn a_service_that_is_down_is_started_again() {
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    become_of(&mut seen, "flask", ServiceStatus::Inactive);
    assert_eq!(names(&decide(&seen)), ["start the services"]);
}

fn become_of(seen: &mut Seen, service: &str, current: ServiceStatus) {
    container(seen).services.iter_mut().find(|info| info.name == service).unwrap().current = current;
}

#[test]
fn a_service_that_keeps_exiting_is_left_to_pebble_until_its_inputs_change() {
    let message = "flask keeps exiting: see its log (`kubectl logs -n m shop-0 -c flask-app`) and change the \
        configuration or the rock";
    for current in [ServiceStatus::Backoff, ServiceStatus::Error] {
        let mut seen = carry_out(fresh(), &decide(&fresh()));
        become_of(&mut seen, "flask", current);
        let steps = decide(&seen);
        assert_eq!((names(&steps), messages(&steps)), (vec![], vec![message]), "{current:?}");
        assert_eq!(steps.ports, BTreeSet::from([Port::tcp(8000)]), "{current:?}");
        let output = "Traceback (most recent call last):\n  File \"app.py\", line 1\nKeyError: 'DSN'\nexit\n";
        container(&mut seen).output = [("flask".to_owned(), output.to_owned())].into();
        assert!(messages(&decide(&seen))[0].starts_with("flask keeps exiting: KeyError: 'DSN'; see its log (`kubectl"));
        become_of(&mut seen, "clock-scheduler", ServiceStatus::Inactive);
        assert_eq!(names(&decide(&seen)), ["start the services"], "{current:?}: something else is down");
        become_of(&mut seen, "clock-scheduler", ServiceStatus::Active);
        set(&mut seen, "greeting", ConfigValue::String("ahoy".to_owned()));
        let steps = decide(&seen);
        assert_eq!((names(&steps).last().unwrap().as_str(), messages(&steps)), ("start the services", vec![]));
        container(&mut seen).migration = with_migration_of("2");
        assert!(names(&decide(&seen)).contains(&"run the database migration".to_owned()));
    }
}

#[test]
fn a_service_that_pebble_has_just_restarted_keeps_exiting_unless_this_event_starts_services() {
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    assert_eq!(messages(&decide(&seen)), [""; 0]);
    container(&mut seen).restarted = vec!["flask".to_owned()];
    container(&mut seen).output = [("flask".to_owned(), "KeyError: 'DSN'\n".to_owned())].into();
    let steps = decide(&seen);
    assert_eq!(names(&steps), [""; 0]);
    assert!(messages(&steps)[0].starts_with("flask keeps exiting: KeyError: 'DSN'; see its log (`kubectl"));
    become_of(&mut seen, "clock-scheduler", ServiceStatus::Inactive);
    let steps = decide(&seen);
    assert_eq!((names(&steps), messages(&steps)), (vec!["start the services".to_owned()], vec![]));
    become_of(&mut seen, "clock-scheduler", ServiceStatus::Active);
    set(&mut seen, "greeting", ConfigValue::String("ahoy".to_owned()));
    assert_eq!(messages(&decide(&seen)), [""; 0], "a changed configuration");
}

fn with_migration_of(version: &str) -> Migration {
    let script = Script { name: "migrate.sh", version: version.as_bytes().to_vec() };
    Migration { script: Some(script), ..Migration::default() }
}

#[test]
fn running_changes_are_awaited_before_effects_that_could_collide() {
    let waits = |seen: &Seen| match decide(seen).effects.first().map(|step| step.action.clone()) {
        Some(Action::Await { commands }) => Some(commands),
        _ => None,
    };
    assert_eq!(waits(&fresh()), Some(vec![]));
    let mut seen = fresh();
    container(&mut seen).migration = with_migration_of("1");
    assert_eq!(waits(&seen), Some(vec![]), "no migration of ours has begun here");
    container(&mut seen).migration.status = Some(b"FAILED".to_vec());
    assert_eq!(waits(&seen), Some(vec!["bash".to_owned()]));
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    assert_eq!(waits(&seen), None, "an event without effects asks nothing");
    seen.integrations = vec![Integration { relations: vec![], ..database("p", "h") }];
    seen.integrations[0].endpoint.required = true;
    assert_eq!((waits(&seen), decide(&seen).effects.len()), (Some(vec![]), 2), "services are stopped");
}

#[test]
fn a_container_with_a_fresh_file_system_is_set_up_anew() {
    let seen = carry_out(fresh(), &decide(&fresh()));
    let restarted = Seen { memory: seen.memory, ..fresh() };
    assert_eq!(names(&decide(&restarted)), names(&decide(&fresh())));
}

#[test]
fn the_leader_makes_the_key_that_is_missing_others_wait() {
    let mut seen = Seen { peer: Some(peer_view(None)), ..fresh() };
    let steps = decide(&seen);
    let [write] = steps.relations.as_slice() else { panic!("{:?}", steps.relations) };
    let key = &write.changes.app.texts()["flask_secret_key"];
    assert_eq!(key.len(), 86);
    assert_eq!(&layer(&steps).services["flask"].environment["FLASK_SECRET_KEY"], key);
    seen.unit.leader = false;
    let steps = decide(&seen);
    assert_eq!((messages(&steps), steps.relations.len()), (vec!["Waiting for peer integration"], 0));
}

#[test]
fn every_hold_has_its_message_and_all_come_before_any_effect() {
    let mut seen = fresh();
    set(&mut seen, "flask-env", ConfigValue::String(String::new()));
    seen.peer = None;
    seen.workload = Some(Workload::Unread(crate::pebble_hold::away()));
    let steps = decide(&seen);
    let expected =
        ["invalid options: flask-env (must not be empty)", "Waiting for pebble ready", "Waiting for peer integration"];
    assert_eq!(messages(&steps), expected);
    assert_eq!(names(&steps), [""; 0]);
}

#[test]
fn a_required_database_that_is_missing_stops_the_services() {
    let endpoint = Endpoint { name: "postgresql".to_owned(), interface: &POSTGRESQL, required: true, mapping: None };
    let integration = Integration { endpoint, relations: Vec::new() };
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    seen.integrations = vec![integration];
    let steps = decide(&seen);
    assert_eq!(messages(&steps), ["missing integrations: postgresql"]);
    assert_eq!(names(&steps), ["stop clock-scheduler, flask, statsd-exporter"]);
    let stopped = carry_out(seen, &steps);
    assert_eq!(names(&decide(&stopped)), [""; 0]);
}

#[test]
fn a_rock_without_the_service_is_blocked_with_advice() {
    let mut seen = fresh();
    container(&mut seen).plan.services.remove("flask");
    let steps = decide(&seen);
    let expected = "the rock has no service named flask: name its web service so in rockcraft.yaml";
    assert_eq!(messages(&steps), [expected]);
    assert_eq!(names(&steps), [""; 0]);
}

#[test]
fn stored_services_without_the_main_one_are_ignored() {
    let mut seen = fresh();
    container(&mut seen).original = Some(Services::from([("evil".to_owned(), Service::default())]));
    let steps = decide(&seen);
    assert_eq!(names(&steps)[0], "write /tmp/flask/state/original-services.json");
    assert!(!layer(&steps).services.contains_key("evil"));
}

#[test]
fn a_command_that_cannot_be_split_is_blocked() {
    let mut seen = fresh();
    "gunicorn 'app".clone_into(&mut container(&mut seen).plan.services.get_mut("flask").unwrap().command);
    let steps = decide(&seen);
    assert!(messages(&steps)[0].starts_with("cannot read the command of service flask in the rock: "), "{steps:?}");
    assert_eq!(names(&steps), [""; 0]);
}

#[test]
fn gevent_is_probed_first_and_needs_its_place_in_the_command() {
    let mut seen = fresh();
    set(&mut seen, "webserver-worker-class", ConfigValue::String("gevent".to_owned()));
    let steps = decide(&seen);
    assert_eq!(names(&steps)[1], "import gevent");
    assert!(layer(&steps).services["flask"].command.ends_with("-k [ gevent ]"));
    "gunicorn app:app".clone_into(&mut container(&mut seen).plan.services.get_mut("flask").unwrap().command);
    let steps = decide(&seen);
    assert!(messages(&steps)[0].contains("`-k` worker class argument is not in the service command"));
}

#[test]
fn no_secret_is_printed() {
    let steps = decide(&fresh());
    assert!(!format!("{steps:?}").contains(KEY));
    assert!(!format!("{:?}", fresh()).contains(KEY));
}

#[test]
fn the_sources_of_the_environment_override_in_order() {
    let mut seen = fresh();
    seen.unit.proxies.http = Some("http://px:3128".into());
    seen.unit.proxies.no_proxy = Some(String::new());
    let units = ["shop/10", "shop/2"].map(|name| (name.parse().unwrap(), Databag::new()));
    seen.peer.as_mut().unwrap().units = BTreeMap::from(units);
    let environment = layer(&decide(&seen)).services["flask"].environment.clone();
    let fqdn = |n: u32| format!("shop-{n}.shop-endpoints.m.svc.cluster.local");
    assert_eq!(environment["FLASK_PEER_FQDNS"], format!("{},{}", fqdn(2), fqdn(10)));
    assert_eq!(environment["HTTP_PROXY"], "http://px:3128");
    assert_eq!(environment["http_proxy"], "http://px:3128");
    assert!(!environment.contains_key("no_proxy"));
}

/// Names of a migration's steps.
const MIGRATION: [&str; 3] = [
    "write /tmp/flask/state/database-migration-status",
    "run the database migration",
    "write /tmp/flask/state/database-migration-status",
];

fn with_migration() -> Seen {
    let mut seen = fresh();
    let script = Script { name: "migrate.sh", version: b"1".to_vec() };
    container(&mut seen).migration = Migration { script: Some(script), ..Migration::default() };
    seen
}

/// Endpoint with one relation that has this databag.
fn related(interface: &'static Interface, name: &str, data: &[(&str, &str)]) -> Integration {
    let mut view = View::empty(name, RelationId(7));
    view.app = Some("other".to_owned());
    view.remote_app = data.iter().copied().collect();
    view.local_app = Some(Databag::new());
    view.units = [(UnitName::new("other", 0), Databag::new())].into();
    let relation = Relation { view, secrets: interfaces::Secrets::new(), address: None, cross_model: false };
    let endpoint = Endpoint { name: name.to_owned(), interface, required: false, mapping: None };
    Integration { endpoint, relations: vec![relation] }
}

fn database(password: &str, host: &str) -> Integration {
    let data = [("endpoints", host), ("username", "u"), ("password", password), ("database", "shop")];
    related(&MYSQL, "mysql", &data)
}

#[test]
fn a_migration_comes_before_the_services_start() {
    let steps = decide(&with_migration());
    assert_eq!(names(&steps)[1..4], MIGRATION);
    assert_eq!(names(&steps)[4..], names(&decide(&fresh()))[1..]);
    let seen = carry_out(with_migration(), &steps);
    assert_eq!(names(&decide(&seen)), [""; 0]);
}

#[test]
fn a_failed_migration_is_repeated_by_every_event() {
    let steps = decide(&with_migration());
    let until_failure = Steps { effects: steps.effects[..3].to_vec(), ..Steps::default() };
    let seen = carry_out(with_migration(), &until_failure);
    assert_eq!(names(&decide(&seen))[0], "run the database migration");
}

#[test]
fn a_migration_that_succeeded_is_stored_even_if_a_later_step_fails() {
    let steps = decide(&with_migration());
    let until_check = Steps { effects: steps.effects[..5].to_vec(), ..Steps::default() };
    let seen = carry_out(with_migration(), &until_check);
    assert!(seen.memory.migration.is_some());
    assert!(!names(&decide(&seen)).contains(&"run the database migration".to_owned()));
}

#[test]
fn a_new_database_migrates_a_new_password_does_not() {
    let mut seen = with_migration();
    seen.integrations = vec![database("p1", "db:3306")];
    let steps = decide(&seen);
    let mut seen = carry_out(seen, &steps);
    seen.integrations = vec![database("p2", "db:3306")];
    assert!(!names(&decide(&seen)).contains(&"run the database migration".to_owned()));
    seen.integrations = vec![database("p2", "elsewhere:3306")];
    assert_eq!(names(&decide(&seen))[1], "run the database migration");
}

#[test]
fn a_removed_database_migrates_only_when_it_returns() {
    let mut seen = with_migration();
    seen.integrations = vec![database("p1", "db:3306")];
    let steps = decide(&seen);
    let mut seen = carry_out(seen, &steps);
    let gone = std::mem::take(&mut seen.integrations);
    let steps = decide(&seen);
    assert!(!names(&steps).contains(&"run the database migration".to_owned()));
    let mut seen = carry_out(seen, &steps);
    seen.integrations = gone;
    assert_eq!(names(&decide(&seen))[1], "run the database migration");
}

#[test]
fn a_unit_of_the_python_charm_does_not_migrate_again() {
    let mut seen = with_migration();
    container(&mut seen).migration.status = Some(b"COMPLETED".to_vec());
    let steps = decide(&seen);
    assert!(!names(&steps).contains(&"run the database migration".to_owned()));
    assert!(steps.on_success.memory.migration.is_some());
}

#[test]
fn a_database_is_requested_and_gives_its_variables() {
    let mut seen = fresh();
    seen.integrations = vec![database("p@ss", "db:3306")];
    let steps = decide(&seen);
    let environment = &layer(&steps).services["flask"].environment;
    assert_eq!(environment["MYSQL_DB_CONNECT_STRING"], "mysql://u:p%40ss@db:3306/shop");
    let [write] = steps.relations.as_slice() else { panic!("{:?}", steps.relations) };
    assert_eq!(write.changes.app.texts()["database"], "shop");
    assert!(!write.changes.unit.is_empty());
    assert!(!format!("{steps:?}").contains("p@ss"));
}

#[test]
fn a_second_database_on_an_endpoint_is_named_while_the_first_is_used() {
    let mut seen = fresh();
    let mut mysql = database("p", "db:3306");
    let mut second = database("p", "db2:3306").relations.remove(0);
    (second.view.id, second.view.app) = (RelationId(9), Some("second".to_owned()));
    mysql.relations.push(second);
    seen.integrations = vec![mysql];
    let steps = decide(&seen);
    assert_eq!(steps.remarks, ["mysql: other is used, not second (juju remove-relation 9)"]);
    assert_eq!(layer(&steps).services["flask"].environment["MYSQL_DB_HOSTNAME"], "db");
}

#[test]
fn invalid_data_block_with_endpoint_and_key() {
    let mut seen = fresh();
    seen.integrations = vec![related(&INGRESS, "ingress", &[("ingress", "{nonsense")])];
    let steps = decide(&seen);
    assert!(messages(&steps)[0].starts_with("Invalid ingress relation data. ingress: "), "{:?}", messages(&steps));
}

#[test]
fn an_ingress_gives_the_base_url_and_gets_the_port() {
    let mut seen = fresh();
    let url = "https://shop.example/m-shop";
    seen.integrations = vec![related(&INGRESS, "ingress", &[("ingress", &format!("{{\"url\": \"{url}\"}}"))])];
    let steps = decide(&seen);
    assert_eq!(layer(&steps).services["flask"].environment["FLASK_BASE_URL"], url);
    let knows_path = |steps: &Steps| {
        let texts = steps.effects.iter().filter_map(|step| match &step.action {
            Action::Write { path, content, .. } if path.ends_with(".py") => Some(String::from_utf8_lossy(content)),
            _ => None,
        });
        texts.filter(|text| text.contains("prefix = '/m-shop'")).count()
    };
    assert_eq!((knows_path(&steps), knows_path(&decide(&fresh()))), (1, 0), "gunicorn knows the path that is stripped");
    let port_of = |write: &RelationWrite| write.changes.app.texts();
    let (now, later) = (port_of(&steps.relations[0]), port_of(&steps.on_success.relations[0]));
    assert_eq!((now["port"].as_str(), now.text("is_port_open")), ("8000", None), "the port is not open yet");
    assert_eq!((later["port"].as_str(), later.text("is_port_open")), ("8000", Some("true")));
    seen.ports = steps.ports.clone();
    let opened = decide(&seen);
    assert_eq!((&port_of(&opened.relations[0]), opened.on_success.relations), (&later, vec![]));
    seen.workload = None;
    assert_eq!(decide(&seen).relations, [], "an event that doesn't look at the workload leaves the route alone");
}

#[test]
fn the_key_is_rotated_by_the_leader_and_used_at_once() {
    let seen = carry_out(fresh(), &decide(&fresh()));
    let steps = steps_for(Some(Asks::RotateSecretKey), &seen);
    let key = &steps.relations[0].changes.app.texts()["flask_secret_key"];
    assert_ne!(key, KEY);
    assert_eq!(&layer(&steps).services["flask"].environment["FLASK_SECRET_KEY"], key);
    let success = ActionResult::Results([("status".to_owned(), "success".to_owned())].into());
    assert_eq!((steps.on_success.action_result, steps.refusal), (Some(success), None));
}

#[test]
fn an_action_that_cannot_be_done_fails_with_its_reason_and_changes_nothing() {
    let key = |value: &str| ConfigValue::String(value.to_owned());
    let mut follower = fresh();
    follower.unit.leader = false;
    let young = Seen { peer: Some(peer_view(None)), ..fresh() };
    let mut invalid = fresh();
    set(&mut invalid, "flask-env", key(""));
    let mut overridden = fresh();
    set(&mut overridden, "flask-secret-key", key("my own"));
    let table = [
        (follower, Asks::RotateSecretKey, "only leader unit can rotate secret key"),
        (young, Asks::RotateSecretKey, "charm is still initializing"),
        (invalid, Asks::RotateSecretKey, "the key was not rotated: invalid options: flask-env (must not be empty)"),
        (overridden, Asks::RotateSecretKey, "the key is set by the option flask-secret-key: change it there"),
        (fresh(), Asks::Unknown("dance".to_owned()), "the charm has no action dance"),
    ];
    for (seen, action, why) in table {
        let rotated = steps_for(Some(action), &seen);
        assert_eq!((rotated.refusal.as_deref(), &rotated.on_success.action_result), (Some(why), &None));
        assert_eq!(rotated.relations, decide(&seen).relations, "{why}");
    }
}

#[test]
fn paas_config_sets_metrics_and_port_in_the_second_line() {
    let config = crate::paas_config::PaasConfig { port: Some(8080), ..Default::default() };
    let spec = CharmSpec {
        framework: &crate::framework::flask::FLASK_2,
        container: "app".to_owned(),
        paas_config: Ok(config),
        ..spec()
    };
    let work = Work { scope: Scope::Everything, action: None };
    let steps = steps(&work, &fresh(), &spec, &mut || [7; 64]);
    let environment = &layer(&steps).services["flask"].environment;
    assert_eq!(environment["FLASK_METRICS_PORT"], "9102");
    assert_eq!(environment["FLASK_METRICS_PATH"], "/metrics");
    assert_eq!(environment["FLASK_BASE_URL"], "http://shop.m:8080");
    assert_eq!(steps.ports, [Port::tcp(8080)].into());
    let config = steps.effects.iter().find_map(|step| match &step.action {
        Action::Write { path, content, .. } if path.ends_with(".py") => Some(String::from_utf8_lossy(content)),
        _ => None,
    });
    assert!(config.unwrap().contains("bind = ['0.0.0.0:8080']"));
}

#[test]
fn a_password_encoded_in_a_uri_and_a_key_drawn_just_now_are_masked() {
    let mut seen = Seen { peer: Some(peer_view(None)), ..fresh() };
    seen.integrations = vec![database("p@ss/word", "db:3306")];
    let steps = decide(&seen);
    let environment = &layer(&steps).services["flask"].environment;
    for name in ["MYSQL_DB_PASSWORD", "FLASK_SECRET_KEY"] {
        assert_eq!(steps.secrets.apply(&environment[name]), "***", "{name}");
    }
}
