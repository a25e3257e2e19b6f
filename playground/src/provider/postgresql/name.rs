//! Name of a database that an application requests.

/// Longest name that PostgreSQL doesn't cut, in bytes.
const LONGEST: usize = 63;

/// Suffix of the owner's name, after the database's.
const OWNER: &str = "_owner";

/// Name of an application's database. Statements must quote it: it may have blanks, quotes and semicolons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatabaseName(String);

impl DatabaseName {
    /// Checks a name.
    ///
    /// # Errors
    /// When the name is PostgreSQL's own, would be cut, or has a control character.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST - OWNER.len() {
            return Err("it is longer than 57 bytes, and PostgreSQL would cut names made of it");
        }
        if text.is_empty() || text.contains(char::is_control) {
            return Err("it is empty or has a control character");
        }
        if ["postgres", "template0", "template1"].contains(&text) || text.starts_with("pg_") {
            return Err("that name is PostgreSQL's own");
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Name of the role that owns everything in the database.
    pub(super) fn owner(&self) -> String {
        format!("{}{OWNER}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_the_applications_or_would_be_cut_is_refused() {
        for name in ["postgres", "template0", "template1", "pg_catalog"] {
            assert_eq!(DatabaseName::new(name), Err("that name is PostgreSQL's own"), "{name}");
        }
        DatabaseName::new(&"x".repeat(58)).unwrap_err();
        for name in ["", "a\0b", "a\nb"] {
            DatabaseName::new(name).unwrap_err();
        }
        let longest = DatabaseName::new(&"x".repeat(57)).unwrap();
        assert_eq!((longest.text().len(), longest.owner().len()), (57, 63));
        assert_eq!(DatabaseName::new("x\"; DROP ROLE y; --").unwrap().owner(), "x\"; DROP ROLE y; --_owner");
    }
}
