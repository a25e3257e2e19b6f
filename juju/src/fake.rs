//! A few lines of Juju for this crate's own tests: maps, and a record of every call.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Backend;
use crate::config::Config;
use crate::context::Context;
use crate::databag::Databag;
use crate::name::{RelationId, UnitName};
use crate::owner::{Entity, Whose};
use crate::port::Port;
use crate::secret::{NewSecret, Secret, SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate};
use crate::status::Status;
use crate::tool::Error;

pub(crate) const SECRET: &str = "secret:9m4e2mr0ui3e8a215n4g";

#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) leader: bool,
    pub(crate) relations: BTreeMap<u32, Vec<&'static str>>,
    pub(crate) bags: RefCell<BTreeMap<(u32, String), Databag>>,
    pub(crate) state: RefCell<BTreeMap<String, String>>,
    pub(crate) ports: RefCell<BTreeSet<Port>>,
    pub(crate) calls: RefCell<Vec<String>>,
}

impl Fake {
    /// The calls since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.borrow_mut())
    }

    fn note(&self, call: impl Into<String>) {
        self.calls.borrow_mut().push(call.into());
    }

    fn known(&self, id: RelationId) -> Result<&[&'static str], Error> {
        let refused =
            || Error::refusal("relation-list", 2, "ERROR invalid value \"9\" for option -r: relation not found");
        self.relations.get(&id.0).map(Vec::as_slice).ok_or_else(refused)
    }
}

impl Backend for Fake {
    fn config_get(&self) -> Result<Config, Error> {
        self.note("config-get");
        Ok(Config::from_iter([("port", 8000)]))
    }
    fn is_leader(&self) -> Result<bool, Error> {
        self.note("is-leader");
        Ok(self.leader)
    }
    fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        self.note(format!("relation-ids {endpoint}"));
        Ok(self.relations.keys().rev().map(|id| RelationId(*id)).collect())
    }
    fn relation_units(&self, id: RelationId) -> Result<Vec<UnitName>, Error> {
        self.note(format!("relation-list {id}"));
        Ok(self.known(id)?.iter().map(|unit| unit.parse().expect("a unit")).collect())
    }
    fn relation_app(&self, id: RelationId) -> Result<Option<String>, Error> {
        self.note(format!("relation-list {id} --app"));
        self.known(id).map(|_| Some("pg".to_owned()))
    }
    fn relation_get(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        self.note(format!("relation-get {id} {entity}"));
        self.known(id)?;
        Ok(self.bags.borrow().get(&(id.0, entity.to_string())).cloned().unwrap_or_default())
    }
    fn relation_set(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        self.note(format!("relation-set {id} {whose:?} {:?}", changes.keys().collect::<Vec<_>>()));
        Ok(())
    }
    fn secret_get(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        self.note(format!("secret-get {:?} {:?}", query.label, query.mode));
        Ok(SecretContent::from([("password".to_owned(), Secret::from("hunter2"))]))
    }
    fn secret_add(&self, _secret: &NewSecret) -> Result<SecretId, Error> {
        self.note("secret-add");
        Ok(SECRET.parse().expect("an id"))
    }
    fn secret_set(&self, _id: &SecretId, _update: &SecretUpdate) -> Result<(), Error> {
        self.note("secret-set");
        Ok(())
    }
    fn secret_info(&self, _query: &SecretQuery) -> Result<SecretInfo, Error> {
        self.note("secret-info-get");
        Ok(SecretInfo {
            id: SECRET.parse().expect("an id"),
            revision: 1,
            label: Some("db".to_owned()),
            owner: Whose::App,
            description: None,
            rotate: None,
            expiry: None,
            rotates: None,
        })
    }
    fn status_set(&self, whose: Whose, status: &Status) -> Result<(), Error> {
        self.note(format!("status-set {whose:?} {status}"));
        Ok(())
    }
    fn state_get(&self) -> Result<BTreeMap<String, String>, Error> {
        self.note("state-get");
        Ok(self.state.borrow().clone())
    }
    fn state_set(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        self.note(format!("state-set {:?}", changes.keys().collect::<Vec<_>>()));
        self.state.borrow_mut().extend(changes.clone());
        Ok(())
    }
    fn state_delete(&self, key: &str) -> Result<(), Error> {
        self.note(format!("state-delete {key}"));
        self.state.borrow_mut().remove(key);
        Ok(())
    }
    fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        self.note("opened-ports");
        Ok(self.ports.borrow().clone())
    }
    fn open_port(&self, port: &Port) -> Result<(), Error> {
        self.note(format!("open-port {port}"));
        Ok(())
    }
    fn close_port(&self, port: &Port) -> Result<(), Error> {
        self.note(format!("close-port {port}"));
        Ok(())
    }
}

/// The context of a hook of web/1, for a relation hook of relation 7 with pg/0.
pub(crate) fn context(hook: &str) -> Context {
    let vars = [
        ("JUJU_UNIT_NAME", "web/1"),
        ("JUJU_MODEL_NAME", "test"),
        ("JUJU_DISPATCH_PATH", hook),
        ("JUJU_RELATION", "db"),
        ("JUJU_RELATION_ID", "db:7"),
        ("JUJU_REMOTE_APP", "pg"),
        ("JUJU_SECRET_ID", SECRET),
    ];
    let vars: BTreeMap<String, String> = vars.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    Context::read(&vars).expect("a good environment")
}

/// Writes an executable shell script. Another process does the writing: were the file open here while another test
/// starts a process, that process would hold it open too, and running it would fail as "text file busy".
#[allow(clippy::disallowed_methods, reason = "a helper of tests, not a hook tool")]
pub(crate) fn script(path: &std::path::Path, text: &str) {
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#, "sh", text])
        .arg(path)
        .status();
    assert!(status.expect("a shell").success());
}
