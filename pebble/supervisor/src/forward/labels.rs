//! Labels of a log target, with the variables of a service in them.

use std::collections::BTreeMap;

/// Replaces `$NAME` and `${NAME}` in the labels' values by variables, as Go's `os.Expand` does; unknown ones are empty.
pub(super) fn expanded(
    labels: &BTreeMap<String, String>,
    variables: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    labels.iter().map(|(label, value)| (label.clone(), expand(value, variables))).collect()
}

fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, behind) = name(behind);
        match name {
            Some(name) => expanded.push_str(variables.get(name).map_or("", String::as_str)),
            None => expanded.push('$'),
        }
        rest = behind;
    }
    expanded + rest
}

/// The name after a dollar sign, and the text behind it. `None` if there is no name; empty for an invalid one.
fn name(text: &str) -> (Option<&str>, &str) {
    if let Some(braced) = text.strip_prefix('{') {
        return match braced.split_once('}') {
            Some((name, behind)) if is_name(name) => (Some(name), behind),
            Some(("", behind)) => (Some(""), behind),
            // Go drops the brace and goes on behind it.
            _ => (Some(""), braced),
        };
    }
    if text.starts_with(|first: char| "*#$@!?-".contains(first) || first.is_ascii_digit()) {
        return (Some(&text[..1]), &text[1..]);
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    if end == 0 { (None, text) } else { (Some(&text[..end]), &text[end..]) }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables() -> BTreeMap<String, String> {
        [("A", "1"), ("AB_2", "two")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn variables_are_replaced_as_by_go() {
        for (text, expected) in [
            ("plain", "plain"),
            ("$A-${A}", "1-1"),
            ("x$AB_2.y", "xtwo.y"),
            ("$NOPE!", "!"),
            ("${NOPE}", ""),
            ("100$", "100$"),
            ("$ A", "$ A"),
            ("$$A", "A"),
            ("$1A", "A"),
            ("${A", "A"),
            ("${}A", "A"),
        ] {
            assert_eq!(expand(text, &variables()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_label_panics(text in "[$\\{\\}A-Zé1_-]{0,20}") {
            let _ = expand(&text, &variables());
        }
    }
}
