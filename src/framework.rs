//! What a web framework is to the charm: a value of names, options and rules. Adding a framework is adding one file
//! beside [`flask`] and one line to [`ALL`]; no stage of the pipeline asks which one it serves.

pub mod flask;

use std::borrow::Cow;
use std::fmt;

/// Every framework the charm serves, in each line of its charms.
pub const ALL: &[&Framework] = &[&flask::FLASK, &flask::FLASK_2];

/// The container of every framework in the second line of charms; it shows none of them.
const COMMON_CONTAINER: &str = "app";

/// The facts about one framework. All of them are the names that its rock and its charm already use.
#[derive(Debug)]
pub struct Framework {
    /// The name, which is also the main service's and the beginning of the secret key's in the peer databag.
    pub name: &'static str,
    /// The container the charm declares.
    pub container: &'static str,
    /// What the names of variables begin with.
    pub prefix: &'static str,
    /// Where the application's files are; the working directory of everything the charm runs.
    pub app_dir: &'static str,
    /// Where the charm keeps its files in the container.
    pub state_dir: &'static str,
    /// The port the workload listens on, unless `paas-config.yaml` says otherwise.
    pub port: u16,
    /// Where the workload's metrics are, in the line of charms that tells it so and has `paas-config.yaml` say otherwise.
    pub metrics: Option<Metrics>,
    /// The options the framework gives a charm.
    pub options: &'static [FrameworkOption],
    /// Whether its web server can be had to log in JSON.
    pub logs_json: bool,
    /// Beginnings of option names that a charm's author can't use.
    pub reserved: &'static [&'static str],
}

/// Where metrics are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Their port.
    pub port: u16,
    /// Their path.
    pub path: Cow<'static, str>,
}

/// An option that comes with the framework.
#[derive(Debug, Clone, Copy)]
pub struct FrameworkOption {
    /// Its name in the charm.
    pub name: &'static str,
    /// What it's for.
    pub purpose: Purpose,
    /// Which values are right.
    pub rule: Rule,
}

/// What the value of a framework's option is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A variable of this name, behind the framework's prefix.
    Variable(&'static str),
    /// A setting of this name in the web server's configuration file.
    WebServer(&'static str),
    /// The class of the web server's workers.
    WorkerClass,
    /// The application's secret key, in clear.
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
    /// `http` or `https` in any case; handed on in capitals.
    UrlScheme,
}

impl fmt::Display for Rule {
    /// The rule as what a value must be: "must …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("may be anything"),
            Self::NotEmpty => f.write_str("must not be empty"),
            Self::AtLeast(least) => write!(f, "must be {least} or more"),
            Self::UrlScheme => f.write_str("must be HTTP or HTTPS"),
        }
    }
}

impl Framework {
    /// The option of this name, if the framework brings it.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&FrameworkOption> {
        self.options.iter().find(|option| option.name == name)
    }

    /// Whether an option of this name isn't the author's own.
    #[must_use]
    pub fn reserves(&self, name: &str) -> bool {
        self.option(name).is_some() || self.reserved.iter().any(|prefix| name.starts_with(prefix))
    }

    /// The name of a variable of the framework.
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        format!("{}{}", self.prefix, name.replace('-', "_").to_uppercase())
    }

    /// The lines of the framework of this name.
    pub fn named(name: &str) -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied().filter(move |framework| framework.name == name)
    }

    /// The names of the frameworks that are served.
    #[must_use]
    pub fn names() -> String {
        let mut names: Vec<_> = ALL.iter().map(|framework| framework.name).collect();
        names.dedup();
        names.join(", ")
    }

    /// The framework that a charm's containers show, if they do: `flask-app` is Flask's alone.
    #[must_use]
    pub fn of_containers<'a>(mut containers: impl Iterator<Item = &'a str>) -> Option<&'static Self> {
        let shows = |name: &str| ALL.iter().copied().find(|framework| framework.container == name);
        containers.find_map(|name| shows(name).filter(|_| name != COMMON_CONTAINER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_option_stands_twice_and_each_framework_has_its_own_name() {
        for framework in ALL {
            let mut names: Vec<_> = framework.options.iter().map(|option| option.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), framework.options.len(), "{}", framework.name);
            assert!(Framework::named(framework.name).any(|found| found.container == framework.container));
        }
    }

    #[test]
    fn variables_are_named_after_options() {
        assert_eq!(flask::FLASK.variable("page-size"), "FLASK_PAGE_SIZE");
    }

    #[test]
    fn a_container_shows_its_framework() {
        let of = |names: &[&'static str]| Framework::of_containers(names.iter().copied()).map(|f| f.name);
        assert_eq!(of(&["sidecar", "flask-app"]), Some("flask"));
        assert_eq!(of(&["nginx", "app"]), None);
    }
}
