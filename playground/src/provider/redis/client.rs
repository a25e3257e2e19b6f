//! Client of Redis for single commands: its protocol, RESP 2, on a unix socket.
//!
//! Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Limit of an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest answer, in bytes.
const LONGEST: u64 = 1 << 16;

/// The answer to a command: a simple or bulk text, or a number.
///
/// # Errors
/// When the server doesn't answer, refuses, or answers with something else.
pub(super) fn ask(socket: &Path, command: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    answer(&mut BufReader::new(stream.take(LONGEST)))
}

fn answer(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("the answer is {line:?}"));
    let text = line.strip_suffix("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    match text.split_at_checked(1) {
        Some(("+" | ":", text)) => Ok(text.to_owned()),
        Some(("$", length)) => {
            let mut body = vec![0; length.parse::<u16>().map_err(|_| wrong())?.into()];
            from.read_exact(&mut body)?;
            String::from_utf8(body).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// The value of a field in the answer to `INFO`.
pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_texts_and_numbers_and_all_else_is_an_error() {
        let said = |text: &str| answer(&mut text.as_bytes());
        assert_eq!(said("+PONG\r\n").unwrap(), "PONG");
        assert_eq!(said(":3\r\n").unwrap(), "3");
        assert_eq!(said("$5\r\na\r\nb:\r\n").unwrap(), "a\r\nb:");
        for wrong in [
            "",
            "+PON",
            "-LOADING Redis is loading the dataset in memory\r\n",
            "$-1\r\n",
            "$70000\r\n",
            "$9\r\nab",
            "*1\r\n",
        ] {
            said(wrong).unwrap_err();
        }
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let info = "# Replication\r\nrole:slave\r\nslave_repl_offset:14\r\nslave_repl:1\r\n";
        assert_eq!(field(info, "slave_repl"), Some("1"));
        assert_eq!(field(info, "slave_repl_offset"), Some("14"));
        assert_eq!(field(info, "master_link_status"), None);
    }
}
