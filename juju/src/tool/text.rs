//! A map of strings as text that Juju's YAML reader takes for exactly that.
//!
//! JSON with two cautions is YAML for it: characters YAML forbids or folds are escaped, and those beyond the first
//! plane are not, since YAML knows no surrogate pairs.

use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn yaml(map: &BTreeMap<String, String>) -> String {
    let mut text = String::from("{");
    for (n, (key, value)) in map.iter().enumerate() {
        text.push_str(if n == 0 { "" } else { ",\n" });
        quote(key, &mut text);
        text.push_str(": ");
        quote(value, &mut text);
    }
    text.push_str("}\n");
    text
}

fn quote(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if plain(c) => out.push(c),
            // Writing to a String can't fail; everything that is not plain is below U+10000.
            c => drop(write!(out, "\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
}

/// True for characters that YAML prints unescaped and does not read as a line break.
const fn plain(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn awkward_characters() {
        let map = BTreeMap::from([("k".to_owned(), "a\"b\\c\nd\te\u{7f}\u{85}\u{2028}\u{feff}é🎉".to_owned())]);
        assert_eq!(yaml(&map), "{\"k\": \"a\\\"b\\\\c\\nd\\u0009e\\u007f\\u0085\\u2028\\ufeffé🎉\"}\n");
        assert_eq!(yaml(&BTreeMap::new()), "{}\n");
    }

    proptest! {
        #[test]
        fn readers_of_json_and_yaml_agree(map in proptest::collection::btree_map("\\PC{1,5}", any::<String>(), 0..4)) {
            let text = yaml(&map);
            prop_assert_eq!(&serde_json::from_str::<BTreeMap<String, String>>(&text).expect("JSON"), &map);
            prop_assert_eq!(&serde_yaml::from_str::<BTreeMap<String, String>>(&text).expect("YAML"), &map);
        }
    }
}
