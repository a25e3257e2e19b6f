//! The `.charm` archive: a zip whose bytes depend only on its files.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::folder;
use crate::{BINARY, Error, File};

/// Writes the archive of `files` to a temporary file beside `out`, then renames it.
pub(crate) fn write(files: &BTreeMap<String, File>, out: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: out.display().to_string(), source };
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(plain(error)))?;
    // Made in memory, as its files are: a writer to a full disk would print a message of its own when it is dropped.
    let archive = fill(files).map_err(|source| Error::Archive { path: out.display().to_string(), source })?;
    temporary.write_all(&archive).map_err(|error| failed(plain(error)))?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    temporary.as_file().set_permissions(readable).map_err(failed)?;
    temporary.persist(out).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The error without the temporary file's name, which the user has not written.
fn plain(error: std::io::Error) -> std::io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((cause, _)) => std::io::Error::new(error.kind(), cause),
        None => error,
    }
}

fn fill(files: &BTreeMap<String, File>) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, file) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(if file.executable { 0o755 } else { 0o644 });
        writer.start_file(name.as_str(), options)?;
        writer.write_all(&file.content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The bytes of the entry `name` of the `.charm` file `path`.
///
/// # Errors
/// When the file is no archive or has no such entry, or the entry is larger than 256 MiB.
pub fn entry(path: &Path, name: &str) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Archive { path: path.display().to_string(), source };
    let file = folder::open(path)?;
    let mut archive = ZipArchive::new(file).map_err(failed)?;
    let found = archive.by_name(name).map_err(failed)?;
    let mut content = Vec::new();
    found.take(BINARY + 1).read_to_end(&mut content).map_err(|error| failed(error.into()))?;
    if content.len() as u64 > BINARY {
        let path = format!("{name} in {}", path.display());
        return Err(folder::Error::Large { path, limit: BINARY }.into());
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_folder_without_rights_has_no_name_of_a_temporary_file() {
        // No user may make files there.
        let Err(Error::Write { path, source }) = write(&BTreeMap::new(), Path::new("/proc/a.charm")) else { panic!() };
        assert_eq!(path, "/proc/a.charm");
        assert!(!source.to_string().contains(".tmp"), "{source}");
    }
}
