//! Files: write, read, list and remove, one or several in a request, streamed or whole.
//!
//! ```text
//! cargo run --example files -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::files::NewFile;
use webcharm_pebble::types::{MakeDir, WriteFile};
use webcharm_pebble::{Limits, blocking, client};

const DIR: &str = "/tmp/webcharm-pebble-example";
const LIMIT: usize = 1 << 20;

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    let parents = MakeDir { make_parents: true, ..MakeDir::default() };
    pebble.make_dir(DIR, &parents)?;
    let (one, two) = (format!("{DIR}/one"), format!("{DIR}/two"));
    // Any reader is streamed, however long.
    pebble.write_file(&one, &b"hello"[..], &WriteFile { permissions: Some(0o600), ..WriteFile::default() })?;
    println!("{}", String::from_utf8(pebble.read_file(&one, LIMIT)?)?);
    for file in pebble.list_files(DIR, Some("o*"), false)? {
        println!("{} {:o} {:?} {}", file.path, file.permissions, file.size, file.last_modified);
    }
    let new = |path, content| NewFile { path, content, options: WriteFile::default() };
    for written in pebble.write_files(vec![new(&one, &b"1"[..]), new(&two, &b"2"[..])])? {
        written?;
    }
    for content in pebble.read_files(&[&one, &two], LIMIT)? {
        println!("{} bytes", content?.len());
    }
    pebble.remove(DIR, true)?;
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    let path = format!("{DIR}-async");
    pebble.write_file(&path, &mut &b"hello"[..], &WriteFile::default()).await?;
    let mut target = Vec::new();
    assert_eq!(pebble.read_file_to(&path, &mut target).await?, 5);
    for removed in pebble.remove_all(&[&path], false).await? {
        removed?;
    }
    assert!(pebble.read_file(&path, LIMIT).await.is_err_and(|error| error.is_not_found()));
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: files SOCKET")?)
}
