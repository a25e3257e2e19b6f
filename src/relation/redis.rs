//! Redis: the variables `REDIS_DB_…`, or Spring's properties.

use interfaces::redis;
use interfaces::uri::Uri;
use pebble::plan::Environment;

use super::names;
use crate::facts::Interface;
use crate::framework::Naming;
use crate::url;

/// Interface `redis`.
pub const REDIS: Interface = Interface {
    name: redis::INTERFACE,
    needs: redis::NEEDS,
    read: |relation, local| {
        redis::read(&relation.view).map(|url| match local.naming() {
            Naming::Plain => url::variables(&format!("{}_DB", names::upper(&relation.view.endpoint)), &url).into(),
            Naming::Spring => properties(&url).into(),
        })
    },
    ..Interface::PLAIN
};

fn properties(url: &str) -> Environment {
    let uri = Uri::first(url);
    let rows = [("url", Some(url.to_owned())), ("host", uri.hostname), ("port", uri.port.map(|port| port.to_string()))];
    names::table("spring.data.redis.", rows)
}
