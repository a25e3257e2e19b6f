//! Removal of credentials from URLs: those of proxies and package indexes may have them, and a build's programs print
//! them.

/// Replaces the user information of every URL in `text`, as in `http://***@proxy:3128`.
#[must_use]
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let is_end =
            |character: char| character.is_whitespace() || ['/', '\'', '"', '<', '>', '`'].contains(&character);
        let authority = &after[..after.find(is_end).unwrap_or(after.len())];
        let user = authority.rfind('@').unwrap_or(0);
        if user > 0 {
            out.push_str("***");
        }
        rest = &after[user..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_is_replaced_and_nothing_else() {
        for (text, expected) in [
            ("plain a@b: c://d", "plain a@b: c://d"),
            (
                "Looking in http://u:p@proxy:3128/x and https://t@h",
                "Looking in http://***@proxy:3128/x and https://***@h",
            ),
            ("'http://u:p@w@h', mail a@b", "'http://***@h', mail a@b"),
            ("http://h/a@b", "http://h/a@b"),
            ("://://u:p@h", "://://***@h"),
            ("http://@h ä://é:ü@ö", "http://@h ä://***@ö"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
