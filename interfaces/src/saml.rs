//! Interface `saml`, version 0: an identity provider that speaks SAML 2.
//!
//! The requirer writes no data. The provider publishes the identity provider's metadata in plain text: its entity id,
//! its certificates, and its services, each under keys made of the service's name and its HTTP method
//! (`single_sign_on_service_redirect_url`).
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - data without certificates, or a service without its binding, fail its hooks; here they are waited for;
//! - it reads an empty list of certificates as one empty certificate; here that's invalid.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Databag, Needs, View};

use crate::address::{check, normalised};
use crate::field::{self, list, needed, text};
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "saml";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_app: false, ..APPS };

const ENTITY_ID: &str = "entity_id";
const METADATA_URL: &str = "metadata_url";
const CERTIFICATES: &str = "x509certs";

/// The methods by which services are called, as keys name them.
const METHODS: [&str; 2] = ["redirect", "post"];

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saml {
    /// Its entity id.
    pub entity_id: Url,
    /// URL of its metadata, normalised: scheme and host in lower case, at least `/` as the path.
    pub metadata_url: Option<Url>,
    /// Its certificates, in PEM or in bare base64; at least one. By convention the first is the signing certificate.
    pub certificates: Vec<String>,
    /// Its services, by name.
    pub services: Vec<Service>,
}

/// One way to call one of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name of its element in the metadata, `SingleSignOnService` for instance.
    pub name: String,
    /// The URN of the method by which it's called.
    pub binding: String,
    /// Its URL.
    pub url: Url,
    /// URL for responses, if it differs.
    pub response_url: Option<Url>,
}

impl Saml {
    /// The signing certificate: the first.
    #[must_use]
    pub fn signing_certificate(&self) -> &str {
        self.certificates.first().map_or("", String::as_str)
    }

    /// URL of the `SingleSignOnService` to which browsers are redirected.
    #[must_use]
    pub fn single_sign_on_redirect_url(&self) -> Option<&str> {
        let redirects = |service: &&Service| service.binding.to_lowercase().contains("redirect");
        let mut services = self.services.iter().filter(|service| service.name == "SingleSignOnService");
        services.find(redirects).map(|service| service.url.as_str())
    }
}

/// Reads the identity provider that the provider publishes.
///
/// ```
/// use interfaces::{Read, saml};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("saml", RelationId(14));
/// view.app = Some("saml-integrator".into());
/// assert_eq!(saml::read(&view), Read::Waiting("entity_id".into()));
/// view.remote_app = Databag::from_iter([("entity_id", "https://idp.example.com"), ("x509certs", "MIIC,MIID")]);
/// assert_eq!(saml::read(&view).ready().unwrap().signing_certificate(), "MIIC");
/// ```
#[must_use]
pub fn read(view: &View) -> Read<Saml> {
    Read::of(view, || identity_provider(&view.remote_app))
}

fn identity_provider(app: &Databag) -> Result<Saml, Stop> {
    let entity_id = match text(app, ENTITY_ID)? {
        // A provider writes all keys at once, so an incomplete list stays incomplete.
        None if !app.is_empty() => return Err(Stop::invalid(ENTITY_ID, "it is missing")),
        entity_id => entity_id.ok_or_else(|| Stop::waiting(ENTITY_ID))?,
    };
    let keys = app.keys().filter_map(|key| Some((key.as_str(), service_of(key)?)));
    let keys: Vec<_> = keys.take(field::MAX_ENTRIES + 1).collect();
    field::few("the services", &keys)?;
    let services: Result<Vec<_>, _> = keys.into_iter().map(|(key, called)| service(app, key, called)).collect();
    Ok(Saml {
        entity_id: entity_id.into(),
        metadata_url: url(app, METADATA_URL)?,
        certificates: certificates(app)?,
        services: services?,
    })
}

/// The longest key of a service. Keys are named in messages, so others than a provider's own are no service's.
const MAX_KEY_BYTES: usize = 128;

/// A service's name and method, if `key` is that of its address.
fn service_of(key: &str) -> Option<(&str, &str)> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if key.len() > MAX_KEY_BYTES || !key.bytes().all(is_word) {
        return None;
    }
    let of = |method: &'static str| {
        let name = key.strip_suffix("_url")?.strip_suffix(method)?.strip_suffix('_')?;
        (!name.is_empty()).then_some((name, method))
    };
    METHODS.into_iter().find_map(of)
}

fn service(app: &Databag, key: &str, (name, method): (&str, &str)) -> Result<Service, Stop> {
    Ok(Service {
        name: camel_case(name),
        binding: needed(app, &format!("{name}_{method}_binding"))?,
        url: url(app, key)?.ok_or_else(|| Stop::waiting(key))?,
        response_url: url(app, &format!("{name}_{method}_response_url"))?,
    })
}

/// Value of `key` as a normalised HTTP URL.
fn url(app: &Databag, key: &str) -> Result<Option<Url>, Stop> {
    let Some(url) = text(app, key)? else { return Ok(None) };
    check(&url).map_err(|why| Stop::invalid(key, &format!("it {why}")))?;
    Ok(Some(normalised(&url).into()))
}

/// Splits at commas: neither PEM nor base64 contains one.
fn certificates(app: &Databag) -> Result<Vec<String>, Stop> {
    let joined = app.text(CERTIFICATES).filter(|text| !text.is_empty()).ok_or_else(|| Stop::waiting(CERTIFICATES))?;
    let certificates = list(CERTIFICATES, Some(&field::certificates(CERTIFICATES, joined)?))?;
    if certificates.is_empty() { Err(Stop::invalid(CERTIFICATES, "it has no certificate")) } else { Ok(certificates) }
}

/// `single_sign_on_service` as `SingleSignOnService`.
fn camel_case(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(capital).collect()
}

/// `SingleSignOnService` as `single_sign_on_service`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
