//! Reads a Pod from a file with the output of `kubectl get pod POD -o json`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;

/// Largest recording, in bytes. A cluster keeps no object of more than a few MiB.
const LARGEST: u64 = 16 << 20;

/// A recording can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The text is no Pod of the API's version v1.
    #[error("the recording is no v1 Pod: give the output of `kubectl get pod POD -o json`")]
    Parse(#[source] serde_json::Error),
    /// The Pod has no name, so it doesn't come from a cluster.
    #[error("the recording has no metadata.name: give the output of `kubectl get pod POD -o json`")]
    NoName,
}

/// Reads the Pod in the file `path`.
///
/// # Errors
///
/// [`Error::Read`] when the file can't be read or is larger than 16 MiB, [`Error::Parse`] and [`Error::NoName`] when it
/// is no Pod of a cluster.
pub fn read(path: &Path) -> Result<Pod, Error> {
    parse(&bytes(path).map_err(|source| Error::Read { path: path.to_owned(), source })?)
}

/// The file's bytes. The file may be a pipe, so its size is known only after reading.
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
/// [`Error::Parse`] when it is no Pod, for instance a list of pods or a failure; [`Error::NoName`].
pub fn parse(text: &[u8]) -> Result<Pod, Error> {
    let pod: Pod = serde_json::from_slice(text).map_err(Error::Parse)?;
    if pod.metadata.name.is_none() { Err(Error::NoName) } else { Ok(pod) }
}
