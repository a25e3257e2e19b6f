//! Client of PostgreSQL for simple statements: version 3 of its protocol, by the chapter "Frontend/Backend Protocol" of its
//! documentation.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use juju::Secret;

/// Limit of a statement.
const PATIENCE: Duration = Duration::from_secs(60);

/// Version 3.0 of the protocol.
const VERSION: u32 = 3 << 16;

/// Longest message that is accepted, in bytes.
const LONGEST: u32 = 1 << 20;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The connection broke off.
    #[error("PostgreSQL does not answer")]
    Io(#[from] io::Error),
    /// The server refuses the statement.
    #[error("PostgreSQL refused: {message} ({code})")]
    Refused {
        /// Code of the condition.
        code: String,
        /// The server's message.
        message: String,
    },
    /// The server asks for an authentication that is not supported here.
    #[error("PostgreSQL asks for a kind of authentication that is not known here ({0})")]
    Authentication(u32),
}

impl Error {
    /// True if the role or database exists already.
    pub(super) fn is_duplicate(&self) -> bool {
        // duplicate_database, duplicate_object
        matches!(self, Self::Refused { code, .. } if code == "42P04" || code == "42710")
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    version: String,
}

impl Connection {
    /// Connects as `user`.
    pub(super) fn open(socket: &Path, user: &str, password: &Secret, database: &str) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut connection = Self { stream, version: String::new() };
        let mut hello = VERSION.to_be_bytes().to_vec();
        for text in ["user", user, "database", database, ""] {
            hello.extend(text.as_bytes());
            hello.push(0);
        }
        connection.send(None, &hello)?;
        connection.listen(password)?;
        Ok(connection)
    }

    /// The server's version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Runs one statement.
    pub(super) fn run(&mut self, statement: &str) -> Result<(), Error> {
        self.rows(statement).map(drop)
    }

    /// Runs one statement, and returns the rows of its answer. An absent value is an empty text.
    pub(super) fn rows(&mut self, statement: &str) -> Result<Vec<Vec<String>>, Error> {
        let mut text = statement.as_bytes().to_vec();
        text.push(0);
        self.send(Some(b'Q'), &text)?;
        self.listen(&Secret::from(String::new()))
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message)
    }

    /// Reads until the server is ready for the next statement. Returns the rows that it sent.
    fn listen(&mut self, password: &Secret) -> Result<Vec<Vec<String>>, Error> {
        let mut failed = None;
        let mut rows = Vec::new();
        loop {
            let (kind, body) = receive(&mut self.stream)?;
            match kind {
                b'Z' => return failed.map_or(Ok(rows), Err),
                b'D' => rows.push(row(&body)),
                b'R' => self.authenticate(&body, password)?,
                b'S' => self.note(&body),
                b'E' => failed = Some(refusal(&body)),
                _ => {}
            }
            // A server that refuses the connection sends nothing after the reason.
            if failed.is_some() && self.version.is_empty() {
                return failed.map_or(Ok(rows), Err);
            }
        }
    }

    fn authenticate(&mut self, body: &[u8], password: &Secret) -> Result<(), Error> {
        match body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) {
            Some(0) => Ok(()),
            Some(3) => {
                let mut text = password.expose().as_bytes().to_vec();
                text.push(0);
                Ok(self.send(Some(b'p'), &text)?)
            }
            other => Err(Error::Authentication(other.unwrap_or(u32::MAX))),
        }
    }

    /// A parameter's name and value.
    fn note(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let mut parts = text.split('\0');
        if let (Some("server_version"), Some(version)) = (parts.next(), parts.next()) {
            version.split(' ').next().unwrap_or_default().clone_into(&mut self.version);
        }
    }
}

fn receive(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    if !(4..LONGEST).contains(&length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is not PostgreSQL's"));
    }
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body)?;
    Ok((head[0], body))
}

/// The values of a row: their number, and each with its length. Bytes that are missing end the row.
fn row(body: &[u8]) -> Vec<String> {
    let mut rest = body.get(2..).unwrap_or_default();
    let mut values = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or_default();
        let Some((value, after)) = after.split_at_checked(length) else { break };
        values.push(String::from_utf8_lossy(value).into_owned());
        rest = after;
    }
    values
}

/// The fields of an error: each a letter and a text.
fn refusal(body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    let field = |letter: char| text.split('\0').find_map(|field| field.strip_prefix(letter)).unwrap_or_default();
    Error::Refused { code: field('C').to_owned(), message: field('M').to_owned() }
}

/// Quotes a name for a statement.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a text for a statement.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_can_not_break_out() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("a'b"), "'a''b'");
    }

    #[test]
    fn a_refusal_has_code_and_words() {
        let error = refusal(b"SERROR\0VERROR\0C42P04\0Mdatabase \"x\" already exists\0\0");
        assert!(error.is_duplicate());
        assert_eq!(error.to_string(), "PostgreSQL refused: database \"x\" already exists (42P04)");
        assert!(!refusal(b"").is_duplicate());
    }

    #[test]
    fn a_row_has_its_values_and_an_absent_one_is_empty() {
        let body = b"\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0";
        assert_eq!(row(body), ["ab", "", ""]);
        assert_eq!(row(&body[..7]), [""; 0], "cut off");
        assert_eq!(row(b""), [""; 0]);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        receive(&mut &b"HTTP/1.1 400"[..]).unwrap_err();
        receive(&mut &b"Z\0\0"[..]).unwrap_err();
        assert_eq!(receive(&mut &b"Z\0\0\0\x05I"[..]).unwrap(), (b'Z', b"I".to_vec()));
    }
}
