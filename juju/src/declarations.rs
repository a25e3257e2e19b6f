//! The charm's declarations at run time, for charms that ask for them, and for checking names that an author wrote as texts.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use juju_metadata::CharmFiles;

use crate::distance::nearest;
use crate::key::Name;
use crate::tool::Error;

/// The charm's declarations, and what becomes of a name that is not among them.
///
/// A hook reads the files of the charm's folder when they are first needed, and logs an unknown name as a warning. A test hands
/// the files in with [`Declarations::of`], and an unknown name is [`Error::UnknownName`].
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    given: Option<Arc<CharmFiles>>,
    read: OnceLock<Option<Arc<CharmFiles>>>,
}

/// Function that reads the declarations, as a value: see [`Name`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader(for<'d> fn(&'d Declarations, &Path) -> Option<&'d CharmFiles>);

impl Reader {
    pub(crate) const OF_FILES: Self = Self(|declarations, charm_dir| declarations.files(charm_dir));
}

/// All readers are alike: functions have no equality of their own.
impl PartialEq for Reader {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Reader {}

/// A kind of thing that a charm declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Endpoint,
    Container,
    Storage,
    Resource,
    Binding,
    Action,
}

impl Declarations {
    /// These declarations. An unknown name is an error.
    #[must_use]
    pub fn of(files: impl Into<Arc<CharmFiles>>) -> Self {
        Self { given: Some(files.into()), read: OnceLock::new() }
    }

    /// The declarations; `None` if the charm's folder has none that can be read.
    pub(crate) fn files(&self, charm_dir: &Path) -> Option<&CharmFiles> {
        if let Some(given) = &self.given {
            return Some(given);
        }
        let read = || CharmFiles::read(charm_dir).inspect_err(|error| tracing::debug!(%error, "no declarations")).ok();
        self.read.get_or_init(|| read().map(Arc::new)).as_deref()
    }

    /// True if an unknown name is an error.
    pub(crate) const fn is_strict(&self) -> bool {
        self.given.is_some()
    }

    /// Checks a name that an author wrote as a text. One that `metadata!` made is good.
    pub(crate) fn check(&self, charm_dir: &Path, thing: Thing, name: &Name) -> Result<(), Error> {
        let Some(Reader(read)) = name.reader() else { return Ok(()) };
        let Some(files) = read(self, charm_dir) else { return Ok(()) };
        let names = names(files, thing);
        if names.iter().any(|known| *known == name.as_str()) {
            return Ok(());
        }
        let nearest = nearest(name.as_str(), names).map(Box::from);
        let error = Error::UnknownName { thing: thing.word(), name: name.as_str().into(), nearest };
        if self.given.is_some() {
            return Err(error);
        }
        tracing::warn!("{error}");
        Ok(())
    }
}

impl Thing {
    const fn word(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Container => "container",
            Self::Storage => "storage",
            Self::Resource => "resource",
            Self::Binding => "binding",
            Self::Action => "action",
        }
    }
}

/// The names of the things of one kind. Each application has the endpoint `juju-info` without declaring it.
fn names(files: &CharmFiles, thing: Thing) -> Vec<&str> {
    let metadata = &files.metadata;
    let endpoints = metadata.endpoints.iter().map(|endpoint| endpoint.name.as_str());
    match thing {
        Thing::Endpoint => endpoints.chain(["juju-info"]).collect(),
        Thing::Container => metadata.containers.keys().map(String::as_str).collect(),
        Thing::Storage => metadata.storages.keys().map(String::as_str).collect(),
        Thing::Resource => metadata.resources.keys().map(String::as_str).collect(),
        Thing::Binding => endpoints.chain(metadata.extra_bindings.iter().map(String::as_str)).collect(),
        Thing::Action => files.actions.keys().map(String::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> CharmFiles {
        let metadata = "name: a\nrequires: {db: {interface: pg}, logs: {interface: loki}}\ncontainers: {app: {}}";
        CharmFiles::parse(metadata, "", "rotate: {}").expect("good files")
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_one() {
        let tests = Declarations::of(declared());
        let check = |thing, name| tests.check(Path::new("/nonexistent"), thing, &Name::given(name));
        for (thing, name) in [
            (Thing::Endpoint, "db"),
            (Thing::Endpoint, "juju-info"),
            (Thing::Container, "app"),
            (Thing::Action, "rotate"),
            (Thing::Binding, "logs"),
        ] {
            check(thing, name).expect(name);
        }
        let refusal = |thing, name| check(thing, name).expect_err(name).to_string();
        assert_eq!(refusal(Thing::Endpoint, "dbb"), r#"the charm declares no endpoint "dbb"; did you mean "db"?"#);
        assert_eq!(refusal(Thing::Endpoint, "cache"), r#"the charm declares no endpoint "cache""#);
        assert_eq!(refusal(Thing::Action, "rotte"), r#"the charm declares no action "rotte"; did you mean "rotate"?"#);
        assert_eq!(refusal(Thing::Storage, "db"), r#"the charm declares no storage "db""#);
    }

    #[test]
    fn in_production_an_unknown_name_is_logged_and_a_declared_one_is_not_looked_up() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("metadata.yaml"), "name: a\ncontainers: {app: {}}").expect("a file");
        let hook = Declarations::default();
        hook.check(dir.path(), Thing::Container, &Name::declared("nope")).expect("it was checked at build time");
        assert!(hook.read.get().is_none(), "no file was read");
        hook.check(dir.path(), Thing::Container, &Name::given("nope")).expect("a warning");
        assert_eq!(hook.files(dir.path()).map(|files| files.metadata.containers.len()), Some(1));
        Declarations::default()
            .check(Path::new("/nonexistent"), Thing::Container, &Name::given("nope"))
            .expect("unknown");
    }
}
