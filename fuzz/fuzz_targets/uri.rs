//! Connection strings as providers write them: any text is taken apart without a panic and no part is shown; and what is put
//! together of any texts comes apart into them.

#![no_main]

use interfaces::uri::{Uri, build, check_endpoint, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let uri = Uri::first(text);
    assert_eq!(format!("{uri:?}"), "Uri(***)");
    let parts =
        [&uri.path, &uri.query, &uri.fragment].map(String::len).iter().sum::<usize>() + uri.netloc.expose().len();
    assert!(parts <= text.len(), "no part is in two places");

    // A text that passes for a server stays the one server in whatever it's written into.
    let host = if check_endpoint(text).is_ok() { text } else { "db:5432" };
    let built = build("mysql", text, &text.into(), host, text);
    let uri = Uri::first(built.expose());
    assert_eq!((uri.scheme.as_str(), uri.netloc.expose().rsplit('@').next()), ("mysql", Some(host)));
    assert_eq!((uri.username.as_deref(), uri.name()), (Some(encode(text).as_str()), encode(text).as_str()));
    assert_eq!((uri.query.as_str(), uri.fragment.as_str()), ("", ""));
});
