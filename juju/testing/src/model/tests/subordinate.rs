//! Subordinates, container scope and `juju-info`.

use super::*;
use juju::Whose;

const AGENT: &str = "
name: agent
subordinate: true
requires:
  logs: {interface: logging, scope: container}
  any: {interface: juju-info, scope: container}
  config: {interface: agent-config}
peers: {mesh: {interface: mesh}}
";
const SITE: &str = "name: site\nprovides: {log-files: {interface: logging}}\nrequires: {db: {interface: pg}}";

/// `site` and `shop`, a charm without `logging`, with two units each; `agent` without relations. Every event has run.
fn deployed() -> Model {
    let mut model = Model::new("test");
    let parse = |text| CharmFiles::parse(text, "", "").unwrap();
    model.deploy("site", parse(SITE), 2).unwrap();
    model.deploy("shop", parse("name: shop"), 2).unwrap();
    model.deploy("agent", parse(AGENT), 0).unwrap();
    drain(&mut model);
    model
}

fn bags(model: &mut Model, name: &str, id: RelationId, others: &[&str]) -> Vec<bool> {
    in_hook(model, name, |hook| others.iter().map(|other| hook.relation_get(id, &of_unit(other)).is_ok()).collect())
}

#[test]
fn each_principal_unit_has_a_subordinate_and_the_two_see_each_other_alone() {
    let mut model = deployed();
    let id = model.integrate("agent", "site").unwrap();
    let told = drain(&mut model);
    assert_eq!(model.units("agent").unwrap(), [unit("agent/0"), unit("agent/1")]);
    for number in 0..2 {
        let (principal, subordinate) = (format!("site/{number}"), format!("agent/{number}"));
        assert_eq!(model.principal(&unit(&subordinate)).unwrap(), Some(&unit(&principal)));
        let of = |name: &str, other: &str, endpoint: &str| {
            let events = ["joined", "changed"].map(|kind| format!("{name}: {endpoint}-relation-{kind} {other}"));
            assert!(events.iter().all(|event| told.contains(event)), "{events:?} {told:?}");
        };
        of(&principal, &subordinate, "log-files");
        of(&subordinate, &principal, "logs");
        let units = |model: &mut Model, name: &str| in_hook(model, name, |hook| hook.relation_units(id)).unwrap();
        assert_eq!(units(&mut model, &principal), [unit(&subordinate)]);
        assert_eq!(units(&mut model, &subordinate), [unit(&principal)]);
    }
    assert_eq!(bags(&mut model, "agent/0", id, &["site/0", "site/1", "agent/0"]), [true, false, true]);
    assert_eq!(bags(&mut model, "site/1", id, &["agent/0", "agent/1"]), [false, true]);
    in_hook(&mut model, "site/0", |hook| hook.relation_set(id, Whose::Unit, &bag([("k", "v")]))).unwrap();
    assert_eq!(drain(&mut model), ["agent/0: logs-relation-changed site/0"], "the other subordinate hears nothing");
    model.add_unit("site").unwrap();
    drain(&mut model);
    assert_eq!(model.units("agent").unwrap().len(), 3);
}

#[test]
fn peers_of_a_subordinate_see_all_of_its_units() {
    let mut model = deployed();
    model.integrate("agent", "site").unwrap();
    drain(&mut model);
    let mesh = model.relations().find(|relation| relation.interface == "mesh").unwrap().id;
    assert_eq!(in_hook(&mut model, "agent/0", |hook| hook.relation_units(mesh)).unwrap(), [unit("agent/1")]);
}

#[test]
fn every_application_provides_juju_info_with_its_address_keys_and_without_events() {
    let mut model = deployed();
    let id = model.integrate("agent", "shop").unwrap();
    let info = model.relations().find(|relation| relation.id == id).unwrap();
    assert_eq!((info.endpoint("agent"), info.endpoint("shop")), (Some("any"), Some("juju-info")));
    let told = drain(&mut model);
    assert!(!told.iter().any(|line| line.starts_with("shop/")), "{told:?}");
    assert!(told.contains(&"agent/0: any-relation-joined shop/0".to_owned()), "{told:?}");
    let bag = in_hook(&mut model, "agent/1", |hook| hook.relation_get(id, &of_unit("shop/1"))).unwrap();
    assert_eq!(bag.keys().collect::<Vec<_>>(), ["egress-subnets", "ingress-address", "private-address"]);
    let network = in_hook(&mut model, "agent/1", |hook| hook.network("any", None)).unwrap();
    assert_eq!(network.ingress_address(), bag.text("private-address"), "the two share a machine");
    let late = model.add_unit("shop").unwrap();
    drain(&mut model);
    assert_eq!(model.units("agent").unwrap().len(), 3, "{late} has one too");
}

#[test]
fn two_relations_to_one_principal_share_the_unit_and_the_last_takes_it_along() {
    let mut model = deployed();
    let logs = model.integrate("agent:logs", "site").unwrap();
    let any = model.integrate("agent:any", "site").unwrap();
    drain(&mut model);
    assert_eq!(model.units("agent").unwrap().len(), 2);
    model.remove_relation(any).unwrap();
    drain(&mut model);
    assert_eq!(model.units("agent").unwrap().len(), 2);
    model.remove_relation(logs).unwrap();
    let told = drain(&mut model);
    let own: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix("agent/0: ")).collect();
    let wanted = ["mesh-relation-departed agent/1", "mesh-relation-broken agent", "logs-relation-departed site/0"];
    assert!(wanted.iter().all(|event| own.contains(event)), "{own:?}");
    assert_eq!(own[own.len() - 3..], ["logs-relation-broken site", "stop", "remove"]);
    assert_eq!(model.units("agent").unwrap(), []);
    assert!(model.relations().all(|relation| relation.id != logs));
}

#[test]
fn one_subordinate_beside_two_principals_enters_the_relation_of_its_own_alone() {
    let mut model = deployed();
    let (site, shop) = (model.integrate("agent", "site").unwrap(), model.integrate("agent", "shop").unwrap());
    drain(&mut model);
    assert_eq!(model.units("agent").unwrap().len(), 4);
    for name in model.units("agent").unwrap() {
        let principal = model.principal(&name).unwrap().cloned().unwrap();
        let (own, other) = if principal.app() == "site" { (site, shop) } else { (shop, site) };
        in_hook(&mut model, &name.to_string(), |hook| {
            assert_eq!(hook.relation_units(own).unwrap(), [principal]);
            assert!(hook.relation(other).is_err());
        });
    }
}

#[test]
fn a_principal_unit_is_removed_after_its_subordinate() {
    let mut model = deployed();
    model.integrate("agent", "site").unwrap();
    drain(&mut model);
    model.remove_unit(&unit("site/0")).unwrap();
    let told = drain(&mut model);
    let at = |line: &str| told.iter().position(|told| told == line).unwrap_or_else(|| panic!("{line}: {told:?}"));
    assert!(at("agent/0: remove") < at("site/0: remove"));
    assert_eq!(
        (model.units("site").unwrap(), model.units("agent").unwrap()),
        (vec![unit("site/1")], vec![unit("agent/1")])
    );
}

#[test]
fn a_principal_unit_waits_for_its_subordinate_although_their_relation_is_gone() {
    let mut model = deployed();
    let id = model.integrate("agent", "site").unwrap();
    let (principal, beside) = (unit("site/0"), unit("agent/0"));
    let deliver = |model: &mut Model, name: &UnitName, is_success: bool| {
        let event = model.next_event(name)?;
        let hook = model.begin(name, event.clone()).unwrap();
        model.finish(&hook, is_success).unwrap();
        Some(event)
    };
    deliver(&mut model, &principal, true);
    deliver(&mut model, &beside, false);
    model.remove_unit(&principal).unwrap();
    model.remove_relation(id).unwrap();
    while deliver(&mut model, &principal, true).is_some() {}
    assert_eq!(model.is_leaving(&principal), Ok(true), "its subordinate's install has failed");
    drain(&mut model);
    assert!(!model.units("site").unwrap().contains(&principal) && !model.units("agent").unwrap().contains(&beside));
}

#[test]
fn units_of_a_subordinate_are_neither_added_nor_removed_by_hand() {
    let mut model = deployed();
    let charm = CharmFiles::parse(AGENT, "", "").unwrap();
    assert_eq!(model.deploy("second", charm, 1), Err(Error::Subordinate("second".into())));
    assert_eq!(model.add_unit("agent"), Err(Error::Subordinate("agent".into())));
    model.integrate("agent", "site").unwrap();
    drain(&mut model);
    assert_eq!(model.remove_unit(&unit("agent/0")), Err(Error::SubordinateUnit("agent/0".into())));
    model.remove_application("agent").unwrap();
    drain(&mut model);
    assert_eq!(model.applications().collect::<Vec<_>>(), ["shop", "site"]);
}
