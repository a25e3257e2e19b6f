//! The provider's half of [`ingress`](super).
//!
//! It waits for `model`, `name` and `port` of the application and for `host` of each of its units, and answers with
//! an address. A request for health checks (`healthcheck_params`) is not read: web apps don't make it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU16;

use juju::{Changes, Databag, Draft, Needs, UnitName, View};

use super::{Scheme, check};
pub use crate::address::BadUrl;
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads: every unit's databag too.
pub const NEEDS: Needs = Needs { remote_units: true, remote_unit_data: true, ..APPS };

/// Request as the provider reads it, with all units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// Its model's name.
    pub model: String,
    /// Its application's name.
    pub name: String,
    /// The port that its workload serves on.
    pub port: u16,
    /// The provider removes the path prefix that tells applications apart.
    pub strip_prefix: bool,
    /// Visitors that come by HTTP are redirected to HTTPS.
    pub redirect_https: bool,
    /// Its units have opened the port.
    pub is_port_open: bool,
    /// Protocol of its workload.
    pub scheme: Scheme,
    /// Its units, in the order of their numbers. Empty before the first and after the last unit.
    pub units: BTreeMap<UnitName, Place>,
}

/// Address of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its full name in the cluster.
    pub host: String,
    /// Its address, if it knows one.
    pub ip: Option<IpAddr>,
}

/// Reads the request; waits for the first missing key.
#[must_use]
pub fn read(view: &View) -> Read<Requested> {
    Read::of(view, || request(view))
}

fn request(view: &View) -> Result<Requested, Stop> {
    let app = &view.remote_app;
    let flag = |key: &str| json::value(app, key, "true or false").map(Option::unwrap_or_default);
    let port: Option<NonZeroU16> = json::value(app, "port", "a port's number")?;
    Ok(Requested {
        model: text(app, "model")?,
        name: text(app, "name")?,
        port: port.ok_or_else(|| Stop::waiting("port"))?.get(),
        strip_prefix: flag("strip-prefix")?,
        redirect_https: flag("redirect-https")?,
        is_port_open: flag("is_port_open")?,
        scheme: json::value(app, "scheme", "http, https or h2c")?.unwrap_or_default(),
        units: view.units.iter().map(|(unit, bag)| Ok((unit.clone(), place(bag)?))).collect::<Result<_, Stop>>()?,
    })
}

fn place(unit: &Databag) -> Result<Place, Stop> {
    Ok(Place { host: text(unit, "host")?, ip: json::value(unit, "ip", "an address")? })
}

/// A text that has to be there.
fn text(bag: &Databag, key: &str) -> Result<String, Stop> {
    let text: Option<String> = json::value(bag, key, "a text")?;
    match text.filter(|text| !text.is_empty()) {
        None => Err(Stop::waiting(key)),
        Some(text) if text.contains(char::is_control) => Err(Stop::invalid(key, "it has a control character")),
        Some(text) => Ok(text),
    }
}

/// Changes of the **leader**: the application's address; without an address, the key is deleted.
///
/// # Errors
///
/// [`BadUrl`] for an address that [`read`](super::read) would refuse.
pub fn answer(view: &View, url: Option<&str>) -> Result<Changes, BadUrl> {
    let text = match url {
        Some(url) => {
            check(url).map_err(|why| BadUrl { why })?;
            json::text(&BTreeMap::from([("url", url)]))
        }
        None => String::new(),
    };
    let current = view.local_app.clone().unwrap_or_default();
    Ok(Changes { app: Draft::differing(&current, &Databag::from_iter([("ingress", text)])), ..Changes::default() })
}
