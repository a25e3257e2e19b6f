//! Verbs about files.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use pebble::blocking::Client;
use pebble::types::{FileInfo, FileType};
use serde_json::json;

use super::arguments::{ABS_TIME, Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::moment::shown;
use super::table::{aligned, formatted, named};
use super::{Context, Failure, Outcome, Verb};
use crate::errno::PathError;
use pebble::plan::quote;

const PARENTS: Flag = Flag("p", "", Value::No);
const MODE: Flag = Flag("m", "", Value::Text);
const UID: Flag = Flag("", "uid", Value::Number);
const USER: Flag = Flag("", "user", Value::Text);
const GID: Flag = Flag("", "gid", Value::Number);
const GROUP: Flag = Flag("", "group", Value::Text);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "ls",
        summary: "List a directory or a file",
        spec: Spec {
            flags: &[ABS_TIME, FORMAT, Flag("d", "", Value::No), Flag("l", "", Value::No)],
            words: &["path"],
            rest: Rest::No,
            is_command: false,
        },
        run: list,
    },
    Verb {
        name: "mkdir",
        summary: "Make a directory",
        spec: Spec {
            flags: &[PARENTS, MODE, UID, USER, GID, GROUP],
            words: &["path"],
            rest: Rest::No,
            is_command: false,
        },
        run: make,
    },
    Verb {
        name: "rm",
        summary: "Remove a file or directory",
        spec: Spec { flags: &[Flag("r", "", Value::No)], words: &["path"], rest: Rest::No, is_command: false },
        run: remove,
    },
    Verb {
        name: "push",
        summary: "Copy a file to the daemon's system",
        spec: Spec {
            flags: &[PARENTS, MODE, UID, USER, GID, GROUP],
            words: &["local-path", "remote-path"],
            rest: Rest::No,
            is_command: false,
        },
        run: push,
    },
    Verb {
        name: "pull",
        summary: "Copy a file from the daemon's system",
        spec: Spec { flags: &[], words: &["remote-path", "local-path"], rest: Rest::No, is_command: false },
        run: pull,
    },
];

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    let (path, pattern) = pattern(arguments.word(0))?;
    let itself = if arguments.has("d") { "true" } else { "" };
    let target =
        with_query("/v1/files", &[("action", "list"), ("itself", itself), ("path", path), ("pattern", pattern)]);
    let files: Vec<FileInfo> = context.connection.get(&target)?;
    if let Some(text) = formatted(arguments, &named("files", &files)) {
        return context.print(&text);
    }
    if !arguments.has("l") {
        return context.print(&files.iter().map(|file| format!("{}\n", file.name)).collect::<String>());
    }
    context.print(&aligned(&files.iter().map(|file| long(arguments, file)).collect::<Vec<_>>()))
}

fn long(arguments: &Arguments, file: &FileInfo) -> Vec<String> {
    let letter = match file.type_ {
        FileType::Directory => 'd',
        FileType::Symlink => 'L',
        FileType::Socket => 'S',
        FileType::NamedPipe => 'p',
        FileType::Device => 'D',
        FileType::Unknown => '?',
        FileType::File => '-',
    };
    let bit = |at: u32| if file.permissions & 1 << (8 - at) == 0 { '-' } else { char::from(b"rwx"[at as usize % 3]) };
    let mode = std::iter::once(letter).chain((0..9).map(bit)).collect();
    let size = file.size.map_or_else(|| "-".to_owned(), amount);
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let time = shown(arguments, &file.last_modified);
    vec![mode, name(&file.user), name(&file.group), format!("{size:>6}"), time, file.name.clone()]
}

/// A size with three digits: `12B`, `1.50kB`, `340MB`.
fn amount(bytes: u64) -> String {
    const PREFIXES: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let mut power = 0;
    let mut rest = bytes;
    while rest >= 1000 {
        rest /= 1000;
        power += 1;
    }
    let unit = 1000_u64.pow(power);
    let prefix = PREFIXES[power as usize];
    match rest {
        _ if power == 0 => format!("{bytes}B"),
        0..10 => format!("{rest}.{:02}{prefix}B", bytes % unit / (unit / 100)),
        10..100 => format!("{rest}.{}{prefix}B", bytes % unit / (unit / 10)),
        _ => format!("{rest}{prefix}B"),
    }
}

/// Splits a glob off a path, of which it may only be the last part.
fn pattern(path: &str) -> Result<(&str, &str), Failure> {
    let trimmed = path.trim_end_matches('/');
    let (folder, file) = trimmed.split_at(trimmed.rfind('/').map_or(0, |at| at + 1));
    let is_glob = |text: &str| text.contains(['*', '?', '[']);
    match (is_glob(folder), is_glob(file)) {
        (true, _) => Err("can only use globs on the last path element".to_owned()),
        (false, true) => Ok((folder, file)),
        (false, false) => Ok((path, "")),
    }
}

/// Adds user, group and permissions to an item of a request.
fn owned(arguments: &Arguments, mut item: serde_json::Value, mode: Option<u32>) -> serde_json::Value {
    for (flag, key) in [("uid", "user-id"), ("gid", "group-id")] {
        if let Some(id) = arguments.number(flag) {
            item[key] = json!(id);
        }
    }
    for key in ["user", "group"] {
        item[key] = json!(arguments.value(key));
    }
    if let Some(mode) = mode {
        item["permissions"] = json!(format!("{mode:03o}"));
    }
    item
}

fn mode(arguments: &Arguments) -> Result<Option<u32>, Failure> {
    let text = arguments.value("m");
    if text.is_empty() {
        return Ok(None);
    }
    let mode = u32::from_str_radix(text, 8).map_err(|_| format!("invalid mode for directory: {}", quote(text)))?;
    Ok(Some(mode & 0o777))
}

/// Sends an action on one path; fails with the path's error.
fn act(context: &Context, body: &serde_json::Value) -> Outcome {
    let answer = context.connection.post("/v1/files", body)?;
    match answer.result[0]["error"]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(0),
    }
}

fn make(context: &Context, arguments: &Arguments) -> Outcome {
    let item = json!({"path": arguments.word(0), "make-parents": arguments.has("p")});
    let item = owned(arguments, item, mode(arguments)?);
    act(context, &json!({"action": "make-dirs", "dirs": [item]}))
}

fn remove(context: &Context, arguments: &Arguments) -> Outcome {
    let item = json!({"path": arguments.word(0), "recursive": arguments.has("r")});
    act(context, &json!({"action": "remove", "paths": [item]}))
}

fn push(context: &Context, arguments: &Arguments) -> Outcome {
    const BOUNDARY: &str = "4c1d8f0e6a7b4f3c9d2e5a8b7c6d1e0f";
    let local = arguments.word(0);
    let failed = |error| PathError::when("open", local)(error).to_string();
    let contents = fs::read(local).map_err(failed)?;
    let own = fs::metadata(local).map_err(failed)?.permissions().mode() & 0o777;
    let remote = arguments.word(1);
    let item = json!({"path": remote, "make-dirs": arguments.has("p")});
    let item = owned(arguments, item, mode(arguments)?.or(Some(own)));
    let request = json!({"action": "write", "files": [item]});
    let name = pebble::multipart::escaped(remote);
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"request\"\r\nContent-Type: application/json\r\n\r\n\
         {request}\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
    );
    let body = [head.into_bytes(), contents, format!("\r\n--{BOUNDARY}--\r\n").into_bytes()].concat();
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
    let answer = context.connection.post_bytes("/v1/files", &kind, &body)?;
    match answer.result[0]["error"]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(0),
    }
}

fn pull(context: &Context, arguments: &Arguments) -> Outcome {
    let local = arguments.word(1);
    let mut file = File::create(local).map_err(|error| PathError::when("open", local)(error).to_string())?;
    let pulled = Client::new(&context.socket).read_file_to(arguments.word(0), &mut file);
    let message = |error| match error {
        pebble::Error::Path { message, .. } => message,
        pebble::Error::Connect { source, .. } => {
            let path = with_query("/v1/files", &[("action", "read"), ("path", arguments.word(0))]);
            context.connection.unreachable("GET", &path, &source)
        }
        other => other.to_string(),
    };
    let flushed = pulled.map_err(message).and_then(|_| file.flush().map_err(|error| error.to_string()));
    if let Err(why) = flushed {
        // What was written is not the file.
        let _ = fs::remove_file(local);
        return Err(why);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_the_last_part() {
        assert_eq!(pattern("/a/b"), Ok(("/a/b", "")));
        assert_eq!(pattern("/a/*.c"), Ok(("/a/", "*.c")));
        assert!(pattern("/*/b").is_err());
    }

    #[test]
    fn sizes_have_three_digits() {
        for (bytes, expected) in
            [(0, "0B"), (999, "999B"), (1500, "1.50kB"), (12_345, "12.3kB"), (340_000_000, "340MB")]
        {
            assert_eq!(amount(bytes), expected);
        }
    }
}
