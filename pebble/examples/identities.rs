//! Identities: who may use the daemon, besides its own user and root.
//!
//! ```text
//! cargo run --example identities -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::types::{Identity, IdentityAccess, LocalIdentity};
use webcharm_pebble::{Limits, blocking, client};

/// A user of the machine who may read.
fn reader(user_id: u32) -> Identity {
    Identity { access: IdentityAccess::Read, local: Some(LocalIdentity { user_id }), ..Identity::default() }
}

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    pebble.add_identities(&[("monitor".to_owned(), reader(4001))].into())?;
    for (name, identity) in pebble.identities()? {
        println!("{name}: {:?}", identity.access);
    }
    pebble.update_identities(&[("monitor".to_owned(), reader(4002))].into())?;
    pebble.remove_identities(&["monitor"])?;
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    let both = [("monitor".to_owned(), Some(reader(4001))), ("nobody".to_owned(), None)];
    pebble.replace_identities(&both.into()).await?;
    assert!(pebble.identities().await?.contains_key("monitor"));
    pebble.remove_identities(&["monitor"]).await?;
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: identities SOCKET")?)
}
