//! Accounts that a server has for relations, and the passwords of new ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use juju::{RelationId, Secret};

use super::Relation;

/// Accounts by relation.
#[derive(Debug)]
pub(super) struct Accounts<T>(BTreeMap<RelationId, T>);

impl<T> Default for Accounts<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Accounts<T> {
    /// The account of a relation; `make` makes it the first time.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn have<E>(&mut self, id: RelationId, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if let Some(account) = self.0.get(&id) {
            return Ok(account.clone());
        }
        let account = make()?;
        self.0.insert(id, account.clone());
        Ok(account)
    }

    /// The account of a relation, if it has one.
    pub(super) fn get(&self, id: RelationId) -> Option<&T> {
        self.0.get(&id)
    }

    /// Replaces every account by what `renew` makes of it.
    ///
    /// # Errors
    /// Those of `renew`; the accounts before the one that failed are new.
    pub(super) fn renew<E>(&mut self, mut renew: impl FnMut(&T) -> Result<T, E>) -> Result<(), E> {
        self.0.values_mut().try_for_each(|account| {
            *account = renew(account)?;
            Ok(())
        })
    }

    /// Takes out the accounts whose relations are gone. A relation that is being removed is not gone yet.
    pub(super) fn take_gone(&mut self, present: &[Relation]) -> Vec<T> {
        let is_present = |id: &RelationId| present.iter().any(|relation| relation.view.id == *id);
        let gone: Vec<_> = self.0.keys().copied().filter(|id| !is_present(id)).collect();
        gone.into_iter().filter_map(|id| self.0.remove(&id)).collect()
    }

    /// All accounts.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

/// A fresh password: 32 hexadecimal digits.
///
/// # Errors
/// When the kernel gives no random bytes.
pub(super) fn password() -> io::Result<Secret> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(Secret::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use juju::{UnitName, View};

    use super::*;

    #[test]
    fn an_account_is_made_once_and_goes_with_its_relation() {
        let relation = |id| Relation {
            leader: UnitName::new("pg", 0),
            view: View::empty("database", RelationId(id)),
            followers: BTreeMap::new(),
            ports: BTreeMap::new(),
            is_dying: false,
        };
        let mut accounts = Accounts::default();
        for (id, number, expected) in [(1, 10, 10), (1, 11, 10), (2, 12, 12)] {
            assert_eq!(accounts.have(RelationId(id), || Ok::<_, ()>(number)), Ok(expected));
        }
        assert_eq!(accounts.have(RelationId(3), || Err("no")), Err("no"));
        assert!(accounts.take_gone(&[relation(1), relation(2)]).is_empty());
        assert_eq!(accounts.take_gone(&[relation(2)]), [10]);
        assert_eq!(accounts.all().copied().collect::<Vec<_>>(), [12]);
        assert_eq!(accounts.renew(|number| Ok::<_, ()>(number + 1)), Ok(()));
        assert_eq!(accounts.get(RelationId(2)), Some(&13));
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert!(one.expose().len() == 32 && one.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
