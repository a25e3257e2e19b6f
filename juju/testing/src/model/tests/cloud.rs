//! The environment of Kubernetes and of machines, reboots, credentials, cross-model relations, containers' events.

use super::*;
use crate::environment::{JUJU_VERSION, variables};
use juju::WorkloadKind;
use std::path::Path;

fn environment(model: &mut Model, name: &str) -> BTreeMap<String, String> {
    let hook = model.begin(&unit(name), Event::UpdateStatus).unwrap();
    let variables = variables(model, &unit(name), &Event::UpdateStatus, &hook, JUJU_VERSION, Path::new("/charm"));
    model.finish(&hook, true).unwrap();
    variables
}

fn on_machines() -> Model {
    let mut model = Model::new("test").on_machines();
    let agent = "name: agent\nsubordinate: true\nrequires: {any: {interface: juju-info, scope: container}}";
    model.deploy("web", CharmFiles::parse("name: web", "", "").unwrap(), 2).unwrap();
    model.deploy("agent", CharmFiles::parse(agent, "", "").unwrap(), 0).unwrap();
    model.set_availability_zone("zone-a");
    drain(&mut model);
    model.integrate("agent", "web").unwrap();
    drain(&mut model);
    model
}

#[test]
fn a_machine_charm_has_its_machines_environment_and_none_of_kubernetes() {
    let mut model = on_machines();
    for (name, machine, principal) in [("web/0", "0", ""), ("web/1", "1", ""), ("agent/1", "1", "web/1")] {
        let variables = environment(&mut model, name);
        assert_eq!(variables["JUJU_MACHINE_ID"], machine, "{name}");
        assert_eq!(variables["JUJU_PRINCIPAL_UNIT"], principal, "{name}");
        assert_eq!(variables["JUJU_AVAILABILITY_ZONE"], "zone-a", "{name}");
        assert!(!variables.keys().any(|key| key.starts_with("KUBERNETES")), "{name}");
    }
}

#[test]
fn a_pod_has_kubernetes_environment_and_no_machine() {
    let (mut model, ..) = settled();
    let variables = environment(&mut model, "web/0");
    for key in ["JUJU_MACHINE_ID", "JUJU_PRINCIPAL_UNIT", "JUJU_AVAILABILITY_ZONE"] {
        assert_eq!(variables[key], "", "{key}");
    }
    assert!(variables.contains_key("KUBERNETES_SERVICE_HOST"));
}

#[test]
fn a_reboot_brings_start_again_and_one_at_once_the_hook_too() {
    let mut model = on_machines();
    in_hook(&mut model, "web/0", |hook| {
        hook.set_state("k", Some("v"));
        hook.reboot(false).unwrap();
    });
    assert_eq!(drain(&mut model), ["web/0: start"]);
    assert_eq!(model.state(&unit("web/0")).unwrap()["k"], "v");
    in_event(&mut model, "web/0", Event::UpdateStatus, false, |hook| {
        hook.set_state("k", Some("lost"));
        hook.reboot(true).unwrap();
    });
    assert_eq!(model.failed_event(&unit("web/0")).unwrap(), None, "the agent killed the hook itself");
    assert_eq!(drain(&mut model), ["web/0: start", "web/0: update-status"]);
    assert_eq!(model.state(&unit("web/0")).unwrap()["k"], "v");
    assert_eq!(model.reboots(&unit("web/0")).unwrap(), 2);
    let (mut model, ..) = settled();
    let refused = in_hook(&mut model, "web/0", |hook| hook.reboot(false)).unwrap_err();
    assert_eq!(refused.to_string(), "juju-reboot is not supported on k8s");
}

#[test]
fn the_clouds_credential_is_for_trusted_charms() {
    let (mut model, ..) = settled();
    let read = |model: &mut Model| in_hook(model, "web/0", |hook| hook.credential());
    assert_eq!(read(&mut model).unwrap_err().to_string(), "cannot access cloud credentials");
    model.set_credential("{\"type\": \"k8s\"}");
    assert_eq!(read(&mut model).unwrap(), "{\"type\": \"k8s\"}");
}

#[test]
fn a_relation_with_another_model_has_its_uuid_and_no_container_scope() {
    let (mut model, _, db) = settled();
    let uuid = "99999999-2222-4333-8444-555555555555";
    model.add_remote_application("far", uuid, vec![endpoint("redis", Role::Provides, "redis")], 1).unwrap();
    let far = model.integrate("web:cache", "far").unwrap();
    drain(&mut model);
    let (here, there) = in_hook(&mut model, "web/0", |hook| {
        (hook.relation_model_uuid(db).unwrap(), hook.relation_model_uuid(far).unwrap())
    });
    assert_eq!((here.as_str(), there.as_str()), (model.uuid(), uuid));
    let agent = "name: agent\nsubordinate: true\nrequires: {any: {interface: juju-info, scope: container}}";
    model.deploy("agent", CharmFiles::parse(agent, "", "").unwrap(), 0).unwrap();
    assert!(matches!(model.integrate("agent", "far"), Err(Error::NoMatch(..))));
}

#[test]
fn events_of_a_declared_container_are_queued_in_order() {
    let (mut model, ..) = settled();
    let notice = WorkloadKind::CustomNotice { id: "1".into(), kind: "custom".into(), key: "example.com/done".into() };
    let failed = WorkloadKind::CheckFailed { check: "up".into() };
    for kind in [WorkloadKind::PebbleReady, notice, failed, WorkloadKind::CheckRecovered { check: "up".into() }] {
        model.push_workload(&unit("web/0"), "app", kind).unwrap();
    }
    let wanted =
        ["app-pebble-ready", "app-pebble-custom-notice", "app-pebble-check-failed", "app-pebble-check-recovered"];
    assert_eq!(drain(&mut model), wanted.map(|event| format!("web/0: {event}")));
    let unknown = model.push_workload(&unit("web/0"), "nope", WorkloadKind::PebbleReady).unwrap_err();
    assert_eq!(unknown.to_string(), "the charm of \"web\" has no container \"nope\"");
}

#[test]
fn extra_bindings_and_juju_info_have_networks_and_other_names_none() {
    let mut model = Model::new("test");
    let text = "name: web\nextra-bindings: {admin: null}\nrequires: {db: {interface: pg}}";
    model.deploy("web", CharmFiles::parse(text, "", "").unwrap(), 1).unwrap();
    drain(&mut model);
    model.set_binding(&unit("web/0"), "admin", Addresses::of("192.0.2.7")).unwrap();
    in_hook(&mut model, "web/0", |hook| {
        assert_eq!(hook.network("admin", None).unwrap().bind_address(), Some("192.0.2.7"));
        assert_eq!(
            hook.network("juju-info", None).unwrap().bind_address(),
            hook.network("db", None).unwrap().bind_address()
        );
        let unknown = hook.network("nope", None).unwrap_err().to_string();
        assert_eq!(unknown, "no network config found for binding \"nope\"");
    });
    let unknown = model.set_binding(&unit("web/0"), "admn", Addresses::of("192.0.2.8")).unwrap_err();
    assert_eq!(unknown.to_string(), "application \"web\" has no endpoint \"admn\"; the nearest is \"admin\"");
}

#[test]
fn planned_units_are_those_that_stay() {
    let (mut model, ..) = settled();
    let planned = |model: &mut Model| in_hook(model, "web/0", |hook| hook.goal_state().units.len());
    assert_eq!(planned(&mut model), 2);
    model.add_unit("web").unwrap();
    assert_eq!(planned(&mut model), 3, "the new unit counts before its first hook");
    model.remove_unit(&unit("web/1")).unwrap();
    assert_eq!(planned(&mut model), 2, "the leaving one no longer");
}

#[test]
fn units_of_applications_deployed_in_any_order_have_addresses_of_their_own() {
    let mut model = Model::new("test");
    for name in ["web", "app", "zoo", "bar"] {
        model.add_application(name, Vec::new(), 3).unwrap();
    }
    let units = all_units(&model);
    let addresses: BTreeSet<&str> =
        units.iter().map(|name| model.unit(name).unwrap().addresses.bind.as_str()).collect();
    assert_eq!(addresses.len(), units.len());
}
