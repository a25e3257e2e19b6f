//! Services: start, status, restart, stop, with and without a wait.
//!
//! ```text
//! cargo run --example services -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;
use std::time::Duration;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::types::Signal;
use webcharm_pebble::{Limits, blocking, client};

const LAYER: &str = "services: {web: {override: replace, startup: enabled, command: sleep 1000}}";
const MINUTE: Duration = Duration::from_secs(60);

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    pebble.add_layer("example", &LAYER.parse()?, true)?;
    pebble.replan(MINUTE)?;
    for service in pebble.services(&[])? {
        println!("{}: {:?} since {:?}", service.name, service.current, service.current_since);
    }
    // Begin, do something else, wait.
    let change = pebble.begin_restart(&["web"])?;
    println!("change {change} is {}", pebble.change(&change)?.status);
    pebble.wait_change(&change, MINUTE)?;
    pebble.signal(Signal::Cont, &["web"])?;
    pebble.stop(&["web"], MINUTE)?;
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    pebble.add_layer("example", &LAYER.parse()?, true).await?;
    pebble.start(&["web"], MINUTE).await?;
    let services = pebble.services(&["web"]).await?;
    assert!(services.iter().all(|service| service.is_running()));
    let change = pebble.begin_stop(&["web"]).await?;
    pebble.wait_change(&change, MINUTE).await?;
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: services SOCKET")?)
}
