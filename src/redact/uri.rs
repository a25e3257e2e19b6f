//! User and password of URLs anywhere in a text. One pass; the text around a URL may be anything.

/// Characters that end an authority.
const ENDS: &[char] = &['/', '?', '#', '"', '\'', '<', '>', '`', '\\'];

/// For every URL with a user: the user and password as one text, and the password alone.
#[must_use]
pub fn credentials(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest.find(|letter: char| ENDS.contains(&letter) || letter.is_whitespace()).unwrap_or(rest.len());
        let Some((user, _)) = rest[..end].rsplit_once('@') else { continue };
        found.push(user);
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn users_and_passwords_are_found_wherever_a_url_stands() {
        assert_eq!(credentials("http://operator:secret@proxy:3128"), ["operator:secret", "secret"]);
        assert_eq!(credentials(r#"{"a": ["x://u:p@h,y://v:q@i/"], "b": "no@where"}"#), ["u:p", "p", "v:q", "q"]);
        assert_eq!(credentials("see https://token@h/x and http://h:80/"), ["token"]);
        assert!(credentials("http://h/u:p@x mail@example.com").is_empty());
    }
}
