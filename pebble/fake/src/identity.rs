//! Identities. The fake keeps them and asks nobody for one: each client may do everything.

use std::collections::BTreeMap;

use pebble::types::Identity;

use crate::Pebble;

impl Pebble {
    /// The identities by name, with their passwords and certificates.
    pub fn identities(&self) -> &BTreeMap<String, Identity> {
        &self.identities
    }

    /// Changes identities by `add`, `update`, `replace` or `remove`; `None` removes one.
    ///
    /// # Errors
    /// A name exists, or does not, contrary to the action; in Pebble's words.
    pub(crate) fn change_identities(
        &mut self,
        action: &str,
        named: BTreeMap<String, Option<Identity>>,
    ) -> Result<(), String> {
        let of = |is_known: bool| {
            let names = named.keys().filter(|name| self.identities.contains_key(*name) == is_known);
            names.cloned().collect::<Vec<_>>().join(", ")
        };
        let wrong = match action {
            "add" => Some(("identities already exist", of(true))),
            "update" | "remove" => Some(("identities do not exist", of(false))),
            "replace" => None,
            other => {
                let actions = r#"must be "add", "update", "replace", or "remove""#;
                return Err(format!("invalid action {}, {actions}", pebble::plan::quote(other)));
            }
        };
        if let Some((why, names)) = wrong.filter(|(_, names)| !names.is_empty()) {
            return Err(format!("{why}: {names}"));
        }
        for (name, identity) in named {
            match identity {
                Some(identity) => drop(self.identities.insert(name, identity)),
                None => drop(self.identities.remove(&name)),
            }
        }
        Ok(())
    }
}
