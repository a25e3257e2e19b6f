//! Storage: attached before install, detached on request and on removal, added by a hook.

use super::*;

const METADATA: &str = "
name: store
storage:
  data: {type: filesystem, location: /srv/data}
  logs: {type: filesystem, location: /srv/logs, multiple: {range: 0-2}}
  disks: {type: block, multiple: {range: 0-}}
";

fn deployed() -> Model {
    let mut model = Model::new("test");
    model.deploy("store", CharmFiles::parse(METADATA, "", "").unwrap(), 1).unwrap();
    model
}

fn location(model: &mut Model, id: &str) -> Result<String, String> {
    let read = in_hook(model, "store/0", |hook| hook.storage(Some(id)).cloned());
    read.map(|storage| storage.location.display().to_string()).map_err(|error| error.to_string())
}

#[test]
fn storage_is_attached_before_install_and_detached_before_stop() {
    let mut model = deployed();
    let told = drain(&mut model);
    assert_eq!(told[..2], ["store/0: data-storage-attached", "store/0: install"]);
    model.remove_unit(&unit("store/0")).unwrap();
    assert_eq!(drain(&mut model), ["store/0: data-storage-detaching", "store/0: stop", "store/0: remove"]);
}

#[test]
fn an_instance_is_readable_from_its_attached_to_its_detaching() {
    let mut model = deployed();
    let attached = model.next_event(&unit("store/0")).unwrap();
    in_event(&mut model, "store/0", attached, true, |hook| {
        assert_eq!(hook.storage_ids(None), ["data/0"]);
        assert_eq!(hook.storage(None).unwrap().location.display().to_string(), "/srv/data");
    });
    drain(&mut model);
    model.detach_storage("data/0").unwrap();
    let detaching = model.next_event(&unit("store/0")).unwrap();
    assert_eq!(detaching.name(), "data-storage-detaching");
    in_event(&mut model, "store/0", detaching, true, |hook| assert!(hook.storage(None).is_ok()));
    assert_eq!(
        location(&mut model, "data/0").unwrap_err(),
        "invalid value \"data/0\" for option -s: storage not found"
    );
    model.attach_storage(&unit("store/0"), "data/0").unwrap();
    assert_eq!(drain(&mut model), ["store/0: data-storage-attached"]);
    assert_eq!(location(&mut model, "data/0").unwrap(), "/srv/data");
}

#[test]
fn a_hook_asks_for_storage_and_gets_it_after_its_success() {
    let mut model = deployed();
    drain(&mut model);
    for is_success in [false, true] {
        in_event(&mut model, "store/0", Event::UpdateStatus, is_success, |hook| {
            hook.storage_add("logs", 2).unwrap();
            assert_eq!(hook.storage_ids(Some("logs")), [""; 0], "not before their attached");
        });
    }
    let told = drain(&mut model);
    let attached: Vec<&String> = told.iter().filter(|line| line.contains("attached")).collect();
    assert_eq!(attached, ["store/0: logs-storage-attached", "store/0: logs-storage-attached"]);
    assert_eq!(model.storages(&unit("store/0")).unwrap(), ["data/0", "logs/1", "logs/2"], "numbered over the model");
    assert_eq!(location(&mut model, "logs/2").unwrap(), "/srv/logs/logs-2");
    let refused = in_hook(&mut model, "store/0", |hook| hook.storage_add("logs", 1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot add storage to unit: storage \"logs\": at most 2 instances supported, 3 specified"
    );
    let unknown = in_hook(&mut model, "store/0", |hook| hook.storage_add("nope", 1)).unwrap_err();
    assert_eq!(unknown.to_string(), "cannot add storage to unit: storage \"nope\" not found");
}

#[test]
fn an_operator_adds_and_removes_instances() {
    let mut model = deployed();
    drain(&mut model);
    assert_eq!(model.add_storage(&unit("store/0"), "disks", 1).unwrap(), ["disks/1"]);
    model.detach_storage("disks/1").unwrap();
    assert!(drain(&mut model).is_empty(), "the unit was never told of it");
    model.remove_storage("disks/1").unwrap();
    for (refused, wanted) in [
        (model.attach_storage(&unit("store/0"), "disks/1"), "storage \"disks/1\" not found"),
        (model.detach_storage("disks/1"), "storage \"disks/1\" not found"),
        (model.remove_storage("data/0"), "storage \"data/0\" not found"),
        (
            model.add_storage(&unit("store/0"), "data", 1).map(|_| ()),
            "storage \"data\": at most 1 instances supported, 2 specified",
        ),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), wanted);
    }
}

#[test]
fn ranges_are_read_as_juju_writes_them() {
    let of = |range: &str| {
        let text = format!("name: x\nstorage: {{s: {{type: block, multiple: {{range: '{range}'}}}}}}");
        super::super::storage::allowed(&CharmFiles::parse(&text, "", "").unwrap().metadata.storages["s"])
    };
    for (range, wanted) in
        [("1", (1, Some(1))), ("3", (3, Some(3))), ("0-", (0, None)), ("2+", (2, None)), ("2-3", (2, Some(3)))]
    {
        assert_eq!(of(range), wanted, "{range}");
    }
}
