//! Charms of the tests.

use juju::{Charm, Databag, Event, Juju, On, RelationId, Setup, Status, Whose};
use pebble::plan::Layer;

/// Error of the test's charms.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("cannot talk to Juju")]
    Juju(#[from] juju::Error),
    #[error("no container")]
    Pebble(#[from] pebble::Error),
}

type Result = std::result::Result<(), Error>;

/// Makes a charm that handles every event with one function.
macro_rules! charm {
    ($(#[$doc:meta])* $name:ident, $handler:path) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name;

        impl Charm for $name {
            type Error = Error;

            fn new(_: &Setup<'_>) -> std::result::Result<Self, Error> {
                Ok($name)
            }

            fn observe(on: &mut On<Self>) {
                on.any(|_, event, juju| $handler(event, juju));
            }
        }
    };
}

charm!(
    /// Names itself in its databag, and the remote units that it knows.
    Provider, name_and_look
);
charm!(
    /// The leader names itself to its peers; the others show the name as their status.
    Ring, follow_the_leader
);
charm!(
    /// Changes its databag in every event, so that its peers never rest.
    Chatty, count
);
charm!(
    /// Plans a service with the unit's name.
    Worker, work
);

/// The relation of an endpoint, unless it ends with this event.
fn relation(event: &Event, juju: &Juju<'_>, endpoint: &str) -> std::result::Result<Option<RelationId>, Error> {
    Ok(juju.relation_ids(endpoint)?.into_iter().find(|id| Some(*id) != event.broken()))
}

fn name_and_look(event: &Event, juju: &Juju<'_>) -> Result {
    let endpoint = if juju.context.app() == "pg" { "database" } else { "db" };
    let Some(id) = relation(event, juju, endpoint)? else { return Ok(()) };
    let needs = juju::Needs { remote_units: true, ..juju::Needs::default() };
    let seen: Vec<String> = juju.view(endpoint, id, needs)?.units.keys().map(ToString::to_string).collect();
    let name = juju.context.unit.to_string();
    Ok(juju.set_databag(id, Whose::Unit, &Databag::from_iter([("name", name), ("seen", seen.join(" "))]))?)
}

fn follow_the_leader(event: &Event, juju: &Juju<'_>) -> Result {
    let Some(id) = relation(event, juju, "ring")? else { return Ok(()) };
    let me = juju.context.unit.to_string();
    if *event == Event::LeaderElected {
        juju.set_databag(id, Whose::App, &Databag::from_iter([("leader", me)]))?;
    }
    let bag = juju.databag(id, &juju::Entity::App(juju.context.app().to_owned()))?;
    let leader = bag.text("leader").unwrap_or("no unit");
    Ok(juju.set_status(Whose::Unit, &Status::active(format!("led by {leader}")))?)
}

fn count(event: &Event, juju: &Juju<'_>) -> Result {
    let Some(id) = relation(event, juju, "ring")? else { return Ok(()) };
    let own = juju.databag(id, &juju::Entity::Unit(juju.context.unit.clone()))?;
    let count = own.text("count").and_then(|count| count.parse::<u32>().ok()).unwrap_or_default();
    Ok(juju.set_databag(id, Whose::Unit, &Databag::from_iter([("count", (count + 1).to_string())]))?)
}

fn work(event: &Event, juju: &Juju<'_>) -> Result {
    if !matches!(event, Event::Start | Event::Workload(_)) {
        return Ok(());
    }
    let command = format!("work {}", juju.context.unit);
    let layer = serde_json::json!({"services": {"work": {"override": "replace", "command": command}}}).to_string();
    let layer = Layer::parse(layer.as_bytes()).expect("a valid layer");
    Ok(pebble::blocking::Client::new(juju.context.pebble_socket("app")).add_layer("work", &layer, true)?)
}
