//! Installation of Debian packages for missing tools.

use std::path::Path;
use std::process::Command;

use crate::process::{Work, run};

/// Returns true if this process may install packages: as root, on a machine with apt.
#[must_use]
pub fn may_install() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists()
}

/// Installs `package`, refreshing the package lists if they don't have it. Returns true on success.
pub fn install(package: &str, work: &dyn Work) -> bool {
    work.say(&format!("installing Debian's {package}"));
    let step = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        run(&mut command, work).is_ok_and(|ended| ended.status.success())
    };
    let install = ["install", "-y", "--no-install-recommends", package];
    step(&install) || (step(&["update"]) && step(&install))
}
