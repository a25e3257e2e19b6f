//! config-get, is-leader, status-*, ports, state-*, application-version-set, network-get, unit-get, goal-state,
//! resource-get, credential-get, juju-reboot.

use super::{Invocation, Output, keyvalue};
use crate::model::HookError;
use juju::{Network, Port, Status, StatusKind, Whose};
use serde_json::{Map, Value, json};

fn usage(message: impl Into<String>) -> HookError {
    HookError::Usage(message.into())
}

pub(super) fn config_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(1)?;
    let config = call.t.config();
    let mut settings: Map<String, Value> = config.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    if let Some(key) = call.args().first() {
        return Ok(Output::Value(settings.get(key).cloned().unwrap_or_default()));
    }
    if call.flags.is_on("all") {
        for name in call.t.option_names() {
            settings.entry(name).or_insert(Value::Null);
        }
    }
    Ok(Output::Value(settings.into()))
}

pub(super) fn is_leader(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    Ok(Output::Value(call.t.is_leader().into()))
}

impl Invocation<'_, '_> {
    fn whose(&self) -> Whose {
        if self.flags.is_on("application") { Whose::App } else { Whose::Unit }
    }
}

pub(super) fn status_set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let [word, message @ ..] = call.args() else {
        return Err(usage("invalid args, require <status> [message] [data]"));
    };
    let kind = match word.as_str() {
        "maintenance" => StatusKind::Maintenance,
        "blocked" => StatusKind::Blocked,
        "waiting" => StatusKind::Waiting,
        "active" => StatusKind::Active,
        _ => {
            let known = "[maintenance blocked waiting active]";
            return Err(usage(format!("invalid status \"{word}\", expected one of {known}")));
        }
    };
    let status = Status::new(kind, message.join(" "));
    call.t.status_set(call.whose(), &status)?;
    Ok(Output::Silent)
}

pub(super) fn status_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    let has_data = call.flags.is_on("include-data");
    let status = call.t.status(call.whose())?;
    if call.flags.is_on("application") {
        let units = call.t.unit_statuses();
        let units: Map<_, _> =
            units.iter().map(|(unit, status)| (unit.clone(), details(status.as_ref(), has_data))).collect();
        let mut all = details(status.as_ref(), has_data);
        all["units"] = units.into();
        return Ok(Output::Value(json!({"application-status": all})));
    }
    let all = details(status.as_ref(), has_data);
    let is_short = !has_data && call.flags.get_filled("format").is_none();
    Ok(Output::Value(if is_short { all["status"].clone() } else { all }))
}

fn details(status: Option<&Status>, has_data: bool) -> Value {
    let mut details = match status {
        Some(status) => json!({"status": status.kind.as_str(), "message": status.message}),
        None => json!({"status": "unknown", "message": ""}),
    };
    if has_data {
        details["status-data"] = json!({});
    }
    details
}

fn port(call: &Invocation<'_, '_>) -> Result<Port, HookError> {
    let text = call.only("no port or range specified")?;
    text.parse().map_err(|_| {
        let number = text.split(['-', '/']).next().unwrap_or_default();
        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && number.parse::<u16>().unwrap_or(0) == 0 {
            return usage(format!("port must be in the range [1, 65535]; got \"{number}\""));
        }
        usage(format!("expected <port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp; got \"{text}\""))
    })
}

pub(super) fn open_port(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let port = port(call)?;
    call.t.open_port(port);
    Ok(Output::Silent)
}

pub(super) fn close_port(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let port = port(call)?;
    call.t.close_port(port);
    Ok(Output::Silent)
}

pub(super) fn opened_ports(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    let suffix = if call.flags.is_on("endpoints") { " (*)" } else { "" };
    let mut ports: Vec<String> = call.t.ports().iter().map(|port| format!("{port}{suffix}")).collect();
    ports.sort();
    Ok(Output::list(ports))
}

pub(super) fn state_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let state = call.t.state();
    match call.args().first().filter(|key| *key != "-") {
        None => Ok(Output::Value(json!(state))),
        Some(key) => match state.get(key) {
            None if call.flags.is_on("strict") => Err(HookError::NotFound(format!("\"{key}\" not found"))),
            value => Ok(Output::Value(json!(value.map_or("", String::as_str)))),
        },
    }
}

pub(super) fn state_set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    for (key, value) in keyvalue::pairs(call.flags, call.args(), call.files)? {
        call.t.set_state(&key, Some(&value));
    }
    Ok(Output::Silent)
}

pub(super) fn state_delete(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let key = call.only("no key specified")?;
    call.t.set_state(key, None);
    Ok(Output::Silent)
}

pub(super) fn version_set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let version = call.only("no version specified")?;
    call.t.set_version(version);
    Ok(Output::Silent)
}

pub(super) fn network_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let binding = call.only("no arguments specified")?;
    let relation = call.flags.get_filled("r").is_some().then(|| call.relation(call.flags.get("r"))).transpose()?;
    let network = call.t.network(binding, relation)?;
    let mut asked = Map::new();
    if call.flags.is_on("bind-address") || call.flags.is_on("primary-address") {
        asked.insert("bind-address".to_owned(), json!(network.bind_address()));
    }
    if call.flags.is_on("ingress-address") {
        asked.insert("ingress-address".to_owned(), json!(network.ingress_address()));
    }
    if call.flags.is_on("egress-subnets") {
        asked.insert("egress-subnets".to_owned(), json!(network.egress_subnets));
    }
    Ok(Output::Value(match asked.len() {
        0 => whole(&network),
        1 => asked.into_iter().next().map(|(_, value)| value).unwrap_or_default(),
        _ => asked.into(),
    }))
}

/// The whole network. Each address is in it twice (`value`, `address`), as Juju prints it for old charms.
fn whole(network: &Network) -> Value {
    let interfaces = network.bind_addresses.iter().map(|interface| {
        let addresses = interface.addresses.iter().map(|address| {
            json!({"hostname": address.hostname, "value": address.value, "cidr": address.cidr, "address": address.value})
        });
        json!({
            "mac-address": interface.mac_address,
            "interface-name": interface.interface_name,
            "addresses": addresses.collect::<Vec<_>>(),
        })
    });
    json!({
        "bind-addresses": interfaces.collect::<Vec<_>>(),
        "egress-subnets": network.egress_subnets,
        "ingress-addresses": network.ingress_addresses,
    })
}

pub(super) fn goal_state(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    Ok(Output::Value(json!(call.t.goal_state())))
}

pub(super) fn unit_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    Ok(Output::Value(call.t.unit_get(call.only("no setting specified")?)?.into()))
}

pub(super) fn resource_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let path = call.t.resource(call.only("missing required resource name")?)?;
    Ok(Output::Raw(path.display().to_string()))
}

pub(super) fn credential_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let credential = call.t.credential()?;
    let unreadable = |_| HookError::Refused("the credential is not JSON".to_owned());
    serde_json::from_str(&credential).map(Output::Value).map_err(unreadable)
}

pub(super) fn reboot(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    call.t.reboot(call.flags.is_on("now"))?;
    Ok(Output::Silent)
}
