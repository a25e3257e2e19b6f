//! A server's key, and its certificate by the authority that its application is integrated with.

use certify::Identity;
use interfaces::{Read, certificates};
use juju::{Endpoint, Role, Secret};
use juju_testing::{Server, endpoint as declared};

use super::publish::publish;
use super::{Error, Host, Provider, Relation, Serve, relations};

/// Names of the servers that speak TLS, each with the endpoint that its charm has for an authority.
const ENDPOINTS: [(&str, &str); 2] = [("postgresql", "certificates"), ("valkey", "client-certificates")];

/// The provider's endpoint for an authority, if its server speaks TLS.
pub(super) fn endpoint(provider: &Provider) -> Option<Endpoint> {
    let (_, name) = ENDPOINTS.into_iter().find(|(name, _)| *name == provider.name)?;
    Some(Endpoint { limit: Some(1), ..declared(name, Role::Requires, certificates::INTERFACE) })
}

/// A server's change, for people.
pub(super) fn told(title: &str, is_on: bool) -> String {
    format!("{title} lets clients in {}", if is_on { "by TLS alone" } else { "in clear" })
}

/// A server's key and certificate, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// The server's private key.
    pub key: Secret,
    /// Certificates from the server's up to that of its authority.
    pub chain: String,
    /// Certificate of the authority, by which clients verify the server.
    pub ca: String,
}

/// TLS of a running server.
#[derive(Debug, Default)]
pub(super) struct Tls {
    /// The server's key, with the host names in its request.
    identity: Option<(Vec<String>, Identity)>,
    /// The certificate that the server uses.
    certificate: Option<ServerCertificate>,
    /// True from the request of another certificate until it comes.
    is_renewing: bool,
}

impl Tls {
    /// Asks the authority for a certificate, and has the server use the one that came: none, if there is no authority any more.
    /// Returns true if a databag has changed.
    ///
    /// # Errors
    /// When the authority's answer can't be used, or the server refuses it.
    pub(super) fn reconcile(&mut self, server: &mut dyn Serve, model: &Server, host: &Host<'_>) -> Result<bool, Error> {
        let Some(endpoint) = endpoint(host.provider) else { return Ok(false) };
        let all = model.with(|model| relations::of(model, host.provider.app, &endpoint.name));
        let Some(relation) = all.into_iter().find(|relation| !relation.is_dying) else {
            (self.identity, self.is_renewing) = (None, false);
            self.change(None, server, host)?;
            return Ok(false);
        };
        let mut names: Vec<String> = server.ways(host).into_iter().map(|way| way.name).collect();
        names.dedup();
        let identity = self.identity(names)?;
        let is_news = ask(&relation, identity, model)?;
        let issued = issued(&relation, identity)?;
        self.is_renewing = issued.is_none() && self.certificate.is_some();
        // The certificate that is in use stays in use until a new one comes.
        if issued.is_some() {
            self.change(issued, server, host)?;
        }
        Ok(is_news)
    }

    /// True while the server's certificate has another name than the server: an application that is led to that name would refuse
    /// the certificate.
    pub(super) fn is_renewing(&self) -> bool {
        self.is_renewing
    }

    /// The key for a server of these names, drawn on first use.
    fn identity(&mut self, names: Vec<String>) -> Result<&Identity, Error> {
        let drawn = match self.identity.take() {
            Some((known, identity)) if known == names => (known, identity),
            _ => {
                let identity = Identity::draw(&names).map_err(|error| Error::Server(error.into()))?;
                (names, identity)
            }
        };
        Ok(&self.identity.insert(drawn).1)
    }

    fn change(
        &mut self,
        wanted: Option<ServerCertificate>,
        server: &mut dyn Serve,
        host: &Host<'_>,
    ) -> Result<(), Error> {
        if self.certificate != wanted {
            server.certify(wanted.as_ref(), host)?;
            self.certificate = wanted;
        }
        Ok(())
    }
}

/// Writes the signing request. Returns true if it was not there.
fn ask(relation: &Relation, identity: &Identity, model: &Server) -> Result<bool, Error> {
    let view = &relation.view;
    let changes = certificates::request(view, &identity.signing_request);
    let written = model.with(|model| publish(model, &relation.leader, view, &changes));
    written.map_err(|source| Error::Answer { relation: view.id, source })
}

/// The certificate, once the authority has issued it.
fn issued(relation: &Relation, identity: &Identity) -> Result<Option<ServerCertificate>, Error> {
    match certificates::read(&relation.view, &identity.signing_request) {
        Read::Ready(issued) => {
            let chain = if issued.chain.is_empty() { vec![issued.certificate] } else { issued.chain };
            Ok(Some(ServerCertificate { key: identity.key.clone(), chain: chain.join("\n"), ca: issued.ca }))
        }
        Read::Invalid { key, why } => Err(Error::Certificate { relation: relation.view.id, key, why }),
        Read::Waiting(_) | Read::Absent => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::path::PathBuf;
    use std::sync::Arc;

    use juju::{Databag, Entity};
    use juju_testing::Model;

    use super::super::certificates::CERTIFICATES;
    use super::super::postgresql::POSTGRESQL;
    use super::super::{Answer, Providers};
    use super::*;
    use crate::pod::Neighbor;
    use crate::ui::Ui;

    /// A server under a name, which keeps what it was certified with.
    #[derive(Debug)]
    struct Fake {
        place: Neighbor,
        certified: Vec<Option<ServerCertificate>>,
    }

    impl Serve for Fake {
        fn ways(&self, _: &Host<'_>) -> Vec<Neighbor> {
            vec![self.place.clone()]
        }

        fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
            Ok(false)
        }

        fn answer(&mut self, _: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
            Ok(Vec::new())
        }

        fn certify(&mut self, certificate: Option<&ServerCertificate>, _: &Host<'_>) -> Result<(), Error> {
            self.certified.push(certificate.cloned());
            Ok(())
        }
    }

    #[test]
    fn a_certificate_follows_its_authority_and_its_server_s_name() {
        let dir = tempfile::tempdir().unwrap();
        let ui = Ui::new(Arc::default(), dir.path());
        let mut model = Model::new("test");
        [&POSTGRESQL, &CERTIFICATES].iter().for_each(|provider| provider.deploy(&mut model).unwrap());
        let id = model.integrate(POSTGRESQL.app, CERTIFICATES.app).unwrap();
        let model = Server::start(model, dir.path()).unwrap();
        let mut authority = Providers::new(dir.path().to_owned(), "test".to_owned(), ui.clone());
        authority.start(&CERTIFICATES).unwrap();

        let address = Ipv4Addr::LOCALHOST;
        let dir = PathBuf::new();
        let host = Host { provider: &POSTGRESQL, dir, model: "test", number: 1, moves: 0, network: 0, ui: &ui };
        let place = Neighbor { name: "one".to_owned(), address, port: 1, socket: PathBuf::new() };
        let (mut server, mut tls) = (Fake { place, certified: Vec::new() }, Tls::default());

        assert!(tls.reconcile(&mut server, &model, &host).unwrap(), "it asks");
        assert!(authority.reconcile(&model).is_news && server.certified.is_empty());
        for _ in 0..2 {
            assert!(!tls.reconcile(&mut server, &model, &host).unwrap());
        }
        let [Some(first)] = &server.certified[..] else { panic!("{server:?}") };
        assert!(first.chain.ends_with(&first.ca) && first.chain != first.ca);
        let first = first.clone();

        authority.rotate(&CERTIFICATES).unwrap();
        assert!(authority.reconcile(&model).is_news);
        assert!(!tls.reconcile(&mut server, &model, &host).unwrap(), "the request is the same");
        let second = server.certified[1].clone().unwrap();
        assert!(second.key == first.key && second.ca != first.ca);

        server.place.name = "other".to_owned();
        assert!(tls.reconcile(&mut server, &model, &host).unwrap() && tls.is_renewing());
        assert!(authority.reconcile(&model).is_news && server.certified.len() == 2);
        tls.reconcile(&mut server, &model, &host).unwrap();
        let third = server.certified[2].clone().unwrap();
        assert!(!tls.is_renewing() && third.ca == second.ca && third.chain != second.chain);

        let garbage = Databag::from_iter([("certificates", "[")]);
        model.with(|model| model.set_databag(id, &Entity::App(CERTIFICATES.app.to_owned()), &garbage)).unwrap();
        let error = tls.reconcile(&mut server, &model, &host).unwrap_err().to_string();
        assert!(error.contains("the authority's \"certificates\" can't be used: it is not JSON"), "{error}");

        model.with(|model| model.remove_relation(id)).unwrap();
        for _ in 0..2 {
            assert!(!tls.reconcile(&mut server, &model, &host).unwrap());
        }
        assert!(server.certified.len() == 4 && server.certified[3].is_none());
    }

    #[test]
    fn a_server_without_an_endpoint_for_an_authority_is_left_alone() {
        let named =
            |name| Provider::named(name).unwrap().endpoints().into_iter().map(|end| end.name).collect::<Vec<_>>();
        assert_eq!(named("postgresql"), ["database", "certificates"]);
        assert_eq!(named("valkey"), ["valkey-client", "client-certificates"]);
        assert_eq!(named("mysql"), ["database"]);
        assert!(ENDPOINTS.iter().all(|(name, _)| Provider::named(name).is_some()));
    }
}
