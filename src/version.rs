//! The workload's version, for `juju status`. Pure.

use serde::Deserialize;

/// Longest version that is shown, in characters.
const LONGEST: usize = 60;

/// Part of the file that rockcraft writes into each rock, `/.rock/metadata.yaml`:
/// <https://documentation.ubuntu.com/rockcraft/latest/explanation/rocks/>.
#[derive(Deserialize)]
struct Rock {
    version: serde_yaml::Value,
}

/// Version of the rock, from the content of `/.rock/metadata.yaml`.
#[must_use]
pub fn of_rock(metadata: &[u8]) -> Option<String> {
    let Rock { version } = yaml::from_slice(metadata).ok()?;
    match version {
        serde_yaml::Value::String(text) => of_file(text.as_bytes()),
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Version in a file of the author's: its first line.
#[must_use]
pub fn of_file(content: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(content).ok()?.lines().next()?.trim();
    let version: String = line.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    (!version.is_empty()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_short_line() {
        let table: [(&[u8], Option<&str>); 6] = [
            (b"1.2.3\n", Some("1.2.3")),
            (b"  v2 \nmore", Some("v2")),
            (b"1\x1b[2J", Some("1[2J")),
            (b"", None),
            (b"\n1.2", None),
            (b"\xff", None),
        ];
        for (content, expected) in table {
            assert_eq!(of_file(content).as_deref(), expected);
        }
        assert_eq!(of_file(&[b'9'; 1000]).unwrap().len(), LONGEST);
        let rock = |text: &str| of_rock(text.as_bytes());
        assert_eq!(rock("name: a\nversion: '1.10'\ngrade: stable\n").as_deref(), Some("1.10"));
        assert_eq!(rock("version: 2\n").as_deref(), Some("2"));
        assert_eq!((rock("name: a\n"), rock("version: [1]\n"), rock("[")), (None, None, None));
    }
}
