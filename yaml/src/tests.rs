use proptest::prelude::*;
use serde_yaml::Value;

use super::*;

fn read(text: &str) -> Result<Value, Error> {
    from_str(text)
}

#[test]
fn brackets_that_each_cost_a_thousand_steps_are_counted_first() {
    for text in ["[".repeat(200_000), "{".repeat(200_000), "['[', ".repeat(50_000), "- '[]'\n".repeat(20_000)] {
        assert!(matches!(read(&text), Err(Error::TooManyBrackets)), "{}", &text[..8]);
    }
    let most = format!("[{}]", "[],".repeat(MAX_BRACKETS - 1));
    assert_eq!(read(&most).unwrap().as_sequence().unwrap().len(), MAX_BRACKETS - 1);
}

#[test]
fn every_use_of_an_alias_counts() {
    let nested: String = (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
    let nested = read(&format!("a0: &a0 x\n{nested}")).unwrap_err().to_string();
    assert!(nested.starts_with("repetition limit exceeded"), "{nested}");
    let long = format!("- &a {}\n{}", "x".repeat(10_000), "- *a\n".repeat(500));
    assert!(matches!(read(&long), Err(Error::TooLarge)));
    assert_eq!(read("a: &a [1]\nb: *a\n").unwrap()["b"][0], 1);
}

#[test]
fn long_text_is_not_parsed() {
    assert!(matches!(read(&" ".repeat(MAX_BYTES + 1)), Err(Error::TooLong)));
    assert!(read(&" ".repeat(MAX_BYTES)).unwrap().is_null());
    assert!(matches!(read(&"-\n".repeat(MAX_NODES)), Err(Error::TooLarge)));
}

#[test]
fn depth_is_the_parsers_limit() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(read(&deep).unwrap_err().to_string().starts_with("recursion limit exceeded"));
    assert_eq!(read("a: [").unwrap_err().place(), Some((2, 1)));
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let error = from_slice::<Value>(b"a: \xff").unwrap_err();
    assert_eq!(error.to_string(), "invalid utf-8 sequence of 1 bytes from index 3");
    assert_eq!(from_slice::<Value>(b"a: 1").unwrap()["a"], 1);
}

#[test]
fn tagged_values_are_measured_too() {
    assert!(read("a: !own {b: !own [c]}").is_ok());
    assert!(matches!(
        read(&format!("!own [{}]", "!own x,".repeat(MAX_NODES / 2))),
        Err(Error::TooLong | Error::TooLarge)
    ));
}

proptest! {
    #[test]
    fn within_the_limits_the_value_is_the_parsers(text in "[a-c \\[\\]{}:,&*!'\"\n-]{0,60}") {
        let ours = read(&text).map_err(|error| error.to_string());
        prop_assert_eq!(ours, serde_yaml::from_str::<Value>(&text).map_err(|error| error.to_string()));
    }
}
