//! The backend's relation.

use interfaces::database::{self, pooler};
use interfaces::{Read, Secrets, postgresql};
use juju::{SecretQuery, View};

use super::Unit;
use super::auth::AuthText;
use crate::accounts::Accounts;
use crate::backend::Backend;
use crate::error::Error;
use crate::meta;
use crate::status::Readiness;

/// The database that this charm asks its backend for.
const DATABASE: &str = "pgbouncer";

/// The role by which it makes databases and users there.
const ROLE: &str = "SUPERUSER";

impl Unit<'_> {
    /// The relation as it stands.
    pub(crate) fn backend_view(&self) -> Result<Option<View>, Error> {
        let endpoint = juju::key::Endpoint::name(&meta::BACKEND_DATABASE).to_string();
        Ok(self.juju.views(&endpoint, database::NEEDS)?.into_iter().next())
    }

    /// The backend, if its data are complete.
    pub(crate) fn backend(&self) -> Result<Option<Backend>, Error> {
        Ok(self.backend_view()?.and_then(|view| self.backend_of(&view)))
    }

    fn backend_of(&self, view: &View) -> Option<Backend> {
        let needed = postgresql::secrets(view).into_iter().filter(|secret| secret.needed);
        let secrets: Secrets = needed
            .filter_map(|secret| {
                let content = self.readable(&SecretQuery::id(secret.id.clone()).refresh())?;
                Some((secret.id, content))
            })
            .collect();
        let read = postgresql::read(view, &secrets, &pooler::request(DATABASE));
        match &read {
            Read::Waiting(key) => tracing::info!("the backend has not given {key} yet"),
            Read::Invalid { key, why } => tracing::warn!("the backend's {key} can't be used: {why}"),
            Read::Absent | Read::Ready(_) => {}
        }
        read.ready().and_then(Backend::of)
    }

    /// True if the backend has written credentials, complete or not.
    pub(crate) fn has_credentials(&self) -> Result<bool, Error> {
        let view = self.backend_view()?;
        let has = |key: &str| view.as_ref().is_some_and(|view| view.remote_app.text(key).is_some());
        Ok(has("secret-user") || has("username"))
    }

    /// Asks the backend for its database, and copies its answer.
    pub(crate) fn ask_backend(&self) -> Result<(), Error> {
        if let Some(view) = self.backend_view()? {
            self.juju.publish(&view, &pooler::ask(&view, DATABASE, ROLE))?;
        }
        Ok(())
    }

    pub(crate) fn accounts<'b>(&self, backend: &'b Backend) -> Accounts<'b> {
        Accounts { backend, open: self.open }
    }

    /// True if this backend's users are in the configuration, and the auth file's text is there.
    pub(crate) fn has_initialised(&mut self, backend: &Backend) -> Result<bool, Error> {
        let knows = self.document()?.is_some_and(|document| document.knows(backend));
        Ok(knows && matches!(self.auth_text()?, AuthText::Here(_)))
    }

    /// Takes the backend's users and all databases out of what the units share. The leader's task.
    pub(crate) fn forget_backend(&self) -> Result<(), Error> {
        self.forget_auth()?;
        if let Some(mut document) = self.shared_document()? {
            document.forget_backend();
            self.share_document(&document)?;
        }
        Ok(())
    }

    /// State of the backend; the last step is a query on it.
    pub(crate) fn readiness(&mut self) -> Result<Readiness, Error> {
        let Some(backend) = self.backend()? else { return Ok(Readiness::Absent) };
        if !self.has_initialised(&backend)? {
            return Ok(Readiness::NotReady);
        }
        let answer = self.accounts(&backend).check();
        if let Err(error) = &answer {
            tracing::warn!("{}", juju::chain(error));
        }
        Ok(if answer.is_ok() { Readiness::Ready } else { Readiness::NotReady })
    }

    /// The backend, if clients can be served.
    pub(crate) fn ready_backend(&mut self) -> Result<Option<Backend>, Error> {
        Ok(if self.readiness()? == Readiness::Ready { self.backend()? } else { None })
    }
}
