//! The provider's half of [`tracing`](super).

use std::fmt;

use juju::{Changes, Databag, Draft, Needs, View};

use super::{RECEIVERS, Receiver, ReceiverProtocol};
pub use crate::address::BadUrl;
use crate::address::check;
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// A way to send spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `zipkin`
    Zipkin,
    /// `otlp_grpc`
    OtlpGrpc,
    /// `otlp_http`
    OtlpHttp,
    /// `jaeger_grpc`
    JaegerGrpc,
    /// `jaeger_thrift_http`
    JaegerThriftHttp,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 5] = [Self::Zipkin, Self::OtlpGrpc, Self::OtlpHttp, Self::JaegerGrpc, Self::JaegerThriftHttp];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Zipkin => "zipkin",
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::JaegerGrpc => "jaeger_grpc",
            Self::JaegerThriftHttp => "jaeger_thrift_http",
        }
    }

    /// Its transport on the wire: `grpc` or `http`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::OtlpGrpc | Self::JaegerGrpc => "grpc",
            Self::Zipkin | Self::OtlpHttp | Self::JaegerThriftHttp => "http",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The protocols that the requirer wants, each once, in its order; unknown protocols are left out.
#[must_use]
pub fn read(view: &View) -> Read<Vec<Protocol>> {
    Read::of(view, || request(view))
}

fn request(view: &View) -> Result<Vec<Protocol>, Stop> {
    let names: Option<Vec<String>> = json::value(&view.remote_app, RECEIVERS, "a list of names")?;
    let names = names.ok_or_else(|| Stop::waiting(RECEIVERS))?;
    let mut wanted = Vec::new();
    for protocol in names.iter().filter_map(|name| Protocol::named(name)) {
        if !wanted.contains(&protocol) {
            wanted.push(protocol);
        }
    }
    Ok(wanted)
}

/// Changes of the **leader**: its receivers' addresses, `host:port` for `grpc`, a URL for `http`. An empty list means
/// that there is no backend.
///
/// # Errors
///
/// [`BadUrl`] for an address that a requirer would refuse.
pub fn answer(view: &View, receivers: &[(Protocol, &str)]) -> Result<Changes, BadUrl> {
    let receivers = receivers.iter().map(receiver).collect::<Result<Vec<_>, _>>()?;
    let current = view.local_app.clone().unwrap_or_default();
    let wanted = Databag::from_iter([(RECEIVERS, json::text(&receivers))]);
    Ok(Changes { app: Draft::differing(&current, &wanted), ..Changes::default() })
}

fn receiver((protocol, url): &(Protocol, &str)) -> Result<Receiver, BadUrl> {
    match protocol.kind() {
        "grpc" if url.contains('/') => Err("is not host:port"),
        "grpc" => check(&format!("http://{url}")),
        _ => check(url),
    }
    .map_err(|why| BadUrl { why })?;
    let protocol = ReceiverProtocol { name: protocol.name().to_owned(), kind: protocol.kind().to_owned() };
    Ok(Receiver { protocol, url: (*url).to_owned() })
}
