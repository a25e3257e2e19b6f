//! SAML 2: an identity provider in which two people can sign in.
//!
//! The interface has no request, so applications are not registered: each of this machine's may ask who a visitor is.

use interfaces::Url;
use interfaces::saml::{self, Saml, Service, provider};
use juju::Role;

use super::identity::Identity;
use super::npm::Package;
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::pod::Neighbor;

/// The identity provider.
pub(super) const SAML: Provider = Provider {
    name: "saml",
    title: "samlp",
    app: "saml-integrator",
    endpoint: "saml",
    interface: saml::INTERFACE,
    source: Source::Npm(&PACKAGE),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(IdentityProvider::start(host)?)),
};

/// Its package.
pub(super) const PACKAGE: Package = Package {
    name: "samlp",
    manifest: include_str!("identity/saml/package.json"),
    lock: include_str!("identity/saml/package-lock.json"),
};

const SCRIPT: &str = include_str!("identity/saml.mjs");

/// Page with its metadata.
const METADATA: &str = "/metadata";

/// Name of the file that its entity id is in: the first address of its metadata, which stays its name when it moves.
const ENTITY: &str = "entity.txt";

/// Name of the file that its certificate is in.
const CERTIFICATE: &str = "certificate.pem";

/// Start of the URN of a binding.
const BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP";

/// A running identity provider.
#[derive(Debug)]
struct IdentityProvider {
    identity: Identity,
}

impl IdentityProvider {
    fn start(host: &Host<'_>) -> Result<Self, Error> {
        let identity = Identity::start(host, &PACKAGE, SCRIPT, &[], METADATA)?;
        Ok(Self { identity })
    }
}

impl Serve for IdentityProvider {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.identity.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        self.identity.revive(METADATA, host)
    }

    fn relocate(&mut self, host: &Host<'_>) -> Result<Vec<String>, Error> {
        self.identity.relocate(METADATA, host)
    }

    /// Its credentials are the key that it signs with: it gets another one, with a certificate.
    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        self.identity.renew(CERTIFICATE, METADATA, host).map(|()| true)
    }

    fn answer(&mut self, relations: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let [entity, certificate] = [self.identity.read(ENTITY)?, self.identity.read(CERTIFICATE)?];
        let saml = described(&self.identity.url(), &entity, &certificate);
        Ok(answers(relations, |relation| Ok(Some(provider::answer(&relation.view, &saml)))))
    }
}

/// The identity provider at `url`, with its name and certificate.
fn described(url: &str, entity: &str, certificate: &str) -> Saml {
    let service = |method: &str| Service {
        name: "SingleSignOnService".to_owned(),
        binding: format!("{BINDING}-{method}"),
        url: Url::from(format!("{url}/sso")),
        response_url: None,
    };
    Saml {
        metadata_url: Some(Url::from(format!("{url}{METADATA}"))),
        entity_id: Url::from(entity),
        certificates: vec![certificate.trim().to_owned()],
        services: ["Redirect", "POST"].map(service).into(),
    }
}

#[cfg(test)]
mod tests {
    use interfaces::Read;
    use juju::{Databag, RelationId, View};

    use super::*;

    #[test]
    fn a_requirer_reads_what_is_published() {
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END\n";
        let saml = described("http://saml-integrator.localhost:1", "urn:the-first", certificate);
        let mut ours = View::empty("saml", RelationId(1));
        ours.local_app = Some(Databag::new());
        let changes = provider::answer(&ours, &saml);
        let mut theirs = View::empty("saml", RelationId(1));
        theirs.app = Some("saml-integrator".to_owned());
        theirs.remote_app = changes.app.texts();
        let read = match saml::read(&theirs) {
            Read::Ready(read) => read,
            other => panic!("{other:?}"),
        };
        assert_eq!(read.single_sign_on_redirect_url(), Some("http://saml-integrator.localhost:1/sso"));
        assert_eq!(read.entity_id.as_str(), "urn:the-first");
        assert_eq!(read.signing_certificate(), saml.certificates[0]);
    }
}
