//! The gradle plugin: `gradle build`, with the archives in `jar/`:
//! <https://documentation.ubuntu.com/rockcraft/latest/common/craft-parts/reference/plugins/gradle_plugin/>.
//!
//! The project's own Gradle (`gradlew`) has priority, as in the plugin. It runs in a copy of the sources, because Gradle
//! writes beside them. The project's own tests are not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;

use super::maven::{COMPILER, JAVA, collect, may_run, modules};
use super::{Built, Error, failed, finish, sources, version};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;
use crate::tool;

/// Folder of the archives, in the project's folder and in each module's.
const LIBS: &str = "build/libs";

/// The project's own Gradle, which fetches the version that the project names.
const WRAPPER: &str = "gradlew";

/// Task of the project's own tests, which plugins such as `java` add. Not every project has one.
const TEST: &str = "test";

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    // Debian's package is too old for Spring Boot, so none is installed.
    build_with(tool::on_path("gradle"), source, part, cache, work)
}

/// Builds with the project's own Gradle, else with the `installed` one.
fn build_with(
    installed: Option<PathBuf>,
    source: &Path,
    part: &Part,
    cache: &Cache,
    work: &dyn Work,
) -> Result<Built, Error> {
    let folder = Folder::open(source)?;
    let own = folder.has_file(WRAPPER)?.then(|| PathBuf::from(WRAPPER));
    may_run(&folder, WRAPPER)?;
    let gradle = own.or(installed).ok_or(Error::Gradle)?;
    let (_, java) = (tool::find(COMPILER, work)?, tool::find(JAVA, work)?);
    let task = part.gradle_task.as_deref().unwrap_or("build");
    let key = Key::new().with("gradle 2").with(version(&java, "--version")).with(task);
    let key = sources::keyed(&folder, key.with(part.gradle_parameters.join(" ")))?;
    let archives = cache.entry(&key, work, |into| {
        work.say("building the project with Gradle");
        let copy = into.join("source");
        fs::create_dir(&copy).map_err(failed(&copy))?;
        sources::copy(&folder, &Folder::open(&copy)?)?;
        // An archive of the author's own build, with another version in its name, would be in the rock beside the new one.
        for libs in modules(&copy).iter().filter(|dir| dir.ends_with(LIBS)) {
            fs::remove_dir_all(libs).map_err(failed(libs))?;
        }
        // A wrapper's path is relative to the project; an absolute path stays as it is.
        let run = |without: &[&str]| {
            let mut command = Command::new(copy.join(&gradle));
            command.current_dir(&copy).arg(task).args(without).args(["--no-daemon", "--console=plain"]);
            command.args(&part.gradle_parameters).env("GRADLE_USER_HOME", cache.shared("gradle"));
            finish("gradle", &mut command, part, work)
        };
        match run(&["--exclude-task", TEST]) {
            Err(Error::Failed { tail, .. }) if lacks_tests(&tail) => {
                work.say("the project has no task test to leave out");
                run(&[])
            }
            ran => ran,
        }?;
        collect(&copy, LIBS, &into.join("jar"), "Gradle made no .jar in build/libs: the rock starts one")?;
        fs::remove_dir_all(&copy).map_err(failed(&copy))
    })?;
    Ok(Built::files(archives).with(tool::runtime(&java)))
}

/// True if Gradle says that it can't exclude the tests because there are none. It says so before it runs any task.
fn lacks_tests(output: &str) -> bool {
    // "Task 'test' not found in root project 'shop'.", in later versions behind "Cannot locate tasks … as task".
    output.contains("ask 'test' not found in ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::process::tests::Quiet;

    fn program(path: &Path, script: &str) {
        fs::write(path, script).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_project_without_gradle_on_a_machine_without_it_is_told_what_to_do() {
        let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (part, work) = (Part { plugin: "gradle".to_owned(), ..Part::default() }, Quiet::default());
        let build = |installed| build_with(installed, dir.path(), &part, &Cache::new(cache.path()), &work);
        let message = build(None).unwrap_err().to_string();
        let start = "there is no Gradle: add the project's own (gradlew) with `gradle wrapper`";
        assert!(message.starts_with(start), "{message}");
        assert!(work.lines.lock().unwrap().is_empty(), "it is told before anything else is done");

        let installed = cache.path().join("gradle");
        program(&installed, "#!/bin/sh\nmkdir -p build/libs && echo > build/libs/shop.jar\n");
        let jars = build(Some(installed)).unwrap().files.unwrap().0.join("jar");
        assert!(jars.join("shop.jar").is_file());
    }

    #[test]
    fn the_project_s_own_gradle_makes_the_archive() {
        let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wrapper =
            "#!/bin/sh\nmkdir -p build/libs && echo \"$*\" > build/libs/shop.jar && echo > build/libs/shop-plain.jar\n";
        program(&dir.path().join(WRAPPER), wrapper);
        let part: Part =
            serde_yaml::from_str("{plugin: gradle, gradle-task: bootJar, gradle-parameters: [-Px=1]}").unwrap();
        let built = build(dir.path(), &part, &Cache::new(cache.path()), &Quiet::default()).unwrap();
        let jars = built.files.unwrap().0.join("jar");
        let arguments = fs::read_to_string(jars.join("shop.jar")).unwrap();
        assert_eq!(arguments, "bootJar --exclude-task test --no-daemon --console=plain -Px=1\n");
        assert_eq!(fs::read_dir(&jars).unwrap().count(), 1, "the archive that can be run alone");
        assert!(!dir.path().join("build").exists(), "the project is left as it was");
    }

    #[test]
    fn a_project_without_tests_is_built_without_leaving_them_out() {
        let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let part = Part { plugin: "gradle".to_owned(), ..Part::default() };
        let build = |message: &str| {
            let wrapper = format!(
                "#!/bin/sh\ncase \"$*\" in *--exclude-task*) echo \"{message}\"; exit 1;; esac\n\
                 mkdir -p build/libs && echo \"$*\" > build/libs/shop.jar\n"
            );
            program(&dir.path().join(WRAPPER), &wrapper);
            super::build(dir.path(), &part, &Cache::new(cache.path()), &Quiet::default())
        };
        for message in [
            "Task 'test' not found in root project 'shop'.",
            "Cannot locate tasks that match 'test' as task 'test' not found in root project 'shop'.",
        ] {
            let jar = build(message).unwrap().files.unwrap().0.join("jar/shop.jar");
            assert_eq!(fs::read_to_string(jar).unwrap(), "build --no-daemon --console=plain\n", "{message}");
        }
        let told = build("error: ';' expected").unwrap_err().to_string();
        assert!(told.contains("error: ';' expected"), "another failure stays one: {told}");
    }

    #[test]
    fn an_archive_of_the_author_s_own_build_is_not_in_the_rock() {
        let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // The module has no build file of its own, as under `subprojects {}`.
        for libs in ["build/libs", "app/build/libs"] {
            fs::create_dir_all(dir.path().join(libs)).unwrap();
            fs::write(dir.path().join(libs).join("shop-0.1.jar"), "").unwrap();
        }
        fs::write(dir.path().join("build.gradle"), "").unwrap();
        program(
            &dir.path().join(WRAPPER),
            "#!/bin/sh\nmkdir -p app/build/libs && echo > app/build/libs/shop-0.2.jar\n",
        );
        let part = Part { plugin: "gradle".to_owned(), ..Part::default() };
        let built = build(dir.path(), &part, &Cache::new(cache.path()), &Quiet::default()).unwrap();
        let jars = fs::read_dir(built.files.unwrap().0.join("jar")).unwrap();
        assert_eq!(jars.map(|jar| jar.unwrap().file_name()).collect::<Vec<_>>(), ["shop-0.2.jar"]);
    }
}
