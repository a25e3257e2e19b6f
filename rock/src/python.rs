//! The python plugin: requirements installed for the machine's own interpreter, cached by their content.
//!
//! The pod runs the host's `/bin/python3`, so the packages must fit that one, whichever Python is first on `PATH`. They
//! go into a folder of their own, to be mounted where the interpreter looks by itself: no variable is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::cache::{self, Cache, Key};
use crate::process::{Ended, Work, run};
use crate::project::Part;
use crate::{apt, tree};

/// The interpreter that rocks name in their services.
pub const INTERPRETER: &str = "/bin/python3";

/// Goes into every key: change it when the same inputs shall give another folder.
const FORMAT: &str = "1";

/// Why the dependencies can't be installed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No interpreter.
    #[error("the sample runs under {INTERPRETER}, which isn't there: install the package python3")]
    NoPython,
    /// The interpreter doesn't answer as expected.
    #[error("cannot ask {INTERPRETER} for its version: {0}")]
    Interpreter(String),
    /// No pip.
    #[error("there is no pip: install the package python3-pip, or run this as root, which installs it")]
    NoPip,
    /// A requirements file can't be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Pip can't be run to its end.
    #[error("cannot run pip")]
    Run(#[source] std::io::Error),
    /// Pip failed.
    #[error("pip cannot install the dependencies (is PyPI reachable?); it said:\n{0}")]
    Install(String),
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The part's source is not in the project.
    #[error(transparent)]
    Tree(#[from] tree::Error),
}

/// Installed packages, and where the interpreter looks for them.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder that holds them.
    pub packages: PathBuf,
    /// The interpreter's own folder for packages the administrator adds.
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

/// Installs what `part` asks for, or finds it installed.
///
/// # Errors
/// When there is no interpreter or pip, or pip fails.
pub fn install(root: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Site, Error> {
    let interpreter = ask()?;
    let wanted = wanted(root, part, &interpreter)?;
    let packages = cache.entry(&wanted.key, |into| {
        work.say(&format!("installing {} for Python {}", describe(part), interpreter.version));
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
    let source = tree::source(root, part)?;
    let mut key = Key::new().with(FORMAT).with(&interpreter.version).with(std::env::consts::ARCH);
    let mut files = Vec::new();
    for name in &part.python_requirements {
        let path = source.join(name);
        add_requirements(&path, &mut key, 0)?;
        files.push(path);
    }
    for package in &part.python_packages {
        key.add(package);
    }
    Ok(Wanted { files, packages: part.python_packages.clone(), key })
}

/// So many files deep requirements may refer to others; pip itself ends no circle.
const DEEPEST: usize = 8;

/// Adds the content of a requirements file, and of those it refers to (`-r other.txt`), to `key`.
fn add_requirements(path: &Path, key: &mut Key, depth: usize) -> Result<(), Error> {
    let text =
        fs::read_to_string(path).map_err(|error| Error::Read { path: path.display().to_string(), source: error })?;
    key.add(&text);
    let flags = ["-r", "--requirement", "-c", "--constraint"];
    let named = |line: &str| {
        let flag = flags.into_iter().find(|flag| line.starts_with(flag))?;
        Some(line[flag.len()..].trim_start_matches(['=', ' ']).split(" #").next()?.trim().to_owned())
    };
    for other in text.lines().filter_map(|line| named(line.trim())).filter(|other| !other.contains("://")) {
        let other = path.parent().unwrap_or(Path::new("")).join(other);
        if depth < DEEPEST && other.is_file() {
            add_requirements(&other, key, depth + 1)?;
        }
    }
    Ok(())
}

/// The interpreter's own pip; else another Python's, told what to install for; else Debian's, where we may install it.
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
    Command::new(python).args(["-m", "pip", "--version"]).output().is_ok_and(|output| output.status.success())
}

fn pip_of(python: &str) -> Command {
    let mut command = Command::new(python);
    // The folder is the pod's; no user's packages may leak into it, and pip's own advice is not ours to give.
    command.env("PYTHONNOUSERSITE", "1").args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    command.args(["--root-user-action=ignore", "--progress-bar=off", "--no-warn-script-location"]);
    command
}

fn fill(mut pip: Command, wanted: &Wanted, into: &Path, work: &dyn Work) -> Result<(), Error> {
    pip.arg("--target").arg(into);
    for file in &wanted.files {
        pip.arg("--requirement").arg(file);
    }
    pip.args(&wanted.packages);
    let Ended { status, tail } = run(&mut pip, work).map_err(Error::Run)?;
    if status.success() { Ok(()) } else { Err(Error::Install(tail)) }
}

#[cfg(test)]
mod tests {
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
    fn nothing_to_install_is_installed_and_found_again() {
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
    fn pips_own_words_are_in_the_error_and_no_entry_is_left() {
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
}
