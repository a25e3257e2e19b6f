//! The programs this one needs: the supervisor, and the charm.
//!
//! They are looked for beside this program, where both a build and `scripts/dist` put them. A charm there may be
//! packed.

use std::path::{Path, PathBuf};

/// Reasons why a program can't be found or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path of this program is unknown.
    #[error("cannot find out where this program is")]
    Nowhere(#[source] std::io::Error),
    /// The supervisor is missing.
    #[error(
        "there is no supervisor `pebble` in {0}: `cargo build -p supervisor` builds it, `--pebble FILE` names another"
    )]
    NoPebble(String),
    /// The given supervisor is missing.
    #[error("there is no supervisor {0}: `--pebble` takes the file of one")]
    NotThere(String),
    /// The charm is missing.
    #[error(
        "there is neither a charm `dispatch` nor a {framework}.charm in {dir}: `cargo build -p webcharm` builds the first"
    )]
    NoCharm {
        /// The folder of this program.
        dir: String,
        /// The framework whose packed charm would do.
        framework: String,
    },
    /// The project of a charm of the author's own makes no program.
    #[error(
        "charmcraft.yaml in {0} names no framework, and no part with the plugin `rust` makes `dispatch`: add such a part \
         (`organize: {{bin/NAME: dispatch}}`), give the program with `webcharm pack --binary FILE`, or name a framework in \
         webcharm.yaml; a charm in Python is for `charmcraft pack`"
    )]
    NoPart(String),
    /// The charm can't be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The packed charm can't be read.
    #[error(transparent)]
    Pack(#[from] pack::Error),
}

/// This program's own file.
///
/// # Errors
/// When the system doesn't give its path.
pub fn own() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::Nowhere)
}

fn beside() -> Result<PathBuf, Error> {
    Ok(own()?.parent().unwrap_or(Path::new("/")).to_owned())
}

/// The supervisor: `given`, or the one beside this program.
///
/// # Errors
/// When the file is missing.
pub fn pebble(given: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(given) = given {
        let found = given.canonicalize().ok().filter(|path| path.is_file());
        return found.ok_or_else(|| Error::NotThere(given.display().to_string()));
    }
    let dir = beside()?;
    Some(dir.join("pebble")).filter(|path| path.is_file()).ok_or_else(|| Error::NoPebble(dir.display().to_string()))
}

/// The bytes of the charm's binary: `dispatch` beside this program, or that of the framework's packed charm there.
///
/// # Errors
/// When both are missing, or the one that is there can't be read.
pub fn dispatch(framework: &str) -> Result<Vec<u8>, Error> {
    let dir = beside()?;
    let (plain, packed) = (dir.join("dispatch"), dir.join(format!("{framework}.charm")));
    if plain.is_file() {
        return std::fs::read(&plain).map_err(|source| Error::Read { path: plain.display().to_string(), source });
    }
    if packed.is_file() {
        return Ok(pack::entry(&packed, "dispatch")?);
    }
    Err(Error::NoCharm { dir: dir.display().to_string(), framework: framework.to_owned() })
}

/// The bytes of the charm's program in `folder`: for a framework, what cargo builds of a crate that extends this
/// charm, else this charm's own; without one, that of a charm of the author's own.
///
/// # Errors
/// As [`dispatch`] and [`built`].
pub fn charm(folder: &Path, framework: Option<pack::Framework>, profile: pack::Profile) -> Result<Vec<u8>, Error> {
    let Some(framework) = framework else { return built(folder, profile) };
    match pack::RustPart::extending(folder)? {
        Some(part) => Ok(part.build(profile)?),
        None => dispatch(framework.name()),
    }
}

/// The bytes of the program of a charm of the author's own, in `folder`: what cargo builds, or a prebuilt
/// `dispatch` there.
///
/// # Errors
/// When there is neither, or cargo fails.
pub fn built(folder: &Path, profile: pack::Profile) -> Result<Vec<u8>, Error> {
    if let Some(part) = pack::RustPart::of(folder)? {
        return Ok(part.build(profile)?);
    }
    let plain = folder.join("dispatch");
    if plain.is_file() {
        return std::fs::read(&plain).map_err(|source| Error::Read { path: plain.display().to_string(), source });
    }
    Err(Error::NoPart(folder.display().to_string()))
}
