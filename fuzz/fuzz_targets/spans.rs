//! Exports of spans, in protobuf and in JSON, as the playground's stand-in for Tempo takes them: any body is read or
//! refused, and gives the same lines a second time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use playground::provider::spans;

fuzz_target!(|input: (bool, &[u8])| {
    let (is_json, body) = input;
    let kind = if is_json { "application/json" } else { "application/x-protobuf" };
    match spans(kind, body) {
        Ok(lines) => {
            assert!(lines.len() <= body.len().min(1000), "an empty span takes bytes, too");
            assert!(lines.iter().all(|line| line.contains(" ms trace=") && !line.contains(char::is_control)));
            assert_eq!(spans(kind, body), Ok(lines));
        }
        Err(why) => assert!(why.starts_with("not OTLP's "), "{why}"),
    }
});
