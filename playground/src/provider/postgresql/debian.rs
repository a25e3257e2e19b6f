//! Installs Debian's PostgreSQL without the cluster that its package makes and starts, which would run beside ours.
//!
//! The package reads `createcluster.conf`, a file of the machine's own, which includes a folder for additional settings. Our
//! setting is in that folder while the installation runs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rock::apt;

use crate::ui::Ui;

/// The folder for additional settings.
const SETTINGS: &str = "/etc/postgresql-common/createcluster.d";

/// Installs the package. Returns true on success.
pub(super) fn install(ui: &Ui) -> bool {
    if !apt::may_install() || !apt::install("postgresql-common", ui) {
        return false;
    }
    // If the setting fails, the machine has one more cluster, and ours works all the same.
    let _no_cluster = NoCluster::ask_for(Path::new(SETTINGS));
    apt::install("postgresql", ui)
}

/// The setting that no cluster is made. Dropping it removes it.
#[derive(Debug)]
struct NoCluster {
    file: PathBuf,
    has_made_folder: bool,
}

impl NoCluster {
    fn ask_for(folder: &Path) -> io::Result<Self> {
        let has_made_folder = fs::create_dir(folder).is_ok();
        let file = folder.join("webcharm.conf");
        let text =
            "# While webcharm installs PostgreSQL. It may be removed at any other time.\ncreate_main_cluster = false\n";
        let made = File::options().write(true).create_new(true).open(&file);
        let this = Self { file, has_made_folder };
        match made.and_then(|mut file| file.write_all(text.as_bytes())) {
            // A killed installation left it.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(this),
        }
    }
}

impl Drop for NoCluster {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
        if self.has_made_folder {
            // This fails if the folder is not empty.
            let _ = self.file.parent().map(fs::remove_dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_machine_s_own_settings_stay_and_ours_go() {
        let dir = tempfile::tempdir().unwrap();
        let (own, more) = (dir.path().join("createcluster.conf"), dir.path().join("createcluster.d"));
        let text = format!("data_directory = '/srv/%v/%c'\ninclude_dir '{}'\n", more.display());
        fs::write(&own, &text).unwrap();
        for is_there in [false, true] {
            if is_there {
                fs::create_dir(&more).unwrap();
                fs::write(more.join("own.conf"), "ssl = off\n").unwrap();
            }
            let setting = NoCluster::ask_for(&more).unwrap();
            assert_eq!(fs::read_to_string(&own).unwrap(), text);
            assert!(fs::read_to_string(more.join("webcharm.conf")).unwrap().ends_with("create_main_cluster = false\n"));
            // Debian's package reads the setting by this program.
            let said = Command::new("pg_conftool").arg(&own).args(["show", "-bs", "create_main_cluster"]).output();
            if testkit::needs(said.is_ok(), "pg_conftool (Debian's package postgresql-common)") {
                let said = said.unwrap();
                assert_eq!(String::from_utf8_lossy(&said.stdout), "off\n", "{said:?}");
            }
            drop(setting);
            assert_eq!(fs::read_to_string(&own).unwrap(), text);
            assert_eq!(more.exists(), is_there);
        }
        assert_eq!(fs::read_dir(&more).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_installation_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        std::mem::forget(NoCluster::ask_for(dir.path()).unwrap());
        drop(NoCluster::ask_for(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
