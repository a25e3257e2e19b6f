//! Interface `smtp`, version 0: a server that takes the application's mail.
//!
//! The requirer writes no data. The provider publishes the server in plain text; the password in a
//! secret that `password_id` names, or, on its endpoint for old requirers, in clear.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - data that lack something or are wrong fail its hooks; here what is missing is waited for, and what is wrong is said;
//! - it takes a port of 65536.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Databag, Needs, Secret, View};

use crate::field::{self, needed, text};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::uri;

/// The name of the interface.
pub const INTERFACE: &str = "smtp";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_app: false, ..APPS };

const PASSWORD_ID: &str = "password_id";

/// Authentication that the server requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `none`: it doesn't.
    None,
    /// `not_provided`: it does, but the provider doesn't know how.
    NotProvided,
    /// `plain`: by user and password.
    Plain,
}

/// Transport security of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// `none`.
    None,
    /// `starttls`: TLS that begins after the greeting.
    StartTls,
    /// `tls`: TLS from the first byte.
    Tls,
}

impl Auth {
    const ALL: [Self; 3] = [Self::None, Self::NotProvided, Self::Plain];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotProvided => "not_provided",
            Self::Plain => "plain",
        }
    }
}

impl Security {
    const ALL: [Self; 3] = [Self::None, Self::StartTls, Self::Tls];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
        }
    }
}

/// Mail server with its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user, where there is one.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Authentication that it requires.
    pub auth: Auth,
    /// Transport security of the connection.
    pub security: Security,
    /// The domain that mail comes from.
    pub domain: Option<String>,
    /// Its certificate isn't to be checked.
    pub skip_ssl_verify: bool,
    /// The address that mail comes from.
    pub sender: Option<String>,
    /// Recipients of the application's mail.
    pub recipients: Vec<String>,
}

/// The secret that holds the password, if it isn't in clear.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    let app = &view.remote_app;
    let clear = app.text("password").is_some_and(|password| !password.is_empty());
    if clear { Vec::new() } else { field::reference(app.text(PASSWORD_ID), "password") }
}

/// Reads the server; the password comes from `secrets` if the databag names a secret.
///
/// ```
/// use interfaces::{Read, Secrets, smtp};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("smtp", RelationId(16));
/// view.app = Some("smtp-integrator".into());
/// assert_eq!(smtp::read(&view, &Secrets::new()), Read::Waiting("host".into()));
/// let server = [("host", "smtp.example.com"), ("port", "25"), ("auth_type", "none"), ("transport_security", "tls")];
/// view.remote_app = Databag::from_iter(server);
/// assert_eq!(smtp::read(&view, &Secrets::new()).ready().unwrap().port, 25);
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Smtp> {
    Read::of(view, || server(&view.remote_app, secrets))
}

fn server(app: &Databag, secrets: &Secrets) -> Result<Smtp, Stop> {
    let host = needed(app, "host")?;
    let port = field::port("port", &needed(app, "port")?)?;
    uri::endpoint(&host, port).map_err(|why| Stop::invalid("host", why))?;
    Ok(Smtp {
        host,
        port,
        auth: one_of(app, "auth_type", &Auth::ALL, Auth::name)?,
        security: one_of(app, "transport_security", &Security::ALL, Security::name)?,
        user: text(app, "user")?,
        password: password(app, secrets)?,
        domain: text(app, "domain")?,
        skip_ssl_verify: text(app, "skip_ssl_verify")?.map_or(Ok(false), |text| truth("skip_ssl_verify", &text))?,
        sender: text(app, "smtp_sender")?,
        recipients: recipients(app)?,
    })
}

/// The one of `all` whose name stands under `key`.
fn one_of<T: Copy>(app: &Databag, key: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, Stop> {
    let text = needed(app, key)?;
    let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
    let found = all.iter().copied().find(|one| name(*one) == text);
    found.ok_or_else(|| Stop::invalid(key, &format!("it is none of {}", names.join(", "))))
}

fn password(app: &Databag, secrets: &Secrets) -> Result<Option<Secret>, Stop> {
    if let Some(clear) = text(app, "password")? {
        return Ok(Some(clear.into()));
    }
    let Some(address) = app.text(PASSWORD_ID).filter(|address| !address.is_empty()) else { return Ok(None) };
    field::secret(PASSWORD_ID, field::content(PASSWORD_ID, address, secrets)?, "password")
}

/// The usual words for yes and no.
fn truth(key: &str, text: &str) -> Result<bool, Stop> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(Stop::invalid(key, "it is neither true nor false")),
    }
}

/// A JSON list, a comma list or a single address.
fn recipients(app: &Databag) -> Result<Vec<String>, Stop> {
    let text = text(app, "recipients")?.unwrap_or_default();
    if !text.starts_with('[') {
        return field::list("recipients", Some(&text));
    }
    let all: Vec<String> = json::list(app, "recipients", "a list of addresses")?;
    // JSON can hold what the text around it can't.
    all.iter().filter_map(|one| field::checked("recipients", Some(one)).transpose()).collect()
}
