//! Name of a database that an application requests, and texts in statements.

/// Longest name of a database, in characters.
const LONGEST: usize = 64;

/// The server's own databases.
const OWN: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// Name of an application's database. Statements must quote it: it may have blanks, quotes and semicolons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatabaseName(String);

impl DatabaseName {
    /// Checks a name.
    ///
    /// # Errors
    /// When the name is the server's own, too long, or not one that a database can have.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        if text.chars().count() > LONGEST {
            return Err("it is longer than 64 characters");
        }
        if text.is_empty() || text.contains(char::is_control) || text.chars().any(|letter| letter > '\u{ffff}') {
            return Err("it is empty, or has a control character or one outside Unicode's first plane");
        }
        if text.ends_with(' ') {
            return Err("it ends with a blank");
        }
        if OWN.iter().any(|own| text.eq_ignore_ascii_case(own)) {
            return Err("that name is the server's own");
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// As an identifier.
    pub(super) fn identifier(&self) -> String {
        format!("`{}`", self.0.replace('`', "``"))
    }

    /// As an identifier in GRANT, in which `_` and `%` would stand for other letters.
    pub(super) fn pattern(&self) -> String {
        self.identifier().replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_and_stands_for_itself_alone() {
        let name = |text| DatabaseName::new(text).unwrap();
        assert_eq!(name("a`; DROP DATABASE x; --").identifier(), "`a``; DROP DATABASE x; --`");
        assert_eq!(name("my_shop%").pattern(), "`my\\_shop\\%`");
        for wrong in ["", "a\nb", "MySQL", "sys", "a ", "\u{1f600}", &"x".repeat(65)] {
            assert!(DatabaseName::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
