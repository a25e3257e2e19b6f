//! Target of a request: path and query of its URL, of any length that Go's server reads.

use http::{HeaderValue, Uri};

use crate::files::clean;
use crate::query::{decode_path, encode_path};

/// Path and query as they were sent, escapes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    path: String,
    query: Option<String>,
}

impl From<&Uri> for Target {
    fn from(uri: &Uri) -> Target {
        Target { path: uri.path().to_owned(), query: uri.query().map(str::to_owned) }
    }
}

impl From<String> for Target {
    fn from(text: String) -> Target {
        match text.split_once('?') {
            Some((path, query)) => Target { path: path.to_owned(), query: Some(query.to_owned()) },
            None => Target { path: text, query: None },
        }
    }
}

impl Target {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn query(&self) -> &str {
        self.query.as_deref().unwrap_or_default()
    }

    /// The path without its escapes; `None` if one is invalid.
    pub(super) fn decoded_path(&self) -> Option<String> {
        decode_path(&self.path)
    }

    /// Address of the clean form of a decoded path with dots or double slashes; `None` if it is clean.
    pub(super) fn cleaned(&self, path: &str) -> Option<HeaderValue> {
        let mut plain = clean(path);
        if path.ends_with('/') && plain != "/" {
            plain.push('/');
        }
        if plain == path {
            return None;
        }
        HeaderValue::from_str(&format!("{}{}", encode_path(&plain), self.query_with_mark())).ok()
    }

    /// The whole target, as the log shows it.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.path, self.query_with_mark())
    }

    fn query_with_mark(&self) -> String {
        self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unclean_paths_have_a_clean_form() {
        let location = |uri: &'static str| {
            let target = Target::from(&Uri::from_static(uri));
            let location = target.cleaned(&target.decoded_path().unwrap())?;
            Some(location.to_str().unwrap().to_owned())
        };
        assert_eq!(location("//v1/services").as_deref(), Some("/v1/services"));
        assert_eq!(location("/v1/../v1/services//?a=b").as_deref(), Some("/v1/services/?a=b"));
        assert_eq!(location("//a%20b%c3%a9").as_deref(), Some("/a%20b%C3%A9"));
        assert_eq!((location("/v1/services"), location("/v1/services/"), location("/")), (None, None, None));
    }

    #[test]
    fn a_text_is_read_as_the_url_is() {
        for text in ["/", "/v1/files?action=list&path=%2F", "/a?", "/a?b?c"] {
            let target = Target::from(text.to_owned());
            assert_eq!(target, Target::from(&text.parse::<Uri>().unwrap()), "{text}");
            assert_eq!(target.text(), text);
        }
    }
}
