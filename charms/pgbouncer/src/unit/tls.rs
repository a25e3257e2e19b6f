//! The unit's key and certificates: a secret of its own, and the files made of it.

use certify::Identity;
use interfaces::certificates::{self, Certificate};
use juju::{NewSecret, Secret, SecretContent, SecretQuery, SecretUpdate, View, Whose, fingerprint};

use super::{Due, Unit};
use crate::error::Error;
use crate::meta;

/// Fields of the secret. Juju takes no key of two letters, so the authority is no `ca`.
const KEY: &str = "key";
const REQUEST: &str = "csr";
const CERTIFICATE: &str = "cert";
const AUTHORITY: &str = "authority";
const CHAIN: &str = "chain";

impl Unit<'_> {
    /// The relation with the authority.
    pub(crate) fn certificates_view(&self) -> Result<Option<View>, Error> {
        let endpoint = juju::key::Endpoint::name(&meta::CERTIFICATES).to_string();
        Ok(self.juju.views(&endpoint, certificates::NEEDS)?.into_iter().next())
    }

    fn tls_secret(&self) -> Option<SecretContent> {
        let id = self.memory.tls_secret.parse().ok()?;
        self.readable(&SecretQuery::id(id).peek())
    }

    /// The unit's signing request, made once with its key.
    pub(crate) fn signing_request(&mut self) -> Result<String, Error> {
        if let Some(request) = self.tls_secret().and_then(|content| content.get(REQUEST).cloned()) {
            return Ok(request.expose().to_owned());
        }
        let Identity { key, signing_request } = Identity::draw(&self.host_names())?;
        let content = [(KEY, key), (REQUEST, Secret::from(signing_request.as_str()))];
        let content = content.map(|(field, value)| (field.to_owned(), value)).into();
        let secret = NewSecret { owner: Whose::Unit, ..NewSecret::new(content) };
        self.memory.tls_secret = self.juju.add_secret(&secret)?.to_string();
        Ok(signing_request)
    }

    /// Names by which clients reach the unit: its own, and that of the application's service.
    fn host_names(&self) -> Vec<String> {
        let (app, model) = (self.app(), &self.juju.context.model);
        let unit = format!("{app}-{}", self.juju.context.unit.number());
        vec![
            self.hostname(),
            format!("{unit}.{app}-endpoints"),
            unit,
            format!("{app}.{model}.svc.cluster.local"),
            app.to_owned(),
        ]
    }

    /// Keeps a certificate beside its key.
    pub(crate) fn keep_certificate(&mut self, certificate: &Certificate) -> Result<(), Error> {
        let (Some(mut content), Ok(id)) = (self.tls_secret(), self.memory.tls_secret.parse()) else { return Ok(()) };
        let before = content.clone();
        for (field, text) in [
            (CERTIFICATE, certificate.certificate.clone()),
            (AUTHORITY, certificate.ca.clone()),
            (CHAIN, certificate.chain.join("\n")),
        ] {
            // Juju takes no empty value.
            if text.is_empty() {
                content.remove(field)
            } else {
                content.insert(field.to_owned(), text.into())
            };
        }
        if content != before {
            self.juju.set_secret(&id, &SecretUpdate { content, ..SecretUpdate::default() })?;
        }
        Ok(())
    }

    /// Forgets key and certificates.
    pub(crate) fn forget_certificate(&mut self) -> Result<(), Error> {
        if let Ok(id) = std::mem::take(&mut self.memory.tls_secret).parse() {
            match self.juju.remove_secret(&id, None) {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Has the container's files of TLS be those of the secret: key, authority and certificate, or no file at all.
    pub(crate) fn renew_tls_files(&mut self) -> Result<(), Error> {
        let content = self.tls_secret().unwrap_or_default();
        let files = self.workload.places.tls();
        let parts = [(KEY, &files.key), (AUTHORITY, &files.ca), (CERTIFICATE, &files.certificate)];
        let texts: Option<Vec<_>> = parts.iter().map(|(field, _)| content.get(*field)).collect();
        let wanted = texts.iter().flatten().map(|text| text.expose().as_bytes());
        let wanted = texts.as_ref().map(|_| fingerprint(wanted)).unwrap_or_default();
        if self.memory.tls == wanted {
            return Ok(());
        }
        self.have_dirs()?;
        for (at, (_, path)) in parts.iter().enumerate() {
            match &texts {
                Some(texts) => drop(self.workload.write(path, texts[at].expose())?),
                None => self.workload.remove(path)?,
            }
        }
        self.memory.tls = wanted;
        self.owe(Due::Reload);
        Ok(())
    }

    /// Certificate of the authority, if the instances speak TLS.
    pub(crate) fn tls_ca(&self) -> Result<Option<String>, Error> {
        if self.memory.tls.is_empty() {
            return Ok(None);
        }
        Ok(self.tls_secret().and_then(|content| Some(content.get(AUTHORITY)?.expose().to_owned())))
    }
}
