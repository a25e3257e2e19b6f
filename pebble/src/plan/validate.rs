//! Validation of layers and of the combined plan, with Pebble's messages.

use super::quote::quote;
use super::{Action, Check, CheckLevel, Error, Layer, LogTarget, LogTargetType, Plan, Service, Startup};
use super::{command, order};

impl Layer {
    /// Validates the layer on its own. [`Layer::parse`] does so.
    ///
    /// # Errors
    /// The first broken rule, in Pebble's words.
    pub fn validate(&self) -> Result<(), Error> {
        if self.label.starts_with("pebble-") {
            return invalid(r#"cannot use reserved label prefix "pebble-""#);
        }
        for (name, service) in &self.services {
            service_name(name)?;
            layer_service(name, service)?;
        }
        for (name, check) in &self.checks {
            layer_check(name, check)?;
        }
        for (name, target) in &self.log_targets {
            layer_target(name, target)?;
        }
        if self.workloads.contains_key("") {
            return invalid(r#"workload "": cannot have an empty name"#);
        }
        if let super::PairingMode::Other(mode) = &self.pairing.mode {
            let modes = r#""disabled", "single" or "multiple""#;
            return invalid(format!("invalid pairing mode {}: should be {modes}", quote(mode)));
        }
        Ok(())
    }
}

fn invalid<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Invalid(message.into()))
}

fn service_name(name: &str) -> Result<(), Error> {
    match name {
        "" => invalid("cannot use empty string as service name"),
        "pebble" => invalid(format!("cannot use reserved service name {}", quote(name))),
        _ if name.starts_with('-') => {
            invalid(format!(r#"cannot use service name {}: starting with "-" not allowed"#, quote(name)))
        }
        _ => Ok(()),
    }
}

fn layer_service(name: &str, service: &Service) -> Result<(), Error> {
    let name = quote(name);
    if let Err(error) = service.parse_command() {
        return invalid(format!("plan service {name} command invalid: cannot parse service {name} command: {error}"));
    }
    action(&name, "on-success", &service.on_success, &Action::FailureShutdown)?;
    action(&name, "on-failure", &service.on_failure, &Action::SuccessShutdown)?;
    for failed in service.on_check_failure.values() {
        action(&name, "on-check-failure", failed, &Action::SuccessShutdown)?;
    }
    match service.backoff_factor {
        Some(factor) if factor < 1.0 => invalid(format!(
            "plan service {name} backoff-factor must be 1.0 or greater, not {}",
            super::emit::float(factor)
        )),
        _ => Ok(()),
    }
}

/// Checks that the action fits the option: three fit every option, and `also` this one.
fn action(service: &str, option: &str, action: &Action, also: &Action) -> Result<(), Error> {
    match action {
        Action::Unset | Action::Restart | Action::Shutdown | Action::Ignore => Ok(()),
        action if action == also => Ok(()),
        _ => invalid(format!("plan service {service} {option} action {} invalid", quote(action.as_str()))),
    }
}

fn layer_check(name: &str, check: &Check) -> Result<(), Error> {
    if name.is_empty() {
        return invalid("cannot use empty string as check name");
    }
    let name = quote(name);
    if let CheckLevel::Other(_) = check.level {
        return invalid(format!(r#"plan check {name} level must be "alive" or "ready""#));
    }
    if let Startup::Other(_) = check.startup {
        return invalid(format!(r#"plan check {name} startup must be "enabled" or "disabled""#));
    }
    if check.period.is_some_and(|period| period.as_nanos() == 0) {
        return invalid(format!("plan check {name} period must not be zero"));
    }
    if check.timeout.is_some_and(|timeout| timeout.as_nanos() == 0) {
        return invalid(format!("plan check {name} timeout must not be zero"));
    }
    match check.exec.as_ref().map(|exec| command::split(&exec.command)) {
        Some(Err(error)) => invalid(format!("plan check {name} command invalid: {error}")),
        _ => Ok(()),
    }
}

fn layer_target(name: &str, target: &LogTarget) -> Result<(), Error> {
    let name = quote(name);
    if let Some(label) = target.labels.keys().find(|label| label.starts_with("pebble_")) {
        return invalid(format!(r#"log target {name}: label {} uses reserved prefix "pebble_""#, quote(label)));
    }
    match &target.type_ {
        LogTargetType::Other(word) => invalid(format!(
            r#"log target {name} has unsupported type {}, must be "loki", "opentelemetry" or "syslog""#,
            quote(word)
        )),
        _ => Ok(()),
    }
}

impl Plan {
    /// Validates the combined plan. [`super::combine`] does so.
    ///
    /// # Errors
    /// The first broken rule, in Pebble's words.
    pub fn validate(&self) -> Result<(), Error> {
        for (name, service) in &self.services {
            if service.command.is_empty() {
                return invalid(format!(r#"plan must define "command" for service {}"#, quote(name)));
            }
        }
        for (name, check) in &self.checks {
            self.plan_check(&quote(name), check)?;
        }
        for (name, target) in &self.log_targets {
            self.plan_target(&quote(name), target)?;
        }
        order::check(self)?;
        self.services.iter().try_for_each(|(name, service)| self.plan_workload(name, service))
    }

    fn plan_check(&self, name: &str, check: &Check) -> Result<(), Error> {
        if check.http.as_ref().is_some_and(|http| http.url.is_empty()) {
            return invalid(format!(r#"plan must set "url" for http check {name}"#));
        }
        if check.tcp.as_ref().is_some_and(|tcp| tcp.port == 0) {
            return invalid(format!(r#"plan must set "port" for tcp check {name}"#));
        }
        if let Some(exec) = &check.exec {
            if exec.command.is_empty() {
                return invalid(format!(r#"plan must set "command" for exec check {name}"#));
            }
            let context = &exec.service_context;
            if !context.is_empty() && !self.services.contains_key(context) {
                let context = quote(context);
                return invalid(format!("plan check {name} service context specifies non-existent service {context}"));
            }
        }
        let kinds = [check.http.is_some(), check.tcp.is_some(), check.exec.is_some()];
        if kinds.into_iter().filter(|set| *set).count() != 1 {
            return invalid(format!(r#"plan must specify one of "http", "tcp", or "exec" for check {name}"#));
        }
        Ok(())
    }

    fn plan_target(&self, name: &str, target: &LogTarget) -> Result<(), Error> {
        if target.type_.is_unset() {
            let types = r#""loki", "opentelemetry" or "syslog""#;
            return invalid(format!(r#"plan must define "type" ({types}) for log target {name}"#));
        }
        for service in &target.services {
            let service = service.strip_prefix('-').unwrap_or(service);
            if service != "all" && !self.services.contains_key(service) {
                return invalid(format!("log target {name} specifies unknown service {}", quote(service)));
            }
        }
        if target.location.is_empty() {
            return invalid(format!(r#"plan must define "location" for log target {name}"#));
        }
        Ok(())
    }

    fn plan_workload(&self, name: &str, service: &Service) -> Result<(), Error> {
        if service.workload.is_empty() {
            return Ok(());
        }
        if !self.workloads.contains_key(&service.workload) {
            let workload = quote(&service.workload);
            return invalid(format!("workload {workload}: not defined for service {}", quote(name)));
        }
        let both = |what| {
            invalid(format!(
                "plan service {} cannot have {what} information and a workload at the same time",
                quote(name)
            ))
        };
        if service.user_id.is_some() || !service.user.is_empty() {
            return both("user");
        }
        if service.group_id.is_some() || !service.group.is_empty() {
            return both("group");
        }
        Ok(())
    }
}
