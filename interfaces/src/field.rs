//! The fields of plain text that others write, into a databag or into a secret: one that can't be used is refused
//! here, by its key and never with its value.

use juju::{Databag, Secret, SecretContent, SecretId};

use crate::read::Stop;
use crate::secret::{SecretRef, Secrets};

/// The longest text that is taken. Percent-encoded, three of them and the hosts still fit into an environment variable,
/// which on Linux holds 128 KiB; with a longer one no process starts.
pub(crate) const MAX_BYTES: usize = 10 * 1024;

/// The longest text of certificates that is taken.
const MAX_CERTIFICATES_BYTES: usize = 64 * 1024;

/// A value as it stands under `key`. An empty one counts as absent, for on the wire the two are the same.
pub(crate) fn checked(key: &str, value: Option<&str>) -> Result<Option<String>, Stop> {
    match value {
        // Neither an environment variable nor a URI can hold one with control characters, nor one of any length.
        Some(value) if value.len() > MAX_BYTES => Err(Stop::invalid(key, "it is too long")),
        Some(value) if value.contains(char::is_control) => Err(Stop::invalid(key, "it has a control character")),
        value => Ok(value.filter(|value| !value.is_empty()).map(str::to_owned)),
    }
}

/// Certificates as they stand under `key`: a text of any number of lines.
pub(crate) fn certificates(key: &str, value: &str) -> Result<String, Stop> {
    if value.len() > MAX_CERTIFICATES_BYTES {
        return Err(Stop::invalid(key, "it is too long"));
    }
    if value.contains(|letter: char| letter.is_control() && !"\r\n".contains(letter)) {
        return Err(Stop::invalid(key, "it has a control character"));
    }
    Ok(value.to_owned())
}

/// A text of a databag.
pub(crate) fn text(bag: &Databag, key: &str) -> Result<Option<String>, Stop> {
    checked(key, bag.text(key))
}

/// A text of a databag without which there is nothing to be done yet.
pub(crate) fn needed(bag: &Databag, key: &str) -> Result<String, Stop> {
    text(bag, key)?.ok_or_else(|| Stop::waiting(key))
}

/// The number of a port.
pub(crate) fn port(key: &str, text: &str) -> Result<u16, Stop> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { text.parse().ok() } else { None };
    port.filter(|port| *port != 0).ok_or_else(|| Stop::invalid(key, "it is not a port's number"))
}

/// The items of a comma list, without blanks and without empty ones.
pub(crate) fn list(text: Option<&str>) -> Vec<String> {
    let items = text.unwrap_or_default().split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The secret whose address is `address`, as it is to be asked for. An address that isn't one is left out: [`content`]
/// complains of it.
pub(crate) fn reference(address: Option<&str>, group: &str) -> Vec<SecretRef> {
    let id = address.and_then(|address| address.parse().ok());
    id.map(|id| SecretRef { id, label: None, group: group.to_owned(), needed: true }).into_iter().collect()
}

/// What the secret at this address holds, which stands under `key`; one that couldn't be read is waited for.
pub(crate) fn content<'s>(key: &str, address: &str, secrets: &'s Secrets) -> Result<&'s SecretContent, Stop> {
    let id: SecretId = address.parse().map_err(|_| Stop::invalid(key, "it is not the address of a secret"))?;
    secrets.get(&id).ok_or_else(|| Stop::waiting(key))
}

/// A field of a secret whose address stands under `key`.
pub(crate) fn secret(key: &str, content: &SecretContent, field: &str) -> Result<Option<Secret>, Stop> {
    let value = checked(key, content.get(field).map(Secret::expose))?;
    Ok(value.map(Secret::from))
}
