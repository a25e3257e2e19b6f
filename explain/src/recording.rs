//! A Pod that somebody kept: what `kubectl get pod POD -o json` prints, from a file.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;

/// Why a recording can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text is no Pod of the API's version v1.
    #[error("cannot take the recording for a v1 Pod")]
    Parse(#[source] serde_json::Error),
    /// It may be a Pod of a manifest, but no cluster has answered with it.
    #[error("cannot take a recording without metadata.name for a pod")]
    NoName,
}

/// Reads the Pod that `path` holds.
///
/// # Errors
///
/// [`Error::Read`] when the file can't be read, [`Error::Parse`] and [`Error::NoName`] when it holds something else.
pub fn read(path: &Path) -> Result<Pod, Error> {
    let text = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(&text)
}

/// Reads a Pod from the JSON text of an API answer.
///
/// # Errors
///
/// [`Error::Parse`] when it is something else, a list of pods or a failure for instance; [`Error::NoName`].
pub fn parse(text: &[u8]) -> Result<Pod, Error> {
    let pod: Pod = serde_json::from_slice(text).map_err(Error::Parse)?;
    if pod.metadata.name.is_none() { Err(Error::NoName) } else { Ok(pod) }
}
