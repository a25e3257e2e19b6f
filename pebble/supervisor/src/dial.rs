//! Connections over TCP, with the texts of Go's errors.

use std::io;

use tokio::net::{TcpStream, lookup_host};

use crate::errno;

/// Connects to a host and port.
///
/// # Errors
/// The name is unknown, or the error of the first address.
pub(crate) async fn tcp(host: &str, port: u16) -> Result<TcpStream, String> {
    let mut failure = None;
    for address in addresses(host, port).await.map_err(|why| format!("dial tcp: {why}"))? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                failure.get_or_insert_with(|| format!("dial tcp {address}: {}", refused(&error)));
            }
        }
    }
    Err(failure.unwrap_or_else(|| format!("dial tcp: {}", unknown(host))))
}

/// Addresses of a host.
///
/// # Errors
/// The name is unknown.
pub(crate) async fn addresses(host: &str, port: u16) -> Result<Vec<std::net::SocketAddr>, String> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    match lookup_host((plain, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(_) => Err(unknown(plain)),
    }
}

fn unknown(host: &str) -> String {
    format!("lookup {host}: no such host")
}

fn refused(error: &io::Error) -> String {
    format!("connect: {}", errno::text(error))
}
