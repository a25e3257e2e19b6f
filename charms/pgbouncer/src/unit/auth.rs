//! The users of PgBouncer itself: a secret of the application, and the auth file made of it.

use juju::{NewSecret, Secret, SecretContent, SecretId, SecretQuery, SecretUpdate, fingerprint};

use super::{Due, Unit};
use crate::backend::Backend;
use crate::error::Error;
use crate::names;
use crate::password;

/// Key of the peer databag with the secret's address.
const AUTH_FILE: &str = "auth_file";

/// Fields of the secret.
const TEXT: &str = "auth-file";
const MONITORING: &str = "monitoring-password";
const ADMIN: &str = "admin-password";

/// The text of the auth file, as the application's secret has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthText {
    /// No backend is initialised.
    Absent,
    /// There is a secret that can't be read yet.
    Unreadable,
    /// The text.
    Here(Secret),
}

impl Unit<'_> {
    /// The text of the auth file.
    pub(crate) fn auth_text(&self) -> Result<AuthText, Error> {
        if self.auth_secret_id()?.is_none() {
            return Ok(AuthText::Absent);
        }
        let Some(content) = self.auth_secret()? else { return Ok(AuthText::Unreadable) };
        Ok(content.get(TEXT).cloned().map_or(AuthText::Absent, AuthText::Here))
    }

    fn auth_secret(&self) -> Result<Option<SecretContent>, Error> {
        let Some(id) = self.auth_secret_id()? else { return Ok(None) };
        let query = SecretQuery::id(id);
        // Its owner looks; the others follow its revisions.
        let query = if self.is_leader()? { query.peek() } else { query.refresh() };
        Ok(self.readable(&query))
    }

    fn auth_secret_id(&self) -> Result<Option<SecretId>, Error> {
        Ok(self.shared()?.text(AUTH_FILE).and_then(|text| text.parse().ok()))
    }

    /// A secret's content; `None` if it can't be read (yet).
    pub(crate) fn readable(&self, query: &SecretQuery) -> Option<SecretContent> {
        self.juju.secret(query).inspect_err(|error| tracing::info!(%error, "a secret can't be read yet")).ok()
    }

    /// Makes the text of the auth file for a new password of the auth user, and keeps it in the application's secret. The
    /// passwords of the console's users stay.
    pub(crate) fn renew_auth(&self, backend: &Backend, auth_password: &Secret) -> Result<(), Error> {
        let kept = self.auth_secret()?.unwrap_or_default();
        let password = |field: &str| match kept.get(field) {
            Some(password) => Ok(password.clone()),
            None => password::draw().map_err(Error::Random),
        };
        let (monitoring, admin) = (password(MONITORING)?, password(ADMIN)?);
        let text = password::auth_file([
            (backend.auth_user().as_str(), auth_password.expose()),
            (names::stats_user(self.app()).as_str(), &password::verifier(&monitoring)),
            (names::admin_user(self.app()).as_str(), &password::verifier(&admin)),
        ]);
        let content = [(TEXT, text), (MONITORING, monitoring), (ADMIN, admin)];
        self.keep_auth(content.map(|(field, value)| (field.to_owned(), value)).into())
    }

    /// Removes the text of the auth file from the application's secret.
    pub(crate) fn forget_auth(&self) -> Result<(), Error> {
        let Some(mut content) = self.auth_secret()? else { return Ok(()) };
        if content.remove(TEXT).is_none() { Ok(()) } else { self.keep_auth(content) }
    }

    fn keep_auth(&self, content: SecretContent) -> Result<(), Error> {
        if let Some(id) = self.auth_secret_id()? {
            let update = SecretUpdate { content, ..SecretUpdate::default() };
            return Ok(self.juju.set_secret(&id, &update)?);
        }
        let label = format!("pgb-peers.{}.app", self.app());
        let id = match self.juju.secret_info(&SecretQuery::label(label.clone())) {
            Ok(info) => {
                self.juju.set_secret(&info.id, &SecretUpdate { content, ..SecretUpdate::default() })?;
                info.id
            }
            Err(error) if error.is_not_found() => {
                self.juju.add_secret(&NewSecret { label: Some(label), ..NewSecret::new(content) })?
            }
            Err(error) => return Err(error.into()),
        };
        self.share([(AUTH_FILE, id.to_string())])
    }

    /// Has the container's auth file be that of the application's secret. One that can't be read leaves it as it is.
    pub(crate) fn renew_auth_file(&mut self) -> Result<(), Error> {
        match self.auth_text()? {
            AuthText::Here(text) => self.write_auth_file(&text),
            AuthText::Absent => self.remove_auth_file(),
            AuthText::Unreadable => Ok(()),
        }
    }

    fn write_auth_file(&mut self, text: &Secret) -> Result<(), Error> {
        let wanted = fingerprint([text.expose().as_bytes()]);
        if self.memory.auth_file != wanted {
            self.workload.write(&self.workload.places.auth_file, text.expose())?;
            self.memory.auth_file = wanted;
            self.owe(Due::Reload);
        }
        Ok(())
    }

    pub(crate) fn remove_auth_file(&mut self) -> Result<(), Error> {
        if !self.memory.auth_file.is_empty() {
            self.workload.remove(&self.workload.places.auth_file)?;
            self.memory.auth_file.clear();
            self.owe(Due::Reload);
        }
        Ok(())
    }
}
