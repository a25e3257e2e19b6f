//! User and password of URLs anywhere in a text. One pass; the text around a URL may be anything.

/// Ends of an authority within a URL.
const PARTS: [char; 3] = ['/', '?', '#'];
/// Ends of a URL within a text.
const ENDS: [char; 6] = ['"', '\'', '<', '>', '`', '\\'];

/// Most URLs of one text that are looked at. A list of a database's hosts has some ten; a foreign text of megabytes may
/// have a million, and each credential becomes some ten forms.
const MOST: usize = 256;

/// For each of the first 256 URLs with a user: the user and password as one text, and the password alone.
pub fn credentials(text: &str) -> impl Iterator<Item = &str> {
    let users = text.match_indices("://").filter_map(|(at, _)| user(&text[at + 3..]));
    users
        .take(MOST)
        .flat_map(|user| [Some(user), user.split_once(':').map(|(_, password)| password)].into_iter().flatten())
}

/// User and password at the start of what follows a URL's scheme.
fn user(rest: &str) -> Option<&str> {
    let rest = until(rest);
    let authority = &rest[..rest.find(PARTS).unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@').or_else(|| unencoded(authority, rest))?;
    Some(user)
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
    use super::{MOST, credentials};

    fn found(text: &str) -> Vec<&str> {
        credentials(text).collect()
    }

    #[test]
    fn users_and_passwords_are_found_wherever_a_url_stands() {
        assert_eq!(found("http://operator:secret@proxy:3128"), ["operator:secret", "secret"]);
        assert_eq!(found(r#"{"a": ["x://u:p@h,y://v:q@i/"], "b": "no@where"}"#), ["u:p", "p", "v:q", "q"]);
        assert_eq!(found("see https://token@h/x and http://h:80/"), ["token"]);
        assert_eq!(found("x://u:p/4@h y://u:p#?5@i/a,z://v:q@j"), ["u:p/4", "p/4", "u:p#?5", "p#?5", "v:q", "q"]);
        assert!(found("http://h:80/u@x http://[::1]/a@b").is_empty());
        assert!(found("http://h/u:p@x mail@example.com").is_empty());
    }

    #[test]
    fn a_text_of_megabytes_gives_a_bounded_number() {
        assert_eq!(credentials(&"a://user:secret@h,".repeat(500_000)).count(), 2 * MOST);
    }
}
