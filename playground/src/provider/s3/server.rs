//! The server of buckets: a role of this program, in a process, a folder and a user of its own, as every server.
//!
//! The folder has a subfolder for each bucket, and the file of keys, which is read anew for each request. A key opens one bucket.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Error, S3ErrorCode, S3Result};
use serde::{Deserialize, Serialize};

/// The first argument with which this program becomes the server.
pub const SERVER: &str = "bucket-server";

/// Name of the file of keys.
pub(super) const GRANTS: &str = "grants.json";

/// The server can't run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run-time or the socket can't be made.
    #[error("cannot listen")]
    Listen(#[from] io::Error),
    /// The folder can't be used.
    #[error("cannot use the folder of buckets: {0:?}")]
    Folder(s3s_fs::Error),
}

/// Secret key and bucket of each access key.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Grants(BTreeMap<String, (String, String)>);

impl Grants {
    /// From access keys, each with its secret key and bucket.
    pub(super) fn of<'a>(keys: impl Iterator<Item = (&'a str, (&'a str, &'a str))>) -> Self {
        Self(
            keys.map(|(access, (secret, bucket))| (access.to_owned(), (secret.to_owned(), bucket.to_owned())))
                .collect(),
        )
    }

    /// The file's content.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("texts have a JSON form")
    }

    fn read(dir: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(dir.join(GRANTS))?)?)
    }
}

/// The folder of buckets in the server's folder.
pub(super) fn buckets(dir: &Path) -> PathBuf {
    dir.join("buckets")
}

/// The server's socket.
pub(super) fn socket(dir: &Path) -> PathBuf {
    dir.join("s3.sock")
}

/// True for a name that a bucket may have; it is a folder's name here.
pub(super) fn is_name(name: &str) -> bool {
    let good = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b".-".contains(&letter);
    (3..=63).contains(&name.len())
        && name.bytes().all(good)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// Keys of the file, and the bucket of each.
#[derive(Debug)]
struct Keys(PathBuf);

impl Keys {
    fn of(&self, access_key: &str) -> S3Result<(String, String)> {
        let grants =
            Grants::read(&self.0).map_err(|error| S3Error::with_source(S3ErrorCode::InternalError, error.into()))?;
        grants.0.get(access_key).cloned().ok_or_else(|| S3Error::new(S3ErrorCode::InvalidAccessKeyId))
    }
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        Ok(self.of(access_key)?.0.into())
    }
}

#[async_trait::async_trait]
impl S3Access for Keys {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let denied = || S3Error::new(S3ErrorCode::AccessDenied);
        let user = context.credentials().ok_or_else(denied)?;
        let (_, bucket) = self.of(&user.access_key)?;
        let path = context.s3_path();
        let copied = context.headers().get("x-amz-copy-source").map(|source| source.to_str().unwrap_or("/"));
        let is_own = path.get_bucket_name() == Some(&bucket)
            && path.get_object_key().is_none_or(stays)
            && copied.is_none_or(|source| is_in(&bucket, source));
        if is_own { Ok(()) } else { Err(denied()) }
    }
}

/// True for an object's key that leads to no other folder.
fn stays(key: &str) -> bool {
    !key.split('/').any(|part| part == "..")
}

/// True if a copy is made from that bucket. Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
fn is_in(bucket: &str, source: &str) -> bool {
    let plain = juju::percent::decode(source);
    let plain = plain.strip_prefix('/').unwrap_or(&plain);
    plain.split_once('/').is_some_and(|(first, key)| first == bucket && stays(key))
}

/// Serves the buckets of the folder `dir` until the process is killed.
///
/// # Errors
/// When it can't listen, or the folder can't be used.
pub fn run(dir: &Path) -> Result<u8, Error> {
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(buckets(dir)).map_err(Error::Folder)?);
    service.set_auth(Keys(dir.to_owned()));
    service.set_access(Keys(dir.to_owned()));
    let service = service.build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    runtime.block_on(async {
        let listener = tokio::net::UnixListener::bind(socket(dir))?;
        loop {
            let (stream, _) = listener.accept().await?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
            tokio::spawn(async move {
                // A client that goes away ends its own connection alone.
                let _ = connection.await;
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_one_folder() {
        assert!(["flask-k8s", "a.b", "123"].into_iter().all(is_name));
        assert!(["", "ab", "..", "-ab", "a/b", "Shop", "..-", &"x".repeat(64)].into_iter().all(|name| !is_name(name)));
    }

    #[test]
    fn a_key_opens_no_other_bucket() {
        assert!(["a", "a/b", "a..b", "..."].into_iter().all(stays));
        assert!(["..", "../other/a", "a/../../other"].into_iter().all(|key| !stays(key)));
        assert!(["shop/a", "/shop/a/b", "shop%2Fa"].into_iter().all(|source| is_in("shop", source)));
        assert!(
            ["other/a", "shop", "shop/../other/a", "shop%2F..%2Fother%2Fa", ""].into_iter().all(|s| !is_in("shop", s))
        );
    }
}
