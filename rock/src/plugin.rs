//! Building of parts: each plugin makes a folder of files, or finds the one that it made of the same sources before.

pub(crate) mod exporter;
mod go;
mod gradle;
mod maven;
pub(crate) mod nil;
pub(crate) mod npm;
pub(crate) mod sources;

use std::cell::Cell;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::text::shown;

use crate::cache::{self, Cache};
use crate::image::Bind;
use crate::process::{Cancel, Ended, Work, run, said};
use crate::project::Part;
use crate::python::interpreter::Interpreter;
use crate::tool::Runtime;
use crate::{python, tool, tree};

/// A part can't be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plugin is unknown.
    #[error(
        "plugin {0:?} is not known here (known: dump, go, gradle, jlink, maven, nil, npm, python): pack the rock with rockcraft and run `webcharm up NAME.rock`"
    )]
    Unknown(String),
    /// The part has no plugin, and no extension has a part of its name.
    #[error(
        "it has no plugin: an extension's part has the extension's name before it, such as \
         flask-framework/install-app; another part needs `plugin: NAME`"
    )]
    NoPlugin,
    /// Gradle builds the part, and there is none.
    #[error(
        "there is no Gradle: add the project's own (gradlew) with `gradle wrapper`, put `gradle` 7.5 or later on PATH, or pack \
         the rock with rockcraft and run `webcharm up NAME.rock`"
    )]
    Gradle,
    /// The project's own build tool is no program.
    #[error("the project's {0} can't be run: `chmod +x {0}`")]
    Wrapper(&'static str),
    /// The part's source is a repository or an archive outside the project.
    #[error(
        "its source is {place}, {kind}, which isn't fetched here: name a copy in the project as its source, or pack the rock \
         with rockcraft and run `webcharm up NAME.rock`"
    )]
    Elsewhere {
        /// The source.
        place: String,
        /// Its kind.
        kind: &'static str,
    },
    /// A program that builds the part is missing.
    #[error(transparent)]
    Tool(#[from] tool::Error),
    /// The part's source is not in the project.
    #[error(transparent)]
    Tree(#[from] tree::Error),
    /// Python's packages can't be installed.
    #[error(transparent)]
    Python(#[from] python::Error),
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// A file of the source is no regular file, is outside the project, or can't be read.
    #[error(transparent)]
    Source(#[from] pack::folder::Error),
    /// A file of the build can't be used.
    #[error("cannot use {}", shown(.path))]
    File {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The program can't be started, or was interrupted.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The program failed.
    #[error("{program} failed; {}", said(.tail))]
    Failed {
        /// The program.
        program: &'static str,
        /// The last lines of its output.
        tail: String,
    },
    /// The build succeeded, but without the file that the rock starts.
    #[error("{}", shown(.0))]
    Product(String),
}

/// Output of a plugin.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The folder with the part's files, and their path in the root before `organize` moves them.
    pub(crate) files: Option<(PathBuf, PathBuf)>,
    /// Empty folders.
    pub(crate) folders: Vec<PathBuf>,
    /// Folders to mount.
    pub(crate) binds: Vec<Bind>,
    /// Symbolic links: path in the root and target.
    pub(crate) links: Vec<(String, String)>,
}

impl Built {
    fn files(folder: PathBuf) -> Self {
        Self { files: Some((folder, PathBuf::new())), ..Self::default() }
    }

    fn with(mut self, runtime: Runtime) -> Self {
        self.binds.extend(runtime.binds);
        self.links.extend(runtime.links);
        self
    }
}

/// Refuses a part that can't be built here, without building it.
///
/// # Errors
/// When its plugin is unknown or its source is outside the project.
pub(crate) fn check(part: &Part) -> Result<(), Error> {
    if let "go" = part.plugin.as_str()
        && exporter::is_meant(part)
    {
        return Ok(());
    }
    match part.plugin.as_str() {
        "nil" if nil::script(part).is_none() => return Ok(()),
        "jlink" => return Ok(()),
        "nil" | "dump" | "python" | "go" | "gradle" | "npm" | "maven" => {}
        "" => return Err(Error::NoPlugin),
        plugin => return Err(Error::Unknown(plugin.to_owned())),
    }
    match part.source.as_deref().and_then(|place| Some((place, kind(place, part.source_type.as_deref())?))) {
        Some((place, kind)) => Err(Error::Elsewhere { place: place.to_owned(), kind }),
        None => Ok(()),
    }
}

/// True if the part's `override-build` is run here.
pub(crate) fn runs_override(part: &Part) -> bool {
    nil::script(part).is_some() || npm::script(part).is_some()
}

/// Kind of a source outside the project. `None`: a folder.
fn kind(place: &str, declared: Option<&str>) -> Option<&'static str> {
    const ARCHIVES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".zip", ".deb", ".tar.xz"];
    let is_git = place.ends_with(".git") || place.starts_with("git@") || place.starts_with("git+");
    match declared {
        Some("git") => Some("a git repository"),
        None if is_git => Some("a git repository"),
        Some("local") => None,
        Some(_) => Some("an archive"),
        None if ARCHIVES.iter().any(|end| place.ends_with(end)) => Some("an archive"),
        None if place.contains("://") => Some("an address"),
        None => None,
    }
}

/// Builds `part` of the project in `root`; Python's packages for the interpreter `python`, else for this machine's.
///
/// # Errors
/// When a tool is missing, its program fails, or a file can't be used.
pub(crate) fn build(
    root: &Path,
    part: &Part,
    python: Option<&Interpreter>,
    cache: &Cache,
    work: &dyn Work,
) -> Result<Built, Error> {
    check(part)?;
    match part.plugin.as_str() {
        "go" if exporter::is_meant(part) => exporter::build(cache, work),
        "nil" => nil::build(root, part, cache, work),
        // jlink makes a smaller copy of Java; the pod uses this machine's.
        "jlink" => Ok(Built::default()),
        "dump" => Ok(Built::files(tree::source(root, part)?)),
        "python" => {
            let site = python::install_for(root, part, python, cache, work)?;
            let scripts = site.packages.join("bin");
            let scripts = scripts.is_dir().then(|| Bind { source: scripts, target: python::SCRIPTS.to_owned() });
            let binds = scripts.into_iter().chain([Bind { source: site.packages, target: site.mount }]).collect();
            Ok(Built { binds, ..Built::default() })
        }
        "go" => go::build(&tree::source(root, part)?, part, cache, work),
        "npm" => npm::build(&tree::source(root, part)?, part, cache, work),
        "gradle" => gradle::build(&tree::source(root, part)?, part, cache, work),
        "maven" => maven::build(&tree::source(root, part)?, part, cache, work),
        plugin => Err(Error::Unknown(plugin.to_owned())),
    }
}

/// Runs `command`, named `program` in messages, with the part's `build-environment`.
fn finish(program: &'static str, command: &mut Command, part: &Part, work: &dyn Work) -> Result<(), Error> {
    command.envs(part.build_environment.iter().flatten());
    let Ended { status, tail } = run(command, work).map_err(|source| Error::Run { program, source })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program, tail }) }
}

/// A [`Work`] that replaces the lines about single items by a count, every [`Counted::EVERY`] items.
struct Counted<'a> {
    work: &'a dyn Work,
    is_item: fn(&str) -> bool,
    items: &'static str,
    count: Cell<usize>,
}

impl<'a> Counted<'a> {
    const EVERY: usize = 25;

    fn new(work: &'a dyn Work, items: &'static str, is_item: fn(&str) -> bool) -> Self {
        Self { work, is_item, items, count: Cell::new(0) }
    }
}

impl Work for Counted<'_> {
    fn say(&self, line: &str) {
        if !(self.is_item)(line) {
            return self.work.say(line);
        }
        self.count.set(self.count.get() + 1);
        if self.count.get().is_multiple_of(Self::EVERY) {
            self.work.say(&format!("{} {}", self.count.get(), self.items));
        }
    }

    fn cancel(&self) -> &Cancel {
        self.work.cancel()
    }

    fn keeper(&self) -> Option<Command> {
        self.work.keeper()
    }

    fn mark(&self) -> Option<(&str, &OsStr)> {
        self.work.mark()
    }
}

/// Output of `program`'s version flag, which is part of the key: another version builds anew.
fn version(program: &Path, flag: &str) -> Vec<u8> {
    // A program that can't answer fails later in the build, with its own message.
    Command::new(program).arg(flag).output().map(|output| output.stdout).unwrap_or_default()
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::File { path, source }
}

#[cfg(test)]
mod tests;
