//! The options of a framework, as rows of tables. The charm checks values with them, and a test compares
//! `docs/options.md` with them.

use std::fmt;

use juju::{ConfigValue, OptionKind};

/// Option of a framework.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameworkOption {
    /// Name in the charm.
    pub name: &'static str,
    /// Type that charmcraft's extension declares.
    pub kind: OptionKind,
    /// Default value.
    pub default: Option<Value>,
    /// True if the default also applies in a charm that does not declare the option, or declares it without a default.
    pub always: bool,
    /// True if only the charm's author declares the option, not charmcraft's extension.
    pub authors: bool,
    /// Rule for valid values.
    pub rule: Rule,
    /// Use of the value, other than as variables.
    pub purpose: Purpose,
    /// Full names of the variables that get the value.
    pub variables: &'static [&'static str],
}

/// Default value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Boolean.
    Bool(bool),
    /// Integer.
    Int(i64),
    /// Text.
    Text(&'static str),
}

/// Use of an option's value, other than as variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// No other use.
    Variables,
    /// Source of a variable that the framework computes. The text describes the variable, for `docs/options.md`.
    Own(&'static str),
    /// Port that the workload listens on.
    Port,
    /// Port of the workload's metrics.
    MetricsPort,
    /// Path of the workload's metrics.
    MetricsPath,
    /// Setting of this name in gunicorn's configuration file.
    WebServer(&'static str),
    /// Class of gunicorn's workers.
    WorkerClass,
    /// Secret key of the application as text, or a Juju secret if the charm declares that type.
    SecretKey,
    /// Juju secret whose field `value` is the secret key of the application.
    SecretKeyId,
}

/// Rule for valid values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Any value of the option's type.
    Any,
    /// Text that isn't empty.
    NotEmpty,
    /// Integer, at least this.
    AtLeast(i64),
    /// Port from 1 to 65535.
    Port,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Path with at least one name: not only slashes.
    NamedPath,
    /// `http` or `https` in any case. The workload gets capitals.
    UrlScheme,
}

impl FrameworkOption {
    const fn new(name: &'static str, kind: OptionKind, rule: Rule) -> Self {
        Self {
            name,
            kind,
            default: None,
            always: false,
            authors: false,
            rule,
            purpose: Purpose::Variables,
            variables: &[],
        }
    }

    /// Text option.
    #[must_use]
    pub const fn text(name: &'static str, rule: Rule) -> Self {
        Self::new(name, OptionKind::String, rule)
    }

    /// Integer option.
    #[must_use]
    pub const fn int(name: &'static str, rule: Rule) -> Self {
        Self::new(name, OptionKind::Int, rule)
    }

    /// Boolean option.
    #[must_use]
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, OptionKind::Boolean, Rule::Any)
    }

    /// Option that refers to a Juju secret.
    #[must_use]
    pub const fn secret(name: &'static str) -> Self {
        Self::new(name, OptionKind::Secret, Rule::Any)
    }

    /// Sets the purpose.
    #[must_use]
    pub const fn used_as(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// Sets the variables.
    #[must_use]
    pub const fn gives(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }

    /// Sets the default that charmcraft declares.
    #[must_use]
    pub const fn or(self, default: Value) -> Self {
        Self { default: Some(default), ..self }
    }

    /// Applies the default in every charm.
    #[must_use]
    pub const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// Marks an option that only the charm's author declares.
    #[must_use]
    pub const fn authors(self) -> Self {
        Self { authors: true, ..self }
    }

    /// Value for a charm in which the option has neither value nor default.
    #[must_use]
    pub fn undeclared(&self) -> Option<ConfigValue> {
        self.default.filter(|_| self.always).map(ConfigValue::from)
    }

    /// Describes the use of the value, for `docs/options.md`.
    #[must_use]
    pub fn usage(&self) -> String {
        let variables = self.variables.iter().map(|name| format!("`{name}`"));
        let purpose = Some(self.purpose.to_string()).filter(|words| !words.is_empty());
        let authors = self.authors.then(|| "if the charm's author declares it".to_owned());
        variables.chain(purpose).chain(authors).collect::<Vec<_>>().join(", ")
    }
}

/// Makes the two options of a secret key. `variables` get the key from either.
#[must_use]
pub const fn secret_key(
    name: &'static str,
    id: &'static str,
    variables: &'static [&'static str],
) -> [FrameworkOption; 2] {
    [
        FrameworkOption::text(name, Rule::NotEmpty).used_as(Purpose::SecretKey).gives(variables),
        FrameworkOption::secret(id).used_as(Purpose::SecretKeyId).gives(variables),
    ]
}

/// Makes the two options of the metrics' port and path, with the variables of each. `default` is the path.
#[must_use]
pub const fn metrics(
    port: &'static [&'static str],
    path: &'static [&'static str],
    default: &'static str,
) -> [FrameworkOption; 2] {
    [
        FrameworkOption::int("metrics-port", Rule::Port).used_as(Purpose::MetricsPort).gives(port).or(Value::Int(8080)),
        FrameworkOption::text("metrics-path", Rule::NotEmpty)
            .used_as(Purpose::MetricsPath)
            .gives(path)
            .or(Value::Text(default)),
    ]
}

impl From<Value> for ConfigValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(yes) => Self::Bool(yes),
            Value::Int(number) => Self::Int(number),
            Value::Text(text) => Self::String(text.to_owned()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ConfigValue::from(*self).fmt(f)
    }
}

impl fmt::Display for Purpose {
    /// Describes the purpose, for `docs/options.md`. Empty for [`Purpose::Variables`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables => Ok(()),
            Self::Own(words) => f.write_str(words),
            Self::Port => f.write_str("the port the application listens on"),
            Self::MetricsPort => f.write_str("the port of the application's metrics"),
            Self::MetricsPath => f.write_str("the path of the application's metrics"),
            Self::WebServer(name) => write!(f, "gunicorn's `{name}`"),
            Self::WorkerClass => f.write_str("the class of gunicorn's workers"),
            Self::SecretKey => f.write_str("instead of the key that the charm generates"),
            Self::SecretKeyId => f.write_str("the secret key as a Juju secret with the one key `value`"),
        }
    }
}

impl Rule {
    /// Describes valid values, such as "1 or more".
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::NotEmpty => "not empty".to_owned(),
            Self::AtLeast(least) => format!("{least} or more"),
            Self::Port => "from 1 to 65535".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::NamedPath => "a path such as /metrics".to_owned(),
            Self::UrlScheme => "HTTP or HTTPS".to_owned(),
        }
    }
}

impl fmt::Display for Rule {
    /// Writes the rule as a predicate of the value, such as "must be 1 or more".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("may be anything"),
            Self::NotEmpty => f.write_str("must not be empty"),
            _ => write!(f, "must be {}", self.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_describes_its_option() {
        let row = FrameworkOption::int("app-port", Rule::Port).used_as(Purpose::Port).gives(&["APP_PORT"]);
        let row = row.or(Value::Int(8080)).always();
        assert_eq!(row.usage(), "`APP_PORT`, the port the application listens on");
        assert_eq!(row.rule.words(), "from 1 to 65535");
        assert_eq!(row.default.unwrap().to_string(), "8080");
        assert_eq!(row.undeclared(), Some(ConfigValue::Int(8080)));
        assert_eq!(FrameworkOption::boolean("debug").or(Value::Bool(false)).undeclared(), None);
    }
}
