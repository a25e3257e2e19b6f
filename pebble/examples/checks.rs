//! Health checks: start, run at once, status, stop; and the health that follows from them.
//!
//! ```text
//! cargo run --example checks -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::types::HealthLevel;
use webcharm_pebble::{Limits, blocking, client};

const LAYER: &str = "checks: {disk: {override: replace, startup: disabled, exec: {command: test -d /}}}";

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    pebble.add_layer("example", &LAYER.parse()?, true)?;
    println!("started: {:?}", pebble.start_checks(&["disk"])?);
    let refreshed = pebble.refresh_check("disk")?;
    println!("{} is {} {}", refreshed.info.name, refreshed.info.status, refreshed.error);
    for check in pebble.checks(HealthLevel::Any, &[])? {
        println!("{}: {} of {} failures", check.name, check.failures, check.threshold);
    }
    println!("stopped: {:?}", pebble.stop_checks(&["disk"])?);
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    assert!(pebble.health(HealthLevel::Any, &[]).await?);
    pebble.start_checks(&["disk"]).await?;
    assert_eq!(pebble.refresh_check("disk").await?.error, "");
    pebble.stop_checks(&["disk"]).await?;
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: checks SOCKET")?)
}
