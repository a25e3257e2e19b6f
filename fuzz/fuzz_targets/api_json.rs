//! Bodies and query strings of requests, decoded by the API without running the requests.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    supervisor::fuzzing::body(input);
    let text = String::from_utf8_lossy(input);
    let (path, query) = text.split_once('?').unwrap_or(("", &text));
    supervisor::fuzzing::query(path, query);
});
