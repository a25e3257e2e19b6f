//! The additions in a model, and the program that `webcharm pack` takes.

use std::path::Path;

use juju::StatusKind;
use juju_testing::{ActionStatus, Harness};
use pebble::plan::Layer;
use pebble_fake::ExecReply;
use serde_json::json;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Shop;
use webcharm::WebApp;

const LAYER: &str = "services: {go: {override: replace, startup: enabled, command: shop, user: _daemon_}}\n";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn interface_variable_and_action_of_the_crate_are_the_charm_s() {
    let dir = tempfile::tempdir().unwrap();
    pack::Charm::with_dispatch(project(), Vec::new()).unwrap().unpack(dir.path()).unwrap();
    let mut harness = Harness::<WebApp<Shop>>::from_dir(dir.path()).unwrap();
    let layer = Layer { label: "rock".to_owned(), ..Layer::parse(LAYER.as_bytes()).unwrap() };
    harness.pebble("app").unwrap().add_layer(layer, true).unwrap();
    harness.set_leader(true).unwrap();
    harness.handle_exec("app", &["shop", "reindex"], |call| ExecReply::prints(call.command.join(" "))).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let status = harness.unit_status().unwrap().unwrap();
    assert_eq!((status.kind, status.message.as_str()), (StatusKind::Blocked, "missing integrations: search"));
    let search = harness.add_relation("search", "elastic").unwrap();
    harness.add_relation_unit(search, "elastic/0").unwrap();
    harness.update_relation_data(search, "elastic/0", [("host", "e-0")]).unwrap();
    assert_eq!(harness.unit_status().unwrap().unwrap().kind, StatusKind::Active);
    let variables = harness.container_plan("app").unwrap().services["go"].environment.clone();
    assert_eq!(variables["SEARCH_SERVERS"], "http://e-0:9200");
    assert!(variables["SHOP_TITLE"].starts_with("Shop of "));
    let done = harness.run_action("reindex", &json!({"kind": "toys"})).unwrap();
    assert_eq!((done.status, done.results["output"].as_str()), (ActionStatus::Completed, Some("shop reindex toys")));
    let refused = harness.run_action("reindex", &json!({"kind": "pets"})).unwrap_err();
    assert!(refused.to_string().contains("there are no pets: take books, toys or all"), "{refused}");
}

#[test]
fn the_packer_takes_the_crate_s_program() {
    let part = pack::RustPart::extending(project()).unwrap().unwrap();
    assert_eq!((part.name.as_str(), part.program.as_str()), ("code", "extended"));
    assert_eq!(pack::lint(project()).unwrap(), []);
}
