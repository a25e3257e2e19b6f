//! Identities: named users with an access level, kept in the state.
//!
//! A request is of an identity by its client certificate, by its basic credentials, or else by the user id of its process.

use std::collections::BTreeMap;
use std::time::SystemTime;

use pebble::plan::{listed, quote};
use serde::{Deserialize, Serialize};
use sha_crypt::{PasswordVerifier, ShaCrypt};

use crate::access::{Level, User};
use crate::pem;
use crate::tls::Trust;

/// Identities by name.
pub(crate) type Identities = BTreeMap<String, Identity>;

/// A named user, in the state file and in the API as Pebble's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Identity {
    /// `admin`, `read`, `metrics` or `untrusted`.
    pub(crate) access: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) local: Option<Local>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) basic: Option<Basic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cert: Option<Certificate>,
}

/// User of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Local {
    pub(crate) user_id: Option<u32>,
}

/// Credentials of HTTP basic authentication.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Basic {
    /// Hash of the password by sha512-crypt.
    pub(crate) password: String,
}

impl std::fmt::Debug for Basic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Basic").finish_non_exhaustive()
    }
}

/// Client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Certificate {
    pub(crate) pem: String,
}

const LEVELS: [(&str, Level); 4] =
    [("admin", Level::Admin), ("read", Level::Read), ("metrics", Level::Metrics), ("untrusted", Level::Untrusted)];

impl Identity {
    /// Checks one identity of a request. The texts are Pebble's.
    ///
    /// # Errors
    /// The first broken rule.
    pub(crate) fn validate(&self, name: &str) -> Result<(), String> {
        if self.local.as_ref().is_some_and(|local| local.user_id.is_none()) {
            return Err("local identity must specify user-id".to_owned());
        }
        if let Some(certificate) = &self.cert {
            pem::certificate(&certificate.pem).map(drop)?;
        }
        if !is_name(name) {
            let rule = "must start with an alphabetic character and only contain alphanumeric characters, underscore, and hyphen";
            // Pebble prints the name of the identity before it is set.
            return Err(format!(r#"identity name "" invalid: {rule}"#));
        }
        let levels = r#""admin", "read", "metrics", or "untrusted""#;
        if self.access.is_empty() {
            return Err(format!("access value must be specified ({levels})"));
        }
        if self.level().is_none() {
            return Err(format!("invalid access value {}, must be {levels}", quote(&self.access)));
        }
        if self.basic.as_ref().is_some_and(|basic| basic.password.is_empty()) {
            return Err("basic identity must specify password (hashed)".to_owned());
        }
        if self.local.is_none() && self.basic.is_none() && self.cert.is_none() {
            return Err(r#"identity must have at least one type ("local", "basic", or "cert")"#.to_owned());
        }
        Ok(())
    }

    fn level(&self) -> Option<Level> {
        LEVELS.into_iter().find(|(word, _)| *word == self.access).map(|(_, level)| level)
    }

    fn uid(&self) -> Option<u32> {
        self.local.as_ref()?.user_id
    }

    /// The identity for clients: without what only its owner may know.
    pub(crate) fn masked(&self) -> Identity {
        let mask = || "*****".to_owned();
        Identity {
            basic: self.basic.as_ref().map(|_| Basic { password: mask() }),
            cert: self.cert.as_ref().map(|_| Certificate { pem: mask() }),
            ..self.clone()
        }
    }

    fn user(&self, name: &str, uid: Option<u32>) -> User {
        let level = self.level().unwrap_or(Level::Untrusted);
        User { uid: uid.filter(|_| self.local.is_some()), name: Some(name.to_owned()), level }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
}

/// An identity's certificate that gives no access, as by its time or use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distrusted {
    /// Name of the identity.
    pub(crate) name: String,
    /// Go's text.
    pub(crate) why: String,
}

/// The user of a certificate in DER; `None` if no identity has it.
///
/// # Errors
/// An identity has it, but it is not valid for clients, or not now.
pub(crate) fn certified(identities: &Identities, der: &[u8], now: SystemTime) -> Result<Option<User>, Distrusted> {
    let is_same = |certificate: &Certificate| pem::certificate(&certificate.pem).is_ok_and(|own| own == der);
    let mut named = identities.iter().filter(|(_, identity)| identity.cert.as_ref().is_some_and(is_same));
    let Some((name, identity)) = named.next() else { return Ok(None) };
    Trust::check(der, now).map_err(|why| Distrusted { name: name.clone(), why })?;
    Ok(Some(identity.user(name, None)))
}

/// The user of a request; `None` if no identity matches. Credentials that don't match are not made up for by the user id.
pub(crate) fn user(identities: &Identities, uid: Option<u32>, credentials: Option<&(String, String)>) -> Option<User> {
    if let Some((name, password)) = credentials {
        let identity = identities.get(name)?;
        let hash = &identity.basic.as_ref()?.password;
        ShaCrypt::SHA512.verify_password(password.as_bytes(), hash.as_str()).ok()?;
        return Some(identity.user(name, uid));
    }
    let uid = uid?;
    let (name, identity) = identities.iter().find(|(_, identity)| identity.uid() == Some(uid))?;
    Some(identity.user(name, Some(uid)))
}

/// Change of the identities. The texts of errors are Pebble's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Update,
    Replace,
    Remove,
}

/// The identities after an action on the named ones, where `None` removes one.
///
/// # Errors
/// A name exists, or does not, contrary to the action; or two identities have the same user id.
pub(crate) fn changed(
    identities: &Identities,
    action: Action,
    named: BTreeMap<String, Option<Identity>>,
) -> Result<Identities, String> {
    let join = |names: Vec<String>| listed(&names, ", ");
    let known: Vec<String> = named.keys().filter(|name| identities.contains_key(*name)).cloned().collect();
    if action == Action::Add && !known.is_empty() {
        return Err(format!("identities already exist: {}", join(known)));
    }
    let missing: Vec<String> = named.keys().filter(|name| !identities.contains_key(*name)).cloned().collect();
    if matches!(action, Action::Update | Action::Remove) && !missing.is_empty() {
        return Err(format!("identities do not exist: {}", join(missing)));
    }
    let mut changed = identities.clone();
    for (name, identity) in named {
        match identity {
            Some(identity) => drop(changed.insert(name, identity)),
            None => drop(changed.remove(&name)),
        }
    }
    check_uids(&changed)?;
    Ok(changed)
}

fn check_uids(identities: &Identities) -> Result<(), String> {
    let mut names: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (name, identity) in identities {
        if let Some(uid) = identity.uid() {
            names.entry(uid).or_default().push(name.clone());
        }
    }
    match names.into_iter().find(|(_, names)| names.len() > 1) {
        Some((uid, names)) => {
            Err(format!("cannot have multiple identities with user ID {uid} ({})", listed(&names, ", ")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hash of `test`, from `openssl passwd -6`.
    const HASH: &str =
        "$6$F9cFSVEKyO4gB1Wh$8S1BSKsNkF.jBAixGc4W7l80OpfCNk65LZBDHBng3NAmbcHuMj4RIm7992rrJ8YA.SJ0hvm.vGk2z483am4Ym1";

    fn local(access: &str, uid: u32) -> Identity {
        Identity { access: access.to_owned(), local: Some(Local { user_id: Some(uid) }), ..Identity::default() }
    }

    fn basic(access: &str) -> Identity {
        let basic = Some(Basic { password: HASH.to_owned() });
        Identity { access: access.to_owned(), basic, ..Identity::default() }
    }

    fn identities() -> Identities {
        [("bob", local("read", 42)), ("nancy", basic("metrics"))].map(|(name, one)| (name.to_owned(), one)).into()
    }

    #[test]
    fn a_request_is_of_an_identity_by_password_or_user() {
        let name = |uid, credentials: Option<(&str, &str)>| {
            let credentials = credentials.map(|(name, password)| (name.to_owned(), password.to_owned()));
            user(&identities(), uid, credentials.as_ref()).and_then(|user| user.name)
        };
        assert_eq!(name(Some(42), None).as_deref(), Some("bob"));
        assert_eq!(name(Some(43), None), None);
        assert_eq!(name(None, Some(("nancy", "test"))).as_deref(), Some("nancy"));
        assert_eq!(name(Some(42), Some(("nancy", "nope"))), None);
        assert_eq!(name(Some(42), Some(("bob", "test"))), None);
    }

    #[test]
    fn actions_ask_for_known_or_unknown_names() {
        let act = |action, named: &[(&str, Option<Identity>)]| {
            let named = named.iter().map(|(name, identity)| ((*name).to_owned(), identity.clone())).collect();
            changed(&identities(), action, named).map(|identities| identities.into_keys().collect::<Vec<_>>())
        };
        let error = |text: &str| Err(text.to_owned());
        let names = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(act(Action::Add, &[("bob", Some(basic("read")))]), error("identities already exist: bob"));
        assert_eq!(act(Action::Add, &[("eve", Some(basic("read")))]), names(&["bob", "eve", "nancy"]));
        assert_eq!(
            act(Action::Add, &[("eve", Some(local("read", 42)))]),
            error("cannot have multiple identities with user ID 42 (bob, eve)")
        );
        assert_eq!(act(Action::Update, &[("eve", Some(basic("read")))]), error("identities do not exist: eve"));
        assert_eq!(act(Action::Remove, &[("eve", None)]), error("identities do not exist: eve"));
        assert_eq!(act(Action::Remove, &[("bob", None)]), names(&["nancy"]));
        assert_eq!(act(Action::Replace, &[("bob", None), ("eve", Some(basic("read")))]), names(&["eve", "nancy"]));
    }

    #[test]
    fn clients_see_no_password() {
        assert!(!serde_json::to_string(&basic("read").masked()).unwrap().contains("$6$"));
        assert!(!format!("{:?}", basic("read")).contains("$6$"));
    }
}
