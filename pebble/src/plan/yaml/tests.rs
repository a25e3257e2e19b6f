use super::Resolved::{Bool, Float, Int, Merge, Null, Text, Timestamp};
use super::*;

fn scalar(node: &Node) -> (&str, bool) {
    match &node.kind {
        Kind::Scalar { text, plain } => (text, *plain),
        other => panic!("not a scalar: {other:?}"),
    }
}

fn entries(text: &str) -> Vec<(String, String, bool)> {
    let Some(Node { kind: Kind::Mapping(entries), .. }) = read(text).unwrap() else { panic!("not a mapping: {text}") };
    let flat = entries.iter().map(|(key, value)| {
        let (value, plain) = scalar(value);
        (scalar(key).0.to_owned(), value.to_owned(), plain)
    });
    flat.collect()
}

#[test]
fn scalars_keep_their_text_and_quotes() {
    let text =
        "é: 1e3\nb: '1e3'\nc: \"1e3\"\nd: \"a\\u0062\"\ne: 0o17\nf: ~\ng:\nh: true\ni: 'it''s'\nj: |\n  x\n<<: 1\n";
    let expected = [
        ("é", "1e3", true),
        ("b", "1e3", false),
        ("c", "1e3", false),
        ("d", "ab", false),
        ("e", "0o17", true),
        ("f", "~", true),
        ("g", "", true),
        ("h", "true", true),
        ("i", "it's", false),
        ("j", "x\n", false),
        ("<<", "1", true),
    ];
    let got = entries(text);
    let got: Vec<_> = got.iter().map(|(key, value, plain)| (key.as_str(), value.as_str(), *plain)).collect();
    assert_eq!(got, expected);
}

#[test]
fn doubles_aliases_and_tags_are_seen_through() {
    let got = entries("a: &x 1\na: *x\nc: !mine 2\nd: !!str 3\n");
    let got: Vec<_> = got.iter().map(|(key, value, _)| (key.as_str(), value.as_str())).collect();
    assert_eq!(got, [("a", "1"), ("a", "1"), ("c", "2"), ("d", "3")]);
    assert_eq!(read("").unwrap(), None);
    assert_eq!(read("# nothing\n").unwrap(), None);
    assert!(read("--- a\n--- [").unwrap().is_some(), "only the first document is read");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(20_000), "*a, ".repeat(20_000));
    let maps = format!("a: &a {{b: c}}\nd: [{}]\n", "*a, ".repeat(100_000));
    for text in [laughs, wide, maps] {
        assert_eq!(read(&text), Err(limits::limit("document contains excessive aliasing")));
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |open: &str, count: usize| read(&open.repeat(count)).unwrap_err().to_string();
    assert_eq!(deep("[", 500_000), "yaml: brackets are nested too deeply");
    assert_eq!(deep("{a: ", 200_000), "yaml: brackets are nested too deeply");
    assert_eq!(deep("[", 200), "yaml: document is nested too deeply");
    assert_eq!(deep("[\n", 3_000), "yaml: document is nested too deeply");
    assert_eq!(deep("- ", 3_000), "yaml: document is nested too deeply");
    for sign in ["- ", "? ", "[\n", "[],", "a: b\n", "a,"] {
        assert_eq!(deep(sign, limits::MAX_BYTES / sign.len()), "yaml: text has too many brackets, commas and dashes");
    }
    assert_eq!(read(&"a".repeat(limits::MAX_BYTES + 1)).unwrap_err().to_string(), "yaml: text is larger than 1 MiB");
}

#[test]
fn a_node_knows_where_it_is() {
    let text = "a:\n  - \"b\"\n  - c\n";
    let Some(Node { kind: Kind::Mapping(entries), .. }) = read(text).unwrap() else { panic!() };
    assert_eq!(entries[0].0.offset, Some(0));
    assert_eq!(entries[0].1.offset, Some(8), "a sequence begins with its first item");
}

#[test]
fn plain_scalars_mean_what_they_mean_to_go() {
    for (text, expected) in MEANINGS {
        assert_eq!(resolve(text), *expected, "{text}");
    }
    assert!(matches!(resolve(".nan"), Float(value) if value.is_nan()));
    assert_eq!(resolve("-.inf"), Float(f64::NEG_INFINITY));
}

const MEANINGS: &[(&str, Resolved)] = &[
    ("", Null),
    ("~", Null),
    ("null", Null),
    ("nULL", Text),
    ("true", Bool),
    ("yes", Text),
    ("on", Text),
    ("0", Int(0)),
    ("-1", Int(-1)),
    ("+1", Int(1)),
    ("017", Int(15)),
    ("0o17", Int(15)),
    ("-0o17", Int(-15)),
    ("0x1F", Int(31)),
    ("0XfF", Int(255)),
    ("0b101", Int(5)),
    ("-0b1", Int(-1)),
    ("1_000", Int(1000)),
    ("08", Float(8.0)),
    ("09.5", Float(9.5)),
    ("18446744073709551615", Int(18_446_744_073_709_551_615)),
    ("18446744073709551616", Float(18_446_744_073_709_551_616.0)),
    ("-9223372036854775808", Int(-9_223_372_036_854_775_808)),
    ("1e3", Float(1000.0)),
    ("1.", Float(1.0)),
    (".5", Float(0.5)),
    ("1e", Text),
    ("1e999", Text),
    (".", Text),
    ("-", Text),
    ("+", Text),
    ("..5", Text),
    ("1.2.3", Text),
    ("1:2", Text),
    ("12:30:45", Text),
    ("--1", Text),
    ("+-1", Text),
    ("0x", Text),
    ("0o", Text),
    ("0o8", Text),
    ("0_7", Int(7)),
    ("0b-1", Int(-1)),
    ("0o+7", Int(7)),
    ("0x-1", Text),
    (".9_2", Float(0.92)),
    ("._9", Text),
    (".9_", Text),
    ("_1", Text),
    ("1 ", Text),
    ("2024-01-01", Timestamp),
    ("2024-1-1", Timestamp),
    ("2024-13-01", Text),
    ("2023-02-29", Text),
    ("2024-02-29", Timestamp),
    ("2024-01-01T10:00:00Z", Timestamp),
    ("2024-01-01t1:0:0.5+01:00", Timestamp),
    ("2024-01-01T10:00:00", Text),
    ("2024-01-01 10:00:00", Timestamp),
    ("2024-01-01 10:00:00.123", Timestamp),
    ("2024-01-01 10:00:00Z", Text),
    ("2024-01-01 25:00:00", Text),
    ("2024-01-01x", Text),
    ("20240101", Int(20_240_101)),
    ("<<", Merge),
    ("=", Text),
];
