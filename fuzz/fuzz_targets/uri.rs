//! Connection strings as providers write them: any text is taken apart without a panic, and no part is shown.

#![no_main]

use interfaces::uri::Uri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let uri = Uri::first(text);
    assert_eq!(format!("{uri:?}"), "Uri(***)");
});
