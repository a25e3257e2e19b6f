//! PyPI's `ops`, the library of charms in Python: every call of its Pebble client.

use std::path::Path;
use std::process::Command;

use crate::daemon::Daemon;

/// Version of ops whose calls the script has.
const VERSION: &str = "3.9.0";

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
#[ignore = "needs the network: PyPI's ops is installed"]
fn every_call_of_ops_client_is_answered() {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ops-{VERSION}"));
    let python = venv.join("bin/python");
    if !venv.join("installed").exists() {
        ran(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        ran(Command::new(&python).args(["-m", "pip", "install", "-q", &format!("ops=={VERSION}")]));
        std::fs::write(venv.join("installed"), "").unwrap();
    }
    let daemon = Daemon::start("", &["--hold"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/ops_client.py");
    let version = ran(Command::new(&python).arg(script).arg(daemon.socket()).arg(daemon.folder.path()));
    assert_eq!(version.trim(), VERSION);
}
