//! The charm's options as the workload's settings: which values are right, and what each becomes. Pure.
//!
//! An option is the framework's (its table says so) or the author's own. The author's become variables of the
//! framework's prefix; of an option of type `secret` each key of the secret does.

mod value;

use std::collections::BTreeMap;

use juju::{Config, ConfigOption, ConfigValue, OptionKind, SecretContent};
use pebble::plan::Environment;

use crate::framework::{Framework, FrameworkOption, Purpose, Rule};
use crate::gunicorn::WORKER_CLASSES;
use crate::hold::Hold;
use value::text;

/// What each option of type `secret` refers to; an unreadable one is the reason, ready for the operator.
pub type OptionSecrets = BTreeMap<String, Result<SecretContent, String>>;

/// The options' values, checked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The author's variables.
    pub user: Environment,
    /// The framework's variables, which go above the author's.
    pub framework: Environment,
    /// The values of the framework's options that aren't secret, by the options' names.
    pub values: BTreeMap<&'static str, String>,
    /// The web server's settings.
    pub web_server: BTreeMap<&'static str, i64>,
    /// The class of the web server's workers, where it's set.
    pub worker_class: Option<String>,
}

/// What is wrong with the options. `option` is the name as the operator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// The charm needs it, and it isn't set.
    Missing { option: String },
    /// Its value isn't right.
    Invalid { option: String, why: String },
    /// A reason with words of its own.
    Other(Hold),
}

/// Reads the settings.
///
/// # Errors
///
/// Everything that is wrong, all of it: a hold that names the missing and the invalid options and what they must be,
/// then those with words of their own.
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

/// What a framework's option is set to, or is where it isn't set.
fn value(option: &FrameworkOption, config: &Config) -> Option<ConfigValue> {
    config.get(option.name).cloned().or_else(|| option.undeclared())
}

/// The value of the framework's option with this purpose.
fn value_for(framework: &Framework, purpose: Purpose, config: &Config) -> Option<ConfigValue> {
    framework.options().filter(|option| option.purpose == purpose).find_map(|option| value(option, config))
}

/// The port that options say, or the framework's own; none if it isn't one.
#[must_use]
pub fn port(framework: &Framework, config: &Config) -> Option<u16> {
    match value_for(framework, Purpose::Port, config) {
        Some(value) => as_port(&value),
        None => Some(framework.port),
    }
}

/// Port and path of metrics as far as options say them.
#[must_use]
pub fn metrics(framework: &Framework, config: &Config) -> (Option<u16>, Option<String>) {
    let port = value_for(framework, Purpose::MetricsPort, config).and_then(|value| as_port(&value));
    let path = value_for(framework, Purpose::MetricsPath, config).map(|value| text(&value));
    (port, path)
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
        // What was text in the first line is a Juju secret in later charms.
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

/// The most bytes of `NAME=value` and the zero after it that Linux gives to a process (`MAX_ARG_STRLEN`).
const LONGEST_VARIABLE: usize = 128 << 10;

/// Adds a variable; or says why no process can have it.
fn set(variables: &mut Environment, name: String, value: &str) -> Result<(), String> {
    fits(&name, value)?;
    variables.insert(name, value.to_owned());
    Ok(())
}

fn fits(name: &str, value: &str) -> Result<(), String> {
    if value.contains('\0') {
        return Err("has a zero character, which no variable can hold".to_owned());
    }
    let room = LONGEST_VARIABLE.saturating_sub(name.len() + 2);
    if value.len() > room { Err(format!("is longer than the {room} bytes that a variable can hold")) } else { Ok(()) }
}

/// The value as the rule wants it, or what it must be.
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

/// The only key `value` of the secret that a secret key option refers to.
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

/// A secret key in clear and one in a Juju secret contradict each other.
fn two_keys(framework: &Framework, config: &Config) -> Option<Problem> {
    let set = |purpose: Purpose| {
        let mut options = framework.options().filter(move |option| option.purpose == purpose);
        options.find(|option| config.get(option.name).is_some())
    };
    let (clear, id) = (set(Purpose::SecretKey)?, set(Purpose::SecretKeyId)?);
    Some(Problem::Invalid { option: id.name.to_owned(), why: format!("set either it or {}, not both", clear.name) })
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

/// Missing and invalid options in one hold, in the words of `missing options: a` and `invalid options: b (why)`.
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
