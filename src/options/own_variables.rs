//! Variables that `webcharm.yaml` takes from options, and from the user's secrets that options name.

use std::collections::BTreeMap;

use juju::{Config, Hold, Secret};
use pebble::plan::Environment;
use switches::{Origin, Variable};

use super::{OptionSecrets, Problem, content, holds, set, text};
use crate::variables::pointed;

/// Makes the variables.
///
/// # Errors
///
/// A hold with all options that are required and not set, and one with those whose value can't be used.
pub fn own_variables(
    declared: &BTreeMap<String, Variable>,
    config: &Config,
    secrets: &OptionSecrets,
) -> Result<Environment, Vec<Hold>> {
    let (mut all, mut problems) = (Environment::new(), Vec::new());
    for (name, variable) in declared {
        let (Origin::Option(option) | Origin::Secret { option, .. }) = &variable.origin else { continue };
        let invalid = |why: String| Problem::Invalid { option: option.clone(), why };
        let outcome = value(variable, option, config, secrets).and_then(|value| match value {
            Some(value) => set(&mut all, name.clone(), &value).map_err(invalid),
            None if variable.required => Err(Problem::Missing { option: option.clone() }),
            None => Ok(()),
        });
        problems.extend(outcome.err());
    }
    if problems.is_empty() { Ok(all) } else { Err(holds(problems)) }
}

fn value(
    variable: &Variable,
    option: &str,
    config: &Config,
    secrets: &OptionSecrets,
) -> Result<Option<String>, Problem> {
    let given = match (&variable.origin, config.get(option)) {
        (Origin::Secret { field, .. }, Some(_)) => {
            content(option, secrets)?.get(field).map(Secret::expose).map(str::to_owned)
        }
        (_, given) => given.map(text),
    };
    let found = pointed(given.as_deref(), variable.pointer.as_deref());
    let found = found.map_err(|why| Problem::Invalid { option: option.to_owned(), why: why.to_owned() })?;
    Ok(found.filter(|value| !value.is_empty()).or_else(|| variable.default.clone()))
}

#[cfg(test)]
mod tests {
    use juju::{ConfigValue, SecretContent};
    use switches::Switches;

    use super::*;

    fn own(
        declared: &str,
        config: &[(&str, &str)],
        secret: Option<&[(&str, &str)]>,
    ) -> Result<Vec<String>, Vec<String>> {
        let declared = Switches::parse(format!("variables: {declared}").as_bytes()).unwrap().variables;
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), ConfigValue::String((*value).to_owned())));
        let content = |fields: &[(&str, &str)]| {
            fields.iter().map(|(field, value)| ((*field).to_owned(), Secret::from(*value))).collect::<SecretContent>()
        };
        let secret = secret.map(content).ok_or_else(|| "its secret does not exist".to_owned());
        let secrets = [("key".to_owned(), secret)].into();
        let all = own_variables(&declared, &config.collect(), &secrets);
        let all = all.map(|all| all.iter().map(|(name, value)| format!("{name}={value}")).collect());
        all.map_err(|holds| holds.into_iter().map(|hold| hold.message).collect())
    }

    #[test]
    fn options_and_fields_of_secrets_become_variables_of_any_name() {
        let declared = "{A: {option: a}, B: {option: b, default: none}, C: {option: key, secret: token}, \
            D: {option: json, json-pointer: /x}, E: {option: b}, F: plain}";
        let config = [("a", "1"), ("key", "secret:x"), ("json", r#"{"x": true}"#)];
        let all = own(declared, &config, Some(&[("token", "t")]));
        assert_eq!(all.unwrap(), ["A=1", "B=none", "C=t", "D=true"]);
    }

    #[test]
    fn a_required_option_and_an_unreadable_secret_are_told() {
        let missing = own("{A: {option: a, required: true}, B: {option: b, required: true}}", &[("b", "")], None);
        assert_eq!(missing.unwrap_err(), ["missing options: a, b"]);
        let secret = own("{A: {option: key, secret: token}}", &[("key", "secret:x")], None);
        assert_eq!(secret.unwrap_err(), ["invalid options: key (its secret does not exist)"]);
        let field =
            own("{A: {option: key, secret: token, required: true}}", &[("key", "secret:x")], Some(&[("a", "b")]));
        assert_eq!(field.unwrap_err(), ["missing options: key"]);
        let wrong = own("{A: {option: a, json-pointer: /x}}", &[("a", "{")], None);
        assert_eq!(wrong.unwrap_err(), ["invalid options: a (it is not JSON)"]);
    }
}
