//! Secrets of users: what `juju add-secret`, `update-secret`, `show-secret` and their sisters do, by id or by name.

use super::hook::check_content;
use super::secret::{Description, Secret, SecretOwner};
use super::{Error, Model, random};
use juju::{SecretContent, SecretId};

/// A user's secret, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSecret {
    /// Its address.
    pub id: SecretId,
    /// Its name; secrets that the API made without one have none.
    pub name: Option<String>,
    /// Its purpose, for people.
    pub info: Option<String>,
    /// Number of its newest revision.
    pub revision: u64,
    /// Content of the newest revision.
    pub content: SecretContent,
    /// Applications that may read it.
    pub readers: Vec<String>,
}

impl From<&Secret> for UserSecret {
    fn from(secret: &Secret) -> Self {
        Self {
            id: secret.id.clone(),
            name: secret.about.label.clone(),
            info: secret.about.description.clone(),
            revision: secret.latest(),
            content: secret.revisions.get(&secret.latest()).cloned().unwrap_or_default(),
            readers: secret.granted_to.iter().cloned().collect(),
        }
    }
}

impl Model {
    /// Makes a user's secret with a name, unique among users' secrets.
    ///
    /// # Errors
    /// The name is taken, the content is empty, or a key of it is none.
    pub fn add_named_secret(
        &mut self,
        name: &str,
        info: Option<&str>,
        content: SecretContent,
    ) -> Result<SecretId, Error> {
        self.check_name(name)?;
        check(&content)?;
        let id = random::secret_id();
        let about = Description {
            label: Some(name.to_owned()),
            description: info.map(str::to_owned),
            ..Description::default()
        };
        self.world.add_secret(Secret::new(id.clone(), SecretOwner::User, about, content));
        Ok(id)
    }

    /// Changes a user's secret: its name, its info, and with content a new revision.
    ///
    /// # Errors
    /// There is no such secret, the new name is taken, or a key of the content is none.
    pub fn update_user_secret(
        &mut self,
        id: &SecretId,
        name: Option<&str>,
        info: Option<&str>,
        content: SecretContent,
    ) -> Result<(), Error> {
        if !content.is_empty() {
            check(&content)?;
        }
        if self.user_secret(id.id())?.name.as_deref() != name {
            name.map_or(Ok(()), |name| self.check_name(name))?;
        }
        let about = Description {
            label: name.map(str::to_owned),
            description: info.map(str::to_owned),
            ..Description::default()
        };
        let secret = self.world.secrets.get_mut(id).ok_or_else(|| Error::SecretNotFound(id.id().to_owned()))?;
        secret.about.update(&about);
        if !content.is_empty() {
            secret.revise(content);
        }
        Ok(())
    }

    /// The user's secret with this name, id or address (`secret:…`).
    ///
    /// # Errors
    /// There is no such secret of a user's.
    pub fn user_secret(&self, name: &str) -> Result<UserSecret, Error> {
        let id: Option<SecretId> = name.parse().ok();
        let is_it = |secret: &&Secret| secret.about.label.as_deref() == Some(name) || Some(&secret.id) == id.as_ref();
        let found = self.users().find(is_it);
        found.map(UserSecret::from).ok_or_else(|| Error::SecretNotFound(name.to_owned()))
    }

    /// All secrets of users.
    pub fn user_secrets(&self) -> Vec<UserSecret> {
        self.users().map(UserSecret::from).collect()
    }

    fn users(&self) -> impl Iterator<Item = &Secret> {
        self.world.secrets.values().filter(|secret| secret.owner == SecretOwner::User)
    }

    fn check_name(&self, name: &str) -> Result<(), Error> {
        let is_taken = self.users().any(|secret| secret.about.label.as_deref() == Some(name));
        if is_taken { Err(Error::SecretExists(name.to_owned())) } else { Ok(()) }
    }
}

fn check(content: &SecretContent) -> Result<(), Error> {
    check_content(content).map_err(|error| Error::SecretContent(error.to_string()))
}
