//! Conditions that a machine may not meet. A test whose condition is not met says so on standard error and returns.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Returns `is_met`: true if the machine meets a condition of the test. Otherwise prints the test's place and `what` it
/// needs to standard error, past the test harness, which would show it only for failed tests.
///
/// # Panics
/// Panics if the condition is not met and the variable `CI` is set: there all conditions must be met.
#[track_caller]
pub fn needs(is_met: bool, what: &str) -> bool {
    if !is_met {
        skip(what);
        assert!(!is_ci(), "this test needs {what}, and CI is set");
    }
    is_met
}

/// True if this process is root. Otherwise prints the same line as [`needs`]. It is no failure in CI, since the tests
/// pass as an ordinary user too; CI has to run them as both.
#[track_caller]
pub fn needs_root() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !is_root {
        skip("root");
    }
    is_root
}

/// Value of an environment variable that names a program which no package registry has, such as a real Pebble in
/// `PEBBLE_BINARY`. Otherwise prints the same line as [`needs`]. It is no failure in CI, which can't install the program.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test reads its environment")]
pub fn needs_named(variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if named.is_none() {
        skip(&format!("the path of a program in {variable}"));
    }
    named
}

#[track_caller]
fn skip(what: &str) {
    let place = std::panic::Location::caller();
    // A closed standard error has no reader.
    let _ = writeln!(std::io::stderr(), "SKIPPED, needs {what}: {}:{}", place.file(), place.line());
}

#[allow(clippy::disallowed_methods, reason = "a test reads its environment")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_condition_skips_the_test_and_fails_it_in_ci() {
        assert!(needs(true, "this computer"));
        let missing = std::panic::catch_unwind(|| needs(false, "a condition that is never met: the test of this line"));
        assert_eq!(missing.ok(), (!is_ci()).then_some(false));
    }
}
