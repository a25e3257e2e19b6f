//! Caches of built and fetched files, kept from one `up` to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rock::Cache;

use crate::runtime;

/// The cache for one kind of thing, such as `rocks`: in the user's cache folder or, if the user has no writable home,
/// in a private folder of `/tmp` that outlives the model.
///
/// # Errors
/// When that folder belongs to another user or can't be made.
pub fn of(kind: &str) -> Result<Cache, runtime::Error> {
    Ok(Cache::new(base()?.join(kind)))
}

/// All existing caches, by kind.
///
/// # Errors
/// As of [`of`].
pub fn all() -> Result<BTreeMap<String, Cache>, runtime::Error> {
    let kinds = std::fs::read_dir(base()?).into_iter().flatten().flatten();
    let kinds = kinds.filter(|kind| kind.file_type().is_ok_and(|found| found.is_dir()));
    Ok(kinds.map(|kind| (kind.file_name().to_string_lossy().into_owned(), Cache::new(kind.path()))).collect())
}

/// Removes the unfinished entries of killed builds from all caches.
///
/// # Errors
/// As of [`of`].
pub fn sweep() -> Result<(), runtime::Error> {
    all()?.values().for_each(Cache::sweep);
    Ok(())
}

/// The entries of the caches that the folders of `image` are in.
///
/// # Errors
/// As of [`of`].
pub fn entries(image: &rock::Image) -> Result<BTreeSet<PathBuf>, runtime::Error> {
    let base = base()?;
    let entry = |path: &Path| {
        let inside: Vec<_> = path.strip_prefix(&base).ok()?.iter().take(2).collect();
        (inside.len() == 2).then(|| base.join(inside.iter().collect::<PathBuf>()))
    };
    let folders = std::iter::once(&image.files).chain(image.binds.iter().map(|bind| &bind.source));
    Ok(folders.filter_map(|folder| entry(folder)).collect())
}

fn base() -> Result<PathBuf, runtime::Error> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = set("HOME").filter(|home| home.is_dir() && is_writable(home)).map(|home| home.join(".cache"));
    match set("XDG_CACHE_HOME").or(home) {
        Some(base) => {
            let base = base.join("webcharm");
            runtime::is_cache_there(&base)?;
            Ok(base)
        }
        None => {
            let base = PathBuf::from(format!("/tmp/webcharm-cache-{}", rustix::process::geteuid().as_raw()));
            runtime::private(&base)?;
            Ok(base)
        }
    }
}

fn is_writable(dir: &Path) -> bool {
    rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_ok()
}
