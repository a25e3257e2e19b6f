//! Options: an operator sets and resets them, and the charm's declaration limits their names and types.

use super::{Application, Error, Model};
use juju::{Config, ConfigOption, ConfigValue, OptionKind, SecretId};
use std::collections::BTreeMap;

impl Model {
    /// Sets options. The units get config-changed if a value differs from before.
    ///
    /// # Errors
    /// There is no such application, or an option is unknown or of another type; then all options stay as they are.
    pub fn configure(&mut self, app: &str, settings: &BTreeMap<String, ConfigValue>) -> Result<(), Error> {
        let app = self.application_mut(app)?;
        for (name, value) in settings {
            check_type(name, app.option(name)?, value)?;
        }
        let before = app.config();
        app.settings.extend(settings.clone());
        app.note_config(&before);
        Ok(())
    }

    /// Sets options from text, as an operator types them.
    ///
    /// # Errors
    /// The same as [`Model::configure`].
    pub fn configure_text(&mut self, app: &str, settings: &BTreeMap<String, String>) -> Result<(), Error> {
        let declared = self.application(app)?;
        let read =
            |(name, text): (&String, &String)| Ok((name.clone(), read_value(name, declared.option(name)?, text)?));
        let values = settings.iter().map(read).collect::<Result<_, Error>>()?;
        self.configure(app, &values)
    }

    /// Resets options to their defaults.
    ///
    /// # Errors
    /// There is no such application, or an option is unknown.
    pub fn reset_config(&mut self, app: &str, options: &[&str]) -> Result<(), Error> {
        let app = self.application_mut(app)?;
        let before = app.config();
        for option in options {
            app.option(option)?;
            app.settings.remove(*option);
        }
        app.note_config(&before);
        Ok(())
    }

    /// An application's options that have a value.
    ///
    /// # Errors
    /// There is no such application.
    pub fn config(&self, app: &str) -> Result<Config, Error> {
        Ok(self.application(app)?.config())
    }
}

impl Application {
    fn option(&self, name: &str) -> Result<&ConfigOption, Error> {
        let options = self.charm.as_ref().map(|charm| &charm.options);
        options.and_then(|options| options.get(name)).ok_or_else(|| Error::UnknownOption {
            option: name.to_owned(),
            known: options.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
        })
    }

    fn note_config(&mut self, before: &Config) {
        if self.config() != *before {
            self.config_version += 1;
        }
    }
}

/// Refuses a value of another type than the option's. A secret option takes a secret's id, or the empty string if it is
/// not set.
pub(crate) fn check_type(name: &str, option: &ConfigOption, value: &ConfigValue) -> Result<(), Error> {
    let is_secret = |text: &str| text.is_empty() || text.parse::<SecretId>().is_ok();
    let is_address = option.kind != OptionKind::Secret || value.as_str().is_some_and(is_secret);
    if option.kind.accepts(value) && is_address {
        return Ok(());
    }
    Err(wrong_type(
        name,
        option,
        match value {
            ConfigValue::String(_) => "text",
            ConfigValue::Int(_) => "a whole number",
            ConfigValue::Float(_) => "a number",
            ConfigValue::Bool(_) => "a boolean",
        },
    ))
}

fn wrong_type(name: &str, option: &ConfigOption, got: &'static str) -> Error {
    Error::ConfigType { option: name.to_owned(), expected: option.kind.as_str(), got }
}

fn read_value(name: &str, option: &ConfigOption, text: &str) -> Result<ConfigValue, Error> {
    let value = match option.kind {
        OptionKind::String | OptionKind::Secret => Some(ConfigValue::String(text.to_owned())),
        OptionKind::Int => text.parse().ok().map(ConfigValue::Int),
        OptionKind::Float => text.parse().ok().map(ConfigValue::Float),
        OptionKind::Boolean => text.to_lowercase().parse().ok().map(ConfigValue::Bool),
    };
    value.ok_or_else(|| wrong_type(name, option, "text"))
}
