//! Handlers of `/v1/services`: statuses, and changes that start and stop services.

use std::collections::BTreeSet;
use std::rc::Rc;

use pebble::plan::{Plan, Replan, only, replan};
use pebble::types::ServicesAction;

use super::{Call, shapes};
use crate::check;
use crate::clock::Time;
use crate::daemon::Daemon;
use crate::response::{ApiError, ApiResult, accepted, sync};
use crate::runner;
use crate::state::{State, Verb};
use crate::task::Id;
use pebble::plan::{quote, shortened};

type Lanes = Vec<Vec<String>>;

pub(super) async fn list(call: Call) -> ApiResult {
    let names = call.query.set("names");
    let infos = call.daemon.services.infos(call.daemon.plan.borrow().plan(), &names);
    sync(infos)
}

pub(super) async fn not_implemented(_: Call) -> ApiResult {
    Err(ApiError::bad_request("not implemented"))
}

pub(super) async fn act(mut call: Call) -> ApiResult {
    let asked: ServicesAction = call.json(&shapes::SERVICES, "data from request body").await?;
    let change = begin(&call.daemon, &asked.action, asked.services)?;
    runner::ensure(&call.daemon);
    accepted(change, ())
}

/// The services that a change stops and then starts.
#[derive(Default)]
struct Moves {
    stop: Lanes,
    start: Lanes,
    /// Services that the change is listed under; the first is in its summary.
    named: Vec<String>,
    /// Number of services in its summary.
    count: usize,
}

fn begin(daemon: &Rc<Daemon>, action: &str, named: Vec<String>) -> Result<Id, ApiError> {
    let plan = daemon.plan.borrow().plan().clone();
    let named = names(action, named, &plan)?;
    let moves = moves(daemon, action, named, &plan)?;
    let tasks = daemon.store.write(|state| add_tasks(state, &moves, Time::now()));
    if action == "replan" {
        check::replan(daemon);
    }
    Ok(daemon.store.write(|state| add_change(state, action, &moves, &tasks, Time::now())))
}

/// The services of an action: those named, or for `autostart` the enabled ones of the plan.
fn names(action: &str, named: Vec<String>, plan: &Plan) -> Result<Vec<String>, ApiError> {
    match action {
        "replan" | "autostart" if !named.is_empty() => {
            Err(ApiError::bad_request(format!("{action} accepts no service names")))
        }
        "replan" => Ok(Vec::new()),
        "autostart" => {
            let names = plan.autostart().map_err(|error| ApiError::server(error.to_string()))?;
            if names.is_empty() {
                Err(ApiError::of_kind("no-default-services", 400, "no default services"))
            } else {
                Ok(names)
            }
        }
        _ if named.is_empty() => {
            Err(ApiError::bad_request(format!("must specify services for {} action", shortened(action))))
        }
        _ => Ok(named),
    }
}

fn moves(daemon: &Daemon, action: &str, named: Vec<String>, plan: &Plan) -> Result<Moves, ApiError> {
    let failed = |error: pebble::plan::Error| ApiError::bad_request(format!("cannot {action} services: {error}"));
    let count = |lanes: &Lanes| lanes.iter().map(Vec::len).sum();
    match action {
        "start" | "autostart" => {
            let start = plan.start_order(&named).map_err(failed)?;
            Ok(Moves { count: count(&start), start, named, ..Moves::default() })
        }
        "stop" => {
            let stop = plan.stop_order(&named).map_err(failed)?;
            Ok(Moves { count: count(&stop), stop, named, ..Moves::default() })
        }
        "restart" => {
            let asked: BTreeSet<&str> = named.iter().map(String::as_str).collect();
            let stop = only(plan.stop_order(&named).map_err(failed)?, |name| asked.contains(name));
            let start = plan.start_order(&named).map_err(failed)?;
            Ok(Moves { count: count(&start), stop, start, named })
        }
        "replan" => {
            let Replan { stop, start, changed } = replan(&daemon.services.started(), plan).map_err(failed)?;
            daemon.services.configure(changed);
            let named: BTreeSet<String> = stop.iter().chain(&start).flatten().cloned().collect();
            Ok(Moves { count: named.len(), stop, start, named: named.into_iter().collect() })
        }
        _ => Err(ApiError::bad_request(format!("invalid action {}", quote(action)))),
    }
}

fn add_tasks(state: &mut State, moves: &Moves, now: Time) -> Vec<Id> {
    let stops = state.service_tasks(Verb::Stop, &moves.stop, now);
    let starts = state.service_tasks(Verb::Start, &moves.start, now);
    for start in &starts {
        stops.iter().for_each(|stop| state.wait_for(*start, *stop));
    }
    stops.into_iter().chain(starts).collect()
}

fn add_change(state: &mut State, action: &str, moves: &Moves, tasks: &[Id], now: Time) -> Id {
    let change = state.new_change(action, summary(action, moves, tasks.is_empty()), tasks, now);
    if !tasks.is_empty() {
        state.set_services(change, &moves.named);
    }
    change
}

fn summary(action: &str, moves: &Moves, is_empty: bool) -> String {
    let title: String = action.chars().take(1).flat_map(char::to_uppercase).chain(action.chars().skip(1)).collect();
    match moves.named.first() {
        Some(first) if !is_empty && moves.count == 1 => format!("{title} service {}", quote(first)),
        Some(first) if !is_empty => format!("{title} service {} and {} more", quote(first), moves.count - 1),
        _ => format!("{title} - no services"),
    }
}

/// Begins the change that starts the plan's enabled services.
pub(crate) fn autostart(daemon: &Rc<Daemon>) -> Result<Id, String> {
    begin(daemon, "autostart", Vec::new()).map_err(|error| error.message().to_owned())
}

/// Begins the change that stops all running services; `None` if no service runs.
pub(crate) fn stop_all(daemon: &Daemon) -> Option<Id> {
    let running = daemon.services.to_stop();
    let plan = daemon.plan.borrow().plan().clone();
    let all: Vec<String> = plan.services.keys().cloned().collect();
    // A validated plan always has an order.
    let stop = only(plan.stop_order(&all).unwrap_or_default(), |name| running.contains(name));
    if stop.is_empty() {
        return None;
    }
    Some(daemon.store.write(|state| {
        let now = Time::now();
        let tasks = state.service_tasks(Verb::Stop, &stop, now);
        state.new_change("stop", "Stop all running services".to_owned(), &tasks, now)
    }))
}
