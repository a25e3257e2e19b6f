//! A Pod that somebody kept: what `kubectl get pod POD -o json` prints, from a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;

/// The largest recording in bytes. A cluster keeps no object of more than a few MiB.
const LARGEST: u64 = 16 << 20;

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
/// [`Error::Read`] when the file can't be read or is larger than 16 MiB, [`Error::Parse`] and [`Error::NoName`] when it holds something else.
pub fn read(path: &Path) -> Result<Pod, Error> {
    parse(&bytes(path).map_err(|source| Error::Read { path: path.to_owned(), source })?)
}

/// The file's bytes. It may be a pipe, so its size is known only once it is read.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 16 MiB, and no pod is"));
    }
    Ok(bytes)
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
