//! Merging of layers, later over earlier ones, object by object.

use std::collections::BTreeMap;

use super::quote::quote;
use super::{
    Check, Environment, Error, ExecCheck, HttpCheck, Layer, LogTarget, Override, Plan, Service, TcpCheck, Workload,
};

/// Merges layers into a plan and validates it.
///
/// # Errors
/// An object without a valid `override`, or an invalid plan ([`Plan::validate`]).
pub fn combine(layers: &[Layer]) -> Result<Plan, Error> {
    let Layer { services, checks, log_targets, workloads, pairing, .. } = flatten(layers)?;
    let plan = Plan { services, checks, log_targets, workloads, pairing };
    plan.validate()?;
    Ok(plan)
}

/// Merges layers into one without validation. Summary and description are the last layer's.
pub(super) fn flatten<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Layer, Error> {
    let mut all = Layer::default();
    for layer in layers {
        layer.summary.clone_into(&mut all.summary);
        layer.description.clone_into(&mut all.description);
        stack(&mut all.workloads, &layer.workloads, &layer.label)?;
        stack(&mut all.services, &layer.services, &layer.label)?;
        stack(&mut all.checks, &layer.checks, &layer.label)?;
        stack(&mut all.log_targets, &layer.log_targets, &layer.label)?;
        if !layer.pairing.mode.is_unset() {
            all.pairing = layer.pairing.clone();
        }
    }
    for check in all.checks.values_mut() {
        check.threshold = check.effective_threshold();
        let period = check.period.unwrap_or(Check::PERIOD);
        check.timeout = check.timeout.map(|timeout| timeout.min(period));
    }
    Ok(all)
}

/// Object that a later layer merges or replaces.
trait Stacked: Clone {
    fn how(&self) -> &Override;
    /// Takes over the fields that `other` sets, except `override`.
    fn merge(&mut self, other: &Self);
    /// Pebble's message for an unset `override`.
    fn missing(name: &str, label: &str) -> String;
    fn unknown(name: &str, label: &str, how: &Override) -> String;
}

fn stack<T: Stacked>(below: &mut BTreeMap<String, T>, layer: &BTreeMap<String, T>, label: &str) -> Result<(), Error> {
    for (name, object) in layer {
        match object.how() {
            Override::Merge if below.contains_key(name) => {
                below.entry(name.clone()).and_modify(|old| old.merge(object));
            }
            Override::Merge | Override::Replace => {
                below.insert(name.clone(), object.clone());
            }
            Override::Unset => return Err(Error::Invalid(T::missing(name, label))),
            how @ Override::Other(_) => return Err(Error::Invalid(T::unknown(name, label, how))),
        }
    }
    Ok(())
}

/// Common form of the message for an unset `override`.
fn must_define(kind: &str, name: &str, label: &str) -> String {
    format!(r#"layer {} must define "override" for {kind} {}"#, quote(label), quote(name))
}

fn has_invalid(kind: &str, name: &str, label: &str) -> String {
    format!(r#"layer {} has invalid "override" value for {kind} {}"#, quote(label), quote(name))
}

fn set(field: &mut String, other: &str) {
    if !other.is_empty() {
        other.clone_into(field);
    }
}

fn set_some<T: Clone>(field: &mut Option<T>, other: &Option<T>) {
    if other.is_some() {
        field.clone_from(other);
    }
}

fn extend(environment: &mut Environment, other: &Environment) {
    environment.extend(other.iter().map(|(name, value)| (name.clone(), value.clone())));
}

macro_rules! messages {
    ($kind:literal) => {
        fn how(&self) -> &Override {
            &self.override_
        }

        fn missing(name: &str, label: &str) -> String {
            must_define($kind, name, label)
        }

        fn unknown(name: &str, label: &str, _: &Override) -> String {
            has_invalid($kind, name, label)
        }
    };
}

impl Stacked for Service {
    messages!("service");

    fn merge(&mut self, other: &Self) {
        set(&mut self.summary, &other.summary);
        set(&mut self.description, &other.description);
        if !other.startup.is_unset() {
            self.startup = other.startup.clone();
        }
        set(&mut self.command, &other.command);
        self.after.extend_from_slice(&other.after);
        self.before.extend_from_slice(&other.before);
        self.requires.extend_from_slice(&other.requires);
        set(&mut self.workload, &other.workload);
        extend(&mut self.environment, &other.environment);
        set_some(&mut self.user_id, &other.user_id);
        set(&mut self.user, &other.user);
        set_some(&mut self.group_id, &other.group_id);
        set(&mut self.group, &other.group);
        set(&mut self.working_dir, &other.working_dir);
        if !other.on_success.is_unset() {
            self.on_success = other.on_success.clone();
        }
        if !other.on_failure.is_unset() {
            self.on_failure = other.on_failure.clone();
        }
        self.on_check_failure.extend(other.on_check_failure.clone());
        set_some(&mut self.backoff_delay, &other.backoff_delay);
        set_some(&mut self.backoff_factor, &other.backoff_factor);
        set_some(&mut self.backoff_limit, &other.backoff_limit);
        set_some(&mut self.kill_delay, &other.kill_delay);
    }
}

impl Stacked for Check {
    messages!("check");

    fn merge(&mut self, other: &Self) {
        if !other.level.is_unset() {
            self.level = other.level.clone();
        }
        if !other.startup.is_unset() {
            self.startup = other.startup.clone();
        }
        set_some(&mut self.period, &other.period);
        set_some(&mut self.timeout, &other.timeout);
        if other.threshold != 0 {
            self.threshold = other.threshold;
        }
        if let Some(http) = &other.http {
            merge_http(self.http.get_or_insert_default(), http);
        }
        if let Some(tcp) = &other.tcp {
            merge_tcp(self.tcp.get_or_insert_default(), tcp);
        }
        if let Some(exec) = &other.exec {
            merge_exec(self.exec.get_or_insert_default(), exec);
        }
    }
}

fn merge_http(http: &mut HttpCheck, other: &HttpCheck) {
    set(&mut http.url, &other.url);
    extend(&mut http.headers, &other.headers);
}

fn merge_tcp(tcp: &mut TcpCheck, other: &TcpCheck) {
    if other.port != 0 {
        tcp.port = other.port;
    }
    set(&mut tcp.host, &other.host);
}

fn merge_exec(exec: &mut ExecCheck, other: &ExecCheck) {
    set(&mut exec.command, &other.command);
    set(&mut exec.service_context, &other.service_context);
    extend(&mut exec.environment, &other.environment);
    set_some(&mut exec.user_id, &other.user_id);
    set(&mut exec.user, &other.user);
    set_some(&mut exec.group_id, &other.group_id);
    set(&mut exec.group, &other.group);
    set(&mut exec.working_dir, &other.working_dir);
}

impl Stacked for LogTarget {
    messages!("log target");

    fn merge(&mut self, other: &Self) {
        if !other.type_.is_unset() {
            self.type_ = other.type_.clone();
        }
        set(&mut self.location, &other.location);
        self.services.extend_from_slice(&other.services);
        self.labels.extend(other.labels.clone());
    }
}

impl Stacked for Workload {
    fn how(&self) -> &Override {
        &self.override_
    }

    fn missing(name: &str, _: &str) -> String {
        format!(r#"workload {}: must define an "override" policy"#, quote(name))
    }

    fn unknown(name: &str, _: &str, how: &Override) -> String {
        format!(r#"workload {}: has an invalid "override" policy: {}"#, quote(name), quote(how.as_str()))
    }

    fn merge(&mut self, other: &Self) {
        extend(&mut self.environment, &other.environment);
        set_some(&mut self.user_id, &other.user_id);
        set(&mut self.user, &other.user);
        set_some(&mut self.group_id, &other.group_id);
        set(&mut self.group, &other.group);
    }
}

#[cfg(test)]
mod tests;
