//! Commands: to their end, or as a handle with streams, signals and a wait.
//!
//! ```text
//! cargo run --example exec -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::types::{ExecOptions, Signal};
use webcharm_pebble::{Limits, blocking, client};

const MINUTE: Duration = Duration::from_secs(60);

fn command(words: &[&str]) -> ExecOptions {
    ExecOptions { working_dir: Some("/".to_owned()), ..ExecOptions::new(words.iter().copied()) }
}

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    let output = pebble.exec(&ExecOptions { stdin: Some(b"b\na\n".to_vec()), ..command(&["sort"]) })?;
    println!("code {}: {}", output.exit_code, String::from_utf8_lossy(&output.stdout));
    // A handle, as of a `std::process::Child`.
    let mut process =
        pebble.spawn(&command(&["sh", "-c", "while read line; do echo \"<$line>\"; done; exec sleep 1000"]))?;
    let mut stdin = process.stdin.take().ok_or("no input")?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    writeln!(stdin, "hello")?;
    println!("{}", lines.next().ok_or("no line")??);
    drop(stdin);
    process.signal(Signal::Term)?;
    println!("code {}", process.wait(MINUTE)?);
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    let mut process = pebble.spawn(&command(&["cat"])).await?;
    let mut stdin = process.stdin.take().ok_or("no input")?;
    stdin.write_all(b"hello").await?;
    stdin.shutdown().await?;
    let mut text = String::new();
    process.stdout.take().ok_or("no output")?.read_to_string(&mut text).await?;
    assert_eq!((text.as_str(), process.wait(MINUTE).await?), ("hello", 0));
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: exec SOCKET")?)
}
