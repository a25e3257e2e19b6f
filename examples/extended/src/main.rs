//! The web-app charm with an interface, an action and a variable of its author's.

use std::time::Duration;

use interfaces::Read;
use juju::Secret;
use pebble::plan::Environment;
use webcharm::WebApp;
use webcharm::action_result::ActionResult;
use webcharm::extension::{Action, Answer, Author, CodedAction, Extension, Inputs};
use webcharm::facts::{Interface, LocalSide, Provided, Relation};

/// The shop's additions.
#[derive(Debug)]
pub(crate) struct Shop;

impl Author for Shop {
    const EXTENSION: &'static Extension =
        &Extension { interfaces: &[&SEARCH], actions: &[CodedAction { name: "reindex", answer: reindex }], variables };
}

/// Search service: the variable `SEARCH_SERVERS`, made of the addresses of its units.
const SEARCH: Interface = Interface { name: "shop_search", read: search, ..Interface::PLAIN };

fn search(relation: &Relation, _: &LocalSide<'_>) -> Read<Provided> {
    let hosts: Vec<_> = relation.view.units.values().filter_map(|unit| unit.text("host")).collect();
    if hosts.is_empty() {
        return Read::Waiting("host".to_owned());
    }
    let servers = hosts.iter().map(|host| format!("http://{host}:9200")).collect::<Vec<_>>().join(",");
    Read::Ready(Environment::from_iter([("SEARCH_SERVERS", servers)]).into())
}

/// Runs the application's own command, for one kind of goods or all.
fn reindex(inputs: &Inputs<'_>) -> Answer {
    let kind = inputs.params.get("kind").map_or("all", Secret::expose);
    if !["all", "books", "toys"].contains(&kind) {
        return Answer::Result(ActionResult::Failure(format!("there are no {kind}: take books, toys or all")));
    }
    Answer::Command(Action {
        command: ["shop", "reindex", kind].map(str::to_owned).to_vec(),
        service_context: None,
        timeout: Duration::from_secs(300),
        leader_only: true,
    })
}

fn variables(inputs: &Inputs<'_>) -> Environment {
    [("SHOP_TITLE", format!("Shop of {}", inputs.unit.model))].into_iter().collect()
}

fn main() -> std::process::ExitCode {
    juju::main::<WebApp<Shop>>()
}
