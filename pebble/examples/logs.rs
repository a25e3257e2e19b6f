//! Output of services: the last lines, and all lines as they are printed.
//!
//! ```text
//! cargo run --example logs -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;
use std::time::Duration;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::{Limits, blocking, client};

const LAYER: &str = "services: {talker: {override: replace, command: sh -c 'echo one; echo two; exec sleep 1000'}}";
const MINUTE: Duration = Duration::from_secs(60);

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    pebble.add_layer("example", &LAYER.parse()?, true)?;
    pebble.start(&["talker"], MINUTE)?;
    for line in pebble.follow_logs(&["talker"], 10)?.take(2) {
        let line = line?;
        println!("{} [{}] {}", line.time, line.service, line.message);
    }
    assert_eq!(pebble.logs(&["talker"], 1)?[0].message, "two");
    pebble.stop(&["talker"], MINUTE)?;
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    let mut lines = pebble.follow_logs(&["talker"], 2).await?;
    while let Some(line) = lines.next_within(MINUTE).await? {
        println!("{}", line.message);
        if line.message == "two" {
            break;
        }
    }
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: logs SOCKET")?)
}
