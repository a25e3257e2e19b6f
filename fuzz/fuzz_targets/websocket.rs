//! Websocket frames in both directions: a client's input to the supervisor, and a daemon's output to the client.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 16;

/// A socket whose other end is gone is an error to a Rust program, not its end. libFuzzer's main knows nothing of that, and
/// cargo-fuzz starts it with the signal's default; a handler takes its place.
fn outlive_broken_pipes() {
    signal_hook::flag::register(signal_hook::consts::SIGPIPE, Arc::default()).expect("a handler");
}

fuzz_target!(init: outlive_broken_pipes(), |bytes: &[u8]| {
    supervisor::fuzzing::input(bytes);
    // The client reads frames only after the answer to its handshake.
    let answered = [b"HTTP/1.1 101 X\r\n\r\n", bytes].concat();
    for bytes in [bytes, &answered] {
        let kept = pebble::fuzzing::output(bytes, LIMIT);
        assert!(kept.is_none_or(|length| length <= LIMIT.min(bytes.len())));
    }
});
