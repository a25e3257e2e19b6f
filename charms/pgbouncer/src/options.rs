//! The charm's options, checked.

use std::fmt;

use juju::Config;

/// Time for which a server connection belongs to one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "PgBouncer's own words")]
pub enum PoolMode {
    #[default]
    Session,
    Transaction,
    Statement,
}

impl PoolMode {
    /// PgBouncer's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Session, Self::Transaction, Self::Statement].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// The options with valid values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Port of all instances.
    pub listen_port: u16,
    /// Pool mode of all databases.
    pub pool_mode: PoolMode,
    /// Most server connections of a database; 0 for no limit.
    pub max_db_connections: u32,
    /// Most prepared statements that PgBouncer keeps for a server connection.
    pub max_prepared_statements: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen_port: 6432, pool_mode: PoolMode::Session, max_db_connections: 100, max_prepared_statements: 100 }
    }
}

/// Beginning of the message about invalid options.
pub(crate) const INVALID: &str = "invalid config";

/// Options with values that PgBouncer or the charm can't use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOptions(pub Vec<&'static str>);

impl fmt::Display for InvalidOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{INVALID}: {}", self.0.join(", "))
    }
}

impl std::error::Error for InvalidOptions {}

impl Options {
    /// Reads the options. One without a value has its default.
    ///
    /// # Errors
    /// The names of all options with invalid values.
    pub fn read(config: &Config) -> Result<Self, InvalidOptions> {
        let default = Self::default();
        let mut invalid = Vec::new();
        let mut number = |name: &'static str, least: i64, most: i64| {
            let value = config.get(name).map(juju::ConfigValue::as_int);
            let valid = value.flatten().filter(|value| (least..=most).contains(value));
            if value.is_some() && valid.is_none() {
                invalid.push(name);
            }
            valid.and_then(|value| u32::try_from(value).ok())
        };
        let port = number("listen_port", 1, i64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok());
        let connections = number("max_db_connections", 0, i64::from(i32::MAX));
        let statements = number("max_prepared_statements", 0, 1000);
        let mode = config.get("pool_mode").map(|value| value.as_str().and_then(PoolMode::parse));
        if mode == Some(None) {
            invalid.push("pool_mode");
        }
        if !invalid.is_empty() {
            return Err(InvalidOptions(invalid));
        }
        Ok(Self {
            listen_port: port.unwrap_or(default.listen_port),
            pool_mode: mode.flatten().unwrap_or(default.pool_mode),
            max_db_connections: connections.unwrap_or(default.max_db_connections),
            max_prepared_statements: statements.unwrap_or(default.max_prepared_statements),
        })
    }
}

#[cfg(test)]
mod tests {
    use juju::ConfigValue;

    use super::*;

    fn read(name: &str, value: impl Into<ConfigValue>) -> Result<Options, InvalidOptions> {
        Options::read(&Config::from_iter([(name, value)]))
    }

    #[test]
    fn every_option_has_a_default() {
        assert_eq!(Options::read(&Config::default()), Ok(Options::default()));
    }

    #[test]
    fn valid_values_are_taken_up_to_their_limits() {
        for (port, expected) in [(1, 1), (65_535, 65_535)] {
            assert_eq!(read("listen_port", port).unwrap().listen_port, expected);
        }
        assert_eq!(read("pool_mode", "statement").unwrap().pool_mode, PoolMode::Statement);
        assert_eq!(read("max_db_connections", 0).unwrap().max_db_connections, 0);
        assert_eq!(read("max_prepared_statements", 1000).unwrap().max_prepared_statements, 1000);
    }

    #[test]
    fn invalid_values_are_named_all_together() {
        for port in [0, -1, 65_536, i64::MAX] {
            assert_eq!(read("listen_port", port), Err(InvalidOptions(vec!["listen_port"])));
        }
        let config = Config::from_iter([
            ("listen_port", ConfigValue::from("6432")),
            ("pool_mode", ConfigValue::from("Session")),
            ("max_db_connections", ConfigValue::from(-1)),
            ("max_prepared_statements", ConfigValue::from(1001)),
        ]);
        let invalid = Options::read(&config).unwrap_err().to_string();
        assert_eq!(invalid, "invalid config: listen_port, max_db_connections, max_prepared_statements, pool_mode");
    }
}
