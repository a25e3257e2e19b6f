//! Decoders of a layer's objects, field by field.

use std::collections::BTreeMap;

use super::reader::{DecodeError, Reader};
use super::{Node, Objects};
use crate::plan::quote::quote;
use crate::plan::{Action, Check, ExecCheck, HttpCheck, LogTarget, Pairing, Service, TcpCheck, Workload};

pub(super) fn services(reader: &mut Reader<'_>, node: &Node) -> Result<Objects<Service>, DecodeError> {
    let null = |name: &str| format!("service object cannot be null for service {}", quote(name));
    objects(reader, node, "map[string]*plan.Service", null, service)
}

pub(super) fn checks(reader: &mut Reader<'_>, node: &Node) -> Result<Objects<Check>, DecodeError> {
    let null = |name: &str| format!("check object cannot be null for check {}", quote(name));
    objects(reader, node, "map[string]*plan.Check", null, check)
}

pub(super) fn log_targets(reader: &mut Reader<'_>, node: &Node) -> Result<Objects<LogTarget>, DecodeError> {
    let null = |name: &str| format!("log target object cannot be null for log target {}", quote(name));
    objects(reader, node, "map[string]*plan.LogTarget", null, log_target)
}

pub(super) fn workloads(reader: &mut Reader<'_>, node: &Node) -> Result<Objects<Workload>, DecodeError> {
    let null = |name: &str| format!("workload {}: cannot have a null value", quote(name));
    objects(reader, node, "workloads.WorkloadsSection", null, workload)
}

fn objects<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    type_: &str,
    null: impl Fn(&str) -> String,
    decode: fn(&mut Reader<'_>, &Node) -> Result<T, DecodeError>,
) -> Result<Objects<T>, DecodeError> {
    let mut objects = BTreeMap::new();
    for (name, _, value) in reader.entries(node, type_)? {
        if value.is_null() {
            reader.null(null(&name));
        } else {
            objects.insert(name, decode(reader, value)?);
        }
    }
    Ok(objects)
}

fn service(reader: &mut Reader<'_>, node: &Node) -> Result<Service, DecodeError> {
    const TYPE: &str = "plan.Service";
    let mut service = Service::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "summary" => service.summary = reader.text(value, "string"),
            "description" => service.description = reader.text(value, "string"),
            "startup" => service.startup = reader.text(value, "plan.ServiceStartup").as_str().into(),
            "override" => service.override_ = reader.text(value, "plan.Override").as_str().into(),
            "command" => service.command = reader.text(value, "string"),
            "after" => service.after = reader.list(value),
            "before" => service.before = reader.list(value),
            "requires" => service.requires = reader.list(value),
            "workload" => service.workload = reader.text(value, "string"),
            "environment" => service.environment = reader.environment(value)?,
            "user-id" => service.user_id = reader.id(value),
            "user" => service.user = reader.text(value, "string"),
            "group-id" => service.group_id = reader.id(value),
            "group" => service.group = reader.text(value, "string"),
            "working-dir" => service.working_dir = reader.text(value, "string"),
            "on-success" => service.on_success = reader.text(value, "plan.ServiceAction").as_str().into(),
            "on-failure" => service.on_failure = reader.text(value, "plan.ServiceAction").as_str().into(),
            "on-check-failure" => service.on_check_failure = actions(reader, value)?,
            "backoff-delay" => service.backoff_delay = Reader::span(value)?,
            "backoff-factor" => service.backoff_factor = Reader::float(value)?,
            "backoff-limit" => service.backoff_limit = Reader::span(value)?,
            "kill-delay" => service.kill_delay = Reader::span(value)?,
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(service)
}

fn actions(reader: &mut Reader<'_>, node: &Node) -> Result<BTreeMap<String, Action>, DecodeError> {
    let actions = reader.map(node, "map[string]plan.ServiceAction", "plan.ServiceAction")?;
    Ok(actions.into_iter().map(|(check, action)| (check, action.as_str().into())).collect())
}

fn check(reader: &mut Reader<'_>, node: &Node) -> Result<Check, DecodeError> {
    const TYPE: &str = "plan.Check";
    let mut check = Check::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "override" => check.override_ = reader.text(value, "plan.Override").as_str().into(),
            "level" => check.level = reader.text(value, "plan.CheckLevel").as_str().into(),
            "startup" => check.startup = reader.text(value, "plan.CheckStartup").as_str().into(),
            "period" => check.period = Reader::span(value)?,
            "timeout" => check.timeout = Reader::span(value)?,
            "threshold" => check.threshold = reader.int(value).unwrap_or_default(),
            "http" | "tcp" | "exec" if value.is_null() => {}
            "http" => check.http = Some(http(reader, value)?),
            "tcp" => check.tcp = Some(tcp(reader, value)?),
            "exec" => check.exec = Some(exec(reader, value)?),
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(check)
}

fn http(reader: &mut Reader<'_>, node: &Node) -> Result<HttpCheck, DecodeError> {
    const TYPE: &str = "plan.HTTPCheck";
    let mut http = HttpCheck::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "url" => http.url = reader.text(value, "string"),
            "headers" => http.headers = reader.environment(value)?,
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(http)
}

fn tcp(reader: &mut Reader<'_>, node: &Node) -> Result<TcpCheck, DecodeError> {
    const TYPE: &str = "plan.TCPCheck";
    let mut tcp = TcpCheck::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "port" => tcp.port = reader.int(value).unwrap_or_default(),
            "host" => tcp.host = reader.text(value, "string"),
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(tcp)
}

fn exec(reader: &mut Reader<'_>, node: &Node) -> Result<ExecCheck, DecodeError> {
    const TYPE: &str = "plan.ExecCheck";
    let mut exec = ExecCheck::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "command" => exec.command = reader.text(value, "string"),
            "service-context" => exec.service_context = reader.text(value, "string"),
            "environment" => exec.environment = reader.environment(value)?,
            "user-id" => exec.user_id = reader.id(value),
            "user" => exec.user = reader.text(value, "string"),
            "group-id" => exec.group_id = reader.id(value),
            "group" => exec.group = reader.text(value, "string"),
            "working-dir" => exec.working_dir = reader.text(value, "string"),
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(exec)
}

fn log_target(reader: &mut Reader<'_>, node: &Node) -> Result<LogTarget, DecodeError> {
    const TYPE: &str = "plan.LogTarget";
    let mut target = LogTarget::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "type" => target.type_ = reader.text(value, "plan.LogTargetType").as_str().into(),
            "location" => target.location = reader.text(value, "string"),
            "services" => target.services = reader.list(value),
            "override" => target.override_ = reader.text(value, "plan.Override").as_str().into(),
            "labels" => target.labels = reader.map(value, "map[string]string", "string")?,
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(target)
}

fn workload(reader: &mut Reader<'_>, node: &Node) -> Result<Workload, DecodeError> {
    const TYPE: &str = "workloads.Workload";
    let mut workload = Workload::default();
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "override" => workload.override_ = reader.text(value, "plan.Override").as_str().into(),
            "environment" => workload.environment = reader.environment(value)?,
            "user-id" => workload.user_id = reader.id(value),
            "user" => workload.user = reader.text(value, "string"),
            "group-id" => workload.group_id = reader.id(value),
            "group" => workload.group = reader.text(value, "string"),
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(workload)
}

pub(super) fn pairing(reader: &mut Reader<'_>, node: &Node) -> Result<Pairing, DecodeError> {
    const TYPE: &str = "pairingstate.pairingConfig";
    let mut pairing = Pairing::default();
    // Pebble skips a section without content.
    if node.is_scalar() || node.is_null() {
        return Ok(pairing);
    }
    for (name, key, value) in reader.entries(node, TYPE)? {
        match name.as_str() {
            "mode" => pairing.mode = reader.text(value, "pairingstate.Mode").as_str().into(),
            _ => reader.unknown(&name, key, TYPE),
        }
    }
    Ok(pairing)
}
