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

/// The longest address of a secret: Juju's own are below a hundred bytes.
const MAX_ADDRESS_BYTES: usize = 256;

/// The most entries of a list: servers, certificates, recipients.
pub(crate) const MAX_ENTRIES: usize = 128;

/// Refuses a text of more than `limit` bytes, before any of it is looked at.
pub(crate) fn within(key: &str, text: &str, limit: usize) -> Result<(), Stop> {
    if text.len() <= limit {
        Ok(())
    } else {
        Err(Stop::invalid(key, &format!("it is longer than {} KiB", limit / 1024)))
    }
}

/// A value as it stands under `key`. An empty one counts as absent, for on the wire the two are the same.
pub(crate) fn checked(key: &str, value: Option<&str>) -> Result<Option<String>, Stop> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    // Neither an environment variable nor a URI can hold one with control characters, nor one of any length.
    within(key, value, MAX_BYTES)?;
    if value.contains(char::is_control) {
        return Err(Stop::invalid(key, "it has a control character"));
    }
    Ok(Some(value.to_owned()))
}

/// Certificates as they stand under `key`: a text of any number of lines.
pub(crate) fn certificates(key: &str, value: &str) -> Result<String, Stop> {
    within(key, value, MAX_CERTIFICATES_BYTES)?;
    if value.contains(|letter: char| letter.is_control() && !"\r\n".contains(letter)) {
        return Err(Stop::invalid(key, "it has a control character"));
    }
    Ok(value.to_owned())
}

/// A text of a databag.
pub(crate) fn text(bag: &Databag, key: &str) -> Result<Option<String>, Stop> {
    checked(key, bag.text(key))
}

/// Required text of a databag; waits if it is missing.
pub(crate) fn needed(bag: &Databag, key: &str) -> Result<String, Stop> {
    text(bag, key)?.ok_or_else(|| Stop::waiting(key))
}

/// The number of a port.
pub(crate) fn port(key: &str, text: &str) -> Result<u16, Stop> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { text.parse().ok() } else { None };
    port.filter(|port| *port != 0).ok_or_else(|| Stop::invalid(key, "it is not a port's number"))
}

/// The items of a comma list that stands under `key`, without blanks and without empty ones.
pub(crate) fn list(key: &str, text: Option<&str>) -> Result<Vec<String>, Stop> {
    let items = text.unwrap_or_default().split(',').map(str::trim);
    let items: Vec<_> = items.filter(|item| !item.is_empty()).take(MAX_ENTRIES + 1).map(str::to_owned).collect();
    few(key, &items)?;
    Ok(items)
}

/// Refuses a list of more than [`MAX_ENTRIES`].
pub(crate) fn few<T>(key: &str, items: &[T]) -> Result<(), Stop> {
    let many = || Stop::invalid(key, &format!("it has more than {MAX_ENTRIES} entries"));
    if items.len() <= MAX_ENTRIES { Ok(()) } else { Err(many()) }
}

/// The secret whose address is `address`, as it is to be asked for. An invalid id is left out: [`content`]
/// reports it.
pub(crate) fn reference(address: Option<&str>, group: &str) -> Vec<SecretRef> {
    let id = address.and_then(address_of);
    id.map(|id| SecretRef { id, label: None, group: group.to_owned(), needed: true }).into_iter().collect()
}

/// The secret that an address names, if it is one.
pub(crate) fn address_of(text: &str) -> Option<SecretId> {
    if text.len() <= MAX_ADDRESS_BYTES { text.parse().ok() } else { None }
}

/// Content of the secret with this address, found under `key`; waits if the content isn't readable yet.
pub(crate) fn content<'s>(key: &str, address: &str, secrets: &'s Secrets) -> Result<&'s SecretContent, Stop> {
    let id = address_of(address).ok_or_else(|| Stop::invalid(key, "it is not the address of a secret"))?;
    secrets.get(&id).ok_or_else(|| Stop::waiting(key))
}

/// A field of a secret whose address stands under `key`.
pub(crate) fn secret(key: &str, content: &SecretContent, field: &str) -> Result<Option<Secret>, Stop> {
    let value = checked(key, content.get(field).map(Secret::expose))?;
    Ok(value.map(Secret::from))
}
