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
        }
    }
}
