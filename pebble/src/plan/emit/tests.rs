use proptest::prelude::*;

use super::*;
use crate::plan::Override;

/// True for texts that Pebble's printer keeps: it drops a line break at the beginning of a block, other line breaks
/// than line feeds parse as blanks, and no parser accepts a block that begins with a tab.
fn kept(text: &str) -> bool {
    let block = text.contains('\n');
    let lost = text.starts_with('\n') || text.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']);
    !(lost || block && text.contains('\t'))
}

fn texts() -> impl Strategy<Value = String> {
    let awkward = r#"[a-f0-9 :#?,\[\]{}&*!|>'"%@`\n\t~=<>._+\-eEé😀]{0,12}"#;
    prop_oneof![awkward.prop_map(String::from), any::<String>()].prop_filter("kept by the printer", |text| kept(text))
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        command in texts(),
        environment in proptest::collection::btree_map(texts(), texts(), 0..8),
        // An item's block that begins with a blank has a wrong indentation indicator.
        after in proptest::collection::vec(texts().prop_filter("one line", |text| !text.contains('\n')), 0..4),
        factor in proptest::option::of(1.0..1e9f64),
        delay in proptest::option::of(any::<i64>()),
    ) {
        let service = Service {
            command,
            environment: environment.into(),
            after,
            override_: Override::Replace,
            backoff_factor: factor,
            kill_delay: delay.map(Span::from_nanos),
            ..Service::default()
        };
        let mut before = Plan::default();
        before.services.insert("web".to_owned(), service);
        let printed = plan(&before);
        prop_assert_eq!(Plan::parse(printed.as_bytes()).map_err(|error| format!("{error}\n{printed}")), Ok(before));
    }

    #[test]
    fn key_order_is_an_order(mut keys in proptest::collection::vec("[ab019._-]{0,5}", 0..12)) {
        keys.sort_by(|a, b| sort::natural(a, b));
        prop_assert!(keys.windows(2).all(|pair| sort::natural(&pair[0], &pair[1]).is_le()));
    }
}

#[test]
fn an_empty_plan_is_an_empty_mapping() {
    assert_eq!(plan(&Plan::default()), "{}\n");
}

#[test]
fn keys_are_in_natural_order() {
    let mut keys = ["a10", "a2", "B", "a", "_x", "10", "2", "a01", "a1", "é"];
    keys.sort_by(|a, b| sort::natural(a, b));
    assert_eq!(keys, ["_x", "2", "10", "B", "a", "a1", "a01", "a2", "a10", "é"]);
}

#[test]
fn floats_look_as_in_go() {
    let table = [
        (1.0, "1"),
        (1.5, "1.5"),
        (100_000.0, "100000"),
        (1e6, "1e+06"),
        (12_345_678.5, "1.23456785e+07"),
        (1e-9, "1e-09"),
    ];
    for (value, text) in table {
        assert_eq!(float(value), text);
    }
    assert_eq!([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float), [".inf", "-.inf", ".nan"]);
}
