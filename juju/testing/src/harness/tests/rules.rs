//! Access rules inside and outside of handlers, and failing handlers.

use super::*;
use juju::{Entity, Status, Whose};

#[test]
fn in_a_handler_the_rules_are_jujus_and_outside_there_are_none() {
    let mut harness = begun::<Scripted>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.update_relation_data(id, "web", [("k", "v")]).unwrap();
    assert_eq!(harness.get_relation_data(id, "web").unwrap()["k"], "v");
    let read = harness.as_handler(|juju| juju.databag(id, &Entity::App("web".to_owned()))).unwrap();
    let error = read.unwrap_err();
    assert!(error.is_permission_denied());
    let text = juju::chain(&error);
    assert!(text.contains("web/0 cannot read the databag of web in relation 0: it is not the leader"), "{text}");
    Scripted::plays(|_, juju| juju.set_databag(RelationId(0), Whose::App, &Databag::from_iter([("k", "w")])));
    let error = harness.emit(&Event::UpdateStatus).unwrap_err();
    assert!(matches!(&error, HarnessError::UncaughtCharmError { event, .. } if event == "update-status"));
    assert!(
        error.to_string().contains("web/0 cannot write the databag of web in relation 0: it does not lead"),
        "{error}"
    );
    harness.hooks_disabled(|harness| harness.set_leader(true)).unwrap();
    harness.emit(&Event::UpdateStatus).unwrap();
    assert_eq!(harness.get_relation_data(id, "web").unwrap()["k"], "w");
}

#[test]
fn a_failed_handlers_writes_are_dropped() {
    Scripted::plays(|_, juju| {
        juju.set_databag(RelationId(0), Whose::Unit, &Databag::from_iter([("k", "v")]))?;
        juju.set_state(&[("k".to_owned(), "v".to_owned())].into())?;
        juju.set_databag(RelationId(0), Whose::App, &Databag::from_iter([("k", "v")]))
    });
    let mut harness = harness::<Scripted>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.begin().unwrap();
    let error = harness.emit(&Event::Start).unwrap_err().to_string();
    assert!(error.starts_with("uncaught error of the charm in start: cannot handle start: "), "{error}");
    assert_eq!(harness.get_relation_data(id, "web/0").unwrap().text("k"), None);
    assert!(harness.model().state(&harness.unit().clone()).unwrap().is_empty());
}

#[test]
fn the_charms_own_writes_are_read_out() {
    Scripted::plays(|_, juju| {
        juju.set_status(Whose::Unit, &Status::waiting("one"))?;
        juju.set_status(Whose::Unit, &Status::active("two"))?;
        juju.set_status(Whose::App, &Status::waiting("app"))?;
        juju.set_status(Whose::App, &Status::active(""))?;
        juju.set_version("1.1")?;
        juju.set_version("1.2")?;
        tracing::info!("at work");
        juju.open_port(&juju::Port::tcp(80))
    });
    let mut harness = begun::<Scripted>();
    harness.hooks_disabled(|harness| harness.set_leader(true)).unwrap();
    assert_eq!(harness.app_status().unwrap(), None);
    harness.emit(&Event::Start).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("two")));
    assert_eq!(harness.status_history().unwrap(), [Status::maintenance(""), Status::waiting("one")]);
    assert_eq!(harness.app_status().unwrap(), Some(Status::active("")));
    assert_eq!(harness.app_status_history().unwrap(), [Status::waiting("app")]);
    assert_eq!(harness.workload_version_history().unwrap(), ["1.1"]);
    assert_eq!(harness.workload_version().unwrap(), "1.2");
    assert_eq!(harness.opened_ports().unwrap().len(), 1);
    assert_eq!(harness.log_lines().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["at work"]);
    let tools: Vec<&str> = harness.backend_calls().iter().map(|call| call.tool.as_str()).collect();
    let (status, version) = ("status-set", "application-version-set");
    assert_eq!(tools, [status, status, status, status, version, version, "open-port", "juju-log"]);
    assert_eq!(harness.take_backend_calls().len(), 8);
    assert_eq!((harness.backend_calls().len(), harness.reboot_count().unwrap()), (0, 0));
}

#[test]
fn several_keys_are_one_relation_set_for_each_databag_and_unchanged_values_none() {
    Scripted::plays(|_, juju| {
        for (key, value) in [("a", "1"), ("b", "2"), ("c", "3")] {
            juju.set_databag(RelationId(0), Whose::Unit, &Databag::from_iter([(key, value)]))?;
            juju.set_databag(RelationId(0), Whose::App, &Databag::from_iter([(key, value)]))?;
        }
        juju.set_databag(RelationId(1), Whose::Unit, &Databag::from_iter([("a", "1")]))
    });
    let mut harness = harness::<Scripted>();
    harness.set_leader(true).unwrap();
    harness.add_relation("db", "pg").unwrap();
    harness.add_relation("db", "other").unwrap();
    harness.begin().unwrap();
    let writes = |harness: &mut Harness<Scripted>| {
        harness.emit(&Event::UpdateStatus).unwrap();
        harness.take_backend_calls().iter().filter(|call| call.tool == "relation-set").count()
    };
    assert_eq!(writes(&mut harness), 3, "one for each of three databags");
    assert_eq!(harness.get_relation_data(RelationId(0), "web").unwrap().len(), 3);
    assert_eq!(writes(&mut harness), 0, "the second time every value is there");
    harness.update_relation_data(RelationId(0), "web", [("b", "")]).unwrap();
    assert_eq!(writes(&mut harness), 1, "one key of one databag differs");
}
