//! The python plugin: installs requirements for the machine's own interpreter, cached by their content.
//!
//! The pod runs the host's `/bin/python3`, so the packages must fit that interpreter, even if another Python is first
//! on `PATH`. They go into a folder of their own, which is mounted where the interpreter looks by default.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use pack::folder::{self, Folder};
use pack::text::{shown, shown_lines};
use serde::Deserialize;

use crate::cache::{self, Cache, Key};
use crate::process::{Ended, Work, run, said};
use crate::project::Part;
use crate::{apt, tree};

/// The interpreter that rocks name in their services.
pub const INTERPRETER: &str = "/bin/python3";

/// Version of the layout, a part of every key: change it when the same inputs give another folder.
const FORMAT: &str = "1";

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
    #[error("pip cannot install the dependencies (is PyPI reachable?); {}", shown_lines(&said(.0)))]
    Install(String),
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

#[derive(Deserialize)]
struct Interpreter {
    version: String,
    site: String,
}

struct Wanted {
    files: Vec<PathBuf>,
    packages: Vec<String>,
    key: Key,
}

/// Installs the packages that `part` requires, or finds them in the cache.
///
/// # Errors
/// When there is no interpreter or pip, or pip fails.
pub fn install(root: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Site, Error> {
    let interpreter = ask()?;
    let wanted = wanted(root, part, &interpreter)?;
    let packages = cache.entry(&wanted.key, work, |into| {
        work.say(&format!("installing {} for Python {}", shown(&describe(part)), interpreter.version));
        let pip = pip(&interpreter, work)?;
        fill(pip, &wanted, into, work)
    })?;
    Ok(Site { packages, mount: interpreter.site })
}

fn ask() -> Result<Interpreter, Error> {
    if !Path::new(INTERPRETER).exists() {
        return Err(Error::NoPython);
    }
    let script = "import json, site, sys; \
        print(json.dumps({'version': '%d.%d' % sys.version_info[:2], 'site': site.getsitepackages()[0]}))";
    let output = Command::new(INTERPRETER)
        .args(["-I", "-c", script])
        .output()
        .map_err(|error| Error::Interpreter(error.to_string()))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| Error::Interpreter(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn describe(part: &Part) -> String {
    part.python_requirements.iter().chain(&part.python_packages).cloned().collect::<Vec<_>>().join(", ")
}

fn wanted(root: &Path, part: &Part, interpreter: &Interpreter) -> Result<Wanted, Error> {
    if let Some(option) = part.python_packages.iter().find(|package| package.trim_start().starts_with('-')) {
        return Err(Error::Option(option.clone()));
    }
    let source = Folder::open(&tree::source(root, part)?)?;
    let key = Key::new().with(FORMAT).with(&interpreter.version).with(std::env::consts::ARCH);
    let mut key = requirements(&source, &part.python_requirements, key)?;
    for package in &part.python_packages {
        key.add(package);
    }
    let files = part.python_requirements.iter().map(|name| source.place(name)).collect();
    Ok(Wanted { files, packages: part.python_packages.clone(), key })
}

/// Largest number of requirements files.
const FILES: usize = 64;

/// `key` with the content of the requirements files `names` of `source` and of the files they refer to.
///
/// # Errors
/// When a file is missing, no regular file, too large or outside `source`, or there are too many.
pub fn requirements(source: &Folder, names: &[String], mut key: Key) -> Result<Key, Error> {
    let mut read = BTreeSet::new();
    for name in names {
        add_requirements(source, Path::new(name), &mut key, &mut read)?;
    }
    Ok(key)
}

/// Adds the content of the requirements file `name` of `source`, and of the files it refers to (`-r other.txt`), to
/// `key`, each file once.
fn add_requirements(source: &Folder, name: &Path, key: &mut Key, read: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    let mut names = vec![name.to_owned()];
    while let Some(name) = names.pop() {
        if !read.insert(name.clone()) {
            continue;
        }
        if read.len() > FILES {
            return Err(Error::Many);
        }
        let missing = || Error::NoRequirements(source.place(&name).display().to_string());
        let text = source.text(&name)?.ok_or_else(missing)?;
        key.add(&text);
        let folder = name.parent().unwrap_or(Path::new(""));
        let others: BTreeSet<PathBuf> = text.lines().filter_map(referred).map(|other| joined(folder, other)).collect();
        names.extend(others);
    }
    Ok(())
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

/// The interpreter's own pip; else another Python's pip, with the interpreter's version as target; else Debian's, if
/// this process may install it.
fn pip(interpreter: &Interpreter, work: &dyn Work) -> Result<Command, Error> {
    if has_pip(INTERPRETER) {
        return Ok(pip_of(INTERPRETER));
    }
    if has_pip("python3") {
        let mut command = pip_of("python3");
        command.args(["--python-version", &interpreter.version, "--implementation", "cp", "--only-binary=:all:"]);
        return Ok(command);
    }
    if apt::may_install() && apt::install("python3-pip", work) && has_pip(INTERPRETER) {
        return Ok(pip_of(INTERPRETER));
    }
    Err(Error::NoPip)
}

fn has_pip(python: &str) -> bool {
    Command::new(python).args(["-I", "-m", "pip", "--version"]).output().is_ok_and(|output| output.status.success())
}

fn pip_of(python: &str) -> Command {
    let mut command = Command::new(python);
    // Isolated mode: modules of the current folder and the user's packages must not get into the pod. The checks that
    // pip makes for its own advice are off.
    command.args(["-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    command.args(["--root-user-action=ignore", "--progress-bar=off", "--no-warn-script-location"]);
    command
}

fn fill(mut pip: Command, wanted: &Wanted, into: &Path, work: &dyn Work) -> Result<(), Error> {
    pip.arg("--target").arg(into);
    for file in &wanted.files {
        pip.arg("--requirement").arg(file);
    }
    pip.arg("--").args(&wanted.packages);
    let Ended { status, tail } = run(&mut pip, work).map_err(Error::Run)?;
    if status.success() { Ok(()) } else { Err(Error::Install(tail)) }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        let interpreter = |version: &str| Interpreter { version: version.to_owned(), site: String::new() };
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
        let interpreter = Interpreter { version: "3.11".to_owned(), site: String::new() };
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

    const PYTHON: fn() -> Interpreter = || Interpreter { version: "3.11".to_owned(), site: String::new() };

    #[test]
    fn requirements_that_refer_to_each_other_are_read_once() {
        let (dir, part) = part(&"-r a.txt\n-r requirements.txt\n".repeat(1000));
        fs::write(dir.path().join("a.txt"), "-r requirements.txt\n-r a.txt\n-r b.txt\n".repeat(1000)).unwrap();
        fs::write(dir.path().join("b.txt"), "-r a.txt\n").unwrap();
        let mut read = BTreeSet::new();
        let source = Folder::open(dir.path()).unwrap();
        add_requirements(&source, Path::new("requirements.txt"), &mut Key::new(), &mut read).unwrap();
        assert_eq!(
            read.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(),
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
}
