//! Connection strings of providers: any text is parsed without a panic, debug output hides its parts, and a string
//! built from any texts is parsed into the same texts.

#![no_main]

use interfaces::uri::{Uri, build, check_endpoint};
use juju::percent::encode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let uri = Uri::first(text);
    assert_eq!(format!("{uri:?}"), "Uri(***)");
    let parts =
        [&uri.path, &uri.query, &uri.fragment].map(String::len).iter().sum::<usize>() + uri.netloc.expose().len();
    assert!(parts <= text.len(), "no part is in two places");

    // A text that is a valid endpoint stays the only endpoint of a connection string built from it.
    let host = if check_endpoint(text).is_ok() { text } else { "db:5432" };
    let built = build("mysql", text, &text.into(), host, text);
    let uri = Uri::first(built.expose());
    assert_eq!((uri.scheme.as_str(), uri.netloc.expose().rsplit('@').next()), ("mysql", Some(host)));
    assert_eq!((uri.username.as_deref(), uri.name()), (Some(encode(text).as_str()), encode(text).as_str()));
    assert_eq!((uri.query.as_str(), uri.fragment.as_str()), ("", ""));
});
