//! The go plugin: `go install` of every program of the module, into `bin/`.

use std::path::Path;
use std::process::Command;

use pack::folder::Folder;

use super::{Built, Counted, Error, finish, sources, version};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;
use crate::tool::{self, Tool};

const GO: Tool = Tool { program: "go", package: "golang" };

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let go = tool::find(GO, work)?;
    let folder = Folder::open(source)?;
    check_age(&version(&go, "version"), &folder.text("go.mod")?.unwrap_or_default())?;
    let key = Key::new()
        .with("go 1")
        .with(version(&go, "version"))
        .with(format!("{:?} {:?}", part.build_environment, part.go_buildtags));
    let key = sources::keyed(&folder, key)?;
    let programs = cache.entry(&key, work, |into| {
        work.say("building the Go module with `go install`");
        let work = Counted::new(work, "packages compiled", |line| !line.starts_with("go: ") && !line.contains(' '));
        finish("go", &mut command(&go, source, into, part, cache), part, &work)
    })?;
    check(&programs, part)?;
    Ok(Built::files(programs))
}

/// The first version of Go that fetches a newer tool chain if a module requires it.
const FETCHES: (u32, u32) = (1, 21);

/// Refuses a Go that is older than the module requires: its own message is hard to understand, and distributions have
/// old versions.
fn check_age(said: &[u8], module: &str) -> Result<(), Error> {
    let said = String::from_utf8_lossy(said);
    let have = said.split_whitespace().find_map(|word| numbers(word.strip_prefix("go")?));
    let asked = module.lines().find_map(|line| numbers(line.strip_prefix("go ")?.trim()));
    match have.zip(asked) {
        Some((have, asked)) if have < FETCHES && have < asked => Err(Error::Product(format!(
            "go.mod asks for Go {}.{}, and Go {}.{} is installed, which is too old to fetch a newer one: install Go from \
             go.dev/dl",
            asked.0, asked.1, have.0, have.1
        ))),
        _ => Ok(()),
    }
}

/// Major and minor of `1.21.3`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// The build command. Modules and objects are kept in the cache, so that a changed file builds in a second or two.
fn command(go: &Path, source: &Path, into: &Path, part: &Part, cache: &Cache) -> Command {
    let mut command = Command::new(go);
    command.current_dir(source).args(["install", "-v", "-buildvcs=false", "-modcacherw"]);
    command.args(tags(part)).arg("./...");
    command.env("GOBIN", into.join("bin")).env("GOCACHE", cache.shared("go-build"));
    command.env("GOMODCACHE", cache.shared("go-modules")).env("GOPATH", cache.shared("go"));
    command
}

/// Option of `go` for the part's build tags.
fn tags(part: &Part) -> Option<String> {
    (!part.go_buildtags.is_empty()).then(|| format!("-tags={}", part.go_buildtags.join(",")))
}

/// Checks that the build made every program that `organize` names.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_tags_are_given_to_go() {
        let part = |tags: &[&str]| Part {
            go_buildtags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Part::default()
        };
        assert_eq!(tags(&part(&["netgo", "osusergo"])).as_deref(), Some("-tags=netgo,osusergo"));
        assert_eq!(tags(&part(&[])), None);
    }

    #[test]
    fn a_go_that_is_too_old_for_the_module_is_refused() {
        let newer = "module x\n\ngo 1.25.0\n";
        let error = check_age(b"go version go1.19.8 linux/amd64\n", newer).unwrap_err().to_string();
        assert!(error.starts_with("go.mod asks for Go 1.25, and Go 1.19 is installed"), "{error}");
        check_age(b"go version go1.22.2 linux/amd64\n", newer).unwrap();
        check_age(b"go version devel\n", newer).unwrap();
        check_age(b"go version go1.19.8 linux/amd64\n", "module x\n\ngo 1.18\n").unwrap();
    }
}
