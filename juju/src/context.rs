//! A hook's environment variables, read once into a value that never changes.
//!
//! [`ProcessVars`] is the only place in the crate that touches the process environment; tests and models hand in a
//! map instead.

use std::collections::BTreeMap;
use std::path::PathBuf;

use juju_metadata::CharmFiles;

use crate::declarations::{Declarations, Thing};
use crate::hook::Event;
use crate::key::Name;
use crate::name::UnitName;
use crate::secret::Secret;
use crate::tool::Error;
use crate::version::Version;

/// A source of environment variables.
pub trait Vars {
    /// The variable's value, if it is set. Bytes that are no text are replaced by U+FFFD, so that what must be a name or a
    /// number is refused as it is, and not taken for missing.
    fn get(&self, key: &str) -> Option<String>;

    /// The same as a path, whose bytes need not be text.
    fn path(&self, key: &str) -> Option<PathBuf> {
        self.get(key).map(PathBuf::from)
    }
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessVars;

impl Vars for ProcessVars {
    fn get(&self, key: &str) -> Option<String> {
        self.path(key).map(|value| value.to_string_lossy().into_owned())
    }

    #[allow(clippy::disallowed_methods, reason = "this is where the environment is read; everything else asks Context")]
    fn path(&self, key: &str) -> Option<PathBuf> {
        std::env::var_os(key).map(PathBuf::from)
    }
}

impl Vars for BTreeMap<String, String> {
    fn get(&self, key: &str) -> Option<String> {
        Self::get(self, key).cloned()
    }
}

/// An environment that is not one of a Juju hook.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A variable Juju always sets for this hook is not there.
    #[error("cannot read the hook's environment: {variable} is not set; this program is started by Juju")]
    Missing {
        /// The variable.
        variable: &'static str,
    },
    /// A variable has a value that can't be read.
    #[error("cannot read the hook's environment: {variable}")]
    Invalid {
        /// The variable.
        variable: &'static str,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ContextError {
    pub(crate) fn invalid<E>(variable: &'static str, source: E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self::Invalid { variable, source: Box::new(source) }
    }
}

/// The proxies of the model, which charms pass on to their workloads. An address may have a password in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For http requests.
    pub http: Option<Secret>,
    /// For https requests.
    pub https: Option<Secret>,
    /// For ftp requests.
    pub ftp: Option<Secret>,
    /// Hosts to be reached directly, separated by commas.
    pub no_proxy: Option<String>,
}

/// The hook's environment: unit, model, proxies, folders and event.
///
/// ```
/// use webcharm_juju::{Context, Event};
/// let vars = std::collections::BTreeMap::from([
///     ("JUJU_UNIT_NAME".to_owned(), "web/3".to_owned()),
///     ("JUJU_MODEL_NAME".to_owned(), "test".to_owned()),
///     ("JUJU_DISPATCH_PATH".to_owned(), "hooks/start".to_owned()),
/// ]);
/// let context = Context::read(&vars)?;
/// assert_eq!((context.app(), &context.event), ("web", &Event::Start));
/// # Ok::<(), webcharm_juju::ContextError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    /// This unit.
    pub unit: UnitName,
    /// The model's name.
    pub model: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// The version of the agent; 0.0.0 if it did not say.
    pub juju_version: Version,
    /// The folder of the unpacked charm.
    pub charm_dir: PathBuf,
    /// The folder with a folder for each workload container, in it `pebble.socket`.
    pub containers_dir: PathBuf,
    /// The model's proxies.
    pub proxies: Proxies,
    /// The zone of this unit's machine.
    pub availability_zone: Option<String>,
    /// This unit's machine; `None` on Kubernetes.
    pub machine_id: Option<String>,
    /// Of a subordinate: the unit it sits beside.
    pub principal: Option<UnitName>,
    /// In the series-upgrade hooks: the base to come, such as `ubuntu@24.04`.
    pub target_base: Option<String>,
    /// The event that this process was started for.
    pub event: Event,
    /// The charm's declarations: see [`Context::declared`].
    pub declarations: Declarations,
}

impl Context {
    /// Reads everything out of the environment.
    ///
    /// # Errors
    /// A variable Juju always sets is missing, or one can't be read.
    pub fn read(vars: &dyn Vars) -> Result<Self, ContextError> {
        let unit = |text: String, variable| text.parse().map_err(|e| ContextError::invalid(variable, e));
        let path = |key: &str| vars.path(key).filter(|path| !path.as_os_str().is_empty());
        let version = value(vars, "JUJU_VERSION").map(|text| text.parse()).transpose();
        let principal = value(vars, "JUJU_PRINCIPAL_UNIT").map(|text| unit(text, "JUJU_PRINCIPAL_UNIT"));
        Ok(Self {
            unit: unit(required(vars, "JUJU_UNIT_NAME")?, "JUJU_UNIT_NAME")?,
            model: model(required(vars, "JUJU_MODEL_NAME")?)?,
            model_uuid: value(vars, "JUJU_MODEL_UUID").unwrap_or_default(),
            juju_version: version.map_err(|e| ContextError::invalid("JUJU_VERSION", e))?.unwrap_or_default(),
            charm_dir: path("JUJU_CHARM_DIR").or_else(|| path("CHARM_DIR")).unwrap_or_else(|| PathBuf::from(".")),
            containers_dir: path("CHARM_CONTAINERS_DIR").unwrap_or_else(|| PathBuf::from("/charm/containers")),
            proxies: Proxies {
                http: value(vars, "JUJU_CHARM_HTTP_PROXY").map(Secret::from),
                https: value(vars, "JUJU_CHARM_HTTPS_PROXY").map(Secret::from),
                ftp: value(vars, "JUJU_CHARM_FTP_PROXY").map(Secret::from),
                no_proxy: value(vars, "JUJU_CHARM_NO_PROXY"),
            },
            availability_zone: value(vars, "JUJU_AVAILABILITY_ZONE"),
            machine_id: value(vars, "JUJU_MACHINE_ID"),
            principal: principal.transpose()?,
            target_base: value(vars, "JUJU_TARGET_BASE"),
            event: Event::read(vars)?,
            declarations: Declarations::default(),
        })
    }

    /// The application this unit belongs to.
    #[must_use]
    pub fn app(&self) -> &str {
        self.unit.app()
    }

    /// The charm's declarations: roles, limits, options, actions. Read from the charm's folder when first asked for; `None` if
    /// they can't be read.
    #[must_use]
    pub fn declared(&self) -> Option<&CharmFiles> {
        self.declarations.files(&self.charm_dir)
    }

    /// Checks a name that an author wrote as a text: an error in tests, a warning in production.
    pub(crate) fn check(&self, thing: Thing, name: &Name) -> Result<(), Error> {
        self.declarations.check(&self.charm_dir, thing, name)
    }

    /// The socket of the container's Pebble.
    #[must_use]
    pub fn pebble_socket(&self, container: &str) -> PathBuf {
        self.containers_dir.join(container).join("pebble.socket")
    }
}

/// Checks a model's name, which becomes part of host names.
fn model(name: String) -> Result<String, ContextError> {
    let good = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    if name.bytes().all(good) { Ok(name) } else { Err(ContextError::invalid("JUJU_MODEL_NAME", ModelNameError)) }
}

/// A name that no model has.
#[derive(Debug, thiserror::Error)]
#[error("the name of a model has lower-case letters, digits and dashes only")]
struct ModelNameError;

/// The variable's value; Juju sets some to the empty string, which is the same as leaving them out.
pub(crate) fn value(vars: &dyn Vars, key: &str) -> Option<String> {
    vars.get(key).filter(|value| !value.is_empty())
}

/// The value of a variable this hook can't do without.
pub(crate) fn required(vars: &dyn Vars, variable: &'static str) -> Result<String, ContextError> {
    value(vars, variable).ok_or(ContextError::Missing { variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(extra: &[(&str, &str)]) -> BTreeMap<String, String> {
        let base = [("JUJU_UNIT_NAME", "web/0"), ("JUJU_MODEL_NAME", "test"), ("JUJU_DISPATCH_PATH", "hooks/start")];
        base.iter().chain(extra).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn everything_is_read() {
        let context = Context::read(&vars(&[
            ("JUJU_MODEL_NAME", "dev"),
            ("JUJU_MODEL_UUID", "8a3e"),
            ("JUJU_VERSION", "3.6.12"),
            ("JUJU_CHARM_DIR", "/charm/dir"),
            ("JUJU_CHARM_HTTP_PROXY", "http://proxy:3128"),
            ("JUJU_CHARM_HTTPS_PROXY", ""),
            ("JUJU_CHARM_NO_PROXY", "localhost"),
            ("JUJU_AVAILABILITY_ZONE", "zone-1"),
            ("JUJU_MACHINE_ID", "4"),
            ("JUJU_PRINCIPAL_UNIT", "main/7"),
        ]))
        .expect("a good environment");
        assert_eq!((context.model.as_str(), context.model_uuid.as_str()), ("dev", "8a3e"));
        assert!(context.juju_version.at_least(3, 6, 12));
        assert_eq!(context.charm_dir, PathBuf::from("/charm/dir"));
        assert_eq!(context.proxies.http, Some("http://proxy:3128".into()));
        assert_eq!(context.proxies.https, None);
        assert_eq!(context.proxies.no_proxy.as_deref(), Some("localhost"));
        assert_eq!(context.availability_zone.as_deref(), Some("zone-1"));
        assert_eq!(context.machine_id.as_deref(), Some("4"));
        assert_eq!(context.principal, Some(UnitName::new("main", 7)));
    }

    #[test]
    fn the_socket_follows_the_containers_folder() {
        let context = Context::read(&vars(&[])).expect("a good environment");
        assert_eq!(context.pebble_socket("app"), PathBuf::from("/charm/containers/app/pebble.socket"));
        let moved = Context::read(&vars(&[("CHARM_CONTAINERS_DIR", "/tmp/c")])).expect("a good environment");
        assert_eq!(moved.pebble_socket("app"), PathBuf::from("/tmp/c/app/pebble.socket"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let missing = Context::read(&BTreeMap::new()).expect_err("no unit");
        assert!(missing.to_string().contains("JUJU_UNIT_NAME"), "{missing}");
        let missing = Context::read(&vars(&[("JUJU_MODEL_NAME", "")])).expect_err("no model");
        assert!(missing.to_string().contains("JUJU_MODEL_NAME is not set"), "{missing}");
        for (variable, value) in [
            ("JUJU_VERSION", "new".to_owned()),
            ("JUJU_VERSION", "9".repeat(100_000)),
            ("JUJU_UNIT_NAME", "web".to_owned()),
            ("JUJU_UNIT_NAME", "web/\u{fffd}".to_owned()),
            ("JUJU_UNIT_NAME", "../../web/0".to_owned()),
            ("JUJU_UNIT_NAME", "web/99999999999999".to_owned()),
            ("JUJU_MODEL_NAME", "a\nb".to_owned()),
            ("JUJU_MODEL_NAME", "a/../b".to_owned()),
            ("JUJU_PRINCIPAL_UNIT", "x".to_owned()),
        ] {
            let wrong = Context::read(&vars(&[(variable, &value)])).expect_err(variable);
            assert_eq!(wrong.to_string(), format!("cannot read the hook's environment: {variable}"));
            let source = std::error::Error::source(&wrong).map(ToString::to_string).unwrap_or_default();
            assert!(!source.is_empty() && source.len() < 1000 && !source.contains('\n'), "{source}");
        }
    }
}
