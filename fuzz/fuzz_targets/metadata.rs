//! The three metadata files of a charm: any text is read, or refused with the file's name.

#![no_main]

use juju::{CharmFiles, MetadataError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parts = ["---\n", ""].map(|mark| text.split_once(mark).unwrap_or((text, text)));
    for (first, second) in parts {
        if let Err(MetadataError::Invalid { file, .. }) = CharmFiles::parse(first, second, text) {
            assert!(file.ends_with(".yaml"));
        }
        drop(CharmFiles::parse_charmcraft("charmcraft.yaml", first));
    }
});
