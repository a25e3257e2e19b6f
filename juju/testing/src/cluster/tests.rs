//! Clusters of the charms of [`charm`].

mod charm;
mod order;

use super::hook::LAST;
use super::*;
use charm::{Chatty, Provider, Ring, Worker};
use juju::Entity;

const MANY: usize = 500;

fn files(metadata: &str) -> CharmFiles {
    CharmFiles::parse(metadata, "", "").unwrap()
}

/// A provider and two requirers that are integrated.
fn pair(cluster: &mut Cluster, requirers: u32) -> Result<RelationId, ClusterError> {
    cluster.deploy::<Provider>("pg", files("{name: pg, provides: {database: {interface: pg}}}"), 2)?;
    cluster.deploy::<Provider>("web", files("{name: web, requires: {db: {interface: pg, limit: 1}}}"), requirers)?;
    cluster.integrate("web", "pg")
}

#[test]
fn two_charms_exchange_their_databags_in_every_order() {
    Cluster::explore(0..20, |cluster| {
        let id = pair(cluster, 2)?;
        cluster.run_until_quiet(MANY)?;
        for app in ["pg", "web"] {
            let other = if app == "pg" { "web" } else { "pg" };
            for unit in cluster.model().units(app)? {
                let own = cluster.model().databag(id, &Entity::Unit(unit.clone()))?;
                assert_eq!(own.text("name"), Some(unit.to_string().as_str()));
                let seen = format!("{other}/0 {other}/1");
                assert_eq!(own.text("seen"), Some(seen.as_str()), "{unit} saw each unit of the other side");
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn endpoints_are_integrated_by_jujus_rules() {
    let mut cluster = Cluster::new();
    pair(&mut cluster, 1).unwrap();
    cluster.deploy::<Provider>("other", files("{name: other, provides: {database: {interface: pg}}}"), 1).unwrap();
    let error = cluster.integrate("web:db", "other").unwrap_err();
    assert!(matches!(&error, ClusterError::Model(crate::ModelError::LimitExceeded { .. })), "{error}");
    let error = cluster.integrate("pg", "other").unwrap_err();
    assert!(matches!(error, ClusterError::Model(_)));
}

#[test]
fn a_leaders_write_is_told_to_each_peer_and_not_to_itself() {
    Cluster::explore(0..10, |cluster| {
        cluster.deploy::<Ring>("ring", files("{name: ring, peers: {ring: {interface: ring}}}"), 3)?;
        cluster.run_until_quiet(MANY)?;
        let (old, new) = (UnitName::new("ring", 0), UnitName::new("ring", 2));
        let known = |cluster: &Cluster, number| -> Result<Option<String>, ClusterError> {
            Ok(cluster.unit_status(&UnitName::new("ring", number))?.map(|status| status.message))
        };
        for number in [1, 2] {
            assert_eq!(known(cluster, number)?.as_deref(), Some("led by ring/0"));
        }
        let before = cluster.emitted_events(&new).len();
        cluster.set_leader(&new)?;
        cluster.run_until_quiet(MANY)?;
        assert_eq!(cluster.emitted_events(&new)[before..], ["leader_elected"], "no changed for its own write");
        assert_eq!(known(cluster, 0)?.as_deref(), Some("led by ring/2"));
        assert_eq!(cluster.emitted_events(&old).last().map(String::as_str), Some("ring_relation_changed"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_removed_leader_leads_to_its_end_and_then_another_is_elected() {
    let mut cluster = Cluster::new();
    cluster.deploy::<Ring>("ring", files("{name: ring, peers: {ring: {interface: ring}}}"), 2).unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    let (old, new) = (UnitName::new("ring", 0), UnitName::new("ring", 1));
    cluster.remove_unit(&old).unwrap();
    let mut leaders = Vec::new();
    while cluster.step().unwrap() {
        let leader = cluster.model().leader("ring").unwrap().cloned();
        if leaders.last() != Some(&leader) {
            leaders.push(leader);
        }
    }
    assert_eq!(leaders, [Some(old.clone()), None, Some(new.clone())]);
    let last: Vec<String> = cluster.emitted_events(&old).into_iter().rev().take(4).rev().collect();
    assert_eq!(last, ["ring_relation_departed", "ring_relation_broken", "stop", "remove"]);
    assert_eq!(cluster.unit_status(&new).unwrap().map(|status| status.message).as_deref(), Some("led by ring/1"));
}

#[test]
fn units_join_are_changed_and_depart_in_that_order() {
    let mut cluster = Cluster::new();
    let _ = pair(&mut cluster, 1).unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    let watched = UnitName::new("pg", 0);
    let start = cluster.emitted_events(&watched).len();
    let added = cluster.add_unit("web").unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    cluster.remove_unit(&added).unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    let events = cluster.emitted_events(&watched);
    let about: Vec<&str> = events[start..].iter().map(|name| name.trim_start_matches("database_relation_")).collect();
    assert_eq!((about[0], about[1], about[about.len() - 1]), ("joined", "changed", "departed"));
}

#[test]
fn charms_that_answer_each_other_without_end_are_an_error() {
    let mut cluster = Cluster::with_seed(3);
    let metadata = "{name: chatty, peers: {ring: {interface: ring}}}";
    cluster.deploy::<Chatty>("chatty", files(metadata), 2).unwrap();
    let error = cluster.run_until_quiet(60).unwrap_err();
    let ClusterError::NotQuiet { max: 60, last, seed: 3 } = &error else { panic!("{error}") };
    assert_eq!(last.len(), LAST);
    assert!(error.to_string().contains("chatty/1 ring-relation-changed"), "{error}");
}

#[test]
fn a_failing_charm_is_named_with_unit_event_and_seed() {
    let mut cluster = Cluster::with_seed(5);
    cluster.deploy::<Worker>("worker", files("name: worker"), 1).unwrap();
    let error = cluster.run_until_quiet(MANY).unwrap_err().to_string();
    assert!(error.starts_with("uncaught error of the charm of worker/0 in start (seed 5): "), "{error}");
    assert!(error.contains("no container"), "the text includes its cause: {error}");
}

#[test]
fn each_unit_has_a_pebble_of_its_own() {
    let mut cluster = Cluster::new();
    cluster.deploy::<Worker>("worker", files("{name: worker, containers: {app: {}}}"), 2).unwrap();
    let late = UnitName::new("worker", 1);
    cluster.set_can_connect(&late, "app", false).unwrap();
    let _ = cluster.run_until_quiet(MANY).unwrap_err();
    cluster.set_can_connect(&late, "app", true).unwrap();
    cluster.run_until_quiet(MANY).unwrap();
    for number in [0, 1] {
        let unit = UnitName::new("worker", number);
        let pebble = cluster.pebble(&unit, "app").unwrap();
        assert_eq!(pebble.plan().services["work"].command, format!("work worker/{number}"));
        drop(pebble);
        assert!(cluster.emitted_events(&unit).contains(&"app_pebble_ready".to_owned()));
    }
    let error = cluster.pebble(&late, "ap").unwrap_err();
    assert_eq!(error.to_string(), "the charm of worker/1 declares no container \"ap\"");
}
