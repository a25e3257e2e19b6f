//! Addresses and library names: `links`, `charmhub` and `charm-libs`.

use serde_yaml::{Mapping, Value};

use super::kind;
use crate::finding::Finding;
use crate::source::Source;
use crate::yaml;

/// Links that may be a list.
const SEVERAL: [&str; 3] = ["issues", "source", "website"];

/// Keys of `charmhub`.
const CHARMHUB: [&str; 3] = ["api-url", "storage-url", "registry-url"];

pub(super) fn urls(project: &Source) -> Vec<Finding> {
    let mut found = links(project);
    found.extend(charmhub(project));
    found.extend(libraries(project));
    found
}

fn links(project: &Source) -> Vec<Finding> {
    let links = match project.document.get("links") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Mapping(links)) => links,
        Some(_) => {
            return vec![project.refused(&["links"], "links must be a mapping", "write `website: https://…` below it")];
        }
    };
    links.iter().filter_map(|(key, value)| link(project, key.as_str().unwrap_or_default(), value)).collect()
}

fn link(project: &Source, key: &str, value: &Value) -> Option<Finding> {
    let path = ["links", key];
    let is_each = |is_one: fn(&Value) -> bool| value.as_sequence().is_some_and(|items| items.iter().all(is_one));
    let (good, needed) = match key {
        "contact" => (value.is_string() || is_each(Value::is_string), "a text or a list of texts"),
        "documentation" => (is_url(value), "the URL of a page"),
        _ if SEVERAL.contains(&key) => (is_url(value) || is_each(is_url), "URLs of pages"),
        _ => {
            let remedy = format!("take one of contact, documentation, {}", SEVERAL.join(", "));
            return Some(project.refused(&path, format!("links has no key {key}"), remedy));
        }
    };
    let remedy = if key == "contact" { "write a name or an address" } else { "write it as `https://HOST/PATH`" };
    (!good && !value.is_null()).then(|| project.refused(&path, format!("links.{key} must be {needed}"), remedy))
}

/// True for a web address, judged as pydantic does: a scheme and a host.
fn is_url(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().trim().to_ascii_lowercase();
    let rest = text.strip_prefix("https:").or(text.strip_prefix("http:")).unwrap_or_default();
    let host = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty() && !host.contains(char::is_whitespace)
}

fn charmhub(project: &Source) -> Vec<Finding> {
    let refused = |key: &str, what: &str| {
        project.refused(
            &["charmhub", key],
            format!("charmhub.{key} {what}"),
            "remove the key charmhub: charmcraft has left it",
        )
    };
    let urls = project.section("charmhub");
    let wrong = yaml::keys(&urls).filter_map(|key| match urls.get(key) {
        _ if !CHARMHUB.contains(&key) => Some(refused(key, "is no key")),
        Some(value) if !is_url(value) => Some(refused(key, "must be a URL")),
        _ => None,
    });
    wrong.collect()
}

/// `charm-libs`, which charmcraft fetches.
fn libraries(project: &Source) -> Vec<Finding> {
    let Some(libraries) = project.document.get("charm-libs") else { return Vec::new() };
    let refused = |what: String| {
        project.refused(&["charm-libs"], what, "write `- {lib: CHARM.LIBRARY, version: \"1\"}` lines below it")
    };
    let Some(libraries) = libraries.as_sequence() else {
        return vec![refused("charm-libs must be a list".to_owned())];
    };
    let is_good = |library: &Value| library.as_mapping().is_some_and(is_library);
    let wrong = libraries.iter().filter(|library| !is_good(library));
    wrong
        .map(|library| {
            refused(format!("{} is no library", library.get("lib").and_then(Value::as_str).unwrap_or("this")))
        })
        .collect()
}

fn is_library(library: &Mapping) -> bool {
    let Some((charm, name)) = yaml::text(library, "lib").and_then(|lib| lib.split_once('.')) else { return false };
    let version = yaml::text(library, "version").unwrap_or_default();
    let (api, patch) = version.split_once('.').unwrap_or((version, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |text: &str, also: &[u8]| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || also.contains(&byte);
        text.len() > 1 && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(allowed)
    };
    library.len() == 2
        && library.values().all(kind::is_word)
        && is_word(charm, b"-_")
        && is_word(name, b"_")
        && is_number(api)
        && is_number(patch)
}
