//! The image: a tree of files, their owners, and the folders mounted over it.
//!
//! Owners are a list beside the files: an ordinary user who builds can't change a file's owner, but is root in the pod.
//! The base's own files (`/usr`, `/etc`) are not in the image; the pod takes the host's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pack::folder::{Folder, Kind};
use pack::text::shown;
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Key};
use crate::extension::Made;
use crate::glob::Steps;
use crate::process::Work;
use crate::project::{Part, Permission, Project, Rockcraft};
use crate::python::interpreter::{self, InPod, Interpreter};
use crate::{DAEMON_ID, Error, PATH, layer, plugin, python, tree};

/// A pod's root file system, without the base's files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    /// A tree of files, laid out as in the root.
    pub files: PathBuf,
    /// Owners of paths. Root owns all other files.
    pub owners: Vec<Owner>,
    /// Folders mounted read-only over the root.
    pub binds: Vec<Bind>,
    /// Initial environment of its processes, besides a pod's own.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Set for a packed rock, which is a complete root: no folder of the host is mounted in it.
    #[serde(default)]
    pub packed: Option<Packed>,
}

/// A packed rock's settings. Its files have their owners on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Path of its Pebble in the root, if it has one.
    pub pebble: Option<String>,
    /// Initial environment of its processes.
    pub environment: BTreeMap<String, String>,
}

/// Owner of a path.
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
    /// The path it is mounted on.
    pub target: String,
}

/// Builds `project` into the empty folder `into`, with its dependencies in `cache`.
///
/// # Errors
/// When a part can't be built; the message names it.
pub fn build(project: &Project, into: &Path, cache: &Cache, work: &dyn Work) -> Result<Image, Error> {
    let mut image = Image {
        files: into.to_owned(),
        owners: Vec::new(),
        binds: Vec::new(),
        environment: environment(&project.rockcraft),
        packed: None,
    };
    let into = &Folder::open(into)?;
    make(&project.rockcraft.made, into, &mut image.owners)?;
    notes(&project.rockcraft, work);
    check(&project.rockcraft)?;
    let python = python(&project.rockcraft, into, &mut image.binds, work)?;
    for (name, part) in &project.rockcraft.parts {
        let failed = |source| Error::Part { part: name.clone(), source };
        let built = plugin::build(&project.root, part, python.as_ref(), cache, work).map_err(failed)?;
        let laid = lay(&built, part, into).map_err(|error| failed(error.into()))?;
        add_part(into, part, &laid, &mut image).map_err(|source| failed(source.into()))?;
        image.binds.extend(built.binds);
    }
    let layer = layer::text(&project.rockcraft).map_err(Error::Layer)?;
    into.write(layer::path(&project.rockcraft), layer.as_bytes())?;
    let digest = digest(into, &image.binds)?;
    into.write(".rock/metadata.yaml", metadata(&project.rockcraft, &digest).as_bytes())?;
    Ok(image)
}

/// Writes the extension's own files and folders, owned by the services' user.
fn make(made: &Made, into: &Folder, owners: &mut Vec<Owner>) -> Result<(), Error> {
    for folder in &made.folders {
        into.make(folder)?;
    }
    for (path, text) in &made.files {
        into.write(path, text.as_bytes())?;
    }
    let paths = made.folders.iter().chain(made.files.keys());
    owners.extend(paths.map(|path| Owner { path: path.into(), uid: DAEMON_ID, gid: DAEMON_ID }));
    Ok(())
}

fn has_python(rockcraft: &Rockcraft) -> bool {
    rockcraft.parts.values().any(|part| part.plugin == "python")
}

/// Makes the rock's version of Python the pod's, if this machine's own is another one and the rock's is found here.
/// Comes before the parts, whose packages are mounted into its folders.
fn python(
    rockcraft: &Rockcraft,
    into: &Folder,
    binds: &mut Vec<Bind>,
    work: &dyn Work,
) -> Result<Option<Interpreter>, Error> {
    let found = has_python(rockcraft).then(|| interpreter::of_rock(rockcraft, work)).flatten();
    for InPod { bind, links, programs } in found.iter().map(Interpreter::in_pod) {
        links.iter().try_for_each(|(path, target)| into.link(path, target))?;
        for (path, text) in programs {
            into.write(&path, text.as_bytes())?;
            into.set_mode(Path::new(&path), 0o755)?;
        }
        binds.extend(bind);
    }
    Ok(found)
}

/// The rock's own variables, and a `PATH` on which the console scripts of its Python packages come first.
fn environment(rockcraft: &Rockcraft) -> BTreeMap<String, String> {
    let has_python = has_python(rockcraft);
    let path = format!("{}:{PATH}", python::SCRIPTS);
    let path = has_python.then(|| ("PATH".to_owned(), path));
    path.into_iter().chain(rockcraft.environment.clone()).collect()
}

/// Refuses a part that can't be built here before the first one is, which may take minutes.
fn check(rockcraft: &Rockcraft) -> Result<(), Error> {
    rockcraft
        .parts
        .iter()
        .try_for_each(|(name, part)| plugin::check(part).map_err(|source| Error::Part { part: name.clone(), source }))
}

/// Reports differences from the rock that rockcraft packs.
fn notes(rockcraft: &Rockcraft, work: &dyn Work) {
    rockcraft.made.notes.iter().for_each(|note| work.say(note));
    for (name, part) in &rockcraft.parts {
        let name = shown(name);
        scripts(&name, part, work);
        plugin::npm::difference(part).iter().for_each(|note| work.say(note));
        if part.override_build.as_deref().is_some_and(is_own) && !plugin::runs_override(part) {
            work.say(&format!(
                "{name}: its override-build is not run here, the plugin's own steps are: run what else it builds (such as \
                 `npm run build`) before"
            ));
        }
        let packages: Vec<_> = part.stage_packages.iter().chain(&part.overlay_packages).map(String::as_str).collect();
        if !packages.is_empty() {
            let packages = packages.join(", ");
            let packages = shown(&packages);
            work.say(&format!("{name}: instead of {packages}, the pod has what is installed on this machine"));
        }
    }
}

/// Reports the scripts of a part that are not run.
fn scripts(name: &str, part: &Part, work: &dyn Work) {
    let all = [
        ("override-pull", &part.override_pull),
        ("overlay-script", &part.overlay_script),
        ("override-stage", &part.override_stage),
        ("override-prime", &part.override_prime),
    ];
    for (key, _) in all.into_iter().filter(|(_, script)| script.as_deref().is_some_and(is_own)) {
        work.say(&format!(
            "{name}: its {key} is not run here: do the same in the override-build of a part with the plugin nil, or pack \
             the rock with rockcraft and run `webcharm up NAME.rock`"
        ));
    }
}

/// Returns false for a script that only calls the step it replaces: it does no more than the step.
fn is_own(script: &str) -> bool {
    script.lines().map(str::trim).any(|line| !matches!(line, "" | "craftctl default"))
}

/// Lays out a plugin's files. Returns every path of the part, folders included.
fn lay(built: &plugin::Built, part: &Part, into: &Folder) -> Result<BTreeSet<PathBuf>, tree::Error> {
    let files = built.files.as_ref();
    let mut laid = files.map_or(Ok(Vec::new()), |(from, below)| tree::lay(from, below, part, into))?;
    for folder in &built.folders {
        into.make(folder)?;
        laid.push(folder.clone());
    }
    for (path, target) in &built.links {
        into.link(path, target)?;
        laid.push(path.into());
    }
    Ok(laid.iter().flat_map(|path| path.ancestors()).filter(|path| *path != Path::new("")).map(Into::into).collect())
}

fn add_part(into: &Folder, part: &Part, laid: &BTreeSet<PathBuf>, image: &mut Image) -> Result<(), tree::Error> {
    let rules = Rules { permissions: &part.permissions, steps: Steps::default() };
    for path in laid {
        let (mode, owner) = (rules.mode(path), rules.owner(path));
        if rules.steps.are_used_up() {
            return Err(tree::Error::Permissions);
        }
        image.owners.extend(owner.map(|(uid, gid)| Owner { path: path.clone(), uid, gid }));
        mode.map_or(Ok(()), |mode| into.set_mode(path, mode))?;
    }
    Ok(())
}

/// The release: name and version as written, and a digest of the files.
fn metadata(rockcraft: &Rockcraft, digest: &str) -> String {
    let version = rockcraft.version.as_deref().unwrap_or("latest");
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    format!("name: {}\nversion: {}\ndigest: {}\n", quote(&rockcraft.name), quote(version), quote(digest))
}

/// All paths below `root`, relative to it and sorted, folders included.
fn walk(root: &Folder) -> Result<BTreeMap<PathBuf, Kind>, Error> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for (name, kind) in root.entries(&folder)? {
            let path = folder.join(name);
            if kind == Kind::Folder {
                folders.push(path.clone());
            }
            found.insert(path, kind);
        }
    }
    Ok(found)
}

fn digest(root: &Folder, binds: &[Bind]) -> Result<String, Error> {
    let mut key = Key::new();
    for (path, kind) in walk(root)? {
        key.add(path.as_os_str().as_encoded_bytes());
        match kind {
            Kind::Link => key.add(root.target(&path)?.as_os_str().as_encoded_bytes()),
            Kind::File => key.add_file(root.file(&path)?).map_err(|source| {
                let path = root.place(&path).display().to_string();
                Error::Write { path, source }
            })?,
            _ => {}
        }
    }
    for bind in binds {
        // The folder's name is the key of its content.
        key.add(bind.source.file_name().unwrap_or_default().as_encoded_bytes());
    }
    Ok(key.text())
}

/// The rules of a part for owners and modes. Paths are the author's: `/bin` is a folder there, not a link into `/usr`.
/// The last matching rule counts.
struct Rules<'a> {
    permissions: &'a [Permission],
    steps: Steps,
}

impl Rules<'_> {
    fn owner(&self, path: &Path) -> Option<(u32, u32)> {
        self.last(path, |rule| rule.owner.zip(rule.group))
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        let mode = |rule: &Permission| u32::from_str_radix(rule.mode.as_deref()?.trim_start_matches("0o"), 8).ok();
        self.last(path, mode).map(|mode| mode & tree::MODES)
    }

    fn last<T>(&self, path: &Path, said: impl Fn(&Permission) -> Option<T>) -> Option<T> {
        let path = path.to_string_lossy();
        let glob = |rule: &str, path: &str| self.steps.glob(rule, path);
        let fits = |rule: &str| {
            rule.is_empty() || glob(rule, &path) || path.strip_prefix("usr/").is_some_and(|path| glob(rule, path))
        };
        self.permissions.iter().rev().filter(|rule| fits(&rule.path)).find_map(said)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::DAEMON_USER;
    use crate::process::tests::Quiet;

    /// The sample's written-out rock, without its dependencies, which need the network.
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
    fn a_rock_without_an_extension_is_laid_out_as_written() {
        let (_dir, image) = built(&sample());
        let found = walk(&Folder::open(&image.files).unwrap()).unwrap();
        let files: Vec<_> = found.into_iter().filter(|(_, kind)| *kind == Kind::File).map(|(path, _)| path).collect();
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
    fn scripts_that_are_not_run_are_told_one_line_each() {
        let part: Part = serde_yaml::from_str(
            "{plugin: nil, override-prime: echo made, override-stage: craftctl default, overlay-script: 'a', \
             overlay-packages: [sl], stage-packages: [curl]}",
        )
        .unwrap();
        let rockcraft = Rockcraft { parts: [("post".to_owned(), part)].into(), ..Rockcraft::default() };
        let work = Quiet::default();
        notes(&rockcraft, &work);
        let told = work.lines.lock().unwrap().join("\n");
        let starts =
            ["post: its overlay-script is not run", "post: its override-prime is not run", "post: instead of curl, sl"];
        assert_eq!(told.lines().count(), 3, "{told}");
        assert!(told.lines().zip(starts).all(|(line, start)| line.starts_with(start)), "{told}");
    }

    #[test]
    fn an_override_build_that_is_not_run_is_told_before_any_part_is_built() {
        let dir = tempfile::tempdir().unwrap();
        let rockcraft = "name: site\nbase: bare\nbuild-base: ubuntu@24.04\nparts:\n  \
            first: {plugin: nil, override-build: echo the first part is built}\n  \
            second: {plugin: dump, source: files, override-build: make}\n  \
            third: {plugin: dump, source: files, override-build: craftctl default}\n";
        fs::write(dir.path().join("rockcraft.yaml"), rockcraft).unwrap();
        for folder in ["files", "root"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let (project, work) = (Project::find(dir.path()).unwrap(), Quiet::default());
        build(&project, &dir.path().join("root"), &Cache::new(dir.path().join("cache")), &work).unwrap();
        let told = work.lines.lock().unwrap();
        let place = |text: &str| told.iter().position(|line| line.contains(text));
        assert!(
            place("second: its override-build is not run here, the plugin's own steps are")
                < place("the first part is built")
        );
        let notes = told.iter().filter(|line| line.contains("its override-build is not run")).count();
        assert_eq!(notes, 1, "the first is run, the third does nothing of its own: {told:?}");
    }

    #[test]
    fn the_rock_s_variables_and_its_scripts_are_every_process_s() {
        let rockcraft: Rockcraft =
            serde_yaml::from_str("{name: app, environment: {TZ: UTC}, parts: {a: {plugin: python, source: .}}}")
                .unwrap();
        let found = environment(&rockcraft);
        assert_eq!(found["TZ"], "UTC");
        assert!(found["PATH"].starts_with("/opt/python/bin:/usr/local/sbin:"), "{found:?}");
        assert!(environment(&Rockcraft::default()).is_empty());
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

    /// The error of building a project of this `rockcraft.yaml`, with its causes.
    fn refused(rockcraft: &str, prepare: impl FnOnce(&Path)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let (root, into) = (dir.path().join("project"), dir.path().join("deep/into"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&into).unwrap();
        fs::write(root.join("rockcraft.yaml"), rockcraft).unwrap();
        fs::write(root.join("a"), "a").unwrap();
        prepare(&root);
        let cache = Cache::new(dir.path().join("cache"));
        let built = Project::find(&root).map_err(Error::from);
        let error = built.and_then(|project| build(&project, &into, &cache, &Quiet::default())).unwrap_err();
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["deep", "project"], "nothing was written outside");
        assert_eq!(fs::read_dir(dir.path().join("deep")).unwrap().count(), 1, "nothing was written outside");
        let mut told = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            told += &format!(": {error}");
            cause = error.source();
        }
        told
    }

    #[test]
    fn no_path_of_a_project_writes_outside_the_image() {
        let up = |_: &Path| {};
        let told = refused("{name: app, parts: {app: {plugin: dump, source: ., organize: {a: ../../x}}}}", up);
        assert!(told.starts_with("cannot build part app: ") && told.contains("../../x leads out of"), "{told}");
        let told = refused("{name: ../../../../../x, parts: {}}", up);
        assert!(told.contains("has the name ../../../../../x"), "{told}");
        let told = refused("{name: \"x\\n  y\", parts: {}}", up);
        assert!(told.contains("has the name x\\n  y"), "{told}");
        let told = refused("{name: app, parts: {app: {plugin: dump, source: ../deep}}}", up);
        assert!(told.contains("../deep leads out of"), "{told}");
    }

    #[test]
    fn no_link_of_one_part_leads_another_s_files_outside() {
        let links = |root: &Path| {
            fs::create_dir(root.join("one")).unwrap();
            std::os::unix::fs::symlink("../../..", root.join("one/out")).unwrap();
            std::os::unix::fs::symlink("../..", root.join("one/var")).unwrap();
        };
        let one = "one: {plugin: dump, source: one, stage: [STAGE]}";
        let two = "two: {plugin: dump, source: ., organize: {a: out/x}, stage: [out/x]}";
        let told = refused(&format!("{{name: app, parts: {{{}, {two}}}}}", one.replace("STAGE", "out")), links);
        assert!(told.contains("cannot build part two: ") && told.contains("out is a symbolic link"), "{told}");
        let told = refused(&format!("{{name: app, parts: {{{}}}}}", one.replace("STAGE", "var")), links);
        assert!(told.contains("var is a symbolic link"), "the base layer's folder: {told}");
    }

    #[test]
    fn permissions_with_many_stars_end_with_a_message() {
        let rule = format!("{{path: '*{}b', owner: 1, group: 1}}", "a".repeat(120));
        let rules = vec![rule; 3000].join(", ");
        let project = format!("{{name: app, parts: {{app: {{plugin: dump, source: s, permissions: [{rules}]}}}}}}");
        let told = refused(&project, |root| {
            fs::create_dir(root.join("s")).unwrap();
            (0..20)
                .for_each(|number| fs::write(root.join("s").join(format!("{}{number}", "a".repeat(240))), "").unwrap());
        });
        assert!(told.contains("permissions of this part take too many comparisons"), "{told}");
    }
}
