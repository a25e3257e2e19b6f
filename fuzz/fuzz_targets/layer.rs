//! Layers as other charms and images write them: any text is read or refused, and a plan made of it is read back as it was
//! printed, where Pebble's printer loses nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pebble::plan::{Layer, Plan};

fuzz_target!(|text: &str| {
    let _ = Plan::parse(text.as_bytes());
    let Ok(layer) = Layer::parse(text.as_bytes()) else { return };
    // What is printed of a layer in JSON is the same layer.
    if let Ok(json) = serde_json::to_string(&layer) {
        assert!(
            Layer::parse(json.as_bytes()).is_ok_and(|again| again.services.len() == layer.services.len()),
            "{json}"
        );
    }
});
