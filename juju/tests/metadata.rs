//! The module that `metadata!` makes of a charm's files.

use webcharm_juju::event::{Action, PebbleReady, RelationChanged};
use webcharm_juju::key::{self, Endpoint as _};
use webcharm_juju::{Charm, Error, Juju, On, Setup};

webcharm_juju::metadata!("tests/metadata.yaml", "tests/config.yaml", "tests/actions.yaml");

struct Shop;

impl Charm for Shop {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::DB.changed(), Self::changed)
            .event(meta::APP_CONTAINER.pebble_ready(), Self::ready)
            .event(meta::BACK_UP, Self::back_up)
            .event(meta::ROTATE, Self::rotate);
    }
}

impl Shop {
    fn changed(&mut self, _: &RelationChanged<'_>, _: &Juju<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn ready(&mut self, _: &PebbleReady<'_>, _: &Juju<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn back_up(&mut self, action: &Action<'_, meta::BackUpParams>, _: &Juju<'_>) -> Result<(), Error> {
        action.set("to", format!("{}, {} times", action.params.to, action.params.keep))
    }

    fn rotate(&mut self, _: &Action<'_, ()>, _: &Juju<'_>) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn each_thing_has_a_constant_of_its_type() {
    let (db, website, peer): (key::Requires, key::Provides, key::Peer) = (meta::DB, meta::WEBSITE, meta::APP);
    assert_eq!([db.name(), website.name(), peer.name()].map(key::Name::as_str), ["db", "website", "app"]);
    assert!(db.name().is_declared());
    let container: key::Container = meta::APP_CONTAINER;
    assert_eq!(container.name().as_str(), "app", "the endpoint of that name comes first");
    let (image, data, admin): (key::Resource, key::Storage, key::Binding) = (meta::APP_IMAGE, meta::DATA, meta::ADMIN);
    assert_eq!([image.name(), data.name(), admin.name()].map(key::Name::as_str), ["app-image", "data", "admin"]);
    assert_eq!(meta::NAME, "shop");
    assert!(meta::METADATA_YAML.starts_with("name: shop") && meta::CONFIG_YAML.contains("port"));
    assert_eq!(On::<Shop>::of_charm().observations().count(), 4);
}

#[test]
fn options_are_typed_and_have_their_defaults() {
    let read = |json: &str| serde_json::from_str::<meta::Config>(json);
    let config = read("{}").expect("every option has a default or is optional");
    assert_eq!((config.log_level.as_str(), config.port, config.r#type), ("info", 8000, None));
    assert!((config.ratio - 1.0).abs() < f64::EPSILON);
    let config =
        read(r#"{"port": 80, "greeting": "hello", "api-key": "secret:9m4e2mr0ui3e8a215n4g"}"#).expect("values");
    assert_eq!((config.port, config.greeting.as_deref()), (80, Some("hello")));
    assert_eq!(config.api_key.expect("it is set").to_string(), "secret:9m4e2mr0ui3e8a215n4g");
    let error = read(r#"{"port": "hunter2"}"#).expect_err("no number").to_string();
    assert_eq!(error, "port: must be a whole number");
}

#[test]
fn parameters_are_typed() {
    let read = |json: &str| serde_json::from_str::<meta::BackUpParams>(json);
    let params = read(r#"{"to": "s3", "keep": 3}"#).expect("what Juju hands over");
    assert_eq!((params.to.as_str(), params.keep, params.tags), ("s3", 3, None));
    assert_eq!(read(r#"{"keep": 3}"#).expect_err("no target").to_string(), "to: is missing");
}
