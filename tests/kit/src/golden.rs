//! Golden files: expected output in files of the repository.

use std::path::Path;

/// Variable that makes tests write their golden files; `scripts/goldens` sets it.
const WRITE: &str = "WRITE_GOLDENS";

/// Asserts that `text` is the content of the golden file. With the variable `WRITE_GOLDENS`, writes the file instead.
///
/// A relative path begins in the folder of the test's package. `scripts/goldens` runs the tests with `golden` in their
/// names, so a test that calls this function has such a name.
///
/// # Panics
/// The text differs; the message has the first line that does. Or the file can't be read or written.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test reads its environment")]
pub fn assert_golden(path: impl AsRef<Path>, text: &str) {
    let path = path.as_ref();
    if std::env::var_os(WRITE).is_some() {
        return std::fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
    let golden =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    if let Some(difference) = difference(&golden, text) {
        panic!("{} differs{difference}\nIf the new output is right: scripts/goldens", path.display());
    }
}

/// Place and text of the first difference.
fn difference(golden: &str, text: &str) -> Option<String> {
    let (mut golden, mut text) = (golden.split('\n'), text.split('\n'));
    let lines = (1..).map(|number| (number, golden.next(), text.next()));
    let mut lines = lines.take_while(|(_, golden, output)| golden.is_some() || output.is_some());
    let (number, golden, output) = lines.find(|(_, golden, output)| golden != output)?;
    Some(format!(" in line {number}\n  golden: {golden:?}\n  output: {output:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        for (text, expected) in [
            ("a\nc\n", " in line 2\n  golden: Some(\"b\")\n  output: Some(\"c\")"),
            ("a\nb", " in line 3\n  golden: Some(\"\")\n  output: None"),
            ("a\nb\n\n", " in line 4\n  golden: None\n  output: Some(\"\")"),
        ] {
            assert_eq!(difference("a\nb\n", text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn equal_texts_pass_and_others_fail_with_the_command_that_mends_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("golden.txt");
        std::fs::write(&path, "a\n").expect("it is writable");
        assert_golden(&path, "a\n");
        let failed = std::panic::catch_unwind(|| assert_golden(&path, "b\n")).expect_err("the texts differ");
        let message = failed.downcast_ref::<String>().expect("a message");
        assert!(message.ends_with("If the new output is right: scripts/goldens"), "{message}");
    }
}
