//! The applications beside the charm: the backend, the clients and the authority. The functions are of any model, the
//! methods of a world's.

use std::collections::BTreeMap;

use interfaces::database::provider::{self, Account};
use interfaces::{Read, certificates, postgresql};
use juju::{Changes, Databag, Entity, Juju, Needs, RelationId, Role, UnitName};
use juju_testing::{Model, endpoint};

use super::{APP, World};

/// Adds the applications beside the charm.
pub(crate) fn add_all(model: &mut Model) {
    let database = |name, role| vec![endpoint(name, role, postgresql::INTERFACE)];
    model.add_application("postgresql-k8s", database("database", Role::Provides), 1).unwrap();
    for client in ["web", "blog"] {
        model.add_application(client, database("db", Role::Requires), 1).unwrap();
    }
    let authority = vec![endpoint("certificates", Role::Provides, certificates::INTERFACE)];
    model.add_application("authority", authority, 1).unwrap();
}

/// A superuser's account on a server with that host name and port.
pub(crate) fn account(host: &str, port: u16) -> Account {
    Account {
        database: "pgbouncer".to_owned(),
        username: "relation-8".to_owned(),
        password: "hunter2".into(),
        uris: None,
        endpoints: vec![format!("{host}:{port}")],
        read_only_endpoints: Vec::new(),
        tls: Some(false),
        tls_ca: None,
        replset: None,
        version: Some("15.4".to_owned()),
    }
}

/// The backend's answer with an account, if the charm has asked.
pub(crate) fn answer_backend(model: &mut Model, id: RelationId, account: &Account) -> bool {
    speak(model, "postgresql-k8s", |juju| {
        let view = juju.view("database", id, provider::NEEDS)?;
        let Read::Ready(request) = provider::read(&view) else { return Ok(false) };
        juju.publish(&view, &provider::answer(&view, &request, account))
    })
}

/// Relates a client that asks for a database.
pub(crate) fn add_client(model: &mut Model, client: &str, database: &str) -> RelationId {
    let id = model.integrate(&format!("{APP}:database"), client).unwrap();
    let request = postgresql::Request { database: database.to_owned(), secrets: true, cross_model: false };
    speak(model, client, |juju| {
        let view = juju.view("db", id, interfaces::database::NEEDS)?;
        juju.publish(&view, &postgresql::request(&view, &request))
    });
    id
}

/// What a client reads.
pub(crate) fn client_reads(model: &mut Model, client: &str, id: RelationId) -> Read<interfaces::database::Database> {
    let request = postgresql::Request { database: "x".to_owned(), secrets: true, cross_model: false };
    speak(model, client, |juju| {
        let view = juju.view("db", id, interfaces::database::NEEDS)?;
        let mut secrets = interfaces::Secrets::new();
        for secret in postgresql::secrets(&view).into_iter().filter(|secret| secret.needed) {
            let content = juju.secret(&juju::SecretQuery::id(secret.id.clone()).refresh())?;
            secrets.insert(secret.id, content);
        }
        Ok(postgresql::read(&view, &secrets, &request))
    })
}

fn speak<T>(model: &mut Model, app: &str, work: impl FnOnce(&Juju<'_>) -> Result<T, juju::Error>) -> T {
    let result: Result<T, Box<dyn std::error::Error>> = model.speak_as(app, |juju| Ok(work(juju)?));
    result.unwrap()
}

impl World {
    /// Relates the backend; it has not answered yet.
    pub(crate) fn relate_backend(&self) -> RelationId {
        self.model.borrow_mut().integrate(&format!("{APP}:backend-database"), "postgresql-k8s").unwrap()
    }

    /// The backend's answer, if the charm has asked.
    pub(crate) fn answer_backend(&self, id: RelationId, read_only: &[&str]) -> bool {
        self.answer_backend_at(&self.host, id, read_only)
    }

    /// The backend's answer with another server.
    pub(crate) fn answer_backend_at(&self, host: &str, id: RelationId, read_only: &[&str]) -> bool {
        let ca = self.backend_ca.borrow().clone();
        let account = Account {
            read_only_endpoints: read_only.iter().map(|text| (*text).to_owned()).collect(),
            tls: Some(ca.is_some()),
            tls_ca: ca,
            ..account(host, self.port)
        };
        answer_backend(&mut self.model.borrow_mut(), id, &account)
    }

    /// Relates the backend, and runs all hooks until it is in use.
    pub(crate) fn add_backend(&self) -> RelationId {
        let id = self.relate_backend();
        self.settle();
        assert!(self.answer_backend(id, &[]));
        self.settle();
        id
    }

    /// Relates a client that asks for a database.
    pub(crate) fn add_client(&self, client: &str, database: &str) -> RelationId {
        add_client(&mut self.model.borrow_mut(), client, database)
    }

    /// What a client reads.
    pub(crate) fn client_reads(&self, client: &str, id: RelationId) -> Read<interfaces::database::Database> {
        client_reads(&mut self.model.borrow_mut(), client, id)
    }

    /// Writes a remote application's databag.
    pub(crate) fn write(&self, app: &str, endpoint: &str, id: RelationId, settings: &[(&str, &str)]) {
        self.speak(app, |juju| {
            let view = juju.view(endpoint, id, Needs { local_app: true, ..Needs::default() })?;
            juju.publish(&view, &Changes::of_leader(&view, &settings.iter().copied().collect::<Databag>()))
        });
    }

    /// Address of a secret of the backend's application that no other application may read.
    pub(crate) fn ungranted_secret(&self) -> String {
        let content = [("username", "relation-8"), ("password", "hunter2")];
        let content = content.map(|(field, value)| (field.to_owned(), value.into())).into();
        self.speak("postgresql-k8s", |juju| juju.add_secret(&juju::NewSecret::new(content))).to_string()
    }

    /// Relates the authority.
    pub(crate) fn relate_authority(&self) -> RelationId {
        self.model.borrow_mut().integrate(&format!("{APP}:certificates"), "authority").unwrap()
    }

    /// Relates an authority, which signs the first request.
    pub(crate) fn add_certificate(&mut self) {
        let authority = self.relate_authority();
        self.settle();
        self.certify(authority, |_| certificates::Certificate {
            certificate: "certificate".to_owned(),
            ca: "authority".to_owned(),
            chain: Vec::new(),
        });
    }

    /// Has the authority sign every request.
    pub(crate) fn certify(&self, id: RelationId, sign: impl Fn(&str) -> certificates::Certificate) {
        // A hook lists the units that its own unit was told of; this application has no charm to tell.
        let model = &self.model;
        let bag = |unit: UnitName| (unit.clone(), model.borrow().databag(id, &Entity::Unit(unit)).unwrap());
        let units: BTreeMap<_, _> = self.all().into_iter().map(bag).collect();
        self.speak("authority", |juju| {
            let view = juju.view("certificates", id, certificates::provider::NEEDS)?;
            let view = juju::View { units, ..view };
            let requests = certificates::provider::read(&view);
            let issued: Vec<_> = requests.into_iter().map(|request| (request.clone(), sign(&request))).collect();
            juju.publish(&view, &certificates::provider::answer(&view, &issued))
        });
    }

    /// A field of the charm's own secret.
    pub(crate) fn own_secret(&self, field: &str) -> String {
        let query = juju::SecretQuery::id(self.shared().text("auth_file").unwrap().parse().unwrap());
        self.speak(APP, |juju| Ok(juju.secret(&query.peek())?[field].expose().to_owned()))
    }

    fn speak<T>(&self, app: &str, work: impl FnOnce(&Juju<'_>) -> Result<T, juju::Error>) -> T {
        speak(&mut self.model.borrow_mut(), app, work)
    }
}
