//! The daemon itself: version, health, metrics; over a socket or HTTP.
//!
//! ```text
//! cargo run --example health -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;

use webcharm_pebble::connect::{HttpConnect, UnixConnect};
use webcharm_pebble::types::HealthLevel;
use webcharm_pebble::{Limits, blocking, client};

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    let info = pebble.system_info()?;
    println!("Pebble {} at {:?}", info.version, info.http_address);
    println!("{}", pebble.metrics()?);
    if let Some(address) = info.http_address {
        let http = blocking::Client::over(HttpConnect::new(&format!("http://{address}"))?, Limits::default());
        assert!(http.health(HealthLevel::Any, &[])?);
    }
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    // Clones share one connection, and may be used at the same time.
    let other = pebble.clone();
    let (info, healthy) = tokio::join!(pebble.system_info(), other.health(HealthLevel::Ready, &[]));
    println!("Pebble {}, healthy: {}", info?.version, healthy?);
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: health SOCKET")?)
}
