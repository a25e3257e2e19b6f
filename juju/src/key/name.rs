//! Name of a thing in the metadata, and how far it is known to be there.

use std::borrow::Cow;
use std::fmt;

/// Name of an endpoint, container, storage, action, resource or binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    text: Cow<'static, str>,
    is_declared: bool,
}

impl Name {
    /// A name that must be checked against the metadata.
    pub(crate) const fn given(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), is_declared: false }
    }

    /// A name that `juju::metadata!` took out of the metadata.
    pub(crate) const fn declared(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), is_declared: true }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if it was taken out of the metadata when the charm was built.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.is_declared
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), is_declared: false }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
