//! Parameters of a header's value: `form-data; name="files"; filename="/a \"b\""`.

/// A parameter of a header's value, unquoted; `None` if it is missing, or the value is invalid before it.
pub fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, text) = rest.split_once('=')?;
        let text = text.trim_start();
        let (value, behind) = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => token(text),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind.trim_start().strip_prefix(';')?;
    }
}

/// The media type of a `Content-Type` in lower case; `None` if the value or one of its parameters is invalid.
///
/// ```
/// use webcharm_pebble::multipart::media_type;
///
/// assert_eq!(media_type("Application/JSON; charset=utf-8").as_deref(), Some("application/json"));
/// assert_eq!(media_type("application/json; charset"), None);
/// ```
pub fn media_type(value: &str) -> Option<String> {
    let (kind, mut rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    let kind = kind.trim().to_ascii_lowercase();
    let mut words = kind.splitn(2, '/');
    if !words.all(is_token) {
        return None;
    }
    let mut seen = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.trim() == ";" {
            return Some(kind);
        }
        let text = rest.strip_prefix(';')?.trim_start();
        let (key, text) = text.split_at(text.find(|letter: char| !is_token_letter(letter)).unwrap_or(text.len()));
        let text = text.trim_start().strip_prefix('=').filter(|_| !key.is_empty())?.trim_start();
        rest = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?.1,
            None => {
                let end = text.find(|letter: char| !is_token_letter(letter)).unwrap_or(text.len());
                text.get(end..).filter(|_| end > 0)?
            }
        };
        let key = key.to_ascii_lowercase();
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_letter)
}

/// True for a letter of a token, by RFC 2045.
fn is_token_letter(letter: char) -> bool {
    letter.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(letter)
}

/// Escapes a text for a parameter's quotes. Line ends are percent-encoded, as browsers do it.
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}

fn token(text: &str) -> (String, &str) {
    let (token, behind) = text.split_at(text.find(';').unwrap_or(text.len()));
    (token.trim().to_owned(), behind)
}

/// Splits at the closing quote. A backslash escapes only special characters: some clients send other backslashes bare.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((plain, &text[at + 1..])),
            '\\' => match letters.next_if(|(_, next)| "()<>@,;:\\\"/[]?=".contains(*next)) {
                Some((_, next)) => plain.push(next),
                None => plain.push('\\'),
            },
            _ => plain.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_boundary_is_found_in_a_content_type() {
        for (value, boundary) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("multipart/form-data; charset=\"a;b\"; Boundary=\"a b\\\"c\"", Some("a b\"c")),
            ("multipart/form-data; boundary=abc ; x=y", Some("abc")),
            ("multipart/form-data; boundary=", Some("")),
            ("multipart/form-data; boundary=\"abc", None),
            ("multipart/form-data", None),
            ("boundary=abc", None),
        ] {
            assert_eq!(parameter(value, "boundary").as_deref(), boundary, "{value}");
        }
    }

    #[test]
    fn a_media_type_has_valid_parameters() {
        for value in ["a/b", " A/B ", "a/b;", "a/b; c=d", "a/b;c=\"d;e\" ; f=g;"] {
            assert_eq!(media_type(value).as_deref(), Some("a/b"), "{value}");
        }
        assert_eq!(media_type("a").as_deref(), Some("a"));
        for value in ["", "/b", "a/", "a b/c", "a/b;;", "a/b; c", "a/b; c=", "a/b; c=d; C=e", "a/b; c=\"d"] {
            assert_eq!(media_type(value), None, "{value}");
        }
    }

    #[test]
    fn a_bare_backslash_stays() {
        assert_eq!(parameter("x; filename=\"C:\\dir\\\\x\"", "filename").as_deref(), Some("C:\\dir\\x"));
        assert_eq!(escaped("a\r\nb"), "a%0D%0Ab");
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in "[^\r\n]{0,40}") {
            let value = format!("form-data; other=\"{0}\"; filename=\"{0}\"", escaped(&text));
            prop_assert_eq!(parameter(&value, "filename"), Some(text));
        }

        #[test]
        fn no_value_panics(value in "(multipart/form-data)?[;= \"\\\\a-zü]*(; ?boundary=[\"\\\\;a-z]*)?", any in ".{0,80}") {
            let _ = (parameter(&value, "boundary"), parameter(&any, "name"));
            let _ = (media_type(&value), media_type(&any));
        }
    }
}
