//! Interface `secret-storage`, a peer relation: the secret key all units share, and who they are.
//!
//! Protocol of the Python framework: the leader writes `<framework>_secret_key` into the application's databag once,
//! 86 characters of URL-safe base64 without padding, of 64 random bytes. The value is in clear; every unit of the
//! application may read it. That framework writes it at `relation-created` only; here the leader writes it in every
//! hook that finds it missing, so a change of leader in between can't leave the application waiting for ever.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use juju::{Changes, Databag, Draft, Needs, Secret, UnitName, View};

use crate::field;
use crate::read::{Read, Stop};

/// The name of the interface.
pub const INTERFACE: &str = "secret-storage";

/// The name it has in charms of the 2.x line, whose endpoint is called so too.
pub const INTERFACE_2: &str = "peers";

/// Parts of the relation that are read: the application's databag and the units' names.
pub const NEEDS: Needs = Needs {
    peer: true,
    remote_app: false,
    remote_units: true,
    remote_unit_data: false,
    local_app: true,
    local_unit: false,
};

/// Count of random bytes that a key is made of.
pub const KEY_BYTES: usize = 64;

/// Data shared by the units of our application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The key they share.
    pub secret_key: Secret,
    /// The other units, by number; this one isn't among them.
    pub peers: Vec<UnitName>,
}

impl Peer {
    /// The other units' names in the cluster, in the order of their numbers: unit 10 comes after unit 2, so a tenth
    /// unit doesn't reorder what the others have.
    #[must_use]
    pub fn fqdns(&self, model: &str) -> Vec<String> {
        self.peers.iter().map(|unit| fqdn(unit, model)).collect()
    }
}

/// The name that a cluster gives to a unit's pod.
///
/// ```
/// let unit = "shop/10".parse()?;
/// assert_eq!(interfaces::peer::fqdn(&unit, "web"), "shop-10.shop-endpoints.web.svc.cluster.local");
/// # Ok::<(), juju::NameError>(())
/// ```
#[must_use]
pub fn fqdn(unit: &UnitName, model: &str) -> String {
    let (app, number) = (unit.app(), unit.number());
    format!("{app}-{number}.{app}-endpoints.{model}.svc.cluster.local")
}

/// The databag key of a framework's secret key; the framework by its name in metadata, `spring-boot` for instance.
#[must_use]
pub fn key(framework: &str) -> String {
    format!("{framework}_secret_key")
}

/// Reads the peer relation: ready once the leader has written the key.
#[must_use]
pub fn read(view: &View, framework: &str) -> Read<Peer> {
    let key = key(framework);
    let written = view.local_app.as_ref().map_or(Ok(None), |app| field::text(app, &key));
    let secret = written.and_then(|secret| secret.ok_or_else(|| Stop::waiting(&key)));
    // The view is ordered by name and so by number.
    secret.map(|secret| Peer { secret_key: secret.into(), peers: view.units.keys().cloned().collect() }).into()
}

/// Changes of the **leader**: the key, if it is missing. `random` is used only then.
#[must_use]
pub fn request(view: &View, framework: &str, random: &[u8; KEY_BYTES]) -> Changes {
    match secret_key(view.local_app.as_ref(), &key(framework)) {
        Some(_) => Changes::default(),
        None => rotate(framework, random),
    }
}

/// Changes of the **leader** that replace the key. The other units get `relation-changed`.
#[must_use]
pub fn rotate(framework: &str, random: &[u8; KEY_BYTES]) -> Changes {
    let wanted = Databag::from_iter([(key(framework), URL_SAFE_NO_PAD.encode(random))]);
    Changes { app: Draft::differing(&Databag::new(), &wanted), ..Changes::default() }
}

fn secret_key<'a>(app: Option<&'a Databag>, key: &str) -> Option<&'a str> {
    app?.text(key).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, Example};

    fn written(changes: &Changes) -> Databag {
        changes.app.texts()
    }

    #[test]
    fn the_documented_example() {
        let example = Example::parse(include_str!("../fixtures/secret-storage.json"));
        let view = example.requirer("my-app/0", false);
        let peer = read(&view, "go").ready().cloned().expect("the key is there");
        assert_eq!(peer.secret_key.expose(), example.result("secret_key"));
        assert_eq!(peer.fqdns(example::MODEL).join(","), example.result("peer_fqdns"));
        assert_eq!(request(&view, "go", &[0; KEY_BYTES]), Changes::default());
    }

    #[test]
    fn units_are_sorted_by_number() {
        let mut view = View::empty("secret-storage", juju::RelationId(1));
        view.local_app = Some(Databag::from_iter([("flask_secret_key", "k")]));
        view.units = [10, 2, 1].map(|number| (UnitName::new("shop", number), Databag::new())).into();
        let read = read(&view, "flask");
        let numbers: Vec<_> = read.ready().unwrap().peers.iter().map(UnitName::number).collect();
        assert_eq!(numbers, [1, 2, 10]);
        assert!(!format!("{read:?}").contains("\"k\""));
    }

    #[test]
    fn a_missing_key_is_waited_for_and_written() {
        for app in [
            None,
            Some(Databag::new()),
            Some(Databag::from_iter([("django_secret_key", "k"), ("flask_secret_key", "")])),
        ] {
            let mut view = View::empty("secret-storage", juju::RelationId(1));
            view.local_app = app;
            assert_eq!(read(&view, "flask"), Read::Waiting("flask_secret_key".into()));
            let bag = written(&request(&view, "flask", &[0xff; KEY_BYTES]));
            assert_eq!(bag, Databag::from_iter([("flask_secret_key", format!("{}w", "_".repeat(85)))]));
        }
    }

    #[test]
    fn a_key_that_no_variable_holds_is_not_ready() {
        for (text, why) in [("k\0", "it has a control character"), (&*"k".repeat(10_241), "it is longer than 10 KiB")] {
            let mut view = View::empty("secret-storage", juju::RelationId(1));
            view.local_app = Some(Databag::from_iter([("go_secret_key", text)]));
            assert_eq!(read(&view, "go"), Read::Invalid { key: "go_secret_key".into(), why: why.into() });
        }
    }

    #[test]
    fn a_key_has_86_characters_that_a_url_may_hold() {
        let random = std::array::from_fn(|index| u8::try_from(index * 5 % 256).unwrap());
        let bag = written(&rotate("spring-boot", &random));
        let key = bag.text("spring-boot_secret_key").expect("the key is written");
        assert_eq!(key.len(), 86);
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{key}");
    }
}
