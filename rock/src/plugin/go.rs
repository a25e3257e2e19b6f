//! The go plugin: `go install` of every program of the module, into `bin/`.

use std::path::Path;
use std::process::Command;

use super::{Built, Counted, Error, failed, finish, sources, version};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;
use crate::tool::{self, Tool};

const GO: Tool = Tool { program: "go", package: "golang" };

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let go = tool::find(GO, work)?;
    let key = Key::new().with("go 1").with(version(&go, "version")).with(format!("{:?}", part.build_environment));
    let key = sources::keyed(source, key).map_err(failed(source))?;
    let programs = cache.entry(&key, |into| {
        work.say("building the Go module with `go install`");
        let work = Counted::new(work, "packages compiled", |line| !line.starts_with("go: ") && !line.contains(' '));
        finish("go", &mut command(&go, source, into, cache), part, &work)
    })?;
    check(&programs, part)?;
    Ok(Built::files(programs))
}

/// Modules and objects are kept beside the entries, so that a changed file builds in a second or two.
fn command(go: &Path, source: &Path, into: &Path, cache: &Cache) -> Command {
    let mut command = Command::new(go);
    command.current_dir(source).args(["install", "-v", "-buildvcs=false", "-modcacherw", "./..."]);
    command.env("GOBIN", into.join("bin")).env("GOCACHE", cache.shared("go-build"));
    command.env("GOMODCACHE", cache.shared("go-modules")).env("GOPATH", cache.shared("go"));
    command
}

/// Every program the rock starts has been built, under the name it's looked for.
fn check(programs: &Path, part: &Part) -> Result<(), Error> {
    let missing = part.organize.keys().find(|from| from.starts_with("bin/") && !programs.join(from).exists());
    let Some(missing) = missing else { return Ok(()) };
    let entries = std::fs::read_dir(programs.join("bin")).into_iter().flatten().flatten();
    let mut built: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    built.sort();
    Err(Error::Product(format!(
        "the Go module makes no {missing}, but {}: a program has the name of its folder or module; rename it, or say in \
         rockcraft.yaml which one it is, `organize: {{bin/NAME: {}}}`",
        if built.is_empty() { "no program".to_owned() } else { built.join(", ") },
        part.organize[missing],
    )))
}
