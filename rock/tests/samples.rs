//! Each sample's own tests, with what its project says they take, against a real PostgreSQL where there is one.

use std::path::{Path, PathBuf};
use std::process::Command;

use rock::project::Part;
use rock::{Cache, Cancel, Work};

use crate::database::Database;

struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _line: &str) {}

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A command of the interpreter in `folder`, with the packages that `requirements` of the sample `name` asks for.
fn python(name: &str, requirements: &str, folder: &str) -> Command {
    let cache = Cache::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let part = Part { python_requirements: vec![requirements.to_owned()], ..Part::default() };
    let site = rock::python::install(&sample(name), &part, &cache, &Quiet(Cancel::default())).unwrap();
    let mut command = Command::new(rock::python::INTERPRETER);
    command.current_dir(sample(name).join(folder)).env("PYTHONPATH", site.packages);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Every test of a sample passes, and with a database none is left out.
fn assert_passes(mut command: Command, passed: &str, has_database: bool) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains(passed), "{text}");
    assert!(!has_database || !text.contains("skipped"), "with a database every test runs: {text}");
}

fn pytest(name: &str) {
    let database = Database::start();
    let mut command = python(name, "requirements-dev.txt", ".");
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
    command.envs(database.iter().map(|database| ("TEST_DATABASE", database.address())));
    assert_passes(command, " passed", database.is_some());
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
    assert_passes(command, "\nOK", database.is_some());
}
