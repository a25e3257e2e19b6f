//! pip: that of the environment's interpreter, another Python's, or Debian's, which root may install. It installs into another
//! environment by its option `--python` (pip 22.3).

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Error, INTERPRETER};
use crate::apt;
use crate::process::Work;

/// A Python with pip.
pub(super) struct Pip(PathBuf);

/// Finds pip: an older one than the `interpreter` may not run under it, so the interpreter's own comes first.
pub(super) fn find(interpreter: &Path, work: &dyn Work) -> Result<Pip, Error> {
    let all = [interpreter, Path::new(INTERPRETER), Path::new("python3")];
    if let Some(python) = all.into_iter().find(|python| has_pip(python)) {
        return Ok(Pip(python.to_owned()));
    }
    if apt::may_install() && apt::install("python3-pip", work) && has_pip(Path::new(INTERPRETER)) {
        return Ok(Pip(INTERPRETER.into()));
    }
    Err(Error::NoPip)
}

fn has_pip(python: &Path) -> bool {
    Command::new(python).args(["-I", "-m", "pip", "--version"]).output().is_ok_and(|output| output.status.success())
}

impl Pip {
    /// The command that installs into the environment of `python`.
    pub(super) fn install(&self, python: &Path) -> Command {
        let mut command = Command::new(&self.0);
        // The checks that pip makes for its own advice are off.
        command.args(["-I", "-m", "pip", "--python"]).arg(python).args(["install", "--upgrade", "--no-input"]);
        command.args(["--disable-pip-version-check", "--root-user-action=ignore", "--progress-bar=off"]);
        command.arg("--no-warn-script-location");
        command
    }
}
