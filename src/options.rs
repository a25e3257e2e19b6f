//! The workload's settings from the charm's options: checks of values, and the variables they become. Pure.
//!
//! An option is the framework's, if its tables have it, or the author's. An author's option becomes a variable with the
//! framework's prefix; of an option of type `secret`, each field of the secret becomes one.

mod own_variables;
mod value;

use std::collections::BTreeMap;

use juju::{Config, ConfigOption, ConfigValue, Hold, OptionKind, SecretContent};
use pebble::plan::Environment;

use crate::framework::gunicorn::WORKER_CLASSES;
use crate::framework::{Framework, FrameworkOption, Purpose, Rule};
pub use own_variables::own_variables;
pub(crate) use value::text;

/// Content of the secret that each option of type `secret` refers to, or the reason why it can't be read, for a status.
pub type OptionSecrets = BTreeMap<String, Result<SecretContent, String>>;

/// Checked values of the options.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Variables of the author's options.
    pub user: Environment,
    /// Variables of the framework's options. They override the author's.
    pub framework: Environment,
    /// Values of the framework's options by name, without secrets.
    pub values: BTreeMap<&'static str, String>,
    /// Settings of the web server.
    pub web_server: BTreeMap<&'static str, i64>,
    /// Class of the web server's workers, if an option sets it.
    pub worker_class: Option<String>,
}

/// Error in the options. `option` is the name in the charm.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// Required option without a value.
    Missing { option: String },
    /// Invalid value.
    Invalid { option: String, why: String },
    /// Error with a message of its own.
    Other(Hold),
}

/// Checks the options and makes the settings.
///
/// # Errors
///
/// All errors: a hold with the missing options, one with the invalid options and their rules, then those with messages
/// of their own.
pub fn settings(
    framework: &Framework,
    declared: &BTreeMap<String, ConfigOption>,
    config: &Config,
    secrets: &OptionSecrets,
) -> Result<Settings, Vec<Hold>> {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for option in framework.options() {
        let kind = declared.get(option.name).map_or(option.kind, |declared| declared.kind);
        let Some(value) = value(option, config) else { continue };
        let outcome = framework_option(framework, option, kind, &value, secrets, &mut settings);
        problems.extend(outcome.err());
    }
    for (name, option) in declared.iter().filter(|(name, _)| !framework.reserves(name)) {
        let outcome = user_option(framework, name, option, config.get(name), secrets, &mut settings.user);
        problems.extend(outcome.err());
    }
    problems.extend(two_keys(framework, config));
    if problems.is_empty() { Ok(settings) } else { Err(holds(problems)) }
}

/// Value of a framework's option, or its default.
fn value(option: &FrameworkOption, config: &Config) -> Option<ConfigValue> {
    config.get(option.name).cloned().or_else(|| option.undeclared())
}

/// Value of the framework's option with this purpose.
fn value_for(framework: &Framework, purpose: Purpose, config: &Config) -> Option<ConfigValue> {
    framework.options().filter(|option| option.purpose == purpose).find_map(|option| value(option, config))
}

/// Port that an option sets, else the framework's default. `None` if the option is invalid.
#[must_use]
pub fn port(framework: &Framework, config: &Config) -> Option<u16> {
    match value_for(framework, Purpose::Port, config) {
        Some(value) => as_port(&value),
        None => Some(framework.port),
    }
}

/// Port and path of the metrics, if options set them.
#[must_use]
pub fn metrics(framework: &Framework, config: &Config) -> (Option<u16>, Option<String>) {
    let port = value_for(framework, Purpose::MetricsPort, config).and_then(|value| as_port(&value));
    let path = value_for(framework, Purpose::MetricsPath, config).map(|value| text(&value));
    (port, path)
}

/// True if an option of the metrics has an invalid value.
#[must_use]
pub fn has_invalid_metrics(framework: &Framework, config: &Config) -> bool {
    let is_of_metrics =
        |option: &&FrameworkOption| matches!(option.purpose, Purpose::MetricsPort | Purpose::MetricsPath);
    let mut options = framework.options().filter(is_of_metrics);
    options.any(|option| value(option, config).is_some_and(|value| checked(option.rule, &value).is_err()))
}

fn as_port(value: &ConfigValue) -> Option<u16> {
    value.as_int().and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0)
}

fn framework_option(
    framework: &Framework,
    option: &FrameworkOption,
    kind: OptionKind,
    value: &ConfigValue,
    secrets: &OptionSecrets,
    settings: &mut Settings,
) -> Result<(), Problem> {
    let invalid = |why: String| Problem::Invalid { option: option.name.to_owned(), why };
    let value = match option.purpose {
        Purpose::WorkerClass => {
            settings.worker_class = worker_class(framework, value)?;
            return Ok(());
        }
        Purpose::SecretKeyId => secret_key(option.name, secrets)?,
        // The first line declares this option as text, later charms as a Juju secret.
        Purpose::SecretKey if kind == OptionKind::Secret => secret_key(option.name, secrets)?,
        _ => text(&checked(option.rule, value).map_err(invalid)?),
    };
    if let Purpose::WebServer(name) = option.purpose {
        let number = value.parse().map_err(|_| invalid("must be a whole number".to_owned()))?;
        settings.web_server.insert(name, number);
    }
    option.variables.iter().try_for_each(|name| fits(name, &value)).map_err(invalid)?;
    settings.framework.extend(option.variables.iter().map(|name| (*name, value.clone())));
    if !matches!(option.purpose, Purpose::SecretKey | Purpose::SecretKeyId) {
        settings.values.insert(option.name, value);
    }
    Ok(())
}

/// Longest variable in bytes, with name, `=` and the final zero: Linux's `MAX_ARG_STRLEN`.
const LONGEST_VARIABLE: usize = 128 << 10;

/// Adds a variable. Fails if a process can't have it.
fn set(variables: &mut Environment, name: String, value: &str) -> Result<(), String> {
    fits(&name, value)?;
    variables.insert(name, value.to_owned());
    Ok(())
}

/// Checks that a process can have this variable. The error is the predicate of the value.
pub(crate) fn fits(name: &str, value: &str) -> Result<(), String> {
    if value.contains('\0') {
        return Err("has a zero character, which no variable can hold".to_owned());
    }
    let room = LONGEST_VARIABLE.saturating_sub(name.len() + 2);
    if value.len() > room { Err(format!("is longer than the {room} bytes that a variable can hold")) } else { Ok(()) }
}

/// Checks a value and returns it in the form for the workload, or returns the rule in words.
fn checked(rule: Rule, value: &ConfigValue) -> Result<ConfigValue, String> {
    let right = match (rule, value) {
        (Rule::Any, _) => true,
        (Rule::NotEmpty, ConfigValue::String(text)) => !text.is_empty(),
        (Rule::AtLeast(least), ConfigValue::Int(number)) => *number >= least,
        (Rule::Port, value) => as_port(value).is_some(),
        (Rule::OneOf(words), ConfigValue::String(text)) => words.contains(&text.as_str()),
        (Rule::NamedPath, ConfigValue::String(text)) => text.split('/').any(|part| !part.is_empty()),
        (Rule::UrlScheme, ConfigValue::String(text)) => {
            let capitals = text.to_uppercase();
            if ["HTTP", "HTTPS"].contains(&capitals.as_str()) {
                return Ok(ConfigValue::String(capitals));
            }
            false
        }
        _ => false,
    };
    if right { Ok(value.clone()) } else { Err(rule.to_string()) }
}

fn worker_class(framework: &Framework, value: &ConfigValue) -> Result<Option<String>, Problem> {
    match text(value).as_str() {
        "" => Ok(None),
        class if WORKER_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        _ => Err(Problem::Other(Hold::blocked(format!(
            "Only 'gevent' and 'sync' are allowed. https://bit.ly/{}-async-doc",
            framework.name
        )))),
    }
}

/// Secret key in the secret of an option, which must have the field `value` alone.
fn secret_key(option: &str, secrets: &OptionSecrets) -> Result<String, Problem> {
    let invalid = |why: &str| Problem::Invalid { option: option.to_owned(), why: why.to_owned() };
    let content = content(option, secrets)?;
    match content.get("value") {
        Some(value) if content.len() == 1 && !value.expose().is_empty() => Ok(value.expose().to_owned()),
        Some(_) => Err(invalid("its secret must have the key 'value', not empty, and no other")),
        None => Err(invalid("its secret must have the key 'value'")),
    }
}

fn content<'a>(option: &str, secrets: &'a OptionSecrets) -> Result<&'a SecretContent, Problem> {
    match secrets.get(option) {
        Some(Ok(content)) => Ok(content),
        Some(Err(why)) => Err(Problem::Invalid { option: option.to_owned(), why: why.clone() }),
        None => Err(Problem::Invalid { option: option.to_owned(), why: "its secret was not read".to_owned() }),
    }
}

/// Error if one option sets the secret key as text and another as a Juju secret.
fn two_keys(framework: &Framework, config: &Config) -> Option<Problem> {
    let set = |purpose: Purpose| {
        let mut options = framework.options().filter(move |option| option.purpose == purpose);
        options.find(|option| config.get(option.name).is_some())
    };
    let (clear, id) = (set(Purpose::SecretKey)?, set(Purpose::SecretKeyId)?);
    Some(Problem::Invalid {
        option: id.name.to_owned(),
        why: format!("set either this option or {}, not both", clear.name),
    })
}

fn user_option(
    framework: &Framework,
    name: &str,
    option: &ConfigOption,
    value: Option<&ConfigValue>,
    secrets: &OptionSecrets,
    variables: &mut Environment,
) -> Result<(), Problem> {
    let Some(value) = value else {
        let required = option.optional == Some(false);
        return if required { Err(Problem::Missing { option: name.to_owned() }) } else { Ok(()) };
    };
    let invalid = |why: String| Problem::Invalid { option: name.to_owned(), why };
    if option.kind != OptionKind::Secret {
        return set(variables, framework.variable(name), &text(value)).map_err(invalid);
    }
    for (key, value) in content(name, secrets)? {
        let variable = framework.variable(&format!("{name}_{key}"));
        set(variables, variable, value.expose()).map_err(|why| invalid(format!("its secret's {key} {why}")))?;
    }
    Ok(())
}

/// Holds of the errors: `missing options: a`, `invalid options: b (why)`, then the others.
fn holds(problems: Vec<Problem>) -> Vec<Hold> {
    let (mut missing, mut invalid, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for problem in problems {
        match problem {
            Problem::Missing { option } => missing.push(option),
            Problem::Invalid { option, why } => invalid.push(format!("{option} ({why})")),
            Problem::Other(hold) => others.push(hold),
        }
    }
    missing.sort_unstable();
    invalid.sort_unstable();
    let named = [("missing options", missing), ("invalid options", invalid)];
    let sentences = named.into_iter().filter(|(_, names)| !names.is_empty());
    let mut holds: Vec<_> =
        sentences.map(|(what, names)| Hold::blocked(format!("{what}: {}", names.join(", ")))).collect();
    holds.append(&mut others);
    holds
}

#[cfg(test)]
mod tests;
