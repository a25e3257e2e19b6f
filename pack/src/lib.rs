//! Makes `.charm` files from a `charmcraft.yaml` and a binary, without a build machine.
//!
//! The same project and binary give the same bytes: entries are sorted, times and modes fixed. The files that
//! charmcraft writes into a charm (`metadata.yaml`, `config.yaml`, `actions.yaml`, `manifest.yaml`) are derived from
//! `charmcraft.yaml` by charmcraft's rules, extensions included; `webcharm.yaml`, which names the framework, is ours.
//! [`lint()`] lists what Juju and charmcraft would refuse.
#![allow(clippy::disallowed_methods, reason = "a tool for the desk")]

mod application;
mod archive;
mod binary;
mod entrypoint;
mod extension;
mod finding;
pub mod folder;
mod framework;
mod init;
pub mod keys;
mod lint;
mod name;
pub mod near;
mod old_form;
mod parts;
mod platform;
mod project;
pub mod python;
mod rust;
mod source;
pub mod text;
mod yaml;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::folder::Folder;
use crate::text::shown;

pub use application::Sign;
pub use archive::entry;
pub use binary::architecture;
pub use extensions::{DeclaredOption, Framework, Generation, generations, merge};
pub use finding::{Finding, Weight};
pub use init::{CharmProject, CrateSource, Project, init, init_charm};
pub use lint::{INTERFACES, lint};
pub use name::{is_name, is_rock_name};
pub use platform::Platform;
pub use rust::{Profile, RustPart};

/// Largest binary of a charm, in bytes.
const BINARY: u64 = 256 << 20;

/// Error of packing, linting or `init`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is no charm project.
    #[error(
        "there is no charmcraft.yaml in {}: {}, or let `webcharm init FOLDER` write one",
        shown(.dir),
        .near.as_deref().unwrap_or("name the folder that has it")
    )]
    NoProject {
        /// The folder.
        dir: String,
        /// Advice to name one near it.
        near: Option<String>,
    },
    /// A file is no regular file, too large, outside the project, or can't be used.
    #[error(transparent)]
    File(#[from] folder::Error),
    /// A file can't be written.
    #[error("cannot write {}", shown(.path))]
    Write {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file isn't the YAML of a mapping.
    #[error("cannot understand {}", shown(.path))]
    Parse {
        /// The file.
        path: String,
        /// The place and the fault.
        #[source]
        source: ::yaml::Error,
    },
    /// A key that every charm needs is missing or of the wrong kind.
    #[error("charmcraft.yaml must have {0}")]
    Missing(&'static str),
    /// A name would lead to another folder, or add keys to a file.
    #[error("{file} has the {key} {}: take up to 64 letters, digits and dashes, beginning with a letter", shown(.name))]
    Name {
        /// The file.
        file: &'static str,
        /// The key.
        key: &'static str,
        /// The name.
        name: String,
    },
    /// The project can't be packed, for these findings.
    #[error("this project can't be packed:{}", lines(.0))]
    Refused(Vec<Finding>),
    /// The folder shows no known framework.
    #[error(
        "no framework is recognised in {}; it has none of these:\n  \
         flask, fastapi  the package in requirements.txt or pyproject.toml\n  \
         django          the package there, or manage.py\n  \
         go              go.mod\n  \
         expressjs       express in package.json\n  \
         spring-boot     pom.xml or build.gradle\n\
         For an application that isn't written yet, name one with `--framework NAME`", shown(.0)
    )]
    NoApplication(String),
    /// The folder shows several frameworks.
    #[error(
        "{} shows several frameworks: {signs}; choose one with `--framework NAME`",
        shown(.dir),
        signs = .signs.iter().map(|sign| format!("{} ({})", sign.framework, shown(&sign.shown))).collect::<Vec<_>>().join(", ")
    )]
    SeveralApplications {
        /// The folder.
        dir: String,
        /// Their signs.
        signs: Vec<Sign>,
    },
    /// `webcharm.yaml` names no framework that is known.
    #[error("webcharm.yaml names no known framework: write `framework: NAME` with one of {known}, or remove the file", known = Framework::names())]
    NoFramework,
    /// cargo can't be started.
    #[error("cannot run cargo, which builds the charm: install Rust, or give the charm's program with `--binary FILE`")]
    Cargo(#[source] io::Error),
    /// cargo failed, and said why on standard error.
    #[error("cargo can't build the part {part} in {}", shown(.folder))]
    Build {
        /// The part.
        part: String,
        /// The folder of its `Cargo.toml`.
        folder: String,
    },
    /// The archive can't be made or read.
    #[error("cannot use the archive {}", shown(.path))]
    Archive {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: zip::result::ZipError,
    },
}

/// One file of a charm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub content: Vec<u8>,
    /// True for a program.
    pub executable: bool,
}

/// The files of a charm, by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charm {
    /// The charm's name.
    pub name: String,
    /// The framework of the web application that it runs. `None`: it is a charm of the author's own.
    pub framework: Option<Framework>,
    /// Its platforms; one `.charm` file is packed for each.
    pub platforms: Vec<Platform>,
    /// Its files.
    pub files: BTreeMap<String, File>,
}

impl Charm {
    /// The charm of the project in `project_dir`, with the binary `dispatch`.
    ///
    /// # Errors
    /// When the project can't be read or lacks something every charm has.
    pub fn read(project_dir: &Path, dispatch: &Path) -> Result<Self, Error> {
        let content = folder::read(dispatch, BINARY)?;
        Self::with_dispatch(project_dir, content)
    }

    /// As [`Charm::read`], with the binary's bytes instead of its path.
    ///
    /// # Errors
    /// When the project can't be read or lacks something every charm has.
    pub fn with_dispatch(project_dir: &Path, dispatch: Vec<u8>) -> Result<Self, Error> {
        let mut charm = project::read(project_dir)?;
        charm.files.insert("dispatch".to_owned(), File { content: dispatch, executable: true });
        Ok(charm)
    }

    /// The same charm for one of its platforms, with that platform's binary.
    #[must_use]
    pub fn on(&self, platform: &Platform, dispatch: Vec<u8>) -> Self {
        let platforms = vec![platform.clone()];
        let mut files = self.files.clone();
        files.insert("manifest.yaml".to_owned(), project::manifest(&platforms));
        files.insert("dispatch".to_owned(), File { content: dispatch, executable: true });
        Self { files, platforms, ..self.clone() }
    }

    /// Writes the files into `dir`, as Juju unpacks a charm; creates `dir`.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn unpack(&self, dir: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(dir).map_err(|source| Error::Write { path: dir.display().to_string(), source })?;
        let folder = Folder::open(dir)?;
        for (name, file) in &self.files {
            folder.write(name, &file.content)?;
            folder.set_mode(name, if file.executable { 0o755 } else { 0o644 })?;
        }
        Ok(())
    }

    /// Writes the `.charm` file `out`, completely or not at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        archive::write(&self.files, out)
    }
}

/// Packs the project in `project_dir` with the binary `dispatch` into the file `out`.
///
/// # Errors
/// When the project can't be read or the file can't be written.
pub fn charm(project_dir: &Path, dispatch: &Path, out: &Path) -> Result<Charm, Error> {
    let charm = Charm::read(project_dir, dispatch)?;
    charm.write(out)?;
    Ok(charm)
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}

#[cfg(test)]
mod tests;
