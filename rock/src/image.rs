//! The image: a tree of files, who owns which, and what is mounted over it.
//!
//! Owners are a list, not the files' own: whoever builds may not be allowed to give files away, whoever starts the pod is
//! root there. The base's own files (`/usr`, `/etc`) are not in it; the pod takes the host's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Key};
use crate::extension::Made;
use crate::process::Work;
use crate::project::{Part, Permission, Project, Rockcraft};
use crate::tree::glob;
use crate::{DAEMON_ID, Error, layer, plugin, tree};

/// What a pod's root file system is made of, besides the base's files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    /// A tree of files, laid out as in the root.
    pub files: PathBuf,
    /// Who owns what. Everything else is root's.
    pub owners: Vec<Owner>,
    /// Folders mounted read-only over the root.
    pub binds: Vec<Bind>,
    /// Of a packed rock, what makes it a root of its own: nothing of the host's is mounted in it.
    #[serde(default)]
    pub packed: Option<Packed>,
}

/// What a packed rock brings besides its files, which have their owners themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its Pebble, as a path in the root, if it has one.
    pub pebble: Option<String>,
    /// The variables its processes begin with.
    pub environment: BTreeMap<String, String>,
}

/// One path's owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The path, relative to the root.
    pub path: PathBuf,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

/// A folder of the host and its place in the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The folder.
    pub source: PathBuf,
    /// Where it is mounted.
    pub target: String,
}

/// Builds `project` into the empty folder `into`, with its dependencies in `cache`.
///
/// # Errors
/// When a part can't be built; the message names it.
pub fn build(project: &Project, into: &Path, cache: &Cache, work: &dyn Work) -> Result<Image, Error> {
    let mut image = Image { files: into.to_owned(), owners: Vec::new(), binds: Vec::new(), packed: None };
    make(&project.rockcraft.made, into, &mut image.owners)?;
    notes(&project.rockcraft, work);
    for (name, part) in &project.rockcraft.parts {
        let failed = |source| Error::Part { part: name.clone(), source };
        let built = plugin::build(&project.root, part, cache, work).map_err(failed)?;
        let laid = lay(&built, part, into).map_err(|error| failed(error.into()))?;
        add_part(into, part, &laid, &mut image)?;
        image.binds.extend(built.binds);
    }
    write(into, &layer::path(&project.rockcraft), &layer::text(&project.rockcraft).map_err(Error::Layer)?)?;
    let digest = digest(into, &walk(into)?, &image.binds)?;
    write(into, ".rock/metadata.yaml", &metadata(&project.rockcraft, &digest))?;
    Ok(image)
}

/// What the extension makes itself; it's the services' user's.
fn make(made: &Made, into: &Path, owners: &mut Vec<Owner>) -> Result<(), Error> {
    for folder in &made.folders {
        fs::create_dir_all(into.join(folder)).map_err(cannot_write(&into.join(folder)))?;
    }
    for (path, text) in &made.files {
        write(into, path, text)?;
    }
    let paths = made.folders.iter().chain(made.files.keys());
    owners.extend(paths.map(|path| Owner { path: path.into(), uid: DAEMON_ID, gid: DAEMON_ID }));
    Ok(())
}

/// Tells what is different from the rock that rockcraft packs.
fn notes(rockcraft: &Rockcraft, work: &dyn Work) {
    rockcraft.made.notes.iter().for_each(|note| work.say(note));
    for (name, part) in &rockcraft.parts {
        if part.override_build.is_some() {
            work.say(&format!("{name}: its override-build is not run here, the plugin's own steps are"));
        }
        if !part.stage_packages.is_empty() {
            let packages = part.stage_packages.join(", ");
            work.say(&format!("{name}: instead of {packages}, the pod has what is installed on this machine"));
        }
    }
}

/// Lays out what a plugin made. Returns every path that is the part's, folders too.
fn lay(built: &plugin::Built, part: &Part, into: &Path) -> Result<BTreeSet<PathBuf>, tree::Error> {
    let files = built.files.as_ref();
    let mut laid = files.map_or(Ok(Vec::new()), |(from, below)| tree::lay(from, below, part, into))?;
    for (path, target) in &built.links {
        tree::link(target, &into.join(path))?;
        laid.push(path.into());
    }
    Ok(laid.iter().flat_map(|path| path.ancestors()).filter(|path| *path != Path::new("")).map(Into::into).collect())
}

fn add_part(into: &Path, part: &Part, laid: &BTreeSet<PathBuf>, image: &mut Image) -> Result<(), Error> {
    let permissions: Vec<_> = part.permissions.iter().collect();
    apply_modes(into, laid, &permissions)?;
    image.owners.extend(owners(laid, &permissions));
    Ok(())
}

fn cannot_write(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Write { path, source }
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    let target = root.join(path);
    let parent = target.parent().expect("the path has a folder");
    fs::create_dir_all(parent).and_then(|()| fs::write(&target, text)).map_err(cannot_write(&target))
}

/// The release: name and version as written, and a digest that differs whenever the files do.
fn metadata(rockcraft: &Rockcraft, digest: &str) -> String {
    let version = rockcraft.version.as_deref().unwrap_or("latest");
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    format!("name: {}\nversion: {}\ndigest: {}\n", quote(&rockcraft.name), quote(version), quote(digest))
}

/// All paths below `root`, relative to it, in order, folders too.
fn walk(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let failed = |source| Error::Write { path: root.join(&folder).display().to_string(), source };
        for entry in fs::read_dir(root.join(&folder)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = folder.join(entry.file_name());
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn digest(root: &Path, paths: &[PathBuf], binds: &[Bind]) -> Result<String, Error> {
    let mut key = Key::new();
    for path in paths {
        let full = root.join(path);
        let failed = |source| Error::Write { path: full.display().to_string(), source };
        key.add(path.as_os_str().as_encoded_bytes());
        if full.is_symlink() {
            key.add(fs::read_link(&full).map_err(failed)?.as_os_str().as_encoded_bytes());
        } else if full.is_file() {
            key.add(fs::read(&full).map_err(failed)?);
        }
    }
    for bind in binds {
        // The folder's name is the key of its content.
        key.add(bind.source.file_name().unwrap_or_default().as_encoded_bytes());
    }
    Ok(key.text())
}

/// The rules for `path`, which they name as the author does: `/bin` is a folder there, not a link into `/usr`.
fn matching<'a>(permissions: &'a [&Permission], path: &Path) -> impl Iterator<Item = &'a Permission> {
    let path = path.to_string_lossy().into_owned();
    let fits = move |rule: &str| {
        rule.is_empty() || glob(rule, &path) || path.strip_prefix("usr/").is_some_and(|path| glob(rule, path))
    };
    permissions.iter().copied().filter(move |permission| fits(&permission.path))
}

fn owners(paths: &BTreeSet<PathBuf>, permissions: &[&Permission]) -> Vec<Owner> {
    let owner = |path: &PathBuf| {
        let (uid, gid) = matching(permissions, path).filter_map(|rule| rule.owner.zip(rule.group)).last()?;
        Some(Owner { path: path.clone(), uid, gid })
    };
    paths.iter().filter_map(owner).collect()
}

fn apply_modes(root: &Path, paths: &BTreeSet<PathBuf>, permissions: &[&Permission]) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    for path in paths.iter().filter(|path| !root.join(path).is_symlink()) {
        let mode = matching(permissions, path).filter_map(|rule| rule.mode.as_deref()).last();
        if let Some(mode) = mode.and_then(|mode| u32::from_str_radix(mode.trim_start_matches("0o"), 8).ok()) {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode))
                .map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DAEMON_USER;
    use crate::process::tests::Quiet;

    /// A rock that is written out, without its dependencies, which need the network.
    fn sample() -> Project {
        let mut project =
            Project::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/flask")).unwrap();
        project.rockcraft.parts.remove("dependencies");
        project
    }

    fn built(project: &Project) -> (tempfile::TempDir, Image) {
        let dir = tempfile::tempdir().unwrap();
        let into = dir.path().join("root");
        fs::create_dir(&into).unwrap();
        let image = build(project, &into, &Cache::new(dir.path().join("cache")), &Quiet::default()).unwrap();
        (dir, image)
    }

    #[test]
    fn a_rock_that_is_written_out_is_laid_out_so() {
        let (_dir, image) = built(&sample());
        let files: Vec<_> = walk(&image.files).unwrap().into_iter().filter(|p| image.files.join(p).is_file()).collect();
        let expected = [
            ".rock/metadata.yaml",
            "flask/app/app.py",
            "flask/gunicorn.conf.py",
            "var/lib/pebble/default/layers/001-webcharm-flask.yaml",
        ];
        assert_eq!(files, expected.map(PathBuf::from));
        let owned: Vec<_> = image.owners.iter().map(|owner| owner.path.to_str().unwrap()).collect();
        assert_eq!(owned, ["flask", "flask/app", "flask/app/app.py", "flask/gunicorn.conf.py"]);
        assert!(image.owners.iter().all(|owner| owner.uid == DAEMON_ID && owner.gid == DAEMON_ID));
    }

    #[test]
    fn the_flask_sample_has_its_application_its_worker_and_what_the_extension_makes() {
        let mut project = Project::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flask")).unwrap();
        project.rockcraft.parts.remove("flask-framework/dependencies").unwrap();
        let (_dir, image) = built(&project);
        let has = |path: &str| image.files.join(path).is_file();
        for path in
            ["flask/app/app/__init__.py", "flask/app/migrate.sh", "flask/gunicorn.conf.py", "statsd-mapping.conf"]
        {
            assert!(has(path), "{path}");
        }
        assert!(!has("flask/app/tests/conftest.py") && !image.files.join("flask/app/charm").exists());
        let owned =
            |path: &str| image.owners.iter().any(|owner| owner.path == Path::new(path) && owner.uid == DAEMON_ID);
        for path in ["flask", "flask/app/migrate.sh", "flask/gunicorn.conf.py", "var/log/flask", "opt/promtail"] {
            assert!(owned(path), "{path}");
        }
        let layer = fs::read_to_string(image.files.join(layer::path(&project.rockcraft))).unwrap();
        let layer: serde_yaml::Value = serde_yaml::from_str(&layer).unwrap();
        let names: Vec<_> = layer["services"].as_mapping().unwrap().keys().filter_map(|name| name.as_str()).collect();
        assert_eq!(names, ["counter-worker", "flask", "statsd-exporter"]);
    }

    #[test]
    fn its_service_is_the_one_the_charm_expects() {
        let project = sample();
        let (_dir, image) = built(&project);
        let text = fs::read_to_string(image.files.join(layer::path(&project.rockcraft))).unwrap();
        let layer: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let service = &layer["services"]["flask"];
        assert_eq!(service["command"], "/bin/python3 -m gunicorn -c /flask/gunicorn.conf.py 'app:app' -k [ sync ]");
        assert_eq!((&service["startup"], &service["user"]), (&"enabled".into(), &DAEMON_USER.into()));
    }

    #[test]
    fn the_release_differs_when_a_file_does_and_only_then() {
        let release = |project: &Project| {
            let (dir, image) = built(project);
            let text = fs::read_to_string(image.files.join(".rock/metadata.yaml")).unwrap();
            drop(dir);
            text
        };
        let mut project = sample();
        let first = release(&project);
        assert_eq!(first, release(&project));
        project.rockcraft.summary = Some("another".to_owned());
        assert_ne!(first, release(&project), "the layer is a file too");
    }

    #[test]
    fn an_unknown_plugin_is_named() {
        let mut project = sample();
        project.rockcraft.parts.get_mut("app").unwrap().plugin = "cobol".to_owned();
        let dir = tempfile::tempdir().unwrap();
        let error = build(&project, dir.path(), &Cache::new(dir.path()), &Quiet::default()).unwrap_err();
        assert!(
            matches!(&error, Error::Part { part, source: plugin::Error::Unknown(name) } if part == "app" && name == "cobol")
        );
    }
}
