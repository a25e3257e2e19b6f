//! The charm's options as the workload's settings: which values are right, and what each becomes. Pure.
//!
//! An option is the framework's (its table says so) or the author's own. The author's become variables of the
//! framework's prefix; of an option of type `secret` each key of the secret does.

mod value;

use std::collections::BTreeMap;

use juju::{Config, ConfigOption, ConfigValue, OptionKind, Secret, SecretContent};
use pebble::plan::Environment;

use crate::framework::{Framework, FrameworkOption, Purpose, Rule};
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
    /// The secret key that an option sets, instead of the generated one.
    pub secret_key: Option<Secret>,
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
    for (name, option) in declared {
        let value = config.get(name);
        let outcome = match framework.option(name) {
            Some(ours) => framework_option(framework, ours, value, secrets, &mut settings),
            None if framework.reserves(name) => Ok(()),
            None => user_option(framework, name, option, value, secrets, &mut settings.user),
        };
        problems.extend(outcome.err());
    }
    problems.extend(two_keys(framework, config));
    if problems.is_empty() { Ok(settings) } else { Err(holds(problems)) }
}

fn framework_option(
    framework: &Framework,
    option: &FrameworkOption,
    value: Option<&ConfigValue>,
    secrets: &OptionSecrets,
    settings: &mut Settings,
) -> Result<(), Problem> {
    let Some(value) = value else { return Ok(()) };
    let invalid = |why: String| Problem::Invalid { option: option.name.to_owned(), why };
    let value = checked(option.rule, value).map_err(invalid)?;
    match (option.purpose, value) {
        (Purpose::Variable(name), value) => {
            settings.framework.insert(framework.variable(name), text(&value));
        }
        (Purpose::WebServer(name), ConfigValue::Int(number)) => {
            settings.web_server.insert(name, number);
        }
        (Purpose::WebServer(_), _) => return Err(invalid("must be a whole number".to_owned())),
        (Purpose::WorkerClass, value) => settings.worker_class = worker_class(framework, &value)?,
        (Purpose::SecretKey, value) => settings.secret_key = Some(Secret::from(text(&value))),
        (Purpose::SecretKeyId, _) => settings.secret_key = Some(secret_key(option.name, secrets)?),
    }
    Ok(())
}

/// The value as the rule wants it, or what it must be.
fn checked(rule: Rule, value: &ConfigValue) -> Result<ConfigValue, String> {
    let right = match (rule, value) {
        (Rule::Any, _) => true,
        (Rule::NotEmpty, ConfigValue::String(text)) => !text.is_empty(),
        (Rule::AtLeast(least), ConfigValue::Int(number)) => *number >= least,
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
        class @ ("gevent" | "sync") => Ok(Some(class.to_owned())),
        _ => Err(Problem::Other(Hold::blocked(format!(
            "Only 'gevent' and 'sync' are allowed. https://bit.ly/{}-async-doc",
            framework.name
        )))),
    }
}

/// The only key `value` of the secret that a secret key option refers to.
fn secret_key(option: &str, secrets: &OptionSecrets) -> Result<Secret, Problem> {
    let invalid = |why: &str| Problem::Invalid { option: option.to_owned(), why: why.to_owned() };
    let content = content(option, secrets)?;
    match content.get("value") {
        Some(value) if content.len() == 1 && !value.expose().is_empty() => Ok(value.clone()),
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
        let mut options = framework.options.iter().filter(move |option| option.purpose == purpose);
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
    if option.kind != OptionKind::Secret {
        variables.insert(framework.variable(name), text(value));
        return Ok(());
    }
    for (key, value) in content(name, secrets)? {
        variables.insert(framework.variable(&format!("{name}_{key}")), value.expose().to_owned());
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
    let named = [("missing options", missing), ("invalid options", invalid)];
    let sentences = named.into_iter().filter(|(_, names)| !names.is_empty());
    let mut holds: Vec<_> =
        sentences.map(|(what, names)| Hold::blocked(format!("{what}: {}", names.join(", ")))).collect();
    holds.append(&mut others);
    holds
}

#[cfg(test)]
mod tests;
