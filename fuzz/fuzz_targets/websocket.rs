//! Websocket frames in both directions: a client's input to the supervisor, and a daemon's output to the client.

#![no_main]

use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    supervisor::fuzzing::input(bytes);
    // The client reads frames only after the answer to its handshake.
    let answered = [b"HTTP/1.1 101 X\r\n\r\n", bytes].concat();
    for bytes in [bytes, &answered] {
        let kept = pebble::fuzzing::output(bytes, LIMIT);
        assert!(kept.is_none_or(|length| length <= LIMIT.min(bytes.len())));
    }
});
