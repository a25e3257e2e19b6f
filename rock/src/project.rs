//! Finds the `rockcraft.yaml` of a folder and reads the keys that a root file system needs.
//!
//! An extension is written out. Keys that only an image needs (base, platforms, …) are not read: rockcraft checks them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use pack::folder::{self, Folder};
use pack::near;
use pack::text::shown;
use serde::Deserialize;
use serde_yaml::Mapping;

use crate::extension::{self, Made};
use crate::services;

/// The project's file.
const FILE: &str = "rockcraft.yaml";

/// A folder is no project.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is missing.
    #[error("there is no folder {}", shown(.0))]
    NoFolder(String),
    /// The folder can't be opened.
    #[error("cannot open {}", shown(.path))]
    Open {
        /// The folder.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// No `rockcraft.yaml` builds the folder.
    #[error(
        "no rockcraft.yaml builds {}: there is none in it, and none above it has a part with that source; {}`webcharm init \
         FOLDER` writes one for an application",
        shown(.folder),
        .near.as_ref().map(|near| format!("{near}, or ")).unwrap_or_default()
    )]
    NoRockcraft {
        /// The folder.
        folder: String,
        /// Advice to name one near it.
        near: Option<String>,
    },
    /// The file is no regular file, too large, or can't be read.
    #[error(transparent)]
    File(#[from] folder::Error),
    /// The rock's name is not allowed.
    #[error(
        "{} has the name {}: rockcraft and Pebble take 3 to 64 lower-case letters, digits and single dashes, a letter first",
        shown(.path), shown(.name)
    )]
    Name {
        /// The file.
        path: String,
        /// The name.
        name: String,
    },
    /// The file isn't the YAML of a project.
    #[error("cannot understand {}", shown(.path))]
    Parse {
        /// The file.
        path: String,
        /// The place and the fault.
        #[source]
        source: yaml::Error,
    },
    /// Pebble would refuse keys of its services or checks.
    #[error("this rock can't be built:{0}")]
    Keys(String),
    /// Its extension can't be written out.
    #[error(transparent)]
    Extension(#[from] extension::Error),
}

/// The keys of `rockcraft.yaml` that make a root file system.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Rockcraft {
    /// The rock's name.
    pub name: String,
    /// Its version. As in rockcraft, a number is its text.
    #[serde(default, deserialize_with = "text")]
    pub version: Option<String>,
    /// Its summary, in one line.
    #[serde(default, deserialize_with = "text")]
    pub summary: Option<String>,
    /// The Ubuntu inside the image, such as `ubuntu@24.04`, or `bare`.
    #[serde(default)]
    pub base: Option<String>,
    /// The Ubuntu that a bare image is built on.
    #[serde(default, rename = "build-base")]
    pub build_base: Option<String>,
    /// Variables of every process in the image.
    #[serde(default, deserialize_with = "texts")]
    pub environment: BTreeMap<String, String>,
    /// Pebble services, passed on as they are.
    #[serde(default)]
    pub services: serde_yaml::Mapping,
    /// Pebble checks, passed on as they are.
    #[serde(default)]
    pub checks: serde_yaml::Mapping,
    /// Its parts, by name.
    #[serde(default)]
    pub parts: BTreeMap<String, Part>,
    /// Files that its extension adds.
    #[serde(skip)]
    pub made: Made,
}

/// One entry of `parts`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Part {
    /// Plugin that builds it.
    pub plugin: String,
    /// The folder it is built from, relative to `rockcraft.yaml`.
    pub source: Option<String>,
    /// Kind of the source, such as `git`, if it can't be told from its place.
    pub source_type: Option<String>,
    /// Folder in the source that is built.
    pub source_subdir: Option<String>,
    /// New paths of files, by their old paths.
    pub organize: BTreeMap<String, String>,
    /// The files to keep (all if empty); `-path` leaves a file out.
    pub stage: Vec<String>,
    /// As `stage`, applied after it.
    pub prime: Vec<String>,
    /// Owners and modes.
    pub permissions: Vec<Permission>,
    /// Requirements files of the python plugin.
    pub python_requirements: Vec<String>,
    /// Further packages of the python plugin.
    pub python_packages: Vec<String>,
    /// Files with limits for the versions of Python's packages.
    pub python_constraints: Vec<String>,
    /// Build tags of Go's.
    pub go_buildtags: Vec<String>,
    /// Version of Node that the rock brings instead of Ubuntu's.
    pub npm_node_version: Option<String>,
    /// Variables of the build.
    pub build_environment: Vec<BTreeMap<String, String>>,
    /// A script in place of the plugin's own steps.
    pub override_build: Option<String>,
    /// Scripts in place of other steps, which are not run here.
    pub override_pull: Option<String>,
    /// See `override_pull`.
    pub override_stage: Option<String>,
    /// See `override_pull`.
    pub override_prime: Option<String>,
    /// See `override_pull`.
    pub overlay_script: Option<String>,
    /// Packages of the base in its own layer.
    pub overlay_packages: Vec<String>,
    /// Packages of the base.
    pub stage_packages: Vec<String>,
    /// Further arguments of Gradle's.
    pub gradle_parameters: Vec<String>,
    /// Gradle's task; `build` if it is not given.
    pub gradle_task: Option<String>,
    /// Further arguments of Maven's.
    pub maven_parameters: Vec<String>,
    /// True to use the project's own Maven (`mvnw`).
    pub maven_use_wrapper: bool,
}

/// Text, or a number as its text.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;

        impl serde::de::Visitor<'_> for Reader {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
                // As Python writes it: 1.0, not 1.
                Ok(Text(format!("{number:?}")))
            }
        }

        from.deserialize_any(Reader)
    }
}

fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text>::deserialize(from)?.map(|Text(text)| text))
}

fn texts<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let texts = BTreeMap::<String, Text>::deserialize(from)?;
    Ok(texts.into_iter().map(|(name, Text(value))| (name, value)).collect())
}

/// Owner and mode for the paths that match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Permission {
    /// A pattern in which `*` stands for any text, slashes included. Empty: all files.
    pub path: String,
    /// Numeric user.
    pub owner: Option<u32>,
    /// Numeric group.
    pub group: Option<u32>,
    /// Octal mode.
    pub mode: Option<String>,
}

/// A folder with the `rockcraft.yaml` that builds it.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `rockcraft.yaml`; sources are relative to it.
    pub root: PathBuf,
    /// The file's content.
    pub rockcraft: Rockcraft,
}

impl Project {
    /// The project that builds `folder`: its own `rockcraft.yaml`, or one in a folder above that has it as a part's
    /// source.
    ///
    /// # Errors
    /// When there is no such folder or file, or the file can't be understood.
    pub fn find(folder: &Path) -> Result<Self, Error> {
        let given = folder;
        let path = || given.display().to_string();
        let folder = given.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NoFolder(path()),
            _ => Error::Open { path: path(), source },
        })?;
        if !folder.is_dir() {
            return Err(Error::NoFolder(folder.display().to_string()));
        }
        for root in folder.ancestors() {
            let Some(rockcraft) = read(&Folder::open(root)?)? else { continue };
            let project = Self { root: root.to_owned(), rockcraft };
            if root == folder || project.builds(&folder) {
                return Ok(project);
            }
        }
        Err(Error::NoRockcraft { folder: folder.display().to_string(), near: near::advice(given, FILE) })
    }

    fn builds(&self, folder: &Path) -> bool {
        let sources = self.rockcraft.parts.values().filter_map(|part| part.source.as_deref());
        sources.filter_map(|source| self.root.join(source).canonicalize().ok()).any(|source| source == folder)
    }
}

/// Reads `rockcraft.yaml` in `root`. `None`: it is missing.
fn read(root: &Folder) -> Result<Option<Rockcraft>, Error> {
    let Some(text) = root.utf8(FILE)? else { return Ok(None) };
    let name = root.place(FILE).display().to_string();
    let wrong = |source| Error::Parse { path: name.clone(), source };
    let document: Mapping = yaml::from_str(&text).map_err(wrong)?;
    let found = services::findings(&name, &text, &document);
    if !found.is_empty() {
        return Err(Error::Keys(services::lines(&found)));
    }
    let is_whole = !document.contains_key("extensions");
    let (document, made) = extension::expand(root, document)?;
    let rockcraft =
        serde_yaml::from_value(document.into()).or_else(|error| match yaml::from_str::<Rockcraft>(&text) {
            // The same fault in the author's own text has its key and place.
            Err(error @ yaml::Error::Syntax(_)) => Err(wrong(error)),
            // Only in a text, a number stands for its own text, as in a name.
            Ok(rockcraft) if is_whole => Ok(rockcraft),
            _ => Err(wrong(error.into())),
        })?;
    if !pack::is_rock_name(&rockcraft.name) {
        return Err(Error::Name { path: name.clone(), name: rockcraft.name });
    }
    Ok(Some(Rockcraft { made, ..rockcraft }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_folder_is_built_by_its_own_file_or_by_one_above_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("rockcraft.yaml"), "name: top\nparts: {app: {plugin: dump, source: apps/one}}");
        write(dir.path().join("apps/two/rockcraft.yaml"), "name: two");
        std::fs::create_dir_all(dir.path().join("apps/one")).unwrap();
        std::fs::create_dir_all(dir.path().join("apps/three")).unwrap();
        let find = |name: &str| Project::find(&dir.path().join(name));
        assert_eq!(find("apps/one").unwrap().rockcraft.name, "top");
        assert_eq!(find("").unwrap().rockcraft.name, "top");
        assert_eq!(find("apps/two").unwrap().rockcraft.name, "two");
        assert!(matches!(find("apps/three"), Err(Error::NoRockcraft { .. })));
        assert!(matches!(find("apps/four"), Err(Error::NoFolder(_))));
    }

    #[test]
    fn a_folder_beside_the_one_that_would_do_is_answered_with_it() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("app/rockcraft.yaml"), "name: app");
        std::fs::create_dir(dir.path().join("app/charm")).unwrap();
        for folder in ["", "app/charm"] {
            let told = Project::find(&dir.path().join(folder)).unwrap_err().to_string();
            let advice = format!("; name {}, which has one, or `webcharm init", dir.path().join("app").display());
            assert!(told.contains(&advice), "{told}");
        }
    }

    #[test]
    fn a_name_that_pebble_takes_for_no_layer_is_refused_before_the_build() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["go", "my_app", "Shop"] {
            write(dir.path().join(FILE), &format!("name: {name}"));
            let told = read(&Folder::open(dir.path()).unwrap()).unwrap_err().to_string();
            assert!(told.contains(&format!("has the name {name}: rockcraft and Pebble take 3 to 64")), "{told}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_its_key_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let told = |text: &str| {
            write(dir.path().join(FILE), &format!("name: shop\n{text}"));
            let Err(Error::Parse { source, .. }) = Project::find(dir.path()) else { panic!("{text}") };
            source.to_string()
        };
        for (text, place) in [
            ("services: [web]\n", "services: "),
            ("parts:\n  app:\n    plugin: [dump]\n", "parts.app.plugin: "),
            ("parts:\n  app:\n    permissions:\n    - owner: bob\n", "parts.app.permissions[0].owner: "),
            ("version: [1]\n", "version: "),
        ] {
            let told = told(text);
            assert!(told.starts_with(place) && told.contains(" at line "), "{told}");
        }
        write(dir.path().join(FILE), "name: shop\nversion: 0.1\nenvironment: {PORT: 8000, HOST: a}\n");
        let Rockcraft { version, environment, .. } = Project::find(dir.path()).unwrap().rockcraft;
        assert_eq!(version.as_deref(), Some("0.1"), "rockcraft takes a number for its text");
        assert_eq!(environment["PORT"], "8000");
        write(dir.path().join(FILE), "name: 5\n");
        let told = Project::find(dir.path()).unwrap_err().to_string();
        assert!(told.contains("rockcraft.yaml has the name 5: "), "{told}");
    }

    #[test]
    fn a_file_that_is_no_text_and_a_folder_that_is_a_circle_are_told_as_such() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"name: shop\nsummary: \xff\n").unwrap();
        let told = Project::find(dir.path()).unwrap_err().to_string();
        assert!(told.ends_with("rockcraft.yaml is no UTF-8 text, in line 2: save it as UTF-8"), "{told}");
        let circle = dir.path().join("circle");
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        let told = Project::find(&circle).unwrap_err().to_string();
        assert_eq!(told, format!("cannot open {}", circle.display()));
    }

    #[test]
    fn an_unknown_key_of_a_service_is_told_before_the_build() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join(FILE), "name: shop\nservices:\n  flask:\n    override: replace\n    comand: gunicorn\n");
        let told = Project::find(dir.path()).unwrap_err().to_string();
        let file = dir.path().join(FILE).canonicalize().unwrap();
        let line = format!("\n  {}:5: services.flask: `comand` is no key of", file.display());
        assert!(told.starts_with("this rock can't be built:") && told.contains(&line), "{told}");
    }

    #[test]
    fn a_file_that_is_not_yaml_is_named() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("rockcraft.yaml"), "name: [");
        let error = Project::find(dir.path()).unwrap_err();
        assert!(error.to_string().contains("rockcraft.yaml"), "{error}");
    }

    #[test]
    fn a_file_that_takes_too_long_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let message = |text: &str| {
            write(dir.path().join("rockcraft.yaml"), text);
            match Project::find(dir.path()).unwrap_err() {
                Error::Parse { source, .. } => source.to_string(),
                other => other.to_string(),
            }
        };
        assert!(message(&"[".repeat(200 << 10)).starts_with("it has more than 10000 brackets"));
        assert!(message(&"a: b\n".repeat(10 << 20)).contains("rockcraft.yaml is larger than 1048576 bytes"));
        std::fs::remove_file(dir.path().join("rockcraft.yaml")).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, dir.path().join("rockcraft.yaml"), mode).unwrap();
        let error = Project::find(dir.path()).unwrap_err().to_string();
        assert!(error.ends_with("rockcraft.yaml is a FIFO, not a file"), "{error}");
    }

    #[test]
    fn a_file_without_an_extension_is_read_as_it_is() {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/flask/rock/flask");
        let project = Project::find(&fixture).unwrap();
        assert!(project.rockcraft.services.contains_key("flask"));
        assert_eq!(project.rockcraft.parts["dependencies"].python_requirements, ["requirements.txt"]);
        assert_eq!(project.rockcraft.made, Made::default());
    }
}
