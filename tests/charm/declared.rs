//! Actions, integrations, variables and the version that `webcharm.yaml` declares, with the real binary and a pod.

use juju::{Event, StatusKind, Whose};
use juju_testing::{Action, ActionStatus};

use crate::support::{Charm, Rock, World};

const DECLARATION: &str = "\
requires:
  search: {interface: search, optional: true, limit: 1}
";

const ACTIONS: &str = "\
actions:
  clear-cache: {description: Clears the cache., params: {all: {type: boolean}, path: {type: string}}}
  lead: {description: Runs on the leader.}
  hang: {description: Does not end.}
  from-worker: {description: Runs as the worker.}
";

const SWITCHES: &str = "\
version-file: /flask/app/VERSION
actions:
  clear-cache: {command: sh clear.sh}
  lead: {command: \"true\", leader-only: true}
  hang: {command: sleep 100, timeout: 1}
  from-worker: {command: [sh, -c, 'echo $PLACE $FLASK_GREETING'], service-context: mail-worker}
integrations:
  search:
    variables:
      SEARCH_URL: {app: url, required: true}
      SEARCH_HOST: {unit: host, default: localhost}
      SEARCH_USER: {app: account, json-pointer: /name}
      SEARCH_PASSWORD: {secret: password}
    publish: {index: '${app}-${option.greeting}', address: '${url}'}
variables:
  WORD: {option: greeting, default: none}
  SEARCH_DSN: '${SEARCH_URL}?password=${SEARCH_PASSWORD}'
";

/// A script of the application: it prints where it is and the parameters, and fails if a path is given.
const CLEAR: &str = "echo in $(pwd) as $(id -un): $PARAM_ALL $FLASK_GREETING\n\
    if [ -n \"$PARAM_PATH\" ]; then echo \"Error: no folder $PARAM_PATH\" >&2; exit 3; fi\n";

fn charm() -> Charm {
    Charm::with_integrations().replace("requires:\n", DECLARATION).replace("actions:\n", ACTIONS).switch(SWITCHES)
}

fn world() -> World {
    let layer = "services:\n  flask: {override: replace, startup: enabled, command: /flask/app/run, user: _daemon_}\n  \
        mail-worker: {override: replace, startup: enabled, command: sleep 1000, environment: {PLACE: worker}}\n";
    let rock = Rock::idle().file("flask/app/clear.sh", CLEAR).file("flask/app/VERSION", "3.1\n").layer(layer);
    World::of(&charm()).with_pod(rock)
}

fn run(world: &World, name: &str, params: &[(&str, serde_json::Value)]) -> Action {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let id = world.server.with(|model| model.run_action(&world.unit, name, &params)).unwrap();
    world.settle();
    world.server.with(|model| model.action(&id).cloned()).unwrap()
}

#[test]
fn an_action_runs_in_the_workload_and_returns_output_and_exit_code() {
    let world = world();
    world.configure(&[("greeting", "hi")]);
    let done = run(&world, "clear-cache", &[("all", true.into())]);
    assert_eq!((done.status, done.failure), (ActionStatus::Completed, None));
    let output = done.results["output"].as_str().unwrap();
    assert!(output.starts_with("in /flask/app as ") && output.ends_with(": true hi\n"), "{output}");
    assert_eq!(done.results["exit-code"], "0");
    let failed = run(&world, "clear-cache", &[("path", "/x".into())]);
    let why = "exit code 3: Error: no folder /x";
    assert_eq!((failed.status, failed.failure.as_deref()), (ActionStatus::Failed, Some(why)));
    assert_eq!(failed.results["exit-code"], "3");
    assert!(failed.results["output"].as_str().unwrap().ends_with("Error: no folder /x\n"));
    let worker = run(&world, "from-worker", &[]);
    assert_eq!((worker.failure, &worker.results["output"]), (None, &"worker hi\n".into()));
    let hangs = run(&world, "hang", &[]);
    let why = "cannot run the action hang: it did not end within 1s, its timeout in webcharm.yaml, and was killed";
    assert_eq!((hangs.failure.as_deref(), &hangs.results["timeout"]), (Some(why), &"1s".into()));
    assert_eq!(run(&world, "lead", &[]).status, ActionStatus::Completed);
    world.expect(StatusKind::Active, "");
}

#[test]
fn an_integration_of_any_interface_gives_variables_and_gets_values() {
    let world = world();
    world.configure(&[("greeting", "hi")]);
    let value = |name: &str| world.variables().get(name).cloned();
    assert_eq!(
        [value("WORD"), value("SEARCH_HOST"), value("SEARCH_URL")],
        [Some("hi".into()), Some("localhost".into()), None]
    );
    let relation = world.integrate("search", "opensearch");
    world.settle();
    world.expect(StatusKind::Waiting, "Waiting for search to give url");
    let ours = world.ours(relation, Whose::App);
    assert_eq!(ours.text("index"), Some("flask-k8s-hi"));
    assert_eq!(ours.text("address"), Some("http://flask-k8s.test:8000"));
    let id = world.secret("opensearch", &[("password", "hunter2-x")]);
    world.server.with(|model| model.grant_secret(&id, relation)).unwrap();
    let data = [("url", "http://s:9200"), ("account", r#"{"name": "me"}"#), ("secret-user", &id.to_string())];
    world.say(relation, "opensearch", &data);
    world.settle();
    world.expect(StatusKind::Active, "");
    let given = [("URL", "http://s:9200"), ("USER", "me"), ("PASSWORD", "hunter2-x"), ("HOST", "localhost")];
    for (name, expected) in given {
        assert_eq!(value(&format!("SEARCH_{name}")).as_deref(), Some(expected));
    }
    assert_eq!(value("SEARCH_DSN").as_deref(), Some("http://s:9200?password=hunter2-x"));
    assert!(!world.public_texts().contains("hunter2-x"));
    world.say(relation, "opensearch", &[("account", "{")]);
    world.settle();
    let why = format!("account: it is not JSON (correct it in opensearch, or juju remove-relation {relation})");
    world.expect(StatusKind::Blocked, &format!("Invalid search relation data. {why}"));
    world.separate(relation);
    world.expect(StatusKind::Active, "");
    assert_eq!((value("SEARCH_URL"), value("SEARCH_DSN")), (None, None));
}

#[test]
fn the_version_is_told_once_and_an_author_s_file_has_priority() {
    let version = |world: &World| world.server.with(|model| model.workload_version("flask-k8s").unwrap().to_owned());
    let own = world();
    assert_eq!(version(&own), "3.1");
    let tools = |world: &World| {
        let calls = world.fire(Event::UpdateStatus).calls;
        calls.iter().filter(|call| call.tool == "application-version-set").count()
    };
    assert_eq!(tools(&own), 0, "a second event tells nothing");
    let metadata = "name: app\nversion: '7.2'\n";
    let rocks = World::of(&Charm::with_integrations()).with_pod(Rock::idle().file(".rock/metadata.yaml", metadata));
    assert_eq!(version(&rocks), "7.2");
}

#[test]
fn prefixes_parameters_and_an_optional_integration_are_those_of_the_file() {
    let declared = "prefixes: {options: MY_}\nactions: {clear-cache: {command: [echo, 'path=${param.path}']}}\n\
        integrations: {search: {optional: true, publish: {name: '${app}'}}}\n";
    let charm = Charm::with_integrations().replace("requires:\n", &DECLARATION.replace("optional: true, ", ""));
    let world = World::of(&charm.replace("actions:\n", ACTIONS).switch(declared)).with_pod(Rock::idle());
    world.configure(&[("greeting", "hi")]);
    world.expect(StatusKind::Active, "");
    let variables = world.variables();
    let value = |name: &str| variables.get(name).map(String::as_str);
    assert_eq!((value("MY_GREETING"), value("FLASK_GREETING")), (Some("hi"), None));
    assert_eq!(value("MY_BASE_URL"), Some("http://flask-k8s.test:8000"));
    assert!(value("MY_SECRET_KEY").is_some() && value("FLASK_SECRET_KEY").is_none());
    let relation = world.integrate("search", "opensearch");
    world.settle();
    assert_eq!(world.ours(relation, Whose::App).text("name"), Some("flask-k8s"));
    let done = run(&world, "clear-cache", &[("path", "/a b".into())]);
    assert_eq!((done.failure, &done.results["output"]), (None, &"path=/a b\n".into()));
    let refused = run(&world, "clear-cache", &[]).failure.unwrap();
    assert!(refused.starts_with("the parameter path is missing"), "{refused}");
}

#[test]
fn a_file_that_is_wrong_blocks_the_charm_with_its_key() {
    let world = World::of(&Charm::sample().switch("actions: {clear: {command: x}}"));
    world.settle();
    let expected = "webcharm.yaml: actions.clear: charmcraft.yaml declares no action clear: declare it there";
    world.expect(StatusKind::Blocked, expected);
}
