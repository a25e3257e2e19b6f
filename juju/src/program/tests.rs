//! The whole of `main` in a process of its own: this test's executable, started again with a part to play.

use std::fs;
use std::process::{Command, ExitCode, Output};

use crate::charm::{Charm, Setup};
use crate::context::{ProcessVars, Vars};
use crate::fake::script;
use crate::on::On;

const PART: &str = "JUJU_TEST_PART";

#[derive(Debug, thiserror::Error)]
#[error("cannot greet")]
struct CannotGreet(#[source] std::fmt::Error);

struct Actor;

/// The same charm, whose log has more.
struct Talker;

impl Charm for Talker {
    type Error = CannotGreet;
    const LOG_LEVEL: tracing::Level = tracing::Level::DEBUG;

    fn new(_: &Setup<'_>) -> Result<Self, CannotGreet> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, _, _| {
            tell();
            Ok(())
        });
    }
}

fn tell() {
    tracing::info!("one");
    tracing::info!("-two");
    tracing::debug!("three");
    tracing::trace!("four");
}

impl Charm for Actor {
    type Error = CannotGreet;

    fn new(_: &Setup<'_>) -> Result<Self, CannotGreet> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, _, _| {
            tell();
            match ProcessVars.get(PART).as_deref() {
                Some("panic") => panic!("hunter2"),
                Some("fail") => Err(CannotGreet(std::fmt::Error)),
                _ => Ok(()),
            }
        });
    }
}

/// Not a test by itself: the child's side. It exits with what `main` says.
#[test]
#[allow(clippy::exit, reason = "the exit code is what the parent looks at")]
fn child() {
    let main = match ProcessVars.get(PART).as_deref() {
        None => return,
        Some("debug") => crate::main::<Talker>,
        Some(_) => crate::main::<Actor>,
    };
    std::process::exit(i32::from(main() != ExitCode::SUCCESS));
}

/// Plays a part with a `juju-log` that writes its arguments into a file; the output, and what was logged.
#[allow(clippy::disallowed_methods, reason = "the process under test, not a hook tool")]
fn play(part: &str, vars: &[(&str, &str)]) -> (Output, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let logged = dir.path().join("logged");
    script(&dir.path().join("juju-log"), &format!("printf '%s\\n' \"$@\" >> {}", logged.display()));
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "program::tests::child", "--nocapture"])
        .env_clear()
        .envs(vars.iter().copied())
        .env("PATH", format!("{}:/bin:/usr/bin", dir.path().display()))
        .env(PART, part)
        .output()
        .expect("it starts");
    (output, fs::read_to_string(logged).unwrap_or_default())
}

const HOOK: [(&str, &str); 3] =
    [("JUJU_UNIT_NAME", "web/0"), ("JUJU_MODEL_NAME", "test"), ("JUJU_DISPATCH_PATH", "hooks/start")];

#[test]
fn success_is_zero_and_one_line_of_log() {
    let (output, logged) = play("well", &HOOK);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(logged, "--log-level\nINFO\n--\none\n-two\n");
}

#[test]
fn a_charm_says_from_which_level_on_its_lines_are_logged() {
    let (output, logged) = play("debug", &HOOK);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(logged, "--log-level\nDEBUG\n--\nthree\n--log-level\nINFO\n--\none\n-two\n");
}

#[test]
fn an_error_is_one_and_its_chain_once() {
    let (output, logged) = play("fail", &HOOK);
    assert_eq!(output.status.code(), Some(1));
    let want = format!("--log-level\nERROR\n--\ncannot handle start: cannot greet: {}\n", std::fmt::Error);
    assert!(logged.ends_with(&want), "{logged}");
}

#[test]
fn a_panic_tells_the_place_and_nothing_else() {
    let (output, logged) = play("panic", &HOOK);
    assert_eq!(output.status.code(), Some(1));
    assert!(logged.contains("one\n-two\n") && logged.contains("the charm panicked at "), "{logged}");
    let said = logged + &String::from_utf8_lossy(&output.stderr) + &String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn without_juju_it_says_so() {
    let (output, logged) = play("well", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(logged.contains("JUJU_UNIT_NAME is not set"), "{logged}");
}
