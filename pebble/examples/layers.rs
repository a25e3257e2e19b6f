//! Layers and the plan: make, add, merge, compare.
//!
//! ```text
//! cargo run --example layers -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::plan::{Layer, Layers};
use webcharm_pebble::{Limits, blocking, client};

const BASE: &str = "services: {web: {override: replace, command: serve, environment: {PORT: '8000'}}}";
const OVER: &str = "services: {web: {override: merge, environment: {DEBUG: '1'}}}";

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    let (base, over): (Layer, Layer) = (BASE.parse()?, OVER.parse()?);
    // Without a daemon: the same rules, pure.
    let layers = Layers::try_new(vec![base.clone(), over.clone()])?;
    println!("{}", layers.plan().to_yaml());
    pebble.add_layer("example", &base, true)?;
    pebble.add_layer("example", &over, true)?;
    assert_eq!(pebble.plan()?.services["web"], layers.plan().services["web"]);
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    // Below `example`: a layer of the folder `early`, and one more of it.
    pebble.add_inner_layer("early/first", &BASE.parse()?, true).await?;
    pebble.add_inner_layer("early/second", &OVER.parse()?, true).await?;
    assert_eq!(pebble.plan().await?.services["web"].command, "serve");
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: layers SOCKET")?)
}
