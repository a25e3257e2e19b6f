//! One event: state in, event, state out.

use std::path::Path;

use juju::{ConfigValue, Event, Status};
use juju_testing::{Context, State};

use super::{Charm};

#[test]
fn the_greeting_is_the_status() {
    let mut context = Context::<{Charm}>::from_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let config = [("greeting".to_owned(), ConfigValue::String("good morning".to_owned()))].into();
    let after = context.run(&Event::ConfigChanged, &State { config, ..State::default() }).unwrap();
    assert_eq!(after.unit_status, Some(Status::active("good morning")));
}
