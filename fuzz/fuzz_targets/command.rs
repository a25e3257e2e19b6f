//! Command lines of a rock's services: a worker class that was set is found again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pebble::plan::command;
use webcharm::web_server::gunicorn::with_worker_class;

fuzz_target!(|text: &str| {
    if let Ok(edited) = with_worker_class(text, "gevent") {
        assert!(command::parse(&edited).is_ok(), "{edited}");
        assert_eq!(with_worker_class(&edited, "gevent").as_deref(), Ok(edited.as_str()));
    }
});
