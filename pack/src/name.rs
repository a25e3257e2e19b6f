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
}
