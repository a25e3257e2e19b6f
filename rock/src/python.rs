//! Python's packages of a part.
//!
//! Services run under the pod's `/bin/python3`, so the packages must fit that interpreter, even if another Python is first
//! on `PATH`. They go into a folder of their own, which is mounted where the interpreter looks by default; its console
//! scripts are mounted at [`SCRIPTS`], the first folder on the pod's `PATH`.

pub(crate) mod interpreter;
mod pip;
mod venv;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use pack::folder::{self, Folder};
use pack::text::{shown, shown_lines};

use crate::cache::{self, Cache, Key};
use crate::plugin::sources;
use crate::process::{Work, said};
use crate::project::Part;
use crate::tree;
use interpreter::Interpreter;

/// The interpreter that rocks name in their services.
pub const INTERPRETER: &str = "/bin/python3";

/// Version of the layout, a part of every key: change it when the same inputs give another folder.
const FORMAT: &str = "3";

/// Place of the console scripts in a pod. In a rock they are in `/bin`, which is this machine's in a pod.
pub const SCRIPTS: &str = "/opt/python/bin";

/// The dependencies can't be installed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The interpreter is missing.
    #[error("the sample runs under {INTERPRETER}, which isn't there: install the package python3")]
    NoPython,
    /// The interpreter's answer can't be understood.
    #[error("cannot ask {INTERPRETER} for its version: {}", shown_lines(.0))]
    Interpreter(String),
    /// pip is missing.
    #[error("there is no pip: install the package python3-pip, or run this as root, which installs it")]
    NoPip,
    /// A requirements file is missing.
    #[error("there is no requirements file {}", shown(.0))]
    NoRequirements(String),
    /// A requirements file is no regular file, too large, outside the project, or can't be read.
    #[error(transparent)]
    Requirements(#[from] folder::Error),
    /// The requirements refer to too many files.
    #[error("the requirements refer to more than {FILES} files: put them into fewer")]
    Many,
    /// A package begins with a dash, so pip would take it for an option.
    #[error("python-packages has {}, which is no package: it begins with a dash", shown(.0))]
    Option(String),
    /// pip can't be started, or was interrupted.
    #[error("cannot run pip")]
    Run(#[source] std::io::Error),
    /// pip failed.
    #[error("pip cannot install the dependencies; {}", shown_lines(&said(.0)))]
    Install(String),
    /// uv can't read uv.lock.
    #[error("uv cannot read uv.lock; {}", shown_lines(&said(.0)))]
    Lock(String),
    /// The packages can't be moved to their place.
    #[error("cannot use {}", shown(.path))]
    Gather {
        /// The folder.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The part's source is not in the project.
    #[error(transparent)]
    Tree(#[from] tree::Error),
}

/// Installed packages and their mount point.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder of the packages.
    pub packages: PathBuf,
    /// The interpreter's folder for packages that an administrator adds.
    pub mount: String,
}

/// Packages to install.
struct Wanted {
    /// The part's source, in which pip runs.
    source: PathBuf,
    files: Vec<PathBuf>,
    constraints: Vec<PathBuf>,
    packages: Vec<String>,
    /// Variables of the build.
    environment: BTreeMap<String, String>,
    /// True if the source is a project that pip installs.
    is_project: bool,
    /// True if pip builds sources of the project: then it runs in a copy.
    is_local: bool,
    key: Key,
}

/// Installs the packages that `part` requires for this machine's own interpreter, or finds them in the cache.
///
/// # Errors
/// When there is no interpreter or pip, or pip fails.
pub fn install(root: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Site, Error> {
    install_for(root, part, None, cache, work)
}

/// Installs the packages that `part` requires, or finds them in the cache; for `interpreter`, else for this machine's own.
///
/// # Errors
/// When there is no interpreter or pip, or pip fails.
pub(crate) fn install_for(
    root: &Path,
    part: &Part,
    interpreter: Option<&Interpreter>,
    cache: &Cache,
    work: &dyn Work,
) -> Result<Site, Error> {
    let own = || interpreter::ask(Path::new(INTERPRETER));
    let interpreter = &interpreter.map_or_else(own, |interpreter| Ok(interpreter.clone()))?;
    let wanted = wanted(root, part, interpreter)?;
    let packages = cache.entry(&wanted.key, work, |into| {
        work.say(&format!("installing {} for Python {}", shown(&describe(part)), interpreter.version));
        venv::fill(&wanted, interpreter, into, work)
    })?;
    Ok(Site { packages, mount: interpreter.site.clone() })
}

fn describe(part: &Part) -> String {
    let named: Vec<_> = part.python_packages.iter().chain(&part.python_requirements).cloned().collect();
    if named.is_empty() { "the project".to_owned() } else { named.join(", ") }
}

fn wanted(root: &Path, part: &Part, interpreter: &Interpreter) -> Result<Wanted, Error> {
    if let Some(option) = part.python_packages.iter().find(|package| package.trim_start().starts_with('-')) {
        return Err(Error::Option(option.clone()));
    }
    let source = Folder::open(&tree::source(root, part)?)?;
    let key = Key::new().with(FORMAT).with(&interpreter.version).with(std::env::consts::ARCH);
    let listed = [part.python_requirements.as_slice(), &part.python_constraints].concat();
    let mut read = Requirements::default();
    let mut key = read.add_all(&source, &listed, key)?;
    key.add(format!("{:?} {:?}", part.python_packages, part.build_environment));
    let is_project = source.has_file("setup.py")? || source.has_file("pyproject.toml")?;
    let is_local = is_project || read.is_local || part.python_packages.iter().any(|package| is_local(package));
    if is_local {
        key = sources::keyed(&source, key)?;
    }
    // Relative to the folder in which pip runs, which may be a copy of the source.
    let relative = |names: &[String]| names.iter().map(PathBuf::from).collect();
    Ok(Wanted {
        source: source.path().to_owned(),
        files: relative(&part.python_requirements),
        constraints: relative(&part.python_constraints),
        packages: part.python_packages.clone(),
        environment: part.build_environment.iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
        is_project,
        is_local,
        key,
    })
}

/// Returns true for a requirement of files beside it: `./libs/words`, `-e .`, `file:…`.
fn is_local(requirement: &str) -> bool {
    let bare = requirement.trim();
    let bare =
        ["-e ", "--editable ", "--editable="].iter().find_map(|flag| bare.strip_prefix(flag)).unwrap_or(bare).trim();
    let path = bare.split_once('@').map_or(bare, |(_, place)| place.trim());
    ["./", "../", "file:"].iter().any(|start| path.starts_with(start)) || bare == "." || bare.starts_with(".[")
}

/// Largest number of requirements files.
const FILES: usize = 64;

/// `key` with the content of the requirements files `names` of `source` and of the files they refer to.
///
/// # Errors
/// When a file is missing, no regular file, too large or outside `source`, or there are too many.
pub fn requirements(source: &Folder, names: &[String], key: Key) -> Result<Key, Error> {
    Requirements::default().add_all(source, names, key)
}

/// Requirements files that were read.
#[derive(Default)]
struct Requirements {
    read: BTreeSet<PathBuf>,
    /// True if one requires files of the project.
    is_local: bool,
}

impl Requirements {
    fn add_all(&mut self, source: &Folder, names: &[String], mut key: Key) -> Result<Key, Error> {
        names.iter().try_for_each(|name| self.add(source, Path::new(name), &mut key))?;
        Ok(key)
    }

    /// Adds the content of the requirements file `name` of `source`, and of the files it refers to (`-r other.txt`), to
    /// `key`, each file once.
    fn add(&mut self, source: &Folder, name: &Path, key: &mut Key) -> Result<(), Error> {
        let mut names = vec![name.to_owned()];
        while let Some(name) = names.pop() {
            if !self.read.insert(name.clone()) {
                continue;
            }
            if self.read.len() > FILES {
                return Err(Error::Many);
            }
            let missing = || Error::NoRequirements(source.place(&name).display().to_string());
            let text = source.text(&name)?.ok_or_else(missing)?;
            key.add(&text);
            self.is_local |= text.lines().any(is_local);
            let folder = name.parent().unwrap_or(Path::new(""));
            let others: BTreeSet<PathBuf> =
                text.lines().filter_map(referred).map(|other| joined(folder, other)).collect();
            names.extend(others);
        }
        Ok(())
    }
}

/// The file that a line of requirements refers to.
fn referred(line: &str) -> Option<&str> {
    const FLAGS: [&str; 4] = ["--requirement", "--constraint", "-r", "-c"];
    let line = line.trim();
    let rest = FLAGS.into_iter().find_map(|flag| line.strip_prefix(flag))?;
    let other = rest.trim_start_matches(['=', ' ']).split(" #").next()?.trim();
    (!other.contains("://")).then_some(other)
}

/// `path` relative to `folder`, without `.`, and without `..` unless it leaves the project. Links in a source are not
/// followed, so this needs no look at the disk.
fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if joined.file_name().is_some() => drop(joined.pop()),
            other => joined.push(other),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;
    use crate::process::tests::Quiet;

    fn part(requirements: &str) -> (tempfile::TempDir, Part) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("requirements.txt"), requirements).unwrap();
        let part = Part {
            plugin: "python".to_owned(),
            source: Some(".".to_owned()),
            python_requirements: vec!["requirements.txt".to_owned()],
            ..Part::default()
        };
        (dir, part)
    }

    #[test]
    fn the_key_follows_requirements_and_interpreter() {
        let interpreter = |version: &str| Interpreter::fake(version);
        let key = |text: &str, version: &str| {
            let (dir, part) = part(text);
            wanted(dir.path(), &part, &interpreter(version)).unwrap().key.text()
        };
        assert_eq!(key("flask", "3.11"), key("flask", "3.11"));
        assert_ne!(key("flask", "3.11"), key("flask", "3.12"));
        assert_ne!(key("flask", "3.11"), key("gunicorn", "3.11"));
    }

    #[test]
    fn the_key_follows_the_files_that_requirements_refer_to() {
        let interpreter = Interpreter::fake("3.11");
        let (dir, part) = part("-r other.txt # and that\n-r requirements.txt\n");
        let key = |text: &str| {
            fs::write(dir.path().join("other.txt"), text).unwrap();
            wanted(dir.path(), &part, &interpreter).unwrap().key.text()
        };
        assert_ne!(key("flask"), key("gunicorn"));
    }

    #[test]
    fn an_empty_requirements_file_gives_an_entry_that_is_found_again() {
        let (dir, part) = part("");
        let cache = Cache::new(dir.path().join("cache"));
        let work = Quiet::default();
        let site = install(dir.path(), &part, &cache, &work).unwrap();
        assert!(site.packages.is_dir() && site.mount.starts_with("/usr/"), "{site:?}");
        work.lines.lock().unwrap().clear();
        install(dir.path(), &part, &cache, &work).unwrap();
        assert!(work.lines.lock().unwrap().is_empty(), "the second time is silent");
    }

    #[test]
    fn pips_output_is_in_the_error_and_no_entry_is_left() {
        let (dir, part) = part("./no-such-folder-anywhere");
        let cache = Cache::new(dir.path().join("cache"));
        let error = install(dir.path(), &part, &cache, &Quiet::default()).unwrap_err();
        assert!(error.to_string().contains("no-such-folder-anywhere"), "{error}");
        assert_eq!(fs::read_dir(dir.path().join("cache")).unwrap().count(), 1, "the lock only");
    }

    #[test]
    fn a_missing_requirements_file_is_named() {
        let (dir, mut part) = part("");
        part.python_requirements = vec!["wishes.txt".to_owned()];
        let error = install(dir.path(), &part, &Cache::new(dir.path()), &Quiet::default()).unwrap_err();
        assert!(error.to_string().contains("wishes.txt"), "{error}");
    }

    const PYTHON: fn() -> Interpreter = || Interpreter::fake("3.11");

    #[test]
    fn requirements_that_refer_to_each_other_are_read_once() {
        let (dir, part) = part(&"-r a.txt\n-r requirements.txt\n".repeat(1000));
        fs::write(dir.path().join("a.txt"), "-r requirements.txt\n-r a.txt\n-r b.txt\n".repeat(1000)).unwrap();
        fs::write(dir.path().join("b.txt"), "-r a.txt\n").unwrap();
        let mut requirements = Requirements::default();
        let source = Folder::open(dir.path()).unwrap();
        requirements.add(&source, Path::new("requirements.txt"), &mut Key::new()).unwrap();
        assert_eq!(
            requirements.read.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(),
            ["a.txt", "b.txt", "requirements.txt"]
        );
        for number in 0..100 {
            fs::write(dir.path().join(format!("{number}.txt")), format!("-r {}.txt\n", number + 1)).unwrap();
        }
        fs::write(dir.path().join("b.txt"), "-r 0.txt\n").unwrap();
        let error = wanted(dir.path(), &part, &PYTHON()).err().unwrap().to_string();
        assert_eq!(error, "the requirements refer to more than 64 files: put them into fewer");
    }

    #[test]
    fn requirements_outside_the_project_are_refused() {
        let message = |text: &str| {
            let (dir, part) = part(text);
            std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.txt")).unwrap();
            wanted(dir.path(), &part, &PYTHON()).err().unwrap().to_string()
        };
        for (text, why) in [
            ("-r ../../etc/passwd", "../../etc/passwd leads out of"),
            ("--requirement=/etc/passwd", "/etc/passwd leads out of"),
            ("-c a/../../x", "../x leads out of"),
            ("-rlink.txt", "link.txt is a symbolic link"),
            ("-r none.txt", "there is no requirements file"),
        ] {
            assert!(message(text).contains(why), "{text}: {}", message(text));
        }
        let (dir, part) = part("-r deep/more.txt");
        fs::create_dir(dir.path().join("deep")).unwrap();
        fs::write(dir.path().join("deep/more.txt"), "-r ../base.txt\n").unwrap();
        fs::write(dir.path().join("base.txt"), "flask\n").unwrap();
        wanted(dir.path(), &part, &PYTHON()).unwrap();
    }

    #[test]
    fn forty_megabytes_of_requirements_are_refused_before_they_are_read() {
        let (dir, part) = part(&"flask-login\n".repeat((40 << 20) / 12));
        let error = wanted(dir.path(), &part, &PYTHON()).err().unwrap().to_string();
        assert!(error.contains("requirements.txt is larger than 1048576 bytes"), "{error}");
    }

    #[test]
    fn a_package_is_no_option_of_pip() {
        let (dir, mut part) = part("");
        part.python_packages = vec!["--target=/".to_owned()];
        let error = wanted(dir.path(), &part, &PYTHON()).err().unwrap().to_string();
        assert_eq!(error, "python-packages has --target=/, which is no package: it begins with a dash");
    }

    #[test]
    fn the_content_of_a_local_requirement_belongs_to_the_key() {
        let (dir, part) = part("flask\n./libs/words\n");
        fs::create_dir_all(dir.path().join("libs/words")).unwrap();
        let key = |text: &str| {
            fs::write(dir.path().join("libs/words/words.py"), text).unwrap();
            let wanted = wanted(dir.path(), &part, &PYTHON()).unwrap();
            (wanted.is_local, wanted.key.text())
        };
        let (builds_here, first) = key("WORD = 1");
        assert!(builds_here && first != key("WORD = 2").1);
        for (line, expected) in [
            ("./x", true),
            ("../x", true),
            ("-e .", true),
            ("--editable=./x", true),
            (".[dev]", true),
            ("words @ file:///app/x", true),
            ("flask", false),
            ("flask @ https://x/./y.whl", false),
            ("-r ./more.txt", false),
        ] {
            assert_eq!(is_local(line), expected, "{line}");
        }
    }

    /// A package without dependencies or a build system of its own, which pip builds without the network.
    fn packed_words(dir: &Path) {
        let backend = "import os, zipfile\n\
            def build_wheel(directory, settings=None, metadata=None):\n    name = 'words-1-py3-none-any.whl'\n    \
            with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:\n        \
            wheel.write('words.py')\n        info = 'words-1.dist-info/'\n        \
            wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: words\\nVersion: 1\\n')\n        \
            wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n        \
            wheel.writestr(info + 'entry_points.txt', '[console_scripts]\\nsay-word = words:say\\n')\n        \
            wheel.writestr(info + 'RECORD', '')\n    return name\n";
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("backend.py"), backend).unwrap();
        fs::write(dir.join("words.py"), "def say():\n    print('a word')\n").unwrap();
        let project = "[project]\nname = 'words'\nversion = '1'\n[build-system]\nrequires = []\n\
                       build-backend = 'backend'\nbackend-path = ['.']\n";
        fs::write(dir.join("pyproject.toml"), project).unwrap();
    }

    /// Output of the console script of the package `words`, run by a pod's interpreter with the packages of `site`.
    fn said_by_script(site: &Site) -> String {
        let script = site.packages.join("bin/say-word");
        assert!(fs::read_to_string(&script).unwrap().starts_with("#!/bin/python3\n"));
        let output = Command::new(script).env("PYTHONPATH", &site.packages).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_local_requirement_is_built_beside_the_requirements_and_its_script_runs() {
        let (dir, part) = part("./libs/words\n");
        packed_words(&dir.path().join("libs/words"));
        let cache = Cache::new(dir.path().join("charm/cache"));
        let site = install(dir.path(), &part, &cache, &Quiet::default()).unwrap();
        assert_eq!(said_by_script(&site), "a word\n");
        assert!(!dir.path().join("libs/words/build").exists(), "the project is left as it was");
        fs::write(dir.path().join("libs/words/words.py"), "def say():\n    print('two')\n").unwrap();
        let site = install(dir.path(), &part, &cache, &Quiet::default()).unwrap();
        assert_eq!(said_by_script(&site), "two\n");
    }

    /// A later version of the package, in the folder `dir`, as a requirement.
    fn usual_words(dir: &Path) -> String {
        packed_words(dir);
        fs::write(dir.join("words.py"), "def say():\n    print('the usual word')\n").unwrap();
        let backend = fs::read_to_string(dir.join("backend.py")).unwrap();
        let backend = backend.replace("words-1", "words-2").replace("words\\nVersion: 1", "words\\nVersion: 2");
        fs::write(dir.join("backend.py"), backend).unwrap();
        format!("words @ file://{}", dir.display())
    }

    #[test]
    fn a_requirement_replaces_the_version_of_a_package_that_the_extension_brings() {
        let (dir, mut part) = part("./libs/words\n");
        packed_words(&dir.path().join("libs/words"));
        part.python_packages = vec![usual_words(&dir.path().join("usual"))];
        let cache = Cache::new(dir.path().join("charm/cache"));
        let site = install(dir.path(), &part, &cache, &Quiet::default()).unwrap();
        assert_eq!(said_by_script(&site), "a word\n", "the requirement's, though it is older");
    }

    #[test]
    fn a_python_before_3_12_has_setuptools_as_in_every_virtual_environment() {
        let (dir, part) = part("");
        let site = install(dir.path(), &part, &Cache::new(dir.path().join("charm/cache")), &Quiet::default()).unwrap();
        let mut python = interpreter::ask(Path::new(INTERPRETER)).unwrap();
        let is_there = site.packages.join("pkg_resources/__init__.py").is_file();
        assert_eq!(is_there, python.setuptools().is_some(), "{}", python.version);
        python.version = "3.12".to_owned();
        assert_eq!(python.setuptools(), None);
    }

    #[test]
    fn a_project_without_requirements_is_installed_itself() {
        let dir = tempfile::tempdir().unwrap();
        packed_words(dir.path());
        let part = Part { plugin: "python".to_owned(), ..Part::default() };
        let cache = Cache::new(dir.path().join("charm/cache"));
        let site = install(dir.path(), &part, &cache, &Quiet::default()).unwrap();
        assert_eq!(said_by_script(&site), "a word\n");
    }

    /// The wheel of the package in `dir`, and its SHA-256 as pip wants it.
    fn wheel(dir: &Path) -> (PathBuf, String) {
        let build = "import backend, hashlib, sys\nname = backend.build_wheel('.')\n\
                     print(name, hashlib.sha256(open(name, 'rb').read()).hexdigest())";
        let output = Command::new(INTERPRETER).args(["-c", build]).current_dir(dir).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let (name, sum) = said.trim().split_once(' ').unwrap_or_else(|| panic!("{output:?}"));
        (dir.join(name), format!("sha256:{sum}"))
    }

    #[test]
    fn requirements_with_hashes_are_installed_if_every_file_has_the_sum_that_is_written() {
        let (dir, mut part) = part("");
        let libs = dir.path().join("libs");
        packed_words(&libs);
        let (file, sum) = wheel(&libs);
        // Those of the extension have no hashes, in a command of their own.
        part.python_packages = vec![usual_words(&dir.path().join("usual"))];
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let installed = |requirements: &str| {
            fs::write(dir.path().join("requirements.txt"), requirements).unwrap();
            let cache = Cache::new(dir.path().join("charm/cache"));
            install(dir.path(), &part, &cache, &Quiet::default()).map_err(|error| error.to_string())
        };
        let pinned = format!("./libs/{name} \\\n    --hash={sum}  # the wheel\n");
        assert_eq!(said_by_script(&installed(&pinned).unwrap()), "a word\n");
        let wrong = installed(&pinned.replace(&sum, &format!("sha256:{}", "0".repeat(64)))).unwrap_err();
        assert!(wrong.contains("DO NOT MATCH THE HASHES"), "{wrong}");
        let partly = installed(&format!("{pinned}./libs\n")).unwrap_err();
        assert!(partly.to_lowercase().contains("hash"), "pip wants a hash for every line: {partly}");
    }

    #[test]
    #[ignore = "long: it may download uv"]
    fn a_lock_of_uv_is_read_by_uv() {
        let dir = tempfile::tempdir().unwrap();
        packed_words(dir.path());
        let lock = "version = 1\nrequires-python = \">=3.8\"\n\n[[package]]\nname = \"words\"\nversion = \"1\"\n\
            source = { editable = \".\" }\n";
        fs::write(dir.path().join("uv.lock"), lock).unwrap();
        let (work, part) = (Quiet::default(), Part { plugin: "python".to_owned(), ..Part::default() });
        install(dir.path(), &part, &Cache::new(dir.path().join("charm/cache")), &work).unwrap();
        let said = work.lines.lock().unwrap().join("\n");
        assert!(said.contains("installing the versions of uv.lock"), "{said}");
    }

    #[test]
    fn pip_is_given_the_constraints_and_the_part_s_variables() {
        let (dir, mut part) = part("./libs/words\n");
        packed_words(&dir.path().join("libs/words"));
        fs::write(dir.path().join("constraints.txt"), "words<1\n").unwrap();
        part.python_constraints = vec!["constraints.txt".to_owned()];
        let failed = |part: &Part| {
            let cache = Cache::new(dir.path().join("charm/cache"));
            install(dir.path(), part, &cache, &Quiet::default()).unwrap_err().to_string()
        };
        assert!(failed(&part).contains("words"), "{}", failed(&part));
        part.python_constraints = Vec::new();
        part.build_environment = vec![[("PIP_NO_SUCH_CHECK".to_owned(), "1".to_owned())].into()];
        part.build_environment.push([("PIP_REQUIRE_HASHES".to_owned(), "1".to_owned())].into());
        assert!(failed(&part).to_lowercase().contains("hash"), "{}", failed(&part));
    }
}
