//! Programs of Go's, each built here from the source of a pinned version of its module, with the dependencies that the module's own
//! `go.sum` pins. Go checks the module's hash by its checksum database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rock::cache::{Cache, Key};
use rock::tool::{self, Tool};

use super::fetched::{self, Error};
use crate::ui::Ui;

/// Go.
pub(super) const GO: Tool = Tool { program: "go", package: "golang" };

/// The oldest Go that fetches a newer tool chain where a module needs one.
const OLDEST: (u32, u32) = (1, 21);

/// Programs of a module.
#[derive(Debug)]
pub struct Program {
    /// The module's path.
    pub module: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Folders of the programs in the module. The last part of each is its program's name.
    pub folders: &'static [&'static str],
    /// Files that are added to the module's source, by their paths.
    pub added: &'static [(&'static str, &'static str)],
}

impl Program {
    fn key(&self) -> Key {
        let key = Key::new().with("go program").with(self.module).with(self.version).with(std::env::consts::ARCH);
        self.added.iter().fold(key, |key, (path, text)| key.with(path).with(text))
    }

    /// True if it is in the cache.
    pub(super) fn is_here(&self) -> bool {
        fetched::is_here(&self.key())
    }

    /// The folder with the programs, which are built the first time.
    pub(super) fn have(&self, ui: &Ui) -> Result<PathBuf, Error> {
        let cache = fetched::cache()?;
        cache.entry(&self.key(), ui, |into| {
            let go = tool::find(GO, ui)?;
            self.check_age(&go)?;
            ui.step(&format!("building {} {} with Go: some minutes, once", self.module, self.version));
            let build = Build { program: self, go, cache: &cache, ui };
            let source = into.join("source");
            build.fetch(&source)?;
            build.compile(&source, into)?;
            // The source is not needed any more; what stays of it is harmless.
            let _ = fs::remove_dir_all(&source);
            Ok(())
        })
    }

    fn check_age(&self, go: &Path) -> Result<(), Error> {
        let found = fetched::version(go, "version");
        match version(&found) {
            Some(have) if have < OLDEST => {
                let oldest = format!("Go {}.{}", OLDEST.0, OLDEST.1);
                Err(Error::Old { what: self.module, oldest, found, site: "go.dev/dl" })
            }
            _ => Ok(()),
        }
    }
}

/// A build under way.
struct Build<'a> {
    program: &'a Program,
    go: PathBuf,
    cache: &'a Cache,
    ui: &'a Ui,
}

impl Build<'_> {
    /// Makes a copy of the module's source that can be written, with what is added to it.
    fn fetch(&self, source: &Path) -> Result<(), Error> {
        let Program { module, version, added, .. } = self.program;
        self.run(self.command().args(["mod", "download"]).arg(format!("{module}@{version}")))?;
        let downloaded = self.modules().join(format!("{}@{version}", escaped(module)));
        self.run(Command::new("cp").args(["-r", "--no-preserve=mode"]).args([&downloaded, source]))?;
        for (path, text) in *added {
            let path = source.join(path);
            let made = fs::create_dir_all(path.parent().unwrap_or(source)).and_then(|()| fs::write(&path, text));
            made.map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        }
        Ok(())
    }

    fn compile(&self, source: &Path, into: &Path) -> Result<(), Error> {
        let mut command = self.command();
        command.current_dir(source).args(["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o"]);
        command.arg(format!("{}/", into.display()));
        self.run(command.args(self.program.folders.iter().map(|folder| format!("./{folder}"))))
    }

    fn modules(&self) -> PathBuf {
        self.cache.shared("go-modules")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.go);
        // A folder of the cache is no place for a workspace of the user's.
        command.env("CGO_ENABLED", "0").env("GOFLAGS", "-modcacherw").env("GOWORK", "off").current_dir("/");
        command.env("GOMODCACHE", self.modules()).env("GOPATH", self.cache.shared("go"));
        command.env("GOCACHE", self.cache.shared("go-build"));
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), Error> {
        let refused = || format!("Go cannot build {} (does it reach its module proxy?)", self.program.module);
        fetched::run("go", command, self.ui, refused)
    }
}

/// A module's path as the folder of its source has it: a capital letter is a small one after `!`.
///
/// Source: <https://go.dev/ref/mod#goproxy-protocol>
fn escaped(module: &str) -> String {
    let letter = |letter: char| match letter.is_ascii_uppercase() {
        true => format!("!{}", letter.to_ascii_lowercase()),
        false => letter.to_string(),
    };
    module.chars().map(letter).collect()
}

/// Major and minor of `go version go1.21.3 linux/amd64`.
fn version(said: &str) -> Option<(u32, u32)> {
    let word = said.split_whitespace().find_map(|word| word.strip_prefix("go").filter(|rest| rest.contains('.')))?;
    let mut parts = word.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_says_its_version() {
        assert_eq!(version("go version go1.19.8 linux/amd64"), Some((1, 19)));
        assert_eq!(version("go version go1.26.8 linux/amd64"), Some((1, 26)));
        assert_eq!(version("go version devel +1234 linux/amd64"), None);
    }

    #[test]
    fn a_module_s_folder_has_no_capital_letters() {
        assert_eq!(escaped("github.com/FerretDB/FerretDB"), "github.com/!ferret!d!b/!ferret!d!b");
    }
}
