//! Mappings of `webcharm.yaml` over a remote application's data: any declaration is read or refused, no databag or secret
//! causes a panic, what is ready can be a variable, and no message shows a value.

#![no_main]

use interfaces::Secrets;
use juju::{Config, Databag, RelationId, Secret, UnitName, View};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use webcharm::charm_spec::Switches;
use webcharm::facts::{Endpoint, Integration, LocalSide, Relation, UNWATCHED, Unit};
use webcharm::framework::go::GO;
use webcharm::relation::{self, mapping::MAPPED};

/// Declaration of the variable: the place of its value, a pointer, a default, and if it is required.
type Declared = (u8, String, Option<String>, Option<String>, bool);

/// Data of the remote application: in its databag, in its unit's, and in its secret.
type Data = (Vec<(String, String)>, Vec<(String, String)>, Vec<(String, String)>);

/// End of every value, by which a value in a message is found.
const MARK: &str = "hunter2-mark";

const SECRET: &str = "secret:cjqub6vubg2s77p3nio0";

/// `webcharm.yaml` as JSON, which YAML contains.
fn declaration((place, key, pointer, default, required): &Declared, published: &str) -> String {
    let place = ["app", "unit", "secret"][usize::from(*place) % 3];
    let mut source = json!({ place: key, "required": required });
    if let Some(pointer) = pointer {
        source["json-pointer"] = json!(pointer);
    }
    if let Some(default) = default {
        source["default"] = json!(default);
    }
    json!({"integrations": {"x": {"variables": {"V": source}, "publish": {"key": published}}}}).to_string()
}

fn bag(pairs: &[(String, String)]) -> Databag {
    pairs.iter().map(|(key, value)| (key.clone(), format!("{value}{MARK}"))).collect()
}

fn relation((app, unit, secret): &Data, whole: &str) -> Relation {
    let mut view = View::empty("x", RelationId(7));
    view.app = Some("other".to_owned());
    view.local_app = Some(Databag::new());
    view.remote_app = bag(app);
    // A document that the pointer may look into has no mark behind it.
    view.remote_app.extend([("document".to_owned(), whole.to_owned()), ("secret".to_owned(), SECRET.to_owned())]);
    view.units = [(UnitName::new("other", 0), bag(unit))].into();
    let content = secret.iter().map(|(key, value)| (key.clone(), Secret::from(format!("{value}{MARK}")))).collect();
    let secrets = Secrets::from([(SECRET.parse().expect("it is an address"), content)]);
    Relation { view, secrets, address: None, cross_model: false }
}

fn unit() -> Unit {
    Unit {
        name: UnitName::new("shop", 0),
        model: "m".to_owned(),
        model_uuid: String::new(),
        charm: "shop".to_owned(),
        proxies: juju::Proxies::default(),
        leader: true,
        forwards_logs: true,
        has_secrets: true,
    }
}

fuzz_target!(|input: (Declared, String, Data, String)| {
    let (declared, published, data, document) = input;
    let mut declared = declared;
    // Half of the inputs look into the document.
    if declared.0 >= 128 {
        (declared.0, declared.1) = (0, "document".to_owned());
    }
    let text = declaration(&declared, &published);
    let mapping = match Switches::parse(text.as_bytes()) {
        Ok(switches) => switches.integrations["x"].clone(),
        Err(wrong) => return assert!(!wrong.to_string().is_empty()),
    };
    let relation = relation(&data, &document);
    let endpoint = Endpoint { name: "x".to_owned(), interface: &MAPPED, required: true, mapping: Some(mapping) };
    assert!(relation::secrets(&endpoint, &relation.view).len() <= 8);
    let integration = Integration { endpoint, relations: vec![relation] };
    let (unit, config) = (unit(), Config::default());
    let local = LocalSide {
        unit: &unit,
        framework: &GO,
        config: &config,
        port: 8080,
        port_is_open: true,
        base_url: "http://shop.m:8080",
        is_routed: false,
        telemetry: &UNWATCHED,
    };
    match relation::provided(&integration, &local) {
        Ok(Some(provided)) => {
            for (name, value) in &provided.variables {
                assert!(name == "V" && !value.contains('\0') && value.len() < 128 * 1024, "{}", value.len());
            }
        }
        Ok(None) => {}
        Err(hold) => assert!(!hold.message.contains(MARK) && hold.message.len() < 100_000, "{}", hold.message),
    }
    let _ = relation::requests(&integration, &local, &mut || [7; 64]);
});
