//! The nil plugin, which has no steps: `override-build` makes the part's files, of the part's source if it has one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;

use super::{Built, Error, failed, finish, sources};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;
use crate::tree;

/// First lines of the script: `craftctl default` does no work, since the plugin has no steps.
pub(super) const PRELUDE: &str = "set -e\ncraftctl() { :; }\n";

/// The script that makes the part's files. `None` for a part with packages of the base: its script changes the
/// packages' files, which are this machine's here.
pub(crate) fn script(part: &Part) -> Option<&str> {
    part.override_build.as_deref().filter(|_| part.plugin == "nil" && part.stage_packages.is_empty())
}

pub(super) fn build(root: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let Some(script) = script(part) else { return Ok(Built::default()) };
    let source = part.source.is_some().then(|| tree::source(root, part)).transpose()?;
    let source = source.map(|source| Folder::open(&source)).transpose()?;
    let mut key = Key::new().with("nil 2").with(script).with(format!("{:?}", part.build_environment));
    if let Some(source) = &source {
        key = sources::keyed(source, key)?;
    }
    let made = cache.entry(&key, work, |into| {
        let place = tempfile::tempdir_in(into.parent().unwrap_or(into)).map_err(failed(into))?;
        if let Some(source) = &source {
            sources::copy(source, &Folder::open(place.path())?)?;
        }
        finish("override-build", &mut command(script, place.path(), into), part, work)
    })?;
    let mut folders = Vec::new();
    empty_folders(&made, Path::new(""), &mut folders).map_err(failed(&made))?;
    Ok(Built { folders, ..Built::files(made) })
}

/// The script, run in `place`. npm's packages of no project go there too, not onto this machine.
fn command(script: &str, place: &Path, into: &Path) -> Command {
    let global = place.join(".npm-global");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(global.join("bin")).chain(std::env::split_paths(&path));
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{PRELUDE}{script}")]).current_dir(place);
    command.env("CRAFT_PART_INSTALL", into).env("CRAFT_PART_BUILD", place).env("CRAFT_PART_SRC", place);
    command.env("npm_config_prefix", &global).env("PATH", std::env::join_paths(folders).unwrap_or(path));
    command
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
        let project = tempfile::tempdir().unwrap();
        fs::create_dir(project.path().join("page")).unwrap();
        fs::write(project.path().join("page/index.md"), "a page").unwrap();
        let made = build(project.path(), &part, &Cache::new(dir.path()), &Quiet::default())?;
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
    fn its_script_finds_the_source_s_files_in_a_copy() {
        let yaml = "plugin: nil\nsource: .\noverride-build: |\n  mkdir -p $CRAFT_PART_INSTALL/site\n  \
                    cp page/index.md $CRAFT_PART_INSTALL/site/\n  echo made > page/made\n  \
                    test \"$(npm config get prefix 2>/dev/null || echo $npm_config_prefix)\" = $CRAFT_PART_BUILD/.npm-global\n";
        let (_dir, made) = built(yaml).unwrap();
        let files = made.files.unwrap().0;
        assert_eq!(fs::read_to_string(files.join("site/index.md")).unwrap(), "a page");
        assert_eq!(fs::read_dir(&files).unwrap().count(), 1, "the source is no part of the image");
        let missing = built("plugin: nil\nsource: gone\noverride-build: 'true'\n").unwrap_err();
        assert!(missing.to_string().contains("gone"), "{missing}");
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
