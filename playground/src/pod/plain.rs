//! The root of a pod without a rock.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Its folders; `/usr`, `/etc`, `/dev` and `/proc` are made for every pod.
const FOLDERS: [&str; 12] =
    ["home", "opt", "root", "run", "srv", "tmp", "var/cache", "var/lib", "var/log", "var/spool", "var/tmp", "mnt"];

/// An image of empty folders, which are made in the folder `files`.
///
/// # Errors
/// When one can't be made.
pub fn plain(files: PathBuf) -> io::Result<rock::Image> {
    FOLDERS.iter().try_for_each(|folder| fs::create_dir_all(files.join(folder)))?;
    Ok(rock::Image { files, owners: Vec::new(), binds: Vec::new(), environment: BTreeMap::new(), packed: None })
}
