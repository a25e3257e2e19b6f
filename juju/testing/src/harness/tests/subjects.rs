//! Leadership, options, planned units, networks, secrets, resources, actions.

use super::*;
use juju::{NewSecret, SecretQuery};
use serde_json::json;

#[test]
fn leadership_is_told_when_it_comes_and_not_when_it_goes() {
    let mut harness = begun::<Recorder>();
    harness.set_leader(true).unwrap();
    harness.set_leader(true).unwrap();
    harness.set_leader(false).unwrap();
    assert_eq!(harness.emitted_events(), ["leader_elected", "leader_elected"]);
    assert!(!harness.as_handler(|juju| juju.is_leader()).unwrap().unwrap());
}

#[test]
fn options_are_set_and_return_to_their_defaults() {
    let mut harness = begun::<Recorder>();
    harness.update_config([("port", juju::ConfigValue::from(80)), ("title", "shop".into())]).unwrap();
    assert_eq!(harness.config().unwrap().int("port"), Some(80));
    harness.unset_config(&["port", "title"]).unwrap();
    let config = harness.config().unwrap();
    assert_eq!((config.int("port"), config.text("title")), (Some(8000), None));
    assert_eq!(harness.emitted_events(), ["config_changed", "config_changed"]);
    let error = harness.update_config([("prot", 1)]).unwrap_err();
    assert_eq!(error.to_string(), "unknown option \"prot\"; the charm declares: port, title");
    let error = harness.update_config([("port", "many")]).unwrap_err();
    assert_eq!(error.to_string(), "option \"port\": expected int, got text");
}

#[test]
fn planned_units_are_the_peers_and_this_one_unless_they_are_set() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("ring", "web").unwrap();
    harness.add_relation_unit(id, "web/1").unwrap();
    let planned = |harness: &mut Harness<Recorder>| {
        harness.as_handler(|juju| juju.goal_state().map(|goal| goal.units.len())).unwrap().unwrap()
    };
    assert_eq!(planned(&mut harness), 2);
    for count in [5, 1, 3] {
        harness.set_planned_units(count);
        assert_eq!(planned(&mut harness), count as usize);
    }
    harness.reset_planned_units();
    assert_eq!(planned(&mut harness), 2);
}

#[test]
fn a_network_is_of_the_relation_else_of_the_endpoint_else_the_default() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("ring", "web").unwrap();
    let bound = |harness: &mut Harness<Recorder>, relation| {
        let network = harness.as_handler(|juju| juju.network("ring", relation)).unwrap().unwrap();
        network.bind_address().unwrap_or_default().to_owned()
    };
    assert_eq!(bound(&mut harness, None), "192.0.2.0");
    assert_eq!(bound(&mut harness, Some(id)), "10.0.0.10");
    harness.add_network(&HarnessNetwork::new("10.4.0.4").of_endpoint("ring")).unwrap();
    assert_eq!(bound(&mut harness, None), "10.4.0.4");
    harness.add_network(&HarnessNetwork::new("10.5.0.5").of_relation(id)).unwrap();
    assert_eq!(bound(&mut harness, Some(id)), "10.5.0.5");
    let own = harness.get_relation_data(id, "web/0").unwrap();
    assert_eq!((own["ingress-address"].as_str(), own["egress-subnets"].as_str()), ("10.5.0.5", "10.5.0.0/24"));
    harness.add_network(&HarnessNetwork::new("fd00::7")).unwrap();
    let network = harness.as_handler(|juju| juju.network("db", None)).unwrap().unwrap();
    assert_eq!(network.egress_subnets, ["fd00::/64"]);
    assert_eq!(network.bind_addresses[0].interface_name, "eth0");
}

#[test]
fn a_network_of_no_address_or_no_binding_is_refused() {
    let mut harness = begun::<Recorder>();
    let error = harness.add_network(&HarnessNetwork::new("ten")).unwrap_err();
    assert_eq!(error.to_string(), "\"ten\" is no network address");
    let error = harness.add_network(&HarnessNetwork::new("10.0.0.1").of_endpoint("admim")).unwrap_err();
    assert_eq!(error.to_string(), "the metadata declares no binding \"admim\"; the nearest is \"admin\"");
    harness.add_network(&HarnessNetwork::new("10.0.0.1").of_endpoint("admin")).unwrap();
    assert!(harness.add_network(&HarnessNetwork::new("10.0.0.1").of_relation(RelationId(3))).is_err());
}

#[test]
fn a_remote_secret_is_granted_revised_and_revoked() {
    let mut harness = begun::<Recorder>();
    let relation = harness.add_relation("db", "pg").unwrap();
    let id = harness.add_model_secret("pg", [("password", "old")]).unwrap();
    let read = |harness: &mut Harness<Recorder>| {
        harness.as_handler(|juju| juju.secret(&SecretQuery::id(id.clone()).refresh())).unwrap()
    };
    assert!(read(&mut harness).unwrap_err().is_permission_denied());
    harness.grant_secret(&id).unwrap();
    assert_eq!(harness.secret_grants(&id, relation).unwrap(), ["web"]);
    assert_eq!(read(&mut harness).unwrap()["password"].expose(), "old");
    harness.set_secret_content(&id, [("password", "new")]).unwrap();
    harness.set_secret_content(&id, [("password", "new")]).unwrap();
    assert_eq!(harness.emitted_events(), ["db_relation_created", "secret_changed"]);
    assert_eq!(harness.secret_revisions(&id).unwrap(), [1, 2]);
    assert_eq!(read(&mut harness).unwrap()["password"].expose(), "new");
    harness.revoke_secret(&id).unwrap();
    assert!(read(&mut harness).unwrap_err().is_permission_denied());
    assert_eq!(harness.secret_content(&id).unwrap()["password"].expose(), "new");
}

#[test]
fn a_users_secret_is_granted_to_the_application() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_user_secret([("key", "value")]);
    harness.grant_secret(&id).unwrap();
    let read = harness.as_handler(|juju| juju.secret(&SecretQuery::id(id.clone()))).unwrap();
    assert_eq!(read.unwrap()["key"].expose(), "value");
}

#[test]
fn the_charms_own_secret_gets_the_owners_events_and_is_not_the_tests_to_change() {
    let mut harness = begun::<Recorder>();
    let new = NewSecret {
        owner: juju::Whose::Unit,
        label: Some("mine".to_owned()),
        ..NewSecret::new([("key".to_owned(), "v".into())].into())
    };
    let id = harness.as_handler(|juju| juju.add_secret(&new)).unwrap().unwrap();
    harness.trigger_secret_rotation(&id).unwrap();
    harness.trigger_secret_expiration(&id, 1).unwrap();
    harness.trigger_secret_removal(&id, 1).unwrap();
    assert_eq!(harness.emitted_events(), ["secret_rotate", "secret_expired", "secret_remove"]);
    let Event::Secret(event) = &harness.events()[2] else { panic!() };
    assert_eq!((event.label.as_deref(), event.revision), (Some("mine"), Some(1)));
    assert!(harness.set_secret_content(&id, [("key", "w")]).is_err());
    assert!(harness.grant_secret(&id).is_err());
    let foreign = harness.add_user_secret([("key", "v")]);
    let error = harness.trigger_secret_rotation(&foreign).unwrap_err().to_string();
    assert!(error.ends_with("only its owner gets this event"), "{error}");
    assert!(harness.add_model_secret("web/0", [("key", "v")]).is_err());
    assert!(harness.add_model_secret("stranger", [("key", "v")]).is_err());
}

#[test]
fn resources_are_files_that_the_charm_reads() {
    let mut harness = begun::<Recorder>();
    harness.add_resource("page", "<p>").unwrap();
    harness.populate_oci_resources().unwrap();
    let path = |harness: &mut Harness<Recorder>, name: &'static str| {
        harness.as_handler(|juju| juju.resource(juju::key::Resource::named(name))).unwrap().unwrap()
    };
    let page = path(&mut harness, "page");
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "<p>");
    assert_eq!(page.file_name().unwrap(), "page.html");
    let image = std::fs::read_to_string(path(&mut harness, "image")).unwrap();
    assert!(image.contains("registry.test/image:latest"), "{image}");
    let error = harness.add_resource("image", "").unwrap_err();
    assert_eq!(error.to_string(), "the metadata declares no file resource \"image\"");
    drop(harness);
    assert!(!page.exists(), "temporary files end with the harness");
}

#[test]
fn an_action_returns_its_results_or_fails_with_its_last_message() {
    Scripted::plays(|event, juju| {
        if !matches!(event, Event::Action(_)) {
            return Ok(());
        }
        let times = juju.action_params()?["times"].as_i64().unwrap_or_default();
        juju.log_action("greeting")?;
        juju.set_action_results(&[("greeting".to_owned(), format!("hello {times}"))].into())?;
        if times == 0 {
            juju.fail_action("too few")?;
            juju.fail_action("far too few")?;
        }
        Ok(())
    });
    let mut harness = begun::<Scripted>();
    let action = harness.run_action("greet", &json!({"times": 2})).unwrap();
    assert_eq!((&action.results["greeting"], action.log.as_slice()), (&json!("hello 2"), &["greeting".to_owned()][..]));
    let error = harness.run_action("greet", &json!({"times": 0})).unwrap_err();
    assert_eq!(error.to_string(), "action \"greet\" failed: far too few");
    let HarnessError::ActionFailed { action, .. } = error else { panic!() };
    assert_eq!(action.results["greeting"], "hello 0");
    for (name, params, text) in [
        ("great", json!({}), "action \"great\" not defined"),
        ("greet", json!({}), "action \"greet\": parameter \"times\" is required"),
        ("greet", json!({"times": 1, "whom": 3}), "action \"greet\": parameter \"whom\" must be of type string"),
    ] {
        assert_eq!(harness.run_action(name, &params).unwrap_err().to_string(), text);
    }
}

#[test]
fn storage_is_attached_detached_and_removed() {
    Scripted::plays(|event, juju| {
        if let Event::Storage(event) = event {
            assert_eq!(juju.storage(&event.id)?.location, event.location.clone().unwrap(), "it is still there");
        }
        Ok(())
    });
    let mut harness = begun::<Scripted>();
    let ids = harness.add_storage("data", 2, true).unwrap();
    let listed = |harness: &mut Harness<Scripted>| {
        harness.as_handler(|juju| juju.storages(juju::key::Storage::named("data"))).unwrap().unwrap()
    };
    assert_eq!(listed(&mut harness), ids);
    harness.detach_storage(&ids[0]).unwrap();
    assert_eq!(listed(&mut harness), ids[1..]);
    harness.attach_storage(&ids[0]).unwrap();
    harness.remove_storage(&ids[1]).unwrap();
    assert_eq!(listed(&mut harness), ids[..1]);
    let expected =
        ["attached", "attached", "detaching", "attached", "detaching"].map(|word| format!("data_storage_{word}"));
    assert_eq!(harness.emitted_events(), expected);
    assert!(harness.attach_storage(&ids[1]).is_err(), "it is removed");
    let quiet = harness.add_storage("data", 1, false).unwrap();
    assert_eq!((harness.events().len(), listed(&mut harness)), (5, ids[..1].to_vec()));
    harness.hooks_disabled(|harness| harness.attach_storage(&quiet[0])).unwrap();
    harness.hooks_disabled(|harness| harness.detach_storage(&quiet[0])).unwrap();
    assert_eq!((harness.events().len(), listed(&mut harness)), (5, ids[..1].to_vec()));
    assert_eq!(harness.add_storage("dat", 1, true).unwrap_err().to_string(), "storage \"dat\" not found");
    assert!(harness.add_storage("data", 2, true).unwrap_err().to_string().contains("at most 2 instances"));
}

#[test]
fn declared_and_added_storages_are_attached_before_install() {
    let metadata = "{name: web, storage: {logs: {type: filesystem}, data: {type: filesystem, multiple: {range: 0-}}}}";
    let mut harness = Harness::<Recorder>::from_meta(metadata, "", "").unwrap();
    harness.add_storage("data", 1, true).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let expected = ["data_storage_attached", "logs_storage_attached", "install"];
    assert_eq!(harness.emitted_events()[..3], expected);
}

#[test]
fn the_clouds_credential_is_for_charms_that_are_trusted() {
    let mut harness = begun::<Recorder>();
    let read = |harness: &mut Harness<Recorder>| harness.as_handler(|juju| juju.cloud_spec()).unwrap();
    assert!(read(&mut harness).is_err());
    harness.set_cloud_spec(&json!({"type": "kubernetes", "name": "k8s"}));
    assert_eq!(read(&mut harness).unwrap().name, "k8s");
}
