//! Notices: record one, find it by id, by type and key, and wait for the next.
//!
//! ```text
//! cargo run --example notices -- /path/of/pebble.socket
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it gets")]

use std::error::Error;
use std::time::Duration;

use webcharm_pebble::connect::UnixConnect;
use webcharm_pebble::types::{NoticeType, NoticesFilter, Notify};
use webcharm_pebble::{Limits, blocking, client};

const KEY: &str = "example.com/backup-done";
const MINUTE: Duration = Duration::from_secs(60);

fn custom() -> NoticesFilter {
    NoticesFilter { types: vec![NoticeType::Custom], keys: vec![KEY.to_owned()], ..NoticesFilter::default() }
}

/// With the blocking client.
fn synchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = blocking::Client::new(socket);
    let data = [("file".to_owned(), "/backup/1".to_owned())].into();
    let id = pebble.notify(&Notify { key: KEY.to_owned(), data, repeat_after: None })?;
    let notice = pebble.notice(&id)?;
    println!("{} {}: {} times, last {}", notice.kind, notice.key, notice.occurrences, notice.last_occurred);
    for notice in pebble.notices(&custom())? {
        println!("{:?}", notice.last_data);
    }
    Ok(())
}

/// With the asynchronous client, on any runtime of tokio.
async fn asynchronous(socket: &str) -> Result<(), Box<dyn Error>> {
    let pebble = client::Client::new(UnixConnect::new(socket), Limits::default());
    let seen = pebble.notices(&custom()).await?.pop();
    let later = NoticesFilter { after: seen.map(|notice| notice.last_repeated), ..custom() };
    pebble.notify(&Notify { key: KEY.to_owned(), ..Notify::default() }).await?;
    assert_eq!(pebble.wait_notices(&later, MINUTE).await?.len(), 1);
    Ok(())
}

/// Runs both on the Pebble at a socket.
pub(crate) fn run(socket: &str) -> Result<(), Box<dyn Error>> {
    synchronous(socket)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asynchronous(socket))
}

fn main() -> Result<(), Box<dyn Error>> {
    run(&std::env::args().nth(1).ok_or("usage: notices SOCKET")?)
}
