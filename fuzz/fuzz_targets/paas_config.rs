//! `paas-config.yaml` and `webcharm.yaml`: any text is read, or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use webcharm::charm_spec::Switches;
use webcharm::framework::ALL;
use webcharm::paas_config::PaasConfig;

fuzz_target!(|text: &[u8]| {
    for framework in ALL {
        if let Err(hold) = PaasConfig::parse(text, framework) {
            assert!(hold.message.contains("paas-config.yaml"), "{}", hold.message);
        }
    }
    if let Err(wrong) = Switches::parse(text) {
        assert!(!wrong.to_string().is_empty());
    }
});
