//! An authority that certifies whatever key it is asked to, by the interface `tls-certificates`: servers of the playground that
//! are integrated with it speak TLS, and so do charms.

use std::collections::BTreeMap;

use certify::Authority;
use interfaces::certificates::{self, Certificate, provider};
use juju::{RelationId, Role};

use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};

/// The authority, under the name of the charm that signs its own certificate.
pub(super) const CERTIFICATES: Provider = Provider {
    name: "certificates",
    title: "Authority",
    app: "self-signed-certificates",
    endpoint: "certificates",
    interface: certificates::INTERFACE,
    source: Source::Own,
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    // Charms work in clear without one, whatever their metadata say.
    is_awaited: false,
    is_scalable: false,
    start: |_| Ok(Box::new(Certificates::draw()?)),
};

/// The authority, and what it has issued, by the request.
#[derive(Debug)]
struct Certificates {
    authority: Authority,
    issued: BTreeMap<String, Certificate>,
}

impl Certificates {
    fn draw() -> Result<Self, Error> {
        let authority = Authority::draw(CERTIFICATES.app).map_err(|error| Error::Server(error.into()))?;
        Ok(Self { authority, issued: BTreeMap::new() })
    }

    /// The certificate for a request, issued on first use.
    fn certificate(&mut self, relation: RelationId, request: &str) -> Result<Certificate, Error> {
        if let Some(issued) = self.issued.get(request) {
            return Ok(issued.clone());
        }
        let why = |error: certify::Error| Error::Refused {
            relation,
            key: "certificate_signing_requests".to_owned(),
            why: crate::chain(&error),
        };
        let (certificate, ca) =
            (self.authority.certify(request).map_err(why)?, self.authority.certificate().to_owned());
        let issued = Certificate { chain: vec![certificate.clone(), ca.clone()], certificate, ca };
        self.issued.insert(request.to_owned(), issued.clone());
        Ok(issued)
    }
}

impl Serve for Certificates {
    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let requested = |request: &String| relations.iter().any(|one| provider::read(&one.view).contains(request));
        self.issued.retain(|request, _| requested(request));
        Ok(answers(relations, |Relation { view, .. }| {
            let requests = provider::read(view);
            if requests.is_empty() {
                return Ok(None);
            }
            let issue = |request: String| Ok((request.clone(), self.certificate(view.id, &request)?));
            let issued = requests.into_iter().map(issue).collect::<Result<Vec<_>, Error>>()?;
            Ok(Some(provider::answer(view, &issued)))
        }))
    }

    /// Draws another authority, which certifies all keys anew.
    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        *self = Self::draw()?;
        Ok(true)
    }
}
