//! Printing of plans: the subset of YAML that plans need, byte for byte as Pebble's.
//!
//! Four blanks per level, sequences indented, keys in Go's natural order, every text in the first style that fits it.

mod number;
mod printer;
mod scalar;
mod sort;

use std::collections::BTreeMap;

use super::{Check, Environment, ExecCheck, HttpCheck, LogTarget, Plan, Service, Span, TcpCheck, Workload};

pub(super) use number::float;
use printer::{Place, Printer};
use scalar::Style;

/// Prints a plan as `GET /v1/plan?format=yaml` does; `{}` for an empty plan.
pub(super) fn plan(plan: &Plan) -> String {
    let mut root = Map::default();
    root.objects("services", &plan.services, service);
    root.objects("checks", &plan.checks, check);
    root.objects("log-targets", &plan.log_targets, log_target);
    root.objects("workloads", &plan.workloads, workload);
    if !plan.pairing.is_unset() {
        let mut pairing = Map::default();
        pairing.text("mode", plan.pairing.mode.as_str());
        root.map("pairing", pairing);
    }
    if root.entries.is_empty() {
        return "{}\n".to_owned();
    }
    let mut printer = Printer::new();
    root.print(&mut printer);
    printer.finish()
}

/// Value in a printed mapping.
enum Value {
    Text(String),
    /// A number or duration, which is never quoted.
    Bare(String),
    List(Vec<String>),
    Map(Map),
}

/// A mapping in printing order.
#[derive(Default)]
struct Map {
    entries: Vec<(String, Value)>,
}

impl Map {
    fn add(&mut self, key: &str, value: Value) {
        self.entries.push((key.to_owned(), value));
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.add(key, Value::Text(text.to_owned()));
        }
    }

    fn bare(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(key, Value::Bare(value.to_string()));
        }
    }

    /// Adds a duration, which never needs quotes.
    fn span(&mut self, key: &str, span: Option<Span>) {
        self.bare(key, span);
    }

    fn list(&mut self, key: &str, items: &[String]) {
        if !items.is_empty() {
            self.add(key, Value::List(items.to_vec()));
        }
    }

    fn map(&mut self, key: &str, map: Map) {
        self.add(key, Value::Map(map));
    }

    fn environment(&mut self, key: &str, environment: &Environment) {
        self.texts(key, environment.iter().map(|(name, value)| (name, value.as_str())));
    }

    fn texts<'a>(&mut self, key: &str, texts: impl Iterator<Item = (&'a String, &'a str)>) {
        let mut map = Map { entries: texts.map(|(name, text)| (name.clone(), Value::Text(text.to_owned()))).collect() };
        map.sort();
        if !map.entries.is_empty() {
            self.map(key, map);
        }
    }

    fn objects<T>(&mut self, key: &str, objects: &BTreeMap<String, T>, print: fn(&T) -> Map) {
        let mut map =
            Map { entries: objects.iter().map(|(name, object)| (name.clone(), Value::Map(print(object)))).collect() };
        map.sort();
        if !map.entries.is_empty() {
            self.map(key, map);
        }
    }

    fn sort(&mut self) {
        self.entries.sort_by(|(a, _), (b, _)| sort::natural(a, b));
    }

    fn print(&self, printer: &mut Printer) {
        for (key, value) in &self.entries {
            printer.line();
            let (style, simple) = scalar::key_style(key);
            if !simple {
                printer.indicator("?", true, true);
            }
            printer.scalar(key, style, Place::Mapping);
            if !simple {
                printer.line();
            }
            printer.indicator(":", !simple, !simple);
            value.print(printer);
        }
    }
}

impl Value {
    fn print(&self, printer: &mut Printer) {
        match self {
            Self::Text(text) => printer.scalar(text, scalar::value_style(text), Place::Mapping),
            Self::Bare(text) => printer.scalar(text, Style::Plain, Place::Mapping),
            Self::List(items) if items.is_empty() => printer.indicator("[]", true, false),
            Self::List(items) => printer.nested(Place::Mapping, |printer| {
                for item in items {
                    printer.line();
                    printer.indicator("-", true, true);
                    printer.scalar(item, scalar::value_style(item), Place::Sequence);
                }
            }),
            Self::Map(map) => printer.nested(Place::Mapping, |printer| map.print(printer)),
        }
    }
}

fn service(service: &Service) -> Map {
    let mut map = Map::default();
    map.text("summary", &service.summary);
    map.text("description", &service.description);
    map.text("startup", service.startup.as_str());
    map.text("override", service.override_.as_str());
    map.text("command", &service.command);
    map.list("after", &service.after);
    map.list("before", &service.before);
    map.list("requires", &service.requires);
    map.text("workload", &service.workload);
    map.environment("environment", &service.environment);
    map.bare("user-id", service.user_id);
    map.text("user", &service.user);
    map.bare("group-id", service.group_id);
    map.text("group", &service.group);
    map.text("working-dir", &service.working_dir);
    map.text("on-success", service.on_success.as_str());
    map.text("on-failure", service.on_failure.as_str());
    map.texts("on-check-failure", service.on_check_failure.iter().map(|(check, action)| (check, action.as_str())));
    map.span("backoff-delay", service.backoff_delay);
    map.bare("backoff-factor", service.backoff_factor.map(float));
    map.span("backoff-limit", service.backoff_limit);
    map.span("kill-delay", service.kill_delay);
    map
}

fn check(check: &Check) -> Map {
    let mut map = Map::default();
    map.text("override", check.override_.as_str());
    map.text("level", check.level.as_str());
    map.text("startup", check.startup.as_str());
    map.span("period", check.period);
    map.span("timeout", check.timeout);
    map.bare("threshold", (check.threshold != 0).then_some(check.threshold));
    if let Some(check) = &check.http {
        map.map("http", http(check));
    }
    if let Some(check) = &check.tcp {
        map.map("tcp", tcp(check));
    }
    if let Some(check) = &check.exec {
        map.map("exec", exec(check));
    }
    map
}

fn http(check: &HttpCheck) -> Map {
    let mut map = Map::default();
    map.text("url", &check.url);
    map.environment("headers", &check.headers);
    map
}

fn tcp(check: &TcpCheck) -> Map {
    let mut map = Map::default();
    map.bare("port", (check.port != 0).then_some(check.port));
    map.text("host", &check.host);
    map
}

fn exec(check: &ExecCheck) -> Map {
    let mut map = Map::default();
    map.text("command", &check.command);
    map.text("service-context", &check.service_context);
    map.environment("environment", &check.environment);
    map.bare("user-id", check.user_id);
    map.text("user", &check.user);
    map.bare("group-id", check.group_id);
    map.text("group", &check.group);
    map.text("working-dir", &check.working_dir);
    map
}

/// Log targets are the only objects whose first three fields are printed even if empty.
fn log_target(target: &LogTarget) -> Map {
    let mut map = Map::default();
    map.add("type", Value::Text(target.type_.as_str().to_owned()));
    map.add("location", Value::Text(target.location.clone()));
    map.add("services", Value::List(target.services.clone()));
    map.text("override", target.override_.as_str());
    map.texts("labels", target.labels.iter().map(|(label, value)| (label, value.as_str())));
    map
}

fn workload(workload: &Workload) -> Map {
    let mut map = Map::default();
    map.text("override", workload.override_.as_str());
    map.environment("environment", &workload.environment);
    map.bare("user-id", workload.user_id);
    map.text("user", &workload.user);
    map.bare("group-id", workload.group_id);
    map.text("group", &workload.group);
    map
}

#[cfg(test)]
mod tests;
