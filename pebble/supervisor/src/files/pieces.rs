//! Pieces of a file that is read, in buffers that are used again.
//!
//! A buffer returns once its piece was sent, so that a file of any size is read into a few buffers, whose memory the
//! system clears only once. Each has less than 128 KiB, from which on allocators (musl's and glibc's) map and unmap
//! every buffer.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustix::buffer::spare_capacity;

/// Bytes of a file that are read at once.
const PIECE: usize = 64 << 10;

/// Buffers that wait for their next use.
#[derive(Clone, Debug, Default)]
struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        waiting.unwrap_or_else(|| Vec::with_capacity(PIECE))
    }

    fn put(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// A full buffer, which returns when its last byte was sent.
struct Piece {
    buffer: Vec<u8>,
    home: Buffers,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.home.put(std::mem::take(&mut self.buffer));
    }
}

/// Contents of a file, piece by piece.
#[derive(Debug)]
pub(crate) struct Pieces {
    file: File,
    buffers: Buffers,
}

impl Pieces {
    /// The contents of an open file from its current position on.
    pub(crate) fn of(file: File) -> Pieces {
        Pieces { file, buffers: Buffers::default() }
    }

    /// The next piece, from one read; `None` at the file's end.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut buffer = self.buffers.take();
        let length = loop {
            match rustix::io::read(&self.file, spare_capacity(&mut buffer)) {
                Err(rustix::io::Errno::INTR) => {}
                read => break read?,
            }
        };
        if length == 0 {
            return Ok(None);
        }
        Ok(Some(Bytes::from_owner(Piece { buffer, home: self.buffers.clone() })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(length: usize) -> File {
        use std::io::{Seek, Write};

        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        file.write_all(&content).unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn the_pieces_are_the_file() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 7] {
            let mut pieces = Pieces::of(file(length));
            let mut content = Vec::new();
            let mut count = 0;
            while let Some(piece) = pieces.next().unwrap() {
                content.extend_from_slice(&piece);
                count += 1;
            }
            assert_eq!((content.len(), count), (length, length.div_ceil(PIECE)));
            assert!(content.iter().enumerate().all(|(n, byte)| usize::from(*byte) == n % 251));
        }
    }

    #[test]
    fn a_sent_piece_gives_its_buffer_to_the_next_one() {
        let mut pieces = Pieces::of(file(4 * PIECE));
        let first = pieces.next().unwrap().unwrap();
        let place = first.as_ptr();
        let second = pieces.next().unwrap().unwrap();
        assert_ne!(second.as_ptr(), place, "the first piece waits to be sent");
        drop(first);
        assert_eq!(pieces.next().unwrap().unwrap().as_ptr(), place);
        drop(pieces);
        assert_eq!(second.len(), PIECE, "a piece outlives its file");
    }
}
