//! Operations on files.

use std::io::{Read, Write};

use super::Client;
use super::at_once::AtOnce;
use crate::Error;
use crate::connect::Connect;
use crate::files::NewFile;
use crate::types::{FileInfo, MakeDir, WriteFile};

impl<C: Connect> Client<C> {
    /// The contents of a file of at most `limit` bytes; [`Error::TooLarge`] if there are more.
    pub fn read_file(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        self.run(self.client.read_file(path, limit))
    }

    /// The contents of several files in one request, in the order of `paths`. A file that can't be read, or has more
    /// than `limit` bytes, is an error of its own.
    pub fn read_files(&self, paths: &[&str], limit: usize) -> Result<Vec<Result<Vec<u8>, Error>>, Error> {
        self.run(self.client.read_files(paths, limit))
    }

    /// The entries of a directory that match `pattern`; for a file, or with `itself`, the entry of the path.
    pub fn list_files(&self, path: &str, pattern: Option<&str>, itself: bool) -> Result<Vec<FileInfo>, Error> {
        self.run(self.client.list_files(path, pattern, itself))
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: &str, options: &MakeDir) -> Result<(), Error> {
        self.run(self.client.make_dir(path, options))
    }

    /// Makes several directories in one request; returns one result for each, in their order.
    ///
    /// # Errors
    /// A failure of the whole request.
    pub fn make_dirs(&self, dirs: &[(&str, &MakeDir)]) -> Result<Vec<Result<(), Error>>, Error> {
        self.run(self.client.make_dirs(dirs))
    }

    /// Removes a file or directory; with `recursive` a directory with its contents, and a missing path is no error.
    pub fn remove(&self, path: &str, recursive: bool) -> Result<(), Error> {
        self.run(self.client.remove(path, recursive))
    }

    /// Removes several paths in one request, each as [`Client::remove`]; returns one result for each, in their order.
    ///
    /// # Errors
    /// A failure of the whole request.
    pub fn remove_all(&self, paths: &[&str], recursive: bool) -> Result<Vec<Result<(), Error>>, Error> {
        self.run(self.client.remove_all(paths, recursive))
    }

    /// Streams a file's contents into `target`, and returns their length in bytes. After an error `target` may have some
    /// of them.
    pub fn read_file_to(&self, path: &str, target: &mut impl Write) -> Result<u64, Error> {
        self.run(self.client.read_file_to(path, &mut AtOnce(target)))
    }

    /// Streams `content` into a file, which replaces an existing one atomically.
    pub fn write_file(&self, path: &str, content: impl Read, options: &WriteFile) -> Result<(), Error> {
        self.run(self.client.write_file(path, &mut AtOnce(content), options))
    }

    /// Streams several files in one request; returns one result for each, in their order. Each replaces an existing
    /// file atomically, whatever becomes of the others.
    ///
    /// # Errors
    /// A failure of the whole request: files before the failure may be written.
    pub fn write_files<R: Read>(&self, files: Vec<NewFile<'_, R>>) -> Result<Vec<Result<(), Error>>, Error> {
        let at_once = |NewFile { path, content, options }| NewFile { path, content: AtOnce(content), options };
        let mut files: Vec<_> = files.into_iter().map(at_once).collect();
        self.run(self.client.write_files(&mut files))
    }
}
