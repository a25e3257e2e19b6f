//! Databags and secrets of the remote application, read by both sides of every interface: no text causes a panic, and
//! no password appears in the result's debug output.
//!
//! `WEBCHARM_INTERFACE` narrows it to one row of the table of interfaces, by its name: `s3`, `s3 of version 1`.

#![no_main]

#[path = "../../interfaces/tests/sizes/every.rs"]
mod every;

use std::sync::LazyLock;

use every::{EVERY, Interface, Key, SECRET, bag, secrets};
use juju::UnitName;
use libfuzzer_sys::fuzz_target;

/// A value and its place: the writing side, and the key as an index into the keys that are read.
type Write = (u8, u8, String);

/// Suffix of every password, by which a leaked password is found.
const MARK: &str = "hunter2-mark";

/// The keys and fields with secret values.
const PASSWORDS: [&str; 7] = ["access-key", "flask_secret_key", "password", "secret", "secret-key", "token", "uris"];

/// The interfaces to feed.
#[expect(clippy::disallowed_methods, reason = "a switch of this program, which is no charm")]
static CHOSEN: LazyLock<Vec<&Interface>> = LazyLock::new(|| {
    let Ok(name) = std::env::var("WEBCHARM_INTERFACE") else { return EVERY.iter().collect() };
    let chosen: Vec<&Interface> = EVERY.iter().filter(|interface| interface.name == name).collect();
    let names = || EVERY.iter().map(|interface| interface.name).collect::<Vec<_>>().join(", ");
    assert!(!chosen.is_empty(), "WEBCHARM_INTERFACE={name}: no such interface; there are {}", names());
    chosen
});

fn marked(key: &'static str, value: String) -> (&'static str, String) {
    (key, if PASSWORDS.contains(&key) { format!("{value}{MARK}") } else { value })
}

/// The keys and values written at this place.
fn written(writes: &[Write], place: u8, keys: &[Key]) -> Vec<(&'static str, String)> {
    let here = writes.iter().filter(|(at, ..)| at % 4 == place && !keys.is_empty());
    here.map(|(_, key, value)| marked(keys[usize::from(*key) % keys.len()].0, value.clone())).collect()
}

fn pairs<'a>(owned: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    owned.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

fuzz_target!(|input: (u8, bool, Vec<Write>)| {
    let (which, in_secret, writes) = input;
    let interface = CHOSEN[usize::from(which) % CHOSEN.len()];
    let keys = [interface.app, interface.unit, interface.fields, interface.asked];
    let [app, unit, fields, asked] = [0, 1, 2, 3].map(|place: u8| written(&writes, place, keys[usize::from(place)]));
    let mut view = Interface::view(interface.app, &pairs(&app));
    view.units = [(UnitName::new("other", 0), bag(interface.unit, &pairs(&unit)))].into();
    if in_secret && interface.app.iter().any(|(key, ..)| *key == "secret-user") {
        view.remote_app.insert("secret-user".to_owned(), SECRET.to_owned());
    }
    let requirer = (interface.requirer)(&view, &secrets(interface.fields, &pairs(&fields)));
    let provider = (interface.provider)(&Interface::view(interface.asked, &pairs(&asked)));
    for outcome in [requirer, provider] {
        assert!(!outcome.shown.contains(MARK) && !outcome.said.contains(MARK), "{}: {}", interface.name, outcome.shown);
    }
});
