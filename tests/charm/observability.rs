//! Metrics, logs and dashboards: what the charm publishes to Prometheus, Loki and Grafana, and the way of the logs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use interfaces::{Topology, grafana_dashboard, loki_push_api, prometheus_scrape};
use juju::{Databag, Entity, Event, RelationId, StatusKind, UnitName, View, Whose};
use serde_json::{Value, json};

use crate::support::{Charm, Rock, World};

/// Endpoints of those that watch, and the applications that tests integrate.
const WATCHERS: [(&str, &str); 3] =
    [("metrics-endpoint", "prometheus"), ("logging", "loki"), ("grafana-dashboard", "grafana")];

/// A unit with an idle web service and a relation on each of these endpoints, and the relations' ids.
fn watched() -> (World, [RelationId; 3]) {
    let world = World::of(&Charm::expanded("flask", "24.04")).with_pod(Rock::idle());
    let relations = WATCHERS.map(|(endpoint, app)| world.integrate(endpoint, app));
    world.settle();
    world.expect(StatusKind::Active, "");
    (world, relations)
}

/// Writes a file below the charm's folder.
fn write(world: &World, path: &str, text: &str) {
    let path = world.dir.path().join("charm").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The relation as the remote application sees it, with our unit's databag.
fn theirs(world: &World, relation: RelationId, endpoint: &str, app: &str) -> View {
    let unit = (world.unit.clone(), world.ours(relation, Whose::Unit));
    View { units: [unit].into(), ..world.remote_view(relation, endpoint, app) }
}

fn scraped(world: &World, relation: RelationId) -> prometheus_scrape::Scraped {
    prometheus_scrape::read(&theirs(world, relation, "offer", "prometheus")).ready().cloned().unwrap()
}

/// Count of writes to databags in one run of the charm.
fn writes(world: &World, event: Event) -> usize {
    world.fire(event).counts().get("relation-set").copied().unwrap_or_default()
}

#[test]
fn jobs_rules_and_dashboards_are_published_once() {
    let (world, [metrics, logging, dashboards]) = watched();
    let published = scraped(&world, metrics);
    let topology = Topology {
        model: "test".to_owned(),
        model_uuid: published.topology.model_uuid.clone(),
        application: "flask-k8s".to_owned(),
        unit: "flask-k8s/0".to_owned(),
        charm_name: published.topology.charm_name.clone(),
    };
    assert_eq!(published.topology, topology);
    let targets: Vec<_> = published.targets().into_iter().map(|at| (at.target, at.metrics_path)).collect();
    let address = published.units[&world.unit].address.clone();
    assert_eq!(targets, [(format!("{address}:9102"), "/metrics".to_owned())]);
    let rules = |document: &Value| document["groups"].as_array().map_or(0, Vec::len);
    assert_eq!(rules(&published.alert_rules), 2);
    let logs = loki_push_api::provider::read(&theirs(&world, logging, "offer", "loki")).ready().cloned().unwrap();
    assert_eq!((logs.topology, logs.alert_rules), (topology, json!({})));
    let shown = grafana_dashboard::read(&theirs(&world, dashboards, "offer", "grafana")).ready().cloned().unwrap();
    let titles: Vec<_> = shown.iter().map(|(id, dashboard)| (id.as_str(), &dashboard["title"])).collect();
    assert_eq!(titles, [("file:flask", &json!("Flask Operator"))]);
    for event in [Event::ConfigChanged, Event::UpdateStatus, Event::UpgradeCharm, Event::LeaderElected] {
        assert_eq!(writes(&world, event.clone()), 0, "{event:?}");
    }
}

#[test]
fn the_author_s_files_are_merged_in_the_next_event_and_faulty_ones_are_told() {
    let (world, [metrics, logging, dashboards]) = watched();
    write(&world, "cos_custom/grafana_dashboards/mine.json", r#"{"title": "Mine"}"#);
    write(&world, "cos_custom/grafana_dashboards/broken.json", "{");
    write(&world, "cos_custom/prometheus_alert_rules/slow.rule", "alert: Slow\nexpr: x{%%juju_topology%%} > 1\n");
    write(
        &world,
        "cos_custom/loki_alert_rules/errors.rule",
        "alert: Errors\nexpr: rate({%%juju_topology%%}[1m]) > 1\n",
    );
    write(&world, "cos_custom/prometheus_alert_rule/typo.rule", "");
    assert_eq!(writes(&world, Event::ConfigChanged), 3, "each relation's databag once");
    world.expect(StatusKind::Active, "");
    let groups = |rules: &Value| -> Vec<String> {
        let name = |group: &Value| group["name"].as_str().unwrap().rsplit("flask_k8s_").next().unwrap().to_owned();
        rules["groups"].as_array().unwrap().iter().map(name).collect()
    };
    let rules = scraped(&world, metrics).alert_rules;
    assert_eq!(groups(&rules), ["flask_rules", "custom_slow_rules", "HostHealth_rules"]);
    let expr = rules["groups"][1]["rules"][0]["expr"].as_str().unwrap();
    assert!(
        expr.starts_with("x{juju_model=\"test\", juju_model_uuid=") && expr.contains("juju_application=\"flask-k8s\"")
    );
    let logs = loki_push_api::provider::read(&theirs(&world, logging, "offer", "loki")).ready().cloned().unwrap();
    assert_eq!(groups(&logs.alert_rules), ["custom_errors_rules"]);
    let shown = grafana_dashboard::read(&theirs(&world, dashboards, "offer", "grafana")).ready().cloned().unwrap();
    assert_eq!(shown.keys().collect::<Vec<_>>(), ["file:custom_mine", "file:flask"]);
    let log = world.log().join("\n");
    for told in [
        "cos_custom/grafana_dashboards/broken.json is left out: it is not JSON",
        "cos_custom/prometheus_alert_rule is left out",
    ] {
        assert!(log.contains(told), "{log}");
    }
    fs::remove_dir_all(world.dir.path().join("charm/cos_custom")).unwrap();
    assert_eq!(writes(&world, Event::UpdateStatus), 3);
    assert_eq!(groups(&scraped(&world, metrics).alert_rules), ["flask_rules", "HostHealth_rules"]);
}

/// Databags that the Python framework, version 1.12.3, wrote, by endpoint. Its keys have the order of the files.
const PYTHON: &str = include_str!("../fixtures/python-observability.json");

#[test]
fn what_a_python_charm_has_published_is_left_as_it_is() {
    let (world, [metrics, logging, _]) = watched();
    let topology = scraped(&world, metrics).topology;
    let model = topology.model_uuid.split('-').next().unwrap();
    // The recorded unit is in another model, and its charm has another name.
    let names = [
        ("test_model_11111111_", format!("test_{model}_")),
        ("test-model", topology.model.clone()),
        ("11111111-2222-4333-8444-555555555555", topology.model_uuid.clone()),
        ("\"juju_charm\": \"flask-k8s\"", format!("\"juju_charm\": \"{}\"", topology.charm_name)),
        ("\"charm_name\": \"flask-k8s\"", format!("\"charm_name\": \"{}\"", topology.charm_name)),
    ];
    let recorded: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(PYTHON).unwrap();
    for (relation, endpoint) in [(metrics, "metrics-endpoint"), (logging, "logging")] {
        let here = |text: &String| names.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to));
        let bag: Databag = recorded[endpoint].iter().map(|(key, text)| (key.clone(), here(text))).collect();
        let ours = world.ours(relation, Whose::App);
        assert_eq!(bag.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{endpoint}");
        assert!(bag != ours || endpoint == "logging", "the order of keys in the texts is another");
        world.server.with(|model| model.set_databag(relation, &Entity::App("flask-k8s".to_owned()), &bag)).unwrap();
        for event in [Event::UpgradeCharm, Event::ConfigChanged, Event::LeaderElected] {
            assert_eq!(writes(&world, event.clone()), 0, "{endpoint} {event:?}");
        }
        assert_eq!(world.ours(relation, Whose::App), bag, "{endpoint}");
    }
}

#[test]
fn what_prometheus_says_against_the_rules_is_in_the_log() {
    let (world, [metrics, ..]) = watched();
    let complaint = json!({"valid": false, "errors": "group \"x\":\nbad expression"}).to_string();
    world.say(metrics, "prometheus", &[("event", &complaint)]);
    world.settle();
    world.expect(StatusKind::Active, "");
    let told = "metrics-endpoint: the remote application refuses our data: group \"x\": bad expression";
    assert!(world.log().iter().any(|line| line.contains(told)), "{:?}", world.log());
}

/// Path of Prometheus's own checker; `None` skips the test.
#[track_caller]
fn promtool() -> Option<&'static Path> {
    let path = Path::new("/usr/bin/promtool");
    testkit::needs(path.is_file(), "promtool (Debian's package prometheus)").then_some(path)
}

/// Checks a file by promtool.
fn check(promtool: &Path, what: &str, file: &Path) {
    let ran = Command::new(promtool).args(["check", what]).arg(file).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}\n{}", fs::read_to_string(file).unwrap());
}

/// Checks rules, jobs and the dashboards' expressions that a unit publishes.
fn check_all(promtool: &Path, world: &World, [metrics, _, dashboards]: [RelationId; 3]) {
    let published = scraped(world, metrics);
    let rules = world.dir.path().join("rules.json");
    fs::write(&rules, published.alert_rules.to_string()).unwrap();
    check(promtool, "rules", &rules);
    let config = world.dir.path().join("prometheus.json");
    let jobs = prometheus_scrape::config(published.targets());
    fs::write(&config, json!({"scrape_configs": jobs, "rule_files": ["rules.json"]}).to_string()).unwrap();
    check(promtool, "config", &config);
    let shown = grafana_dashboard::read(&theirs(world, dashboards, "offer", "grafana")).ready().cloned().unwrap();
    let expressions = World::expressions(shown.values());
    let recorded =
        expressions.iter().enumerate().map(|(at, expr)| json!({"record": format!("panel_{at}"), "expr": expr}));
    let group = json!({"groups": [{"name": "panels", "rules": recorded.collect::<Vec<_>>()}]});
    fs::write(&rules, group.to_string()).unwrap();
    check(promtool, "rules", &rules);
    assert!(expressions.len() > 4, "{expressions:?}");
}

#[test]
fn promtool_finds_no_fault_in_rules_jobs_and_dashboards() {
    let Some(promtool) = promtool() else { return };
    let (world, relations) = watched();
    write(
        &world,
        "cos_custom/prometheus_alert_rules/slow.rule",
        "alert: Slow\nexpr: x{%%juju_topology%%, y=\"z\"} > 1\n",
    );
    world.fire(Event::ConfigChanged);
    check_all(promtool, &world, relations);
}

#[test]
fn promtool_finds_no_fault_in_those_of_any_framework() {
    let Some(promtool) = promtool() else { return };
    let frameworks = ["flask", "django", "fastapi", "go", "expressjs", "spring-boot"];
    for (framework, base) in frameworks.into_iter().flat_map(|name| [(name, "24.04"), (name, "26.04")]) {
        // A unit publishes them before its container starts.
        let world = World::of(&Charm::expanded(framework, base));
        let relations = WATCHERS.map(|(endpoint, app)| world.integrate(endpoint, app));
        world.settle();
        check_all(promtool, &world, relations);
    }
}

impl World {
    /// Expressions over metrics of dashboards, with values in place of Grafana's variables.
    fn expressions<'a>(dashboards: impl Iterator<Item = &'a Value>) -> Vec<String> {
        let panels = dashboards.flat_map(|dashboard| dashboard["panels"].as_array().unwrap());
        let panels = panels.filter(|panel| panel["datasource"]["type"] == "prometheus");
        let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
        let labels = ["juju_model_uuid", "juju_model", "juju_application", "juju_unit"];
        let filled = |expr: &str| {
            let expr = expr.replace("$__rate_interval", "1m");
            labels.iter().fold(expr, |expr, label| expr.replace(&format!("${label}"), ".*"))
        };
        targets.map(|target| filled(target["expr"].as_str().unwrap())).collect()
    }
}

/// A rock whose web service prints each line of a shared file, with a sink of logs in Loki's protocol beside it: a real
/// Loki can't be had.
fn speaking() -> Rock {
    let sink = include_str!("../support/sink.py");
    let layer = "services:
  flask: {override: replace, startup: enabled, command: /flask/app/run, user: _daemon_}
  sink: {override: replace, startup: enabled, command: /bin/python3 /flask/sink.py, user: _daemon_}
";
    Rock::scripted("exec tail -n +1 -f /charm/container/said\n").layer(layer).file("flask/sink.py", sink)
}

/// Integrates the application with a Loki of this name, whose push API is at this port of the pod.
fn integrate_loki(world: &World, app: &str, port: u16) -> RelationId {
    let relation = world.integrate("logging", app);
    let url = format!("http://127.0.0.1:{port}/loki/api/v1/push");
    let endpoint = Databag::from_iter([("endpoint", json!({"url": url}).to_string())]);
    let unit = Entity::Unit(UnitName::new(app, 0));
    world.server.with(|model| model.set_databag(relation, &unit, &endpoint)).unwrap();
    world.settle();
    relation
}

/// Labels of the stream in which a line was pushed to this port, once it was.
fn labels(world: &World, port: u16, text: &str) -> Option<BTreeMap<String, String>> {
    let pushed = world.read_shared("pushed");
    let bodies = pushed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let streams: Vec<Value> = bodies
        .filter(|body| body["port"] == port)
        .flat_map(|body| body["streams"].as_array().cloned().unwrap_or_default())
        .collect();
    let has_text = |stream: &&Value| stream["values"].as_array().unwrap().iter().any(|value| value[1] == text);
    streams.iter().find(has_text).map(|stream| serde_json::from_value(stream["stream"].clone()).unwrap())
}

#[test]
fn a_line_of_the_application_reaches_loki_until_the_relation_is_removed() {
    let world = World::of(&Charm::expanded("flask", "24.04"));
    ["said", "pushed", "listening"].iter().for_each(|name| world.share(name));
    let world = world.with_pod(speaking());
    world.noted("listening", 1);
    let say = |text: &str| {
        let mut said = fs::File::options().append(true).open(world.shared("said")).unwrap();
        writeln!(said, "{text}").unwrap();
    };
    let relation = integrate_loki(&world, "loki", 3100);
    say("one");
    let found = world.until("the first line at the sink", || labels(&world, 3100, "one"));
    let expected = [
        ("product", "Juju"),
        ("juju_unit", "flask-k8s/0"),
        ("juju_application", "flask-k8s"),
        ("pebble_service", "flask"),
    ];
    for (label, value) in expected {
        assert_eq!(found.get(label).map(String::as_str), Some(value), "{found:?}");
    }
    let plan = world.pebble().plan().unwrap();
    world.fire(Event::ConfigChanged);
    assert_eq!(world.pebble().plan().unwrap(), plan);

    world.separate(relation);
    world.expect(StatusKind::Active, "");
    let target = &world.pebble().plan().unwrap().log_targets["loki/0"];
    assert!(!target.takes("flask") && target.labels.is_empty(), "{target:?}");
    integrate_loki(&world, "loki2", 3101);
    say("two");
    world.until("the second line at the other sink", || labels(&world, 3101, "two"));
    assert_eq!(labels(&world, 3100, "two"), None, "the first Loki gets no more lines");
}

#[test]
fn the_hook_tools_of_an_event_are_few() {
    let (world, _) = watched();
    let counts = |event: Event| world.fire(event).counts().clone();
    let all = counts(Event::ConfigChanged);
    assert_eq!((all.get("network-get"), all.get("relation-set")), (Some(&1), None), "{all:?}");
    assert!(all.get("relation-get").is_some_and(|gets| *gets <= 9), "{all:?}");
}
