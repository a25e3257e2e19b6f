//! Name of a thing in the metadata, and how far it is known to be there.

use std::borrow::Cow;
use std::fmt;

use crate::declarations::Reader;

/// Name of an endpoint, container, storage, action, resource or binding.
///
/// A name that must be checked brings the reader of the declarations along. So a charm whose names all come from
/// `metadata!` has no reader of YAML in its program, which would be a seventh of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    text: Cow<'static, str>,
    reader: Option<Reader>,
}

impl Name {
    /// A name that must be checked against the metadata.
    pub(crate) const fn given(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), reader: Some(Reader::OF_FILES) }
    }

    /// A name that `webcharm_juju::metadata!` took out of the metadata.
    pub(crate) const fn declared(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), reader: None }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if it was taken out of the metadata when the charm was built.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.reader.is_none()
    }

    /// The reader of the declarations that the name is checked against; `None` if it came out of them.
    pub(crate) const fn reader(&self) -> Option<Reader> {
        self.reader
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), reader: Some(Reader::OF_FILES) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
