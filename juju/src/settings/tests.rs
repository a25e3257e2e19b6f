//! Structs in and out of databags and options.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    ReadWrite,
    ReadOnly,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Offer {
    user_name: String,
    port: u16,
    is_tls: bool,
    mode: Mode,
    hosts: Vec<String>,
    note: Option<String>,
    #[serde(default)]
    weight: f64,
}

fn bag() -> Databag {
    let texts = [("user-name", "7"), ("port", "5432"), ("is-tls", "true"), ("mode", "read-only")];
    let mut bag = Databag::from_iter(texts);
    bag.insert("hosts".to_owned(), r#"["a", "b"]"#.to_owned());
    bag
}

#[test]
fn a_databag_is_read_as_its_fields_want_it() {
    let offer: Offer = from_databag(&bag()).expect("a good databag");
    let hosts = vec!["a".to_owned(), "b".to_owned()];
    let user_name = "7".to_owned();
    let want = Offer { user_name, port: 5432, is_tls: true, mode: Mode::ReadOnly, hosts, note: None, weight: 0.0 };
    assert_eq!(offer, want);
    assert_eq!(from_databag::<Databag>(&bag()).expect("texts as they are"), bag());
    let written = to_databag(&want).expect("a struct");
    assert_eq!(written.text("hosts"), Some(r#"["a","b"]"#));
    assert_eq!(written.text("note"), Some(""), "a field without a value deletes its key");
}

#[test]
fn an_error_names_the_key_and_never_the_value() {
    for (key, value, want) in [
        ("port", "hunter2", "port: must be a whole number from 0 to 65535"),
        ("port", "99999", "port: must be a whole number from 0 to 65535"),
        ("is-tls", "hunter2", "is-tls: must be true or false"),
        ("mode", "hunter2", "mode: must be one of read-write, read-only"),
        ("hosts", "hunter2", "hosts: is not the JSON that is expected (line 1, column 1)"),
        ("hosts", r#"["a", 7]"#, "hosts: is not the JSON that is expected (line 1, column 7)"),
        ("weight", "hunter2", "weight: must be a number"),
    ] {
        let mut bag = bag();
        bag.insert(key.to_owned(), value.to_owned());
        assert_eq!(from_databag::<Offer>(&bag).expect_err(value).to_string(), want);
    }
    let error = from_databag::<Offer>(&Databag::new()).expect_err("an empty databag");
    assert_eq!((error.key(), error.to_string().as_str()), (Some("user-name"), "user-name: is missing"));
    assert!(to_databag(&7).is_err());
}

#[test]
fn options_are_read_by_their_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case", default)]
    struct Options {
        port: u16,
        ratio: f64,
        mode: Mode,
        name: Option<String>,
    }
    impl Default for Options {
        fn default() -> Self {
            Self { port: 80, ratio: 0.5, mode: Mode::ReadWrite, name: None }
        }
    }
    let config = Config::from_iter([("port", 8080), ("ratio", 2)]);
    assert_eq!(from_config::<Options>(&config), Ok(Options { port: 8080, ratio: 2.0, ..Options::default() }));
    let config = Config::from_iter([("mode", "read-only"), ("name", "a")]);
    let want = Options { mode: Mode::ReadOnly, name: Some("a".to_owned()), ..Options::default() };
    assert_eq!(from_config::<Options>(&config), Ok(want));
    let wrong = |key: &str, value: &str| {
        from_config::<Options>(&Config::from_iter([(key, value)])).expect_err(value).to_string()
    };
    assert_eq!(wrong("port", "hunter2"), "port: must be a whole number");
    assert_eq!(wrong("mode", "hunter2"), "mode: must be one of read-write, read-only");
    let negative = from_config::<Options>(&Config::from_iter([("port", -1)])).expect_err("negative");
    assert_eq!(negative.to_string(), "port: must be a whole number");
}

proptest! {
    #[test]
    fn any_text_is_answered_without_being_quoted(value in "\\PC*") {
        for key in ["port", "is-tls", "mode", "hosts", "weight"] {
            let mut bag = bag();
            bag.insert(key.to_owned(), value.clone());
            if let Err(error) = from_databag::<Offer>(&bag) {
                prop_assert!(error.to_string().starts_with(key));
            }
        }
    }

    #[test]
    fn a_map_of_texts_comes_back(map in proptest::collection::btree_map("[a-z]{1,5}", "\\PC{1,9}", 0..5)) {
        let bag = to_databag(&map).expect("a map of texts");
        prop_assert_eq!(from_databag::<std::collections::BTreeMap<String, String>>(&bag), Ok(map));
    }
}
