//! The maven plugin: `mvn package`, with the archives in `jar/`.
//!
//! It runs in a copy of the sources, because Maven writes beside them. The project's own tests are not run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;

use super::{Built, Error, failed, finish, sources, version};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;
use crate::tool::{self, Tool};

pub(super) const JAVA: Tool = Tool { program: "java", package: "default-jdk-headless" };
pub(super) const COMPILER: Tool = Tool { program: "javac", package: "default-jdk-headless" };
/// The project's own Maven, which fetches the version that the project names.
const WRAPPER: &str = "mvnw";
const MAVEN: Tool = Tool { program: "mvn", package: "maven" };

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let (_, java) = (tool::find(COMPILER, work)?, tool::find(JAVA, work)?);
    let maven = if part.maven_use_wrapper { PathBuf::from(WRAPPER) } else { tool::find(MAVEN, work)? };
    let key = Key::new().with("maven 1").with(version(&java, "--version")).with(part.maven_parameters.join(" "));
    let folder = Folder::open(source)?;
    if part.maven_use_wrapper {
        may_run(&folder, WRAPPER)?;
    }
    let key = sources::keyed(&folder, key)?;
    let archives = cache.entry(&key, work, |into| {
        work.say("building the project with Maven");
        let copy = into.join("source");
        fs::create_dir(&copy).map_err(failed(&copy))?;
        sources::copy(&folder, &Folder::open(&copy)?)?;
        finish("mvn", &mut command(&maven, &copy, part, cache), part, work)?;
        let none = "Maven made no .jar in target/: the rock starts one, so pom.xml needs the packaging jar";
        collect(&copy, "target", &into.join("jar"), none)?;
        fs::remove_dir_all(&copy).map_err(failed(&copy))
    })?;
    Ok(Built::files(archives).with(tool::runtime(&java)))
}

fn command(maven: &Path, source: &Path, part: &Part, cache: &Cache) -> Command {
    // A wrapper's path is relative to the project; an absolute path stays as it is.
    let mut command = Command::new(source.join(maven));
    command.current_dir(source).args(["--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", "package"]);
    command.arg("-Dmaven.test.skip=true").arg(format!("-Dmaven.repo.local={}", cache.shared("maven").display()));
    command.args(&part.maven_parameters);
    command
}

/// Moves the archives that can be run out of the folders `outputs` of the project in `copy`: not `-plain.jar` files, nor a
/// plugin's backup of a rewritten archive. Those of the project itself come before those of its modules. Fails with
/// `none` if there is none.
pub(super) fn collect(copy: &Path, outputs: &str, into: &Path, none: &str) -> Result<(), Error> {
    fs::create_dir_all(into).map_err(failed(into))?;
    let own = archives(&copy.join(outputs));
    let found =
        if own.is_empty() { modules(copy).iter().flat_map(|dir| archives(&dir.join(outputs))).collect() } else { own };
    if found.is_empty() {
        return Err(Error::Product(none.to_owned()));
    }
    for archive in found {
        let to = into.join(archive.file_name().unwrap_or_default());
        fs::rename(&archive, to).map_err(failed(&archive))?;
    }
    Ok(())
}

fn archives(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_run_alone = |name: &str| name.ends_with(".jar") && !name.ends_with("-plain.jar");
    files.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_run_alone)).collect()
}

/// The folders below the project's, at any depth and sorted. Links are not followed.
pub(super) fn modules(copy: &Path) -> Vec<PathBuf> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut dir = copy.to_owned();
    loop {
        let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
        found.extend(
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
        );
        let Some(next) = found.get(at) else { break };
        dir.clone_from(next);
        at += 1;
    }
    found.sort();
    found
}

/// Fails if the project's own build tool has no execute bit.
pub(super) fn may_run(folder: &Folder, wrapper: &'static str) -> Result<(), Error> {
    let file = folder.file(wrapper)?.and_then(|file| file.metadata().ok());
    match file.is_some_and(|found| found.permissions().mode() & 0o111 == 0) {
        true => Err(Error::Wrapper(wrapper)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path, names: &[&str]) {
        for name in names {
            fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            fs::write(dir.join(name), "").unwrap();
        }
    }

    fn collected(names: &[&str], outputs: &str) -> Result<Vec<String>, Error> {
        let (dir, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        files(dir.path(), names);
        collect(dir.path(), outputs, into.path(), "none")?;
        let found = fs::read_dir(into.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        Ok(found.collect())
    }

    #[test]
    fn the_archive_of_a_module_is_found_if_the_project_itself_has_none() {
        let module = ["app/build/libs/shop.jar", "app/build/libs/shop-plain.jar", "app/src/x.jar", "build/tmp/y.jar"];
        assert_eq!(collected(&module, "build/libs").unwrap(), ["shop.jar"]);
        let both = ["target/shop.jar", "target/shop.jar.original", "core/target/core.jar"];
        assert_eq!(collected(&both, "target").unwrap(), ["shop.jar"]);
        assert!(matches!(collected(&["lib/a.jar"], "target"), Err(Error::Product(_))));
    }

    #[test]
    fn a_wrapper_without_its_execute_bit_is_told_with_the_command_that_sets_it() {
        let dir = tempfile::tempdir().unwrap();
        files(dir.path(), &["mvnw"]);
        let folder = Folder::open(dir.path()).unwrap();
        let told = may_run(&folder, "mvnw").unwrap_err().to_string();
        assert_eq!(told, "the project's mvnw can't be run: `chmod +x mvnw`");
        fs::set_permissions(dir.path().join("mvnw"), fs::Permissions::from_mode(0o755)).unwrap();
        may_run(&folder, "mvnw").unwrap();
        may_run(&folder, "gradlew").unwrap();
    }
}
