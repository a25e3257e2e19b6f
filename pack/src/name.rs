//! Names of charms, rocks and platforms, which are written into file names, commands and other files.

/// Largest length of a name, in characters.
const LONGEST: usize = 64;

/// True of a name that is safe in a file name, a command or YAML: up to 64 ASCII letters, digits, `-`, `_` and `.`,
/// beginning with a letter or digit. The rules of rockcraft and charmcraft are stricter.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= LONGEST
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// True of a rock's name as rockcraft takes it, which is also the label of the rock's layer in Pebble: lower-case ASCII letters,
/// digits and single dashes between them, a letter first, three letters and digits or more. At most 64 characters.
#[must_use]
pub fn is_rock_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= LONGEST
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(|word| !word.is_empty() && word.bytes().all(plain))
        && text.bytes().filter(|byte| plain(*byte)).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_breaks_no_line() {
        for name in ["x", "my-app", "flask_k8s.2", "1st"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(65);
        for name in ["", "..", ".x", "-x", "a/b", "../../x", "a b", "a\nb: c", "a\"", "ä", "a:b", long.as_str()] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn the_name_of_a_rock_is_a_label_of_pebble_s() {
        for name in ["abc", "a-b-c", "ab1", "my-app"] {
            assert!(is_rock_name(name), "{name}");
        }
        for name in ["", "go", "a-b", "a--bc", "-abc", "abc-", "1ab", "Abc", "my_app", "a.bc"] {
            assert!(!is_rock_name(name), "{name:?}");
        }
    }
}
