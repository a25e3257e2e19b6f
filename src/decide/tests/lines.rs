//! Variables and steps of every framework in both lines, from charms whose extension charmcraft expanded.

use std::fmt::Write as _;

use juju::CharmFiles;

use super::*;
use crate::charm_spec::Switches;
use crate::framework::{ALL, Framework, Line};

/// Charm of this framework's line, with the default values of its options.
fn charm(framework: &Framework) -> (CharmSpec, juju::Config) {
    let base = if framework.line == Line::First { "24.04" } else { "26.04" };
    let file = format!("{}/pack/tests/projects/{}-{base}/expanded.yaml", env!("CARGO_MANIFEST_DIR"), framework.name);
    let text = std::fs::read_to_string(file).unwrap();
    let files = CharmFiles::parse_charmcraft("charmcraft.yaml", &text).unwrap();
    let switches = Switches { framework: Some(framework.name.to_owned()), ..Switches::default() };
    let defaults = files.options.iter().filter_map(|(name, option)| Some((name.clone(), option.default.clone()?)));
    let config = defaults.collect::<BTreeMap<_, _>>().into();
    (CharmSpec::of(&files, &switches).unwrap(), config)
}

/// Unit with everything it needs. The rock has the framework's service only.
fn ready(framework: &Framework, config: juju::Config) -> Seen {
    let layer = format!("services: {{{}: {{override: replace, startup: enabled, command: serve}}}}", framework.name);
    let plan = pebble::plan::combine(&[Layer::parse(layer.as_bytes()).unwrap()]).unwrap();
    let key = (format!("{}_secret_key", framework.name), KEY.to_owned());
    let bag = Databag::from_iter([key]);
    let databases = if framework.needs_database { vec![database("p", "db:3306")] } else { Vec::new() };
    Seen {
        config,
        peer: Some(View { local_app: Some(bag), ..View::empty("secret-storage", RelationId(0)) }),
        integrations: databases,
        workload: Some(Workload::Here(Box::new(Container { plan, ..Container::default() }))),
        ..Seen::nothing()
    }
}

fn decide(spec: &CharmSpec, seen: &Seen) -> Steps {
    steps(&Work { scope: Scope::Everything, action: None }, seen, spec, &mut || [7; 64])
}

/// Ports and variables, without those of a database.
fn ports_and_variables(framework: &Framework, paas_config: PaasConfig) -> String {
    let (spec, config) = charm(framework);
    let spec = CharmSpec { paas_config: Ok(paas_config), ..spec };
    let steps = decide(&spec, &ready(framework, config));
    assert_eq!(steps.holds, [], "{}", framework.name);
    let ports: Vec<_> = steps.ports.iter().map(ToString::to_string).collect();
    let mut text = format!("{} {:?} {}\n", framework.name, framework.line, ports.join(" "));
    for (name, value) in &layer(&steps).services[framework.name].environment {
        if !name.contains("MYSQL") {
            writeln!(text, "  {name}={value}").unwrap();
        }
    }
    text
}

#[test]
fn every_charm_of_both_lines_gives_its_workload_the_golden_variables() {
    let variables: Vec<_> = ALL.iter().map(|framework| ports_and_variables(framework, PaasConfig::default())).collect();
    testkit::assert_golden("src/decide/tests/defaults.txt", &variables.concat());
}

#[test]
fn port_and_metrics_of_paas_config_give_the_golden_variables() {
    let set = || PaasConfig {
        port: Some(81),
        metrics_port: Some(82),
        metrics_path: Some("/a/b".to_owned()),
        ..PaasConfig::default()
    };
    let second = ALL.iter().filter(|framework| framework.line == Line::Second);
    let variables: Vec<_> = second.map(|framework| ports_and_variables(framework, set())).collect();
    testkit::assert_golden("src/decide/tests/paas_config.txt", &variables.concat());
}

/// Variables that tracing adds, changes (`~`) or takes away (`-`), and the server's files that hook into it.
fn tracing_of(framework: &Framework) -> String {
    let (spec, config) = charm(framework);
    let variables = |steps: &Steps| layer(steps).services[framework.name].environment.clone();
    let files = |steps: &Steps| -> Vec<String> {
        let hooked = steps.effects.iter().filter_map(|step| match &step.action {
            Action::Write { path, content, .. } if String::from_utf8_lossy(content).contains("def post_fork(") => {
                Some(format!("  post_fork in {path}\n"))
            }
            _ => None,
        });
        hooked.collect()
    };
    let mut seen = ready(framework, config);
    let without = decide(&spec, &seen);
    seen.integrations.push(server::traced("http://tempo:4318"));
    let with = decide(&spec, &seen);
    assert_eq!((with.holds.as_slice(), files(&without)), (&[][..], vec![]), "{}", framework.name);
    let (before, after) = (variables(&without), variables(&with));
    let mut text = format!("{} {:?}\n", framework.name, framework.line);
    for (name, value) in &after {
        match before.get(name) {
            Some(old) if old == value => {}
            Some(_) => writeln!(text, "  ~ {name}={value}").unwrap(),
            None => writeln!(text, "  {name}={value}").unwrap(),
        }
    }
    before.keys().filter(|name| !after.contains_key(*name)).for_each(|name| writeln!(text, "  - {name}").unwrap());
    text + &files(&with).concat()
}

#[test]
fn tracing_gives_every_framework_the_golden_variables_and_hooks() {
    let all: Vec<_> = ALL.iter().map(|framework| tracing_of(framework)).collect();
    testkit::assert_golden("src/decide/tests/tracing.txt", &all.concat());
}

#[test]
fn a_second_identical_event_has_nothing_to_do_for_any_framework() {
    for framework in ALL {
        for logging in [Logging::Plain, Logging::Json] {
            let (spec, config) = charm(framework);
            let logging = if framework.server.logs_json() { logging } else { Logging::Plain };
            let spec = CharmSpec { paas_config: Ok(PaasConfig { logging, ..PaasConfig::default() }), ..spec };
            let seen = ready(framework, config);
            let first = decide(&spec, &seen);
            let mut seen = carry_out(seen, &first);
            for info in &mut container(&mut seen).services {
                info.current = ServiceStatus::Active;
            }
            assert_eq!(names(&decide(&spec, &seen)), [""; 0], "{} {logging:?}", framework.name);
        }
    }
}

#[test]
fn a_workload_without_files_is_started_by_replanning_alone() {
    let framework = &crate::framework::go::GO;
    let (spec, config) = charm(framework);
    let seen = ready(framework, config);
    let expected = ["write /tmp/go/state/original-services.json", "configure the services", "start the services"];
    assert_eq!(names(&decide(&spec, &seen)), expected);
    let mut seen = carry_out(seen, &decide(&spec, &ready(framework, juju::Config::default())));
    set(&mut seen, "app-port", ConfigValue::Int(9000));
    assert_eq!(names(&decide(&spec, &seen)), ["configure the services", "start the services"]);
    // The state after a hook that was killed when it had added the layer.
    seen.memory = Memory::default();
    let planned = layer(&decide(&spec, &seen)).services;
    container(&mut seen).plan.services.extend(planned);
    assert_eq!(names(&decide(&spec, &seen)), ["start the services"]);
}

#[test]
fn uvicorns_files_for_logs_in_json_come_first_and_take_a_restart() {
    let framework = &crate::framework::fastapi::FASTAPI;
    let (spec, config) = charm(framework);
    let json = CharmSpec { paas_config: Ok(PaasConfig { logging: Logging::Json, ..PaasConfig::default() }), ..spec };
    let mut seen = ready(framework, config);
    container(&mut seen).services = vec![info("fastapi", ServiceStatus::Inactive)];
    let steps = decide(&json, &seen);
    let dir = "/tmp/fastapi/log_config";
    let files = [
        format!("make folder {dir}"),
        format!("write {dir}/uvicorn-log-config.json"),
        format!("write {dir}/uvicorn_log_handler.py"),
    ];
    assert_eq!(names(&steps)[1..4], files);
    assert_eq!(names(&steps)[4..], ["configure the services", "start the services"]);
    let environment = &layer(&steps).services["fastapi"].environment;
    assert_eq!(environment["UVICORN_LOG_CONFIG"], format!("{dir}/uvicorn-log-config.json"));
    let mut seen = carry_out(seen, &steps);
    assert_eq!(names(&decide(&json, &seen)), [""; 0]);
    container(&mut seen).files.insert(format!("{dir}/uvicorn_log_handler.py"), b"older".to_vec());
    seen.memory = Memory::default();
    let again = [files[0].as_str(), files[2].as_str(), "start the services", "restart fastapi"];
    assert_eq!(names(&decide(&json, &seen)), again, "another version of the charm may bring other files");
}

#[test]
fn an_invalid_port_blocks_and_is_not_published() {
    for (framework, option) in [("fastapi", "webserver-port"), ("go", "app-port"), ("spring-boot", "app-port")] {
        let framework = Framework::named(framework).next().unwrap();
        let (spec, config) = charm(framework);
        let mut seen = ready(framework, config);
        seen.integrations = vec![related(&INGRESS, "ingress", &[])];
        assert!(!decide(&spec, &seen).relations.is_empty());
        set(&mut seen, option, ConfigValue::Int(0));
        let steps = decide(&spec, &seen);
        assert_eq!(messages(&steps), [format!("invalid options: {option} (must be from 1 to 65535)")]);
        assert_eq!((names(&steps), steps.relations.len()), (vec![], 0));
    }
}
