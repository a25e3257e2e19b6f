//! Values and defaults of options: each becomes a valid environment variable, or is refused with the option's name.

#![no_main]

use std::collections::BTreeMap;

use juju::{Config, ConfigOption, ConfigValue, OptionKind};
use libfuzzer_sys::fuzz_target;
use webcharm::framework::ALL;
use webcharm::options::{OptionSecrets, settings};

const LONGEST: usize = 128 << 10;

fuzz_target!(|input: (u8, String, i64, bool)| {
    let (at, text, number, yes) = input;
    let framework = ALL[usize::from(at) % ALL.len()];
    let own = |kind| ConfigOption { kind, default: None, description: String::new(), optional: None };
    let declared = BTreeMap::from([("greeting".to_owned(), own(OptionKind::String))]);
    for value in [ConfigValue::from(text.as_str()), number.into(), yes.into()] {
        let names = framework.options().map(|option| option.name).chain(["greeting"]);
        let config: Config = names.map(|name| (name, value.clone())).collect();
        match settings(framework, &declared, &config, &OptionSecrets::new()) {
            Ok(settings) => {
                let fits = |(name, value): (&String, &String)| {
                    name.len() + value.len() + 2 <= LONGEST && !value.contains('\0')
                };
                assert!(settings.user.iter().chain(settings.framework.iter()).all(fits));
            }
            Err(holds) => assert!(!holds.is_empty() && holds.iter().all(|hold| !hold.message.is_empty())),
        }
    }
});
