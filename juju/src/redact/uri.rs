//! User and password of URLs anywhere in a text. One pass; the text around a URL may be anything.

/// Ends of an authority within a URL.
const PARTS: [char; 3] = ['/', '?', '#'];
/// Ends of a URL within a text.
const ENDS: [char; 6] = ['"', '\'', '<', '>', '`', '\\'];

/// For every URL with a user: the user and password as one text, and the password alone.
#[must_use]
pub fn credentials(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let rest = until(&text[at + 3..]);
        let authority = &rest[..rest.find(PARTS).unwrap_or(rest.len())];
        let Some((user, _)) = authority.rsplit_once('@').or_else(|| unencoded(authority, rest)) else { continue };
        found.push(user);
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    found
}

/// The text up to the URL's end, or to the next URL: so each byte is looked at for one URL alone.
fn until(rest: &str) -> &str {
    let rest = &rest[..rest.find("://").unwrap_or(rest.len())];
    &rest[..rest.find(|letter: char| ENDS.contains(&letter) || letter.is_whitespace()).unwrap_or(rest.len())]
}

/// User and host of a URL whose password has a `/`, `?` or `#` that should have been encoded: then what follows the colon
/// is no port.
fn unencoded<'a>(authority: &str, rest: &'a str) -> Option<(&'a str, &'a str)> {
    let (_, port) = authority.split_once(':').filter(|_| !authority.starts_with('['))?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    rest.rsplit_once('@').filter(|_| !is_port)
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn users_and_passwords_are_found_wherever_a_url_stands() {
        assert_eq!(credentials("http://operator:secret@proxy:3128"), ["operator:secret", "secret"]);
        assert_eq!(credentials(r#"{"a": ["x://u:p@h,y://v:q@i/"], "b": "no@where"}"#), ["u:p", "p", "v:q", "q"]);
        assert_eq!(credentials("see https://token@h/x and http://h:80/"), ["token"]);
        assert_eq!(credentials("x://u:p/4@h y://u:p#?5@i/a,z://v:q@j"), ["u:p/4", "p/4", "u:p#?5", "p#?5", "v:q", "q"]);
        assert!(credentials("http://h:80/u@x http://[::1]/a@b").is_empty());
        assert!(credentials("http://h/u:p@x mail@example.com").is_empty());
    }
}
