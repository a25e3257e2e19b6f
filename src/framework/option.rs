//! The options a framework brings: a table of rows. Everything that is to be known of an option stands in its row, also
//! for those who only want to read of it: the page of all options under `docs/` is made of these tables.

use std::fmt;

use juju::{ConfigValue, OptionKind};

/// An option that comes with the framework.
///
/// A reader of the table takes name, kind, default, [`Rule::words`] and [`FrameworkOption::usage`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameworkOption {
    /// Its name in the charm.
    pub name: &'static str,
    /// Its type, as charmcraft's extension declares it.
    pub kind: OptionKind,
    /// What it is unless it's set.
    pub default: Option<Value>,
    /// Whether the default holds also in a charm that doesn't declare the option, or declares it without one.
    pub always: bool,
    /// Whether a charm has it only if its author declares it: charmcraft's extension doesn't.
    pub authors: bool,
    /// Which values are right.
    pub rule: Rule,
    /// What else it's for than its variables.
    pub purpose: Purpose,
    /// The variables that its value becomes, under their whole names.
    pub variables: &'static [&'static str],
}

/// A default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'static str),
}

/// What the value of a framework's option is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its variables alone.
    Variables,
    /// The framework makes something of it that isn't simply its text; the words say what, for who reads the table.
    Own(&'static str),
    /// The port the workload listens on.
    Port,
    /// The port of the workload's metrics.
    MetricsPort,
    /// Their path.
    MetricsPath,
    /// A setting of this name in gunicorn's configuration file.
    WebServer(&'static str),
    /// The class of gunicorn's workers.
    WorkerClass,
    /// The application's secret key, in clear; or a Juju secret, where the charm declares the option as one.
    SecretKey,
    /// A Juju secret whose `value` is the application's secret key.
    SecretKeyId,
}

/// Which values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Any value of the option's type.
    Any,
    /// Text that isn't empty.
    NotEmpty,
    /// A whole number of at least this.
    AtLeast(i64),
    /// A port's number.
    Port,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A path that doesn't end at its root.
    NamedPath,
    /// `http` or `https` in any case; handed on in capitals.
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

    /// An option that is text.
    #[must_use]
    pub const fn text(name: &'static str, rule: Rule) -> Self {
        Self::new(name, OptionKind::String, rule)
    }

    /// An option that is a whole number.
    #[must_use]
    pub const fn int(name: &'static str, rule: Rule) -> Self {
        Self::new(name, OptionKind::Int, rule)
    }

    /// An option that is `true` or `false`.
    #[must_use]
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, OptionKind::Boolean, Rule::Any)
    }

    /// An option that is a Juju secret.
    #[must_use]
    pub const fn secret(name: &'static str) -> Self {
        Self::new(name, OptionKind::Secret, Rule::Any)
    }

    /// The same with what it's for.
    #[must_use]
    pub const fn used_as(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// The same with the variables it becomes.
    #[must_use]
    pub const fn gives(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }

    /// The same with a default, which charmcraft declares.
    #[must_use]
    pub const fn or(self, default: Value) -> Self {
        Self { default: Some(default), ..self }
    }

    /// The same with its default holding whatever the charm declares.
    #[must_use]
    pub const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// The same as one that only a charm's author declares.
    #[must_use]
    pub const fn authors(self) -> Self {
        Self { authors: true, ..self }
    }

    /// The value where none is set and none declared.
    #[must_use]
    pub fn undeclared(&self) -> Option<ConfigValue> {
        self.default.filter(|_| self.always).map(ConfigValue::from)
    }

    /// What its value becomes, in words.
    #[must_use]
    pub fn usage(&self) -> String {
        let variables = self.variables.iter().map(|name| format!("`{name}`"));
        let purpose = Some(self.purpose.to_string()).filter(|words| !words.is_empty());
        let authors = self.authors.then(|| "if the charm's author declares it".to_owned());
        variables.chain(purpose).chain(authors).collect::<Vec<_>>().join(", ")
    }
}

/// The two options of a secret key, which becomes these variables.
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

/// The two options of where metrics are: the variables of each, and the path that charmcraft declares.
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
    /// What it's for besides variables, in words; of some there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables => Ok(()),
            Self::Own(words) => f.write_str(words),
            Self::Port => f.write_str("the port the application listens on"),
            Self::MetricsPort => f.write_str("the port of the application's metrics"),
            Self::MetricsPath => f.write_str("the path of the application's metrics"),
            Self::WebServer(name) => write!(f, "gunicorn's `{name}`"),
            Self::WorkerClass => f.write_str("the class of gunicorn's workers"),
            Self::SecretKey => f.write_str("instead of the key that the charm makes"),
            Self::SecretKeyId => f.write_str("the same as a Juju secret with the one key `value`"),
        }
    }
}

impl Rule {
    /// Which values are right, in words: "1 or more".
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
    /// The rule as what a value must be: "must …".
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
    fn a_row_tells_everything_in_words() {
        let row = FrameworkOption::int("app-port", Rule::Port).used_as(Purpose::Port).gives(&["APP_PORT"]);
        let row = row.or(Value::Int(8080)).always();
        assert_eq!(row.usage(), "`APP_PORT`, the port the application listens on");
        assert_eq!(row.rule.words(), "from 1 to 65535");
        assert_eq!(row.default.unwrap().to_string(), "8080");
        assert_eq!(row.undeclared(), Some(ConfigValue::Int(8080)));
        assert_eq!(FrameworkOption::boolean("debug").or(Value::Bool(false)).undeclared(), None);
    }
}
