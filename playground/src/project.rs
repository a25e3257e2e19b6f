//! Project that `up` runs: a rock, from a folder or packed, and its charm.

use std::path::{Path, PathBuf};

use pack::near;

/// Reasons why a project can't be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder has no usable rockcraft.yaml.
    #[error(transparent)]
    Rock(#[from] rock::project::Error),
    /// Pebble would refuse the layer of the rock.
    #[error("Pebble does not take the services and checks of {file}: {why}")]
    Layer {
        /// The file.
        file: String,
        /// Pebble's reason.
        why: String,
    },
    /// The rock has no service for the charm to run.
    #[error("{file} has no service {name}, which the charm would run: name the application's service so{}", other(.others))]
    NoService {
        /// The file.
        file: String,
        /// The name that is needed.
        name: &'static str,
        /// Names of the services that there are.
        others: Vec<String>,
    },
    /// The file is no usable packed rock.
    #[error(transparent)]
    Packed(#[from] rock::oci::Error),
    /// A pipe, socket or device.
    #[error("{0} is neither a folder nor a regular file: `webcharm up` takes an application's folder or a packed rock")]
    Special(String),
    /// The folder has no charm.
    #[error(
        "there is no charmcraft.yaml for {folder}: it is looked for there, in charm/ and beside {rockcraft}; {near}`webcharm init FOLDER` writes one",
        near = .near.as_ref().map(|near| format!("`--charm {near}` takes the one in {near}, or ")).unwrap_or_default()
    )]
    NoCharm {
        /// The folder.
        folder: String,
        /// The file that builds it.
        rockcraft: String,
        /// A folder near it that has one.
        near: Option<String>,
    },
    /// The packed rock has no charm beside it.
    #[error(
        "there is no charmcraft.yaml for {0}: it is looked for beside it and in charm/ there; `--charm FOLDER` names another"
    )]
    NoCharmBeside(String),
    /// The folder given with `--charm` has no charm.
    #[error(
        "there is no charmcraft.yaml in {folder}: {}, or let `webcharm init FOLDER` write one",
        .near.as_deref().unwrap_or("name the folder that has it")
    )]
    NoCharmIn {
        /// The folder.
        folder: String,
        /// Advice to name one near it.
        near: Option<String>,
    },
    /// A name that can't be part of a path or a host's name.
    #[error("charmcraft.yaml calls {what} {name:?}: a name is made of {rule}")]
    Name {
        /// The thing that has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// The characters that it may have.
        rule: &'static str,
    },
    /// A name that can't be an application's.
    #[error("{0:?} is no name of an application: a name is made of small letters, digits and single hyphens")]
    Application(String),
    /// A charm without the framework's container.
    #[error("charmcraft.yaml declares no container {0} for the application: add one under `containers`")]
    Container(String),
}

/// A rock.
#[derive(Debug)]
pub enum Rock {
    /// A folder that builds one.
    Folder(Box<rock::Project>),
    /// A file that rockcraft packed.
    Packed(rock::oci::Rock),
    /// No rock: a charm of the author's own, whose units have the base's programs and nothing else.
    Plain,
}

impl Rock {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Folder(project) => project.rockcraft.name.clone(),
            Self::Packed(rock) => rock.name(),
            Self::Plain => String::new(),
        }
    }
}

/// A rock and the folder of its charm.
#[derive(Debug)]
pub struct Project {
    /// The rock.
    pub rock: Rock,
    /// The folder with `charmcraft.yaml`.
    pub charm: PathBuf,
}

impl Project {
    /// The project that `place`, a folder or a packed rock, belongs to; `charm` is its charm's folder, if that is said.
    ///
    /// # Errors
    /// When there is no rock or no charm for it.
    pub fn find(place: &Path, charm: Option<&Path>) -> Result<Self, Error> {
        if let Some(charm) = charm.filter(|charm| !has_charm(charm)) {
            return Err(Error::NoCharmIn {
                folder: charm.display().to_string(),
                near: near::advice(charm, "charmcraft.yaml"),
            });
        }
        // Opening a pipe waits for its other end.
        if place.exists() && !place.is_file() && !place.is_dir() {
            return Err(Error::Special(place.display().to_string()));
        }
        let is_packed = place.is_file() || (place.extension().is_some_and(|end| end == "rock") && !place.is_dir());
        let found = if is_packed { Self::packed(place, charm) } else { Self::folder(place, charm) }?;
        Ok(Self { charm: charm.map_or(found.charm, Path::to_owned), ..found })
    }

    /// The project of a charm of the author's own in the folder `place`, beside which there is no rock. `None`: it is
    /// another kind of project.
    ///
    /// # Errors
    /// When the charm can't be read.
    pub fn own(place: &Path) -> Result<Option<Self>, pack::Error> {
        if !has_charm(place) || place.join("rockcraft.yaml").exists() {
            return Ok(None);
        }
        let charm = pack::Charm::with_dispatch(place, Vec::new())?;
        Ok(charm.framework.is_none().then(|| Self { rock: Rock::Plain, charm: place.to_owned() }))
    }

    /// Refuses a rock to be built that lacks the service of the charm's framework: the charm would be blocked for it after the
    /// build.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn check_service(&self, framework: Option<pack::Framework>) -> Result<(), Error> {
        let (Rock::Folder(rock), Some(framework)) = (&self.rock, framework) else { return Ok(()) };
        if rock.rockcraft.services.contains_key(framework.name()) {
            return Ok(());
        }
        let others = rock.rockcraft.services.keys().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Err(Error::NoService { file: file_of(rock), name: framework.name(), others })
    }

    fn packed(file: &Path, charm: Option<&Path>) -> Result<Self, Error> {
        let rock = Rock::Packed(rock::oci::Rock::open(file)?);
        let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let places = [beside.to_owned(), beside.join("charm")];
        let found = places.into_iter().find(|place| has_charm(place));
        let found = found.or(charm.map(Path::to_owned));
        let charm = found.ok_or_else(|| Error::NoCharmBeside(file.display().to_string()))?;
        Ok(Self { rock, charm })
    }

    fn folder(folder: &Path, given: Option<&Path>) -> Result<Self, Error> {
        let rock = rock::Project::find(folder)?;
        check_layer(&rock)?;
        let places = [folder.to_owned(), folder.join("charm"), rock.root.clone(), rock.root.join("charm")];
        let charm = places.into_iter().find(|place| has_charm(place));
        match charm.or(given.map(Path::to_owned)) {
            Some(charm) => Ok(Self { rock: Rock::Folder(Box::new(rock)), charm }),
            None => Err(Error::NoCharm {
                folder: folder.display().to_string(),
                rockcraft: file_of(&rock),
                near: near::near(folder, "charmcraft.yaml").first().map(|near| near.display().to_string()),
            }),
        }
    }
}

fn file_of(rock: &rock::Project) -> String {
    rock.root.join("rockcraft.yaml").display().to_string()
}

/// End of a sentence: the names that a rock has in place of the one that is needed.
fn other(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" (there are: {})", pack::text::shown(&names.join(", "))) }
}

/// True if the folder has a `charmcraft.yaml`, even one that can't be used, such as a link: that is told when it is read.
fn has_charm(folder: &Path) -> bool {
    folder.join("charmcraft.yaml").symlink_metadata().is_ok_and(|found| !found.is_dir())
}

/// Refuses services and checks that Pebble would refuse once the pod starts, after minutes of building.
fn check_layer(rock: &rock::Project) -> Result<(), Error> {
    let file = || file_of(rock);
    let text =
        rock::layer::text(&rock.rockcraft).map_err(|error| Error::Layer { file: file(), why: error.to_string() })?;
    let layer = pebble::plan::Layer::parse_labelled(&rock.rockcraft.name, text.as_bytes());
    let plan = layer.and_then(|layer| pebble::plan::combine(&[layer]));
    plan.map(drop).map_err(|error| Error::Layer { file: file(), why: error.to_string() })
}

/// Checks the names in `files` that become parts of paths and names of hosts: the application's and its resources'.
///
/// # Errors
/// When a name has characters that these don't allow.
pub fn check_names(files: &juju::CharmFiles) -> Result<(), Error> {
    let name = &files.metadata.name;
    let refused = |what, name: &str, rule| Err(Error::Name { what, name: name.to_owned(), rule });
    if !is_label(name) {
        return refused("the charm", name, "small letters, digits and single hyphens");
    }
    match files.metadata.resources.keys().find(|name| !is_file_name(name)) {
        Some(name) => refused("a resource", name, "letters, digits, hyphens, underscores and dots inside"),
        None => Ok(()),
    }
}

/// Checks the name of an application, which becomes a part of paths and names of hosts.
///
/// # Errors
/// When it has characters that these don't allow.
pub fn check_application(name: &str) -> Result<(), Error> {
    if is_label(name) { Ok(()) } else { Err(Error::Application(name.to_owned())) }
}

/// True if `name` can be a label of a host name.
fn is_label(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 63 && name.split('-').all(|part| !part.is_empty() && part.bytes().all(allowed))
}

/// True if `name` is the name of a file that is in no other folder and not hidden.
fn is_file_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=63).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

/// The application's container among those that the charm declares. `None`: a charm of the author's own has none.
///
/// # Errors
/// When the charm declares no container of the framework.
pub fn container(files: &juju::CharmFiles, framework: Option<pack::Framework>) -> Result<Option<String>, Error> {
    let Some(framework) = framework else {
        return Ok(files.metadata.containers.keys().next().cloned());
    };
    let names: Vec<String> = pack::generations(framework).into_iter().map(|generation| generation.container).collect();
    let found = names.iter().find(|name| files.metadata.containers.contains_key(*name));
    found.cloned().map(Some).ok_or_else(|| Error::Container(names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charm_is_beside_the_rock_or_in_the_folder() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/flask");
        let project = Project::find(&sample, None).unwrap();
        assert!(project.charm.join("charmcraft.yaml").is_file());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rockcraft.yaml"), "name: app").unwrap();
        let error = Project::find(dir.path(), None).unwrap_err();
        assert!(error.to_string().contains("there is no charmcraft.yaml"), "{error}");
        std::fs::create_dir(dir.path().join("k8s")).unwrap();
        std::fs::write(dir.path().join("k8s/charmcraft.yaml"), "").unwrap();
        let error = Project::find(dir.path(), None).unwrap_err().to_string();
        let near = dir.path().join("k8s").display().to_string();
        assert!(error.contains(&format!("; `--charm {near}` takes the one in {near}, or ")), "{error}");
        assert_eq!(Project::find(dir.path(), Some(&project.charm)).unwrap().charm, project.charm);
        std::fs::create_dir(dir.path().join("charm")).unwrap();
        std::fs::write(dir.path().join("charm/charmcraft.yaml"), "").unwrap();
        assert!(Project::find(dir.path(), None).unwrap().charm.ends_with("charm"));
        let error = Project::find(dir.path(), Some(dir.path())).unwrap_err();
        assert!(error.to_string().starts_with("there is no charmcraft.yaml in "), "{error}");
        assert!(error.to_string().contains("/charm, "), "{error}");
    }

    #[test]
    fn a_layer_that_pebble_would_refuse_is_told_before_the_build() {
        let dir = tempfile::tempdir().unwrap();
        for (service, why) in [
            ("{override: replace, command: \"a 'b\"}", "command"),
            ("{override: replace}", "must define \"command\" for service \"web\""),
            ("{command: a}", "must define \"override\" for service \"web\""),
        ] {
            std::fs::write(dir.path().join("rockcraft.yaml"), format!("name: app\nservices:\n  web: {service}\n"))
                .unwrap();
            let told = Project::find(dir.path(), None).unwrap_err().to_string();
            assert!(
                told.starts_with("Pebble does not take the services and checks of ") && told.contains(why),
                "{told}"
            );
        }
    }

    #[test]
    fn a_rock_without_the_framework_s_service_is_told_before_the_build() {
        let dir = tempfile::tempdir().unwrap();
        let service = "services:\n  flsk: {override: replace, command: a}\n";
        std::fs::write(dir.path().join("rockcraft.yaml"), format!("name: app\n{service}")).unwrap();
        std::fs::write(dir.path().join("charmcraft.yaml"), "").unwrap();
        let project = Project::find(dir.path(), None).unwrap();
        let told = project.check_service(Some(pack::Framework::Flask)).unwrap_err().to_string();
        let end =
            "has no service flask, which the charm would run: name the application's service so (there are: flsk)";
        assert!(told.ends_with(end), "{told}");
        project.check_service(None).unwrap();
    }

    #[test]
    fn a_link_in_place_of_charmcraft_yaml_is_told_as_one() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rockcraft.yaml"), "name: app").unwrap();
        std::os::unix::fs::symlink("charmcraft.yaml", dir.path().join("charmcraft.yaml")).unwrap();
        let project = Project::find(dir.path(), None).unwrap();
        let told = pack::Charm::with_dispatch(&project.charm, Vec::new()).unwrap_err().to_string();
        assert!(told.contains("charmcraft.yaml is a symbolic link"), "{told}");
    }

    #[test]
    fn a_file_is_a_packed_rock() {
        let dir = tempfile::tempdir().unwrap();
        let rock = dir.path().join("app.rock");
        let error = |rock: &Path| Project::find(rock, None).unwrap_err().to_string();
        assert!(error(&rock).starts_with("cannot read "), "{}", error(&rock));
        std::fs::write(&rock, "none").unwrap();
        assert!(error(&rock).contains("is no rock: "), "{}", error(&rock));
    }

    #[test]
    fn a_name_that_would_be_a_path_or_two_lines_is_refused() {
        let check = |name: &str, resource: &str| {
            let metadata = serde_json::json!({"name": name, "resources": {resource: {"type": "oci-image"}}});
            check_names(&juju::CharmFiles::parse(&metadata.to_string(), "{}", "{}").unwrap()).map_err(|e| e.to_string())
        };
        check("flask-k8s", "app-image-2").unwrap();
        check("flask-k8s", "App_image.2").unwrap();
        for name in ["../../x", "..", "a/b", "a\nb", "a b", "a;}", "", &"x".repeat(64)] {
            assert!(check(name, "app").unwrap_err().starts_with("charmcraft.yaml calls the charm \""), "{name:?}");
            assert!(check("app", name).unwrap_err().starts_with("charmcraft.yaml calls a resource \""), "{name:?}");
        }
        for name in ["A", "-a", "a-", "a--b", "a_b", "a.b"] {
            check(name, "app").unwrap_err();
            assert!(check_application(name).unwrap_err().to_string().contains("is no name of an application"));
        }
        check_application("web-2").unwrap();
    }

    #[test]
    fn the_application_is_in_the_frameworks_container() {
        let files = |containers: &str| {
            let metadata = format!("name: x\ncontainers: {{{containers}}}");
            juju::CharmFiles::parse(&metadata, "{}", "{}").unwrap()
        };
        let flask = Some(pack::Framework::Flask);
        assert_eq!(container(&files("cache: {}, flask-app: {}"), flask).unwrap().unwrap(), "flask-app");
        assert_eq!(container(&files("app: {}"), flask).unwrap().unwrap(), "app");
        assert_eq!(container(&files("b: {}, a: {}"), None).unwrap().unwrap(), "a");
        assert_eq!(container(&files(""), None).unwrap(), None);
        let error = container(&files("cache: {}"), flask).unwrap_err().to_string();
        assert!(error.contains("no container flask-app or app"), "{error}");
    }
}
