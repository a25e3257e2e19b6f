//! A Python project's requirements and the entry point of its application.
//!
//! Used by `init` and by the package `rock`. The files are read line by line, without Python: a name at the beginning
//! of a line counts as the module's own. The places and their order are those of rockcraft's extension.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::folder::{Error, Folder};

/// Subfolders in which an application is looked for, besides one of the project's name.
const FOLDERS: [&str; 2] = ["app", "src"];

/// Files in which an application is looked for in each of these, in order.
const FILES: [&str; 3] = ["__init__.py", "app.py", "main.py"];

/// Returns true if `requirements.txt` or `pyproject.toml` of `dir` requires the package `name`.
///
/// # Errors
/// When either is no regular file, too large, or can't be read.
pub fn requires(dir: &Folder, name: &str) -> Result<bool, Error> {
    let text = |file: &str| Ok(dir.text(file)?.unwrap_or_default());
    let is_meant = |requirement: &str| package(requirement).as_deref() == Some(name);
    let (listed, quoted): (String, String) = (text("requirements.txt")?, text("pyproject.toml")?);
    Ok(listed.lines().any(is_meant) || quoted.split(['"', '\'']).skip(1).step_by(2).any(is_meant))
}

/// The package of a requirement: `flask` of `Flask[async]>=2 ; python_version > "3"`.
fn package(line: &str) -> Option<String> {
    let line = line.trim_start();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let ends = rest.trim_start().chars().next().is_none_or(|next| "[<>=!~;@#,(".contains(next));
    (!name.is_empty() && ends).then(|| name.to_ascii_lowercase().replace('_', "-"))
}

/// Entry point of an application for its web server, written `module:object`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file, relative to the folder in which modules are looked for.
    pub file: PathBuf,
    /// A variable's name in the file, or a call such as `create_app()`.
    pub object: String,
}

impl Entry {
    fn new(file: impl Into<PathBuf>, object: impl Into<String>) -> Self {
        Self { file: file.into(), object: object.into() }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", module(&self.file), self.object)
    }
}

/// Entry point of the Flask project `name` in `dir`, such as `app:app` or `src.main:create_app()`.
///
/// # Errors
/// When one of the files looked at is no regular file, too large, or can't be read.
pub fn wsgi(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    let places = texts(dir, places(name))?;
    let found = |names: [&str; 2], has: fn(&str, &str) -> bool, call: &str| {
        places.iter().find_map(|(place, text)| {
            let name = names.into_iter().find(|name| has(text, name))?;
            Some(Entry::new(place, format!("{name}{call}")))
        })
    };
    let variable = found(["app", "application"], has_variable, "");
    Ok(variable.or_else(|| found(["create_app", "make_app"], has_function, "()")))
}

/// Entry point of the FastAPI project `name` in `dir`: a variable `app` in the places of [`wsgi`].
///
/// # Errors
/// When one of the files looked at is no regular file, too large, or can't be read.
pub fn asgi(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    let mut places = texts(dir, places(name))?.into_iter();
    Ok(places.find(|(_, text)| has_variable(text, "app")).map(|(place, _)| Entry::new(place, "app")))
}

/// Entry point of the Django project `name` in `dir`. Its folder, beside `requirements.txt`, has the project's name;
/// Python looks for modules in that folder, so the entry is relative to it.
///
/// # Errors
/// When one of the files looked at is no regular file, too large, or can't be read.
pub fn django(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    let own = module_name(name);
    for package in [own.as_str(), "mysite"] {
        let place = Path::new(package).join("wsgi.py");
        let text = dir.text(Path::new(&own).join(&place))?;
        if text.is_some_and(|text| has_variable(&text, "application")) {
            return Ok(Some(Entry::new(place, "application")));
        }
    }
    Ok(None)
}

/// Name of the project `name` as a Python package.
#[must_use]
pub fn module_name(name: &str) -> String {
    name.replace('-', "_").to_lowercase()
}

/// Text of each of `places` that is a file.
fn texts(dir: &Folder, places: Vec<PathBuf>) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut texts = Vec::new();
    for place in places {
        texts.extend(dir.text(&place)?.map(|text| (place, text)));
    }
    Ok(texts)
}

/// Files in which an application is looked for, in order.
fn places(name: &str) -> Vec<PathBuf> {
    let own = module_name(name);
    let folders = FOLDERS.into_iter().chain([own.as_str()]);
    let inside = folders.flat_map(|folder| FILES.map(|file| Path::new(folder).join(file)));
    ["app.py", "main.py"].map(PathBuf::from).into_iter().chain(inside).collect()
}

fn module(place: &Path) -> String {
    let parts = place.iter().map(|part| part.to_string_lossy().trim_end_matches(".py").to_owned());
    parts.filter(|part| part != "__init__").collect::<Vec<_>>().join(".")
}

/// Returns true if the module assigns or imports `name`.
fn has_variable(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let assigned = line
            .strip_prefix(name)
            .map(str::trim_start)
            .is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="));
        let imported = line.starts_with("from ").then(|| line.split_once(" import ")).flatten();
        assigned || imported.is_some_and(|(_, names)| imports(names, name))
    })
}

fn imports(names: &str, name: &str) -> bool {
    let bare = names.split('#').next().unwrap_or(names).trim_matches(|c: char| c.is_whitespace() || "()".contains(c));
    bare.split(',').any(|one| one.split(" as ").last().is_some_and(|one| one.trim() == name))
}

fn has_function(text: &str, name: &str) -> bool {
    let called = |line: &str| {
        line.strip_prefix("def ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.trim_start().starts_with('('))
    };
    text.lines().any(called)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn open(dir: &tempfile::TempDir) -> Folder {
        Folder::open(dir.path()).unwrap()
    }

    #[test]
    fn every_spelling_of_a_requirement_is_found() {
        for line in
            ["flask", "Flask==3.1", "flask [async] >= 2", "FLASK~=2.0 # web", "flask;python_version>'3'", " flask"]
        {
            assert!(
                requires(&open(&project(&[("requirements.txt", &format!("x\n{line}\n"))])), "flask").unwrap(),
                "{line}"
            );
        }
        for line in ["flask-login", "# flask", "flaskr", "-r flask.txt", ""] {
            assert!(!requires(&open(&project(&[("requirements.txt", line)])), "flask").unwrap(), "{line}");
        }
        let toml = "[project]\nname = 'x'\ndependencies = [\n  \"Flask>=3\",\n]\n";
        assert!(requires(&open(&project(&[("pyproject.toml", toml)])), "flask").unwrap());
        assert!(!requires(&open(&project(&[])), "flask").unwrap());
    }

    #[test]
    fn the_application_is_looked_for_in_rockcrafts_order() {
        for (files, expected) in [
            (&[("app.py", "app = Flask(__name__)")][..], Some("app:app")),
            (&[("main.py", "x = 1\napplication= 2")], Some("main:application")),
            (&[("app/__init__.py", "from .web import app")], Some("app:app")),
            (&[("src/app.py", "from web import (it as app)")], Some("src.app:app")),
            (&[("my_site/main.py", "app = 1")], Some("my_site.main:app")),
            (&[("app.py", "def make_app():"), ("main.py", "def create_app (x):")], Some("app:make_app()")),
            (&[("app.py", "def create_app():"), ("src/main.py", "app = 1")], Some("src.main:app")),
            (&[("app.py", "    app = 1\napp == 2\nprint('app = 1')\napplications = 1")], None),
            (&[("web.py", "app = 1")], None),
        ] {
            let found = wsgi(&open(&project(files)), "my-site").unwrap().map(|entry| entry.to_string());
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
    }

    #[test]
    fn a_fastapi_application_is_a_variable_and_no_factory() {
        let found =
            asgi(&open(&project(&[("app.py", "def create_app():"), ("src/main.py", "app = FastAPI()")])), "x").unwrap();
        assert_eq!(found.map(|entry| entry.to_string()).as_deref(), Some("src.main:app"));
        assert_eq!(asgi(&open(&project(&[("app.py", "application = 1")])), "x").unwrap(), None);
    }

    #[test]
    fn a_django_application_is_in_the_folder_of_the_project_s_name() {
        let entry = |file: &str| {
            let found =
                django(&open(&project(&[(file, "application = get_wsgi_application()\n")])), "my-site").unwrap();
            found.map(|entry| entry.to_string())
        };
        assert_eq!(entry("my_site/my_site/wsgi.py").as_deref(), Some("my_site.wsgi:application"));
        assert_eq!(entry("my_site/mysite/wsgi.py").as_deref(), Some("mysite.wsgi:application"));
        assert_eq!(entry("mysite/mysite/wsgi.py"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|\n){0,60}") {
            let found = has_variable(&text, "app") || has_function(&text, "app");
            prop_assert!(!found || text.contains("app"));
            prop_assert!(package(&text).is_none_or(|name| !name.is_empty()));
        }
    }
}
