//! Layers of other charms and images: any text is read or refused, and a printed plan is read back unchanged, except
//! where Pebble's printer drops values.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pebble::plan::{Layer, Plan};

fuzz_target!(|text: &str| {
    let _ = Plan::parse(text.as_bytes());
    let Ok(layer) = Layer::parse(text.as_bytes()) else { return };
    // A layer printed as JSON is read back.
    if let Ok(json) = serde_json::to_string(&layer) {
        assert!(
            Layer::parse(json.as_bytes()).is_ok_and(|again| again.services.len() == layer.services.len()),
            "{json}"
        );
    }
});
