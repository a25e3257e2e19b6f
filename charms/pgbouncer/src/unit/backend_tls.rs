//! TLS between PgBouncer and the backend: as strict as the backend allows.

use interfaces::database::{ServerTls, server_tls};
use interfaces::{Read, Secrets, postgresql};
use juju::{SecretQuery, fingerprint};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;

use super::{Due, Unit};
use crate::document::BackendTls;
use crate::error::Error;

/// State of the container's side of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BackendTlsFiles {
    /// The backend says of no TLS.
    #[default]
    None,
    /// The backend has TLS, and names no authority.
    NoAuthority,
    /// Fingerprint of the authority's certificate in the container.
    Authority(String),
}

impl BackendTlsFiles {
    /// The strictness that the files allow.
    pub(crate) fn strictness(&self) -> BackendTls {
        match self {
            Self::None => BackendTls::Prefer,
            Self::NoAuthority => BackendTls::Require,
            Self::Authority(_) => BackendTls::Verify,
        }
    }
}

impl Unit<'_> {
    /// Has the container's certificate of the backend's authority be the one that the backend names. A secret that can't be
    /// read yet leaves it as it is: secret-changed, or another change of the relation, follows. True if the documents change.
    pub(crate) fn renew_backend_tls(&mut self) -> Result<bool, Error> {
        let Some(tls) = self.backend_tls()? else { return Ok(false) };
        let (wanted, ca) = match &tls {
            ServerTls { is_on: false, .. } => (BackendTlsFiles::None, None),
            ServerTls { ca: Some(ca), .. } if is_certificate(ca) => {
                (BackendTlsFiles::Authority(fingerprint([ca.as_bytes()])), Some(ca))
            }
            ServerTls { ca, .. } => {
                if ca.is_some() {
                    tracing::warn!("the backend's tls-ca is no certificate: its servers' are not verified");
                }
                (BackendTlsFiles::NoAuthority, None)
            }
        };
        if self.memory.backend_tls == wanted {
            return Ok(false);
        }
        // An outdated file stays: the documents in force may name it until the reload.
        if let Some(ca) = ca {
            self.have_dirs()?;
            self.workload.write(&self.workload.places.backend_ca(), ca)?;
        }
        self.memory.backend_tls = wanted;
        self.owe(Due::Reload);
        Ok(true)
    }

    /// The same in the events of the backend, with the documents. Before the container has any, pebble-ready does it.
    pub(crate) fn follow_backend_tls(&mut self) -> Result<(), Error> {
        if self.renew_backend_tls()?
            && let Some(document) = self.document()?
        {
            self.render(&document)?;
            self.apply()?;
        }
        Ok(())
    }

    /// Forgets the backend's authority: there is no backend.
    pub(crate) fn forget_backend_tls(&mut self) {
        if std::mem::take(&mut self.memory.backend_tls) != BackendTlsFiles::None {
            self.owe(Due::Reload);
        }
    }

    /// The backend's word; `None` while it can't be read.
    fn backend_tls(&self) -> Result<Option<ServerTls>, Error> {
        let Some(view) = self.backend_view()? else { return Ok(Some(ServerTls::default())) };
        let group = postgresql::secrets(&view).into_iter().filter(|secret| secret.group == "tls");
        let secrets: Secrets = group
            .filter_map(|secret| {
                let content = self.readable(&SecretQuery::id(secret.id.clone()).refresh())?;
                Some((secret.id, content))
            })
            .collect();
        Ok(match server_tls(&view, &secrets) {
            Read::Ready(tls) => Some(tls),
            Read::Absent => Some(ServerTls::default()),
            Read::Waiting(_) => None,
            Read::Invalid { key, why } => {
                tracing::warn!("the backend's {key} can't be used: {why}");
                None
            }
        })
    }
}

/// True if PgBouncer can read it: a wrong file would keep it from taking over its configuration.
fn is_certificate(pem: &str) -> bool {
    Certificate::load_pem_chain(pem.as_bytes()).is_ok_and(|chain| !chain.is_empty())
}
