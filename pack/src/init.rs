//! `init`: a project around an application's folder, in files that explain themselves. Nothing is overwritten.

use std::path::{Path, PathBuf};

use crate::{Error, Framework, python};

/// The file of the application's folder.
const ROCK: (&str, &str) = ("rockcraft.yaml", include_str!("init/rockcraft.yaml"));

/// The files of the charm's folder, which is `charm` unless the project has the charm at its top.
const CHARM: [(&str, &str); 2] = [
    ("charmcraft.yaml", include_str!("init/charmcraft.yaml")),
    ("paas-config.yaml", include_str!("init/paas-config.yaml")),
];

/// What has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The name of the application.
    pub name: String,
    /// Its framework.
    pub framework: Framework,
    /// Where its web server finds it, such as `app:app`. None: nowhere that rockcraft looks.
    pub entry: Option<String>,
    /// The folder of the charm.
    pub charm: PathBuf,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// The files that were there.
    pub kept: Vec<PathBuf>,
}

/// Writes what is missing of a project around the application in `dir`.
///
/// # Errors
/// When no framework is recognised, the folder can't be read or a file can't be written.
pub fn init(dir: &Path) -> Result<Project, Error> {
    let folder = dir.canonicalize().map_err(|source| Error::Read { path: dir.display().to_string(), source })?;
    if !python::requires(&folder, "flask") {
        return Err(Error::NoApplication(dir.display().to_string()));
    }
    let framework = Framework::Flask;
    let name = name(&folder, framework);
    let charm = if dir.join(CHARM[0].0).is_file() { dir.to_owned() } else { dir.join("charm") };
    let files = [(dir.join(ROCK.0), ROCK.1)].into_iter();
    let files = files.chain(CHARM.map(|(file, template)| (charm.join(file), template)));
    let entry = python::wsgi(&folder, &name).map(|entry| entry.to_string());
    let mut project = Project { entry, name, framework, written: Vec::new(), kept: Vec::new(), charm: charm.clone() };
    for (path, template) in files {
        // Broken links are kept, too: what is there is the author's.
        if path.symlink_metadata().is_ok() {
            project.kept.push(path);
        } else {
            write(&path, &filled(template, &project.name))?;
            project.written.push(path);
        }
    }
    Ok(project)
}

/// A name that rockcraft and charmcraft take, made of the folder's.
fn name(folder: &Path, framework: Framework) -> String {
    let plain = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let words = plain.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(36).collect();
    let name = name.trim_end_matches('-').to_owned();
    // A name begins with a letter.
    if name.starts_with(|first: char| first.is_ascii_lowercase()) { name } else { format!("{framework}-app") }
}

fn filled(template: &str, name: &str) -> String {
    template.replace("{name}", name).replace("{arch}", architecture())
}

/// This machine's, in Debian's words.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        "riscv64" => "riscv64",
        "s390x" => "s390x",
        "powerpc64" => "ppc64el",
        _ => "amd64",
    }
}

/// A new file: if one appears meanwhile, that is an error, not lost.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let create = || {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
    };
    create().map_err(|source| Error::Write { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn application(name: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("requirements.txt"), "Flask\n").unwrap();
        fs::write(folder.join("app.py"), "app = Flask(__name__)\n").unwrap();
        (dir, folder)
    }

    #[test]
    fn the_written_project_is_one_that_is_packed() {
        let (_dir, folder) = application("My Site");
        let project = init(&folder).unwrap();
        assert_eq!((project.name.as_str(), project.entry.as_deref()), ("my-site", Some("app:app")));
        assert_eq!((project.written.len(), project.kept.len()), (3, 0));
        assert_eq!(crate::lint(&folder.join("charm")).unwrap(), []);
        let charm = crate::Charm::with_dispatch(&folder.join("charm"), Vec::new()).unwrap();
        assert_eq!((charm.name.as_str(), charm.framework), ("my-site-k8s", Framework::Flask));
        let rock: serde_yaml::Value =
            serde_yaml::from_str(&fs::read_to_string(folder.join("rockcraft.yaml")).unwrap()).unwrap();
        assert_eq!((&rock["name"], &rock["extensions"][0]), (&"my-site".into(), &"flask-framework".into()));
        assert!(rock["platforms"].get(architecture()).is_some());
    }

    #[test]
    fn nothing_is_overwritten() {
        let (_dir, folder) = application("site");
        fs::write(folder.join("rockcraft.yaml"), "mine").unwrap();
        let project = init(&folder).unwrap();
        assert_eq!(project.kept, [folder.join("rockcraft.yaml")]);
        assert_eq!(fs::read_to_string(folder.join("rockcraft.yaml")).unwrap(), "mine");
        let again = init(&folder).unwrap();
        assert_eq!((again.written.len(), again.kept.len()), (0, 3));
        let (_dir, folder) = application("site");
        fs::write(folder.join("charmcraft.yaml"), "mine").unwrap();
        let project = init(&folder).unwrap();
        assert_eq!((&project.charm, project.written.len()), (&folder, 2));
        assert!(!folder.join("charm").exists());
    }

    #[test]
    fn what_is_no_application_is_told_what_was_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        let error = init(dir.path()).unwrap_err().to_string();
        assert!(error.contains("flask") && error.contains("requirements.txt"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(init(Path::new("/no/such/folder")).is_err());
    }

    #[test]
    fn names_are_made_of_folders() {
        for (folder, expected) in [
            ("/x/My Site", "my-site"),
            ("/x/my__site.py", "my-site-py"),
            ("/", "flask-app"),
            ("/x/2048", "flask-app"),
            ("/x/Ünï", "n"),
            (&format!("/{}-x", "a".repeat(35)), &"a".repeat(35)),
        ] {
            assert_eq!(name(Path::new(folder), Framework::Flask), expected, "{folder}");
        }
    }
}
