//! Oversized values of other applications: every key of every interface is refused by its length, before it is parsed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod every;

use std::time::Instant;

use every::{EVERY, Interface, Key, Outcome, SECRET, bag, secrets};
use interfaces::uri::Uri;
use juju::UnitName;

const TEN_MB: usize = 10_000_000;

/// Texts that make careless readers slow, each repeated up to 10 MB.
const SHAPES: [&str; 17] = [
    "x",
    ",",
    "a:1,",
    ", ",
    "@",
    ":",
    "[",
    "{\"a\":",
    "[{\"a\":[",
    "\"\\u0000\",",
    "%",
    "%2C",
    " ",
    "\0",
    "\u{1b}[2J",
    "/",
    "ü",
];

fn large(shape: &str) -> String {
    shape.repeat(TEN_MB / shape.len())
}

/// A view with a unit, and the secret, in which one key has this value.
fn tried(interface: &Interface, place: &str, key: &str, value: &str) -> Outcome {
    let of = |here: &str| if here == place { vec![(key, value)] } else { Vec::new() };
    let mut view = Interface::view(interface.app, &of("app"));
    view.units = [(UnitName::new("other", 0), bag(interface.unit, &of("unit")))].into();
    // A database's user is in clear, or in a secret.
    if place == "secret" && interface.app.iter().any(|(key, ..)| *key == "secret-user") {
        view.remote_app.insert("secret-user".to_owned(), SECRET.to_owned());
    }
    match place {
        "asked" => (interface.provider)(&Interface::view(interface.asked, &of("asked"))),
        _ => (interface.requirer)(&view, &secrets(interface.fields, &of("secret"))),
    }
}

/// Every key of an interface, with the side that writes it.
fn keys(interface: &Interface) -> impl Iterator<Item = (&'static str, &'static Key)> {
    let places =
        [("app", interface.app), ("unit", interface.unit), ("secret", interface.fields), ("asked", interface.asked)];
    places.into_iter().flat_map(|(place, keys)| keys.iter().map(move |key| (place, key)))
}

#[test]
fn every_interface_is_ready_with_values_that_can_be_used_and_shows_no_secret() {
    for interface in EVERY {
        for place in ["app", "secret", "asked"] {
            let found = tried(interface, place, "unknown", "x");
            assert_eq!(found.said, "ready", "{} {place}", interface.name);
            assert!(!found.shown.contains("hunter2"), "{} {place}", interface.name);
        }
    }
}

#[test]
fn a_value_of_10_mb_under_any_key_is_refused_by_its_length() {
    let value = large("x");
    for interface in EVERY {
        for (place, (key, _, said)) in keys(interface) {
            assert_eq!(tried(interface, place, key, &value).said, *said, "{} {place} {key}", interface.name);
        }
    }
}

#[test]
fn a_uri_of_a_megabyte_comes_apart_whatever_it_is_made_of() {
    for shape in SHAPES {
        assert_eq!(format!("{:?}", Uri::first(&shape.repeat(1_000_000 / shape.len()))), "Uri(***)");
    }
}

/// Figures for people, of a build with optimizations: `cargo test --release -p interfaces --test sizes -- --ignored
/// --nocapture`.
#[test]
#[ignore = "prints what 10 MB of each shape cost under each key"]
#[allow(clippy::print_stdout, reason = "figures are what it is for")]
fn figures() {
    let mut slowest = Vec::new();
    for shape in SHAPES {
        let value = large(shape);
        for interface in EVERY {
            for (place, (key, ..)) in keys(interface) {
                let begin = Instant::now();
                tried(interface, place, key, &value);
                slowest.push((begin.elapsed(), format!("{} {place} {key} {shape:?}", interface.name)));
            }
        }
        let begin = Instant::now();
        let _ = Uri::first(&value);
        slowest.push((begin.elapsed(), format!("Uri::first {shape:?}")));
    }
    slowest.sort();
    println!("{} values, half of them below {:?}; the slowest:", slowest.len(), slowest[slowest.len() / 2].0);
    for (time, name) in slowest.iter().rev().take(20) {
        println!("{time:>12.3?}  {name}");
    }
}
