//! The charm's cost for an event without changes, and for an event without anything to decide.

use std::path::Path;

use juju::Event;

use crate::Result;
use crate::programs::Programs;
use crate::progress::say;
use crate::reference::python;
use crate::table::{Against, Budget, Quantity, Row, Unit as Of, median};
use crate::unit::Unit;

/// Number of timed runs.
const TIMED: usize = 31;

/// Number of runs in which memory is sampled.
const WATCHED: usize = 7;

/// Number of warm-up runs.
const WARM: usize = 3;

/// Sixteen endpoints besides the sample's two: one for each integration that a charm may have, and two of others.
const ENDPOINTS: &str = "\
\x20 mysql: {interface: mysql_client, optional: true}
  mongodb: {interface: mongodb_client, optional: true}
  redis: {interface: redis, optional: true}
  valkey: {interface: valkey_client, optional: true}
  rabbitmq: {interface: rabbitmq, optional: true}
  s3: {interface: s3, optional: true}
  saml: {interface: saml, optional: true}
  smtp: {interface: smtp, optional: true}
  oidc: {interface: oauth, optional: true}
  openfga: {interface: openfga, optional: true}
  tracing: {interface: tracing, optional: true}
  http-proxy: {interface: http_proxy, optional: true}
  ingress: {interface: ingress, optional: true}
  logging: {interface: loki_push_api, optional: true}
  nginx-route: {interface: nginx-route, optional: true}
  backend: {interface: http, optional: true}
";

/// Cost of an event: medians, but the highest peak of memory.
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
    pub(crate) tools: f64,
    requests: f64,
    endpoints: usize,
}

/// The charm's rows of the table.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    say("starting the Flask sample in a pod");
    let mut rows = noop(&cost(&Unit::started(programs, &programs.pebble, "")?, &Event::ConfigChanged)?);
    if let Some(real) = &programs.real {
        say("the same under the real Pebble");
        rows.extend(noop_under(real, programs)?);
    }
    say("events with nothing to decide");
    rows.extend(idle(&cost(&Unit::new(programs, "")?, &Event::Install)?));
    say("endpoints that nothing is related to");
    rows.extend(endpoints(&Unit::started(programs, &programs.pebble, ENDPOINTS)?)?);
    Ok(rows)
}

/// A charm with many endpoints and no relation: an event that asks about those in use alone, beside one that asks about all.
fn endpoints(unit: &Unit) -> Result<Vec<Row>> {
    let (remembered, asked) = (cost(unit, &Event::ConfigChanged)?, cost(unit, &Event::UpdateStatus)?);
    let row = |what: String, unit, figure: fn(&Cost) -> f64| Row {
        what,
        measured: Quantity { value: figure(&remembered), unit },
        against: Some(Against { quantity: Quantity { value: figure(&asked), unit }, is_of_this_run: true }),
        budget: Budget::None,
    };
    let first = format!("{} endpoints remembered, beside all asked: wall", unit.endpoints());
    Ok(vec![
        row(first, Of::Seconds, |cost| cost.wall),
        row("… processor time, hook tools included".to_owned(), Of::Seconds, |cost| cost.cpu),
        row("… hook-tool processes".to_owned(), Of::Count, |cost| cost.tools),
        row("… Pebble requests".to_owned(), Of::Count, |cost| cost.requests),
    ])
}

/// Measures an event of a unit, which it has handled before.
pub(crate) fn cost(unit: &Unit, event: &Event) -> Result<Cost> {
    for _ in 0..WARM {
        unit.fire(event, false)?;
    }
    let before = unit.requests();
    let timed: Vec<_> = (0..TIMED).map(|_| unit.fire(event, false)).collect::<Result<_>>()?;
    let watched: Vec<_> = (0..WATCHED).map(|_| unit.fire(event, true)).collect::<Result<_>>()?;
    let requests = unit.requests() - before;
    Ok(Cost {
        wall: median(timed.iter().map(|(_, report)| report.wall)),
        cpu: median(timed.iter().map(|(_, report)| report.cpu)),
        peak: watched.iter().map(|(_, report)| report.peak).fold(0.0, f64::max),
        tools: median(timed.iter().map(|(done, _)| done.calls.len() as f64)),
        requests: (requests as f64 / (TIMED + WATCHED) as f64).round(),
        endpoints: unit.endpoints(),
    })
}

fn noop(cost: &Cost) -> Vec<Row> {
    let tools = Budget::AtMost(8.0 + cost.endpoints as f64);
    vec![
        row("no-op config-changed: wall", cost.wall, python::WALL, Budget::OneIn(30.0)),
        row("… processor time, hook tools included", cost.cpu, python::CPU, Budget::OneIn(25.0)),
        row("… peak memory of the charm itself", cost.peak, python::PEAK, Budget::OneIn(15.0)),
        row("… hook-tool processes", cost.tools, python::TOOLS, tools),
        row("… Pebble requests", cost.requests, python::REQUESTS, Budget::AtMost(5.0)),
    ]
}

fn noop_under(pebble: &Path, programs: &Programs) -> Result<Vec<Row>> {
    let cost = cost(&Unit::started(programs, pebble, "")?, &Event::ConfigChanged)?;
    Ok(vec![
        row("the same under a real Pebble: wall", cost.wall, python::WALL, Budget::OneIn(30.0)),
        row("… processor time, hook tools included", cost.cpu, python::CPU, Budget::OneIn(25.0)),
    ])
}

fn idle(cost: &Cost) -> Vec<Row> {
    let alone = |what: &str, value, unit, budget| Row {
        what: what.to_owned(),
        measured: Quantity { value, unit },
        against: None,
        budget,
    };
    vec![
        alone("install (nothing to decide): wall", cost.wall, Of::Seconds, Budget::AtMost(0.010)),
        alone("… processor time", cost.cpu, Of::Seconds, Budget::None),
        alone("… peak memory of the charm itself", cost.peak, Of::Memory, Budget::None),
        alone("… hook-tool processes", cost.tools, Of::Count, Budget::None),
    ]
}

fn row(what: &str, value: f64, python: Quantity, budget: Budget) -> Row {
    Row {
        what: what.to_owned(),
        measured: Quantity { value, unit: python.unit },
        against: Some(Against { quantity: python, is_of_this_run: false }),
        budget,
    }
}
