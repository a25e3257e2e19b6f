//! Each sample's own tests, with its test requirements, against a real PostgreSQL if it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;
use rock::project::Part;
use rock::{Cache, Cancel, Work};

use crate::database::Database;

/// A build without output.
#[derive(Default)]
pub(crate) struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _line: &str) {}

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A command of the interpreter in `folder`, with the packages of the sample `name`'s file `requirements`.
fn python(name: &str, requirements: &str, folder: &str) -> Command {
    let cache = Cache::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let part = Part { python_requirements: vec![requirements.to_owned()], ..Part::default() };
    let site = rock::python::install(&sample(name), &part, &cache, &Quiet(Cancel::default())).unwrap();
    let mut command = Command::new(rock::python::INTERPRETER);
    command.current_dir(sample(name).join(folder)).env("PYTHONPATH", site.packages);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Asserts that a sample's tests pass (`passed` is in the output) and, with a database, that none is `skipped`.
fn assert_passes(mut command: Command, passed: &str, skipped: &str, has_database: bool) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains(passed), "{text}");
    assert!(!has_database || !text.contains(skipped), "with a database every test runs: {text}");
}

fn pytest(name: &str) {
    let database = Database::start();
    let mut command = python(name, "requirements-dev.txt", ".");
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
    command.envs(database.iter().map(|database| ("TEST_DATABASE", database.address())));
    assert_passes(command, " passed", "skipped", database.is_some());
}

/// A copy of the sample `name`, since its tools write beside their sources.
fn copy(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    rock::tree::lay(&sample(name), Path::new(""), &Part::default(), &Folder::open(dir.path()).unwrap()).unwrap();
    dir
}

/// A test command in `folder`, with the address of `database`.
fn tool(program: &str, args: &[&str], folder: &Path, database: Option<&Database>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_remove("TEST_DATABASE");
    command.envs(database.map(|database| ("TEST_DATABASE", database.address())));
    command
}

#[test]
fn the_flask_sample_passes_its_own_tests() {
    pytest("flask");
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn the_fastapi_sample_passes_its_own_tests() {
    pytest("fastapi");
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn the_django_sample_passes_its_own_tests() {
    let database = Database::start();
    let mut command = python("django", "requirements.txt", "guestbook");
    command.args(["manage.py", "test", "--noinput"]);
    if let Some(database) = &database {
        command.envs(database.variables());
    }
    assert_passes(command, "\nOK", "skipped", database.is_some());
}

#[test]
#[ignore = "long: its modules are downloaded"]
fn the_go_sample_passes_its_own_tests() {
    let database = Database::start();
    let command = tool("go", &["test", "-v", "-count=1", "./..."], &sample("go"), database.as_ref());
    assert_passes(command, "\nPASS\n", "--- SKIP", database.is_some());
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn the_expressjs_sample_passes_its_own_tests() {
    let (database, dir) = (Database::start(), copy("expressjs"));
    let app = dir.path().join("app");
    let installed = tool("npm", &["ci", "--no-audit", "--no-fund"], &app, None).output().unwrap();
    assert!(installed.status.success(), "{installed:?}");
    let command = tool("node", &["--test", "--test-reporter=tap"], &app, database.as_ref());
    assert_passes(command, "# fail 0", "# SKIP", database.is_some());
}

#[test]
#[ignore = "long: its libraries are downloaded, and it takes a minute"]
fn the_spring_boot_sample_passes_its_own_tests() {
    let (database, dir) = (Database::start(), copy("spring-boot"));
    let command = tool("mvn", &["--batch-mode", "--no-transfer-progress", "test"], dir.path(), database.as_ref());
    assert_passes(command, "BUILD SUCCESS", "[WARNING] Tests run", database.is_some());
}
