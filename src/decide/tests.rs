use std::collections::BTreeMap;

use juju::{ConfigOption, ConfigValue, Databag, OptionKind, Port, RelationId, View};
use pebble::plan::{Layer, Plan, Service, Startup};
use pebble::types::{ServiceInfo, ServiceStatus};

use super::*;
use crate::framework::flask::FLASK;
use crate::observe::{self, Unit};
use crate::services::Services;

const KEY: &str = "0123456789-a-key-of-eighty-six-letters";

fn shape() -> Shape {
    let options = FLASK.options.iter().map(|option| option.name).chain(["greeting"]);
    Shape {
        framework: &FLASK,
        container: "flask-app".to_owned(),
        options: options.map(|name| (name.to_owned(), option_of(OptionKind::String))).collect(),
        peer: Some("secret-storage".to_owned()),
        databases: Vec::new(),
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

/// A unit with everything it needs, in a container that no event has touched.
fn fresh() -> Seen {
    let plan = rock();
    let services = plan.services.keys().map(|name| info(name, ServiceStatus::Inactive)).collect();
    Seen {
        unit: Unit {
            app: "shop".to_owned(),
            model: "m".to_owned(),
            leader: true,
            forwards_logs: true,
            ..Unit::default()
        },
        peer: Some(peer_view(Some(KEY))),
        workload: Some(Workload::Here(Container { plan, services, ..Container::default() })),
        ..Seen::default()
    }
}

fn decide(seen: &Seen) -> Steps {
    steps(seen, &shape(), &mut || [7; 64])
}

fn names(steps: &Steps) -> Vec<String> {
    steps.effects.iter().map(|step| step.action.to_string()).collect()
}

fn messages(steps: &Steps) -> Vec<&str> {
    steps.holds.iter().map(|hold| hold.message.as_str()).collect()
}

/// What is seen after these steps were carried out and told.
fn carry_out(mut seen: Seen, steps: &Steps) -> Seen {
    let Some(Workload::Here(container)) = &mut seen.workload else { return seen };
    for step in &steps.effects {
        match &step.action {
            Action::Write { path, content, .. } if path.ends_with(".json") => {
                container.original = Some(serde_json::from_slice(content).unwrap());
            }
            Action::Write { content, .. } => container.server_config = Some(content.clone()),
            Action::AddLayer(layer) => container.plan.services.extend(layer.services.clone()),
            Action::Replan => {
                for service in &mut container.services {
                    if container.plan.services[&service.name].startup == Startup::Enabled {
                        service.current = ServiceStatus::Active;
                    }
                }
            }
            Action::Stop { services } => {
                let stopped = |info: &&mut ServiceInfo| services.contains(&info.name);
                container.services.iter_mut().filter(stopped).for_each(|info| info.current = ServiceStatus::Inactive);
            }
            _ => {}
        }
    }
    seen.state.extend(steps.remember.clone());
    seen.ports.clone_from(&steps.ports);
    for write in &steps.databags {
        let bag = seen.peer.as_mut().unwrap().local_app.as_mut().unwrap();
        bag.extend(write.changes.clone());
    }
    seen
}

fn container(seen: &mut Seen) -> &mut Container {
    let Some(Workload::Here(container)) = &mut seen.workload else { panic!("no container") };
    container
}

fn layer(steps: &Steps) -> Layer {
    let layers = steps.effects.iter().filter_map(|step| match &step.action {
        Action::AddLayer(layer) => Some((**layer).clone()),
        _ => None,
    });
    layers.last().expect("a layer")
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
    assert_eq!((steps.holds.len(), steps.databags.len()), (0, 0));
}

#[test]
fn a_second_identical_event_has_nothing_to_do() {
    let seen = fresh();
    let first = decide(&seen);
    let seen = carry_out(seen, &first);
    let second = decide(&seen);
    assert_eq!(names(&second), [""; 0]);
    assert_eq!((&second.remember, &second.ports), (&seen.state, &seen.ports));
    assert_eq!(second.databags, []);
}

#[test]
fn services_keep_the_rocks_definition_and_environment_beneath_ours() {
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
    seen.unit.number = 3;
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
        "reload flask",
    ];
    assert_eq!(names(&decide(&workers)), expected);
    let steps = decide(&workers);
    let mut greeting = carry_out(workers, &steps);
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
fn what_an_interrupted_event_left_undone_is_done_by_the_next() {
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
    for current in [ServiceStatus::Inactive, ServiceStatus::Backoff, ServiceStatus::Error] {
        container(&mut seen).services.iter_mut().find(|service| service.name == "flask").unwrap().current = current;
        assert_eq!(names(&decide(&seen)), ["start the services"], "{current:?}");
    }
}

#[test]
fn a_container_with_a_fresh_file_system_is_set_up_anew() {
    let seen = carry_out(fresh(), &decide(&fresh()));
    let restarted = Seen { state: seen.state, ..fresh() };
    assert_eq!(names(&decide(&restarted)), names(&decide(&fresh())));
}

#[test]
fn the_leader_makes_the_key_that_is_missing_others_wait() {
    let mut seen = Seen { peer: Some(peer_view(None)), ..fresh() };
    let steps = decide(&seen);
    let [write] = steps.databags.as_slice() else { panic!("{:?}", steps.databags) };
    let key = &write.changes["flask_secret_key"];
    assert_eq!(key.len(), 86);
    assert_eq!(&layer(&steps).services["flask"].environment["FLASK_SECRET_KEY"], key);
    seen.unit.leader = false;
    let steps = decide(&seen);
    assert_eq!((messages(&steps), steps.databags.len()), (vec!["Waiting for peer integration"], 0));
}

#[test]
fn every_gate_has_its_words_and_all_are_told_before_any_effect() {
    let mut seen = fresh();
    set(&mut seen, "flask-env", ConfigValue::String(String::new()));
    seen.peer = None;
    seen.workload = Some(Workload::Away("no socket".to_owned()));
    let steps = decide(&seen);
    let expected =
        ["invalid options: flask-env (must not be empty)", "Waiting for pebble ready", "Waiting for peer integration"];
    assert_eq!(messages(&steps), expected);
    assert_eq!(names(&steps), [""; 0]);
}

#[test]
fn a_required_database_that_is_missing_stops_the_services() {
    let endpoint = crate::charm::Endpoint { name: "postgresql".to_owned(), required: true };
    let integration = observe::Integration { endpoint, relations: Vec::new() };
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    seen.databases = vec![integration];
    let steps = decide(&seen);
    assert_eq!(messages(&steps), ["missing integrations: postgresql"]);
    assert_eq!(names(&steps), ["stop clock-scheduler, flask, statsd-exporter"]);
    let stopped = carry_out(seen, &steps);
    assert_eq!(names(&decide(&stopped)), [""; 0]);
}

#[test]
fn a_rock_without_the_service_is_told_what_to_add() {
    let mut seen = fresh();
    container(&mut seen).plan.services.remove("flask");
    let steps = decide(&seen);
    let expected = "the rock has no service named flask: name its web service so in rockcraft.yaml";
    assert_eq!(messages(&steps), [expected]);
    assert_eq!(names(&steps), [""; 0]);
}

#[test]
fn services_written_down_by_a_stranger_are_not_trusted_without_the_main_one() {
    let mut seen = fresh();
    container(&mut seen).original = Some(Services::from([("evil".to_owned(), Service::default())]));
    let steps = decide(&seen);
    assert_eq!(names(&steps)[0], "write /tmp/flask/state/original-services.json");
    assert!(!layer(&steps).services.contains_key("evil"));
}

#[test]
fn a_command_that_cannot_be_split_is_told() {
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
fn the_sources_of_the_environment_have_their_order() {
    let mut seen = fresh();
    seen.unit.proxies.http = Some("http://px:3128".to_owned());
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
