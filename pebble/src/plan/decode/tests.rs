use proptest::prelude::*;

use crate::plan::{Error, Layer, Plan};

#[test]
fn json_and_yaml_are_one_format() {
    let yaml = "services:\n  web:\n    override: replace\n    command: x\n    environment:\n      A: 1e3\n      B: ~\n";
    let json = r#"{"services":{"web":{"override":"replace","command":"x","environment":{"A":"1e3","B":""}}}}"#;
    assert_eq!(Layer::parse(yaml.as_bytes()), Layer::parse(json.as_bytes()));
}

#[test]
fn a_plan_may_say_more_than_we_know() {
    let text =
        "services:\n    web:\n        override: replace\n        command: x\n        shiny: 1\nfuture:\n    a: b\n";
    let plan = Plan::parse(text.as_bytes()).unwrap();
    assert_eq!(plan.services["web"].command, "x");
    assert_eq!(Plan::parse(b"{}\n").unwrap(), Plan::default());
}

#[test]
fn reserved_labels_and_strange_bytes_are_refused() {
    let error = Layer::parse_labelled("pebble-x", b"{}").unwrap_err();
    assert_eq!(error.to_string(), r#"cannot use reserved label prefix "pebble-""#);
    assert!(matches!(Layer::parse(b"summary: \xff"), Err(Error::Parse(_))));
    assert!(matches!(Layer::parse(&[b'['; 2 << 20]), Err(Error::Limit(_))));
}

#[test]
fn doubles_without_end_are_not_listed_without_end() {
    let text = "a: b\n".repeat(20_000);
    let message = Layer::parse(text.as_bytes()).unwrap_err().to_string();
    assert!(message.lines().count() <= 1_001, "{}", message.lines().count());
}

/// The lines of all errors are found in one pass.
#[test]
fn many_complaints_in_a_long_text_take_one_pass() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let services: String = (0..30_000).map(|n| format!("\n\n  k{n}: [a]\n")).collect();
        tell.send(Layer::parse(format!("services:\n{services}").as_bytes()).unwrap_err().to_string()).unwrap();
    });
    let message = told.recv_timeout(std::time::Duration::from_secs(60)).expect("it takes one pass");
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 1_001);
    // Blank lines don't count: Pebble prints a section anew.
    assert_eq!(lines[1], "  line 1: cannot unmarshal !!seq into plan.Service");
    assert_eq!(lines[1_000], "  line 1000: cannot unmarshal !!seq into plan.Service");
}

/// A mebibyte of text in each place that a message repeats: messages have its ends only.
#[test]
fn complaints_repeat_no_long_text() {
    let long = "x".repeat((1 << 20) - 200);
    let half = &long[..1 << 18];
    let service = |field: &str| format!("services: {{a: {{override: replace, command: x, {field}}}}}");
    for text in [
        service(&format!("kill-delay: {long}")),
        service(&format!("backoff-factor: {long}")),
        service(&format!("user-id: {long}")),
        service(&format!("{long}: 1")),
        service(&format!("on-success: {long}")),
        service(&format!("{half}: 1, {half}: 2")),
        service("summary: y").replace("{a: ", &format!("{{-{long}: ")),
        format!("{long}: 1"),
        format!("services: *{long}"),
        format!("services: {{a: {{override: {long}}}}}"),
        format!("checks: {{a: {{override: replace, exec: {{command: \"'{long}\"}}}}}}"),
        format!("log-targets: {{a: {{override: replace, type: {long}}}}}"),
        format!("pairing: {{mode: {long}}}"),
    ] {
        let error = Layer::parse(text.as_bytes()).and_then(|layer| crate::plan::combine(&[layer])).unwrap_err();
        assert!(error.to_string().len() < 500, "{} bytes: {:.200}", error.to_string().len(), error.to_string());
    }
    let error = Layer::parse_labelled(&long, b"services: [").unwrap_err();
    assert!(error.to_string().len() < 500, "{error:.200}");
}

#[test]
fn values_stay_out_of_debug() {
    let text = r#"{"services":{"web":{"override":"replace","command":"x","environment":{"TOKEN":"hunter2"}}},
        "checks":{"up":{"override":"replace","http":{"url":"http://x","headers":{"Authorization":"hunter2"}}}}}"#;
    let shown = format!("{:?}", Layer::parse(text.as_bytes()).unwrap());
    assert!(shown.contains("TOKEN") && !shown.contains("hunter2"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Layer::parse(text.as_bytes());
        let _ = Plan::parse(text.as_bytes());
    }

    #[test]
    fn no_yaml_like_text_panics(
        text in r##"((services|checks|summary|a|<<|override|replace|command|environment|é)?[ \n\t:,\-?\[\]{}&*!|>'"#%~0-9]{0,4}){0,30}"##,
    ) {
        let _ = Layer::parse(text.as_bytes());
        let _ = Layer::parse(format!("services:\n  a:\n    {text}").as_bytes());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Layer::parse(&bytes);
    }
}
