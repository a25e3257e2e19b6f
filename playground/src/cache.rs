//! Where what was built or fetched is kept from one `up` to the next.

use std::path::{Path, PathBuf};

use rock::Cache;

use crate::runtime;

/// The cache for one kind of thing, such as `rocks`: in the user's cache folder, or, for one without a home, in a private folder
/// of `/tmp` that outlives the model.
///
/// # Errors
/// When that folder is somebody else's or can't be made.
pub fn of(kind: &str) -> Result<Cache, runtime::Error> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = set("HOME").filter(|home| home.is_dir() && is_writable(home)).map(|home| home.join(".cache"));
    let base = match set("XDG_CACHE_HOME").or(home) {
        Some(base) => base.join("webcharm"),
        None => {
            let base = PathBuf::from(format!("/tmp/webcharm-cache-{}", rustix::process::geteuid().as_raw()));
            runtime::private(&base)?;
            base
        }
    };
    Ok(Cache::new(base.join(kind)))
}

fn is_writable(dir: &Path) -> bool {
    rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_ok()
}
