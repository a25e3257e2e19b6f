//! The Pebble under test.

use std::path::PathBuf;

/// Another Pebble than our supervisor, if `PEBBLE_BINARY` names one.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "a test reads its environment")]
pub fn chosen_pebble() -> Option<PathBuf> {
    std::env::var_os("PEBBLE_BINARY").map(PathBuf::from)
}

/// The chosen Pebble, or the supervisor that was built beside the running test.
///
/// # Panics
/// Panics if there is neither.
#[must_use]
pub fn pebble() -> PathBuf {
    if let Some(chosen) = chosen_pebble() {
        return chosen;
    }
    // target/<profile>/deps/suite-… → target/<profile>/pebble
    let own = std::env::current_exe().expect("this program's path");
    let built = own.ancestors().nth(2).expect("tests are built into a folder of the target").join("pebble");
    assert!(built.exists(), "there is no {}: build it with `cargo build -p supervisor`", built.display());
    built
}
