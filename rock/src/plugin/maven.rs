//! The maven plugin: `mvn package`, with the archives in `jar/`.
//!
//! It runs in a copy of the sources, because Maven writes beside them. The project's own tests are not run.

use std::fs;
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
const MAVEN: Tool = Tool { program: "mvn", package: "maven" };

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let (_, java) = (tool::find(COMPILER, work)?, tool::find(JAVA, work)?);
    let maven = if part.maven_use_wrapper { PathBuf::from("mvnw") } else { tool::find(MAVEN, work)? };
    let key = Key::new().with("maven 1").with(version(&java, "--version")).with(part.maven_parameters.join(" "));
    let folder = Folder::open(source)?;
    let key = sources::keyed(&folder, key)?;
    let archives = cache.entry(&key, work, |into| {
        work.say("building the project with Maven");
        let copy = into.join("source");
        fs::create_dir(&copy).map_err(failed(&copy))?;
        sources::copy(&folder, &Folder::open(&copy)?)?;
        finish("mvn", &mut command(&maven, &copy, part, cache), part, work)?;
        let none = "Maven made no .jar in target/: the rock starts one, so pom.xml needs the packaging jar";
        collect(&copy.join("target"), &into.join("jar"), none)?;
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

/// Moves the archives that can be run: not `-plain.jar` files, nor a plugin's backup of a rewritten archive.
/// Fails with `none` if there is none.
pub(super) fn collect(target: &Path, into: &Path, none: &str) -> Result<(), Error> {
    fs::create_dir_all(into).map_err(failed(into))?;
    let entries = fs::read_dir(target).map_err(|_| Error::Product(none.to_owned()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut archives = names.filter(|name| name.ends_with(".jar") && !name.ends_with("-plain.jar")).peekable();
    if archives.peek().is_none() {
        return Err(Error::Product(none.to_owned()));
    }
    for name in archives {
        fs::rename(target.join(&name), into.join(&name)).map_err(failed(&target.join(&name)))?;
    }
    Ok(())
}
