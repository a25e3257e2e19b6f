//! TLS of the HTTPS address, and of checks and log targets with `https` locations.
//!
//! The daemon has an identity key. A certificate of that key, made once, signs the short-lived certificates of the server. A
//! client must have one certificate of its own, which names it if it is an identity's.

mod certificate;
mod client;
mod key;
mod server;

pub(crate) use certificate::Trust;
pub(crate) use client::connect;
pub(crate) use key::Key;
pub(crate) use server::Server;

use rustls::crypto::CryptoProvider;
use std::sync::Arc;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
