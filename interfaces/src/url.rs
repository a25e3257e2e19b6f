//! An address that another application wrote, which may have a user and a password in it.

use std::fmt;
use std::ops::Deref;

/// An address as it is written; its `Debug` masks user and password, and it has no `Display`.
///
/// ```
/// use interfaces::Url;
/// let url = Url::from("https://me:hunter2@storage:9000/x");
/// assert_eq!(format!("{url:?}"), "\"https://***@storage:9000/x\"");
/// assert_eq!(url.as_str(), "https://me:hunter2@storage:9000/x");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole address, with user and password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Url {
    /// Masks everything before the last `@`: a password with a `/` in it is one too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((user, rest)) = self.0.rsplit_once('@') else { return fmt::Debug::fmt(&self.0, f) };
        let scheme = user.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
        fmt::Debug::fmt(&format!("{scheme}***@{rest}"), f)
    }
}

impl Deref for Url {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Url {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Url {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_never_shown() {
        let table = [
            ("http://h:80/x", "http://h:80/x"),
            ("http://u:p@h/x", "http://***@h/x"),
            ("http://u:p/4@h/x", "http://***@h/x"),
            ("http://u:p@h/x?mail=a@b", "http://***@b"),
            ("u:p@h", "***@h"),
            ("idp", "idp"),
        ];
        for (url, shown) in table {
            assert_eq!(format!("{:?}", Url::from(url)), format!("{shown:?}"));
        }
    }
}
