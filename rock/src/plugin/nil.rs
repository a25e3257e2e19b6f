//! The nil plugin, which has no source and no steps: `override-build` makes the part's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Built, Error, failed, finish};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;

/// First lines of the script: `craftctl default` does no work, since the plugin has no steps.
pub(super) const PRELUDE: &str = "set -e\ncraftctl() { :; }\n";

/// The script that makes the part's files. `None` for a part with packages of the base: its script changes the
/// packages' files, which are this machine's here.
pub(crate) fn script(part: &Part) -> Option<&str> {
    part.override_build.as_deref().filter(|_| part.plugin == "nil" && part.stage_packages.is_empty())
}

pub(super) fn build(part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let Some(script) = script(part) else { return Ok(Built::default()) };
    let key = Key::new().with("nil 1").with(script).with(format!("{:?}", part.build_environment));
    let made = cache.entry(&key, work, |into| {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("{PRELUDE}{script}")]).current_dir(into).env("CRAFT_PART_INSTALL", into);
        finish("override-build", &mut command, part, work)
    })?;
    let mut folders = Vec::new();
    empty_folders(&made, Path::new(""), &mut folders).map_err(failed(&made))?;
    Ok(Built { folders, ..Built::files(made) })
}

/// The empty folders below `folder` of `root`, as paths below `root`.
fn empty_folders(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(root.join(folder))?.peekable();
    if entries.peek().is_none() && folder != Path::new("") {
        found.push(folder.to_owned());
    }
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            empty_folders(root, &folder.join(entry.file_name()), found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::tests::Quiet;

    fn built(yaml: &str) -> Result<(tempfile::TempDir, Built), Error> {
        let dir = tempfile::tempdir().unwrap();
        let part: Part = serde_yaml::from_str(yaml).unwrap();
        let made = build(&part, &Cache::new(dir.path()), &Quiet::default())?;
        Ok((dir, made))
    }

    #[test]
    fn its_script_makes_files_and_empty_folders() {
        let yaml = "plugin: nil\nbuild-environment: [{NAME: note}]\noverride-build: |\n  craftctl default\n  \
                    mkdir -p $CRAFT_PART_INSTALL/var/log/site ${CRAFT_PART_INSTALL}/etc\n  \
                    echo hello > $CRAFT_PART_INSTALL/etc/$NAME\n";
        let (_dir, made) = built(yaml).unwrap();
        assert_eq!(made.folders, [PathBuf::from("var/log/site")]);
        assert_eq!(fs::read_to_string(made.files.unwrap().0.join("etc/note")).unwrap(), "hello\n");
    }

    #[test]
    fn a_script_that_fails_ends_the_build_with_its_output() {
        let error = built("plugin: nil\noverride-build: |\n  echo lost >&2\n  false\n  true\n").unwrap_err();
        assert!(error.to_string().contains("override-build failed") && error.to_string().ends_with("lost"), "{error}");
    }

    #[test]
    fn a_script_for_the_files_of_packages_is_not_run() {
        let (_dir, made) = built("plugin: nil\nstage-packages: [bash_bins]\noverride-build: 'false'\n").unwrap();
        assert!(made.files.is_none() && made.folders.is_empty(), "{made:?}");
    }
}
