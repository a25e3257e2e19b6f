//! Starts that fail, of our daemon and of a real Pebble: the same exit code, and the same last line.

use std::fs;
use std::path::Path;

use crate::daemon::{folder, prefixed};

/// Arguments; `$` is the daemon's folder, `@` an address that is taken.
const LINES: &[&str] = &[
    "--http=foo",
    "--http=:no-such",
    "--http=:99999",
    "--http=:-1",
    "--http=256.0.0.1:1",
    "--http=[::1",
    "--http=::1:80",
    "--http=[::1]",
    "--http=[::1]80",
    "--http=a[b:80",
    "--http=a]b:80",
    "--http=203.0.113.1:80",
    "--http=@",
    "--https=@",
    "--args nope x",
    "--args",
    "--identities $/none",
    "--identities $/twice",
    "--identities $/bogus",
    "--nope",
    "x",
];

fn start(program: &Path, line: &str, address: &str) -> (Option<i32>, String) {
    let folder = folder("");
    let directory = folder.path().to_str().unwrap();
    for (name, text) in [
        ("twice", "identities: {a: {access: read, local: {user-id: 42}}, b: {access: read, local: {user-id: 42}}}"),
        ("bogus", "identities: {a: {access: bogus, local: {user-id: 42}}}"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let words: Vec<String> = line.split(' ').map(|word| word.replace('$', directory).replace('@', address)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = prefixed(&["timeout", "20", program.to_str().unwrap()], folder.path(), &words);
    let code = command.status().unwrap().code();
    let stderr = fs::read_to_string(folder.path().join("stderr")).unwrap().replace(directory, "$");
    (code, stderr.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn starts_that_fail() {
    let Some(real) = testkit::needs_named("PEBBLE_BINARY") else { return };
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for line in LINES {
        let [ours, theirs] =
            [Path::new(env!("CARGO_BIN_EXE_pebble")), &real].map(|program| start(program, line, &address));
        assert_eq!(ours, theirs, "{line}");
    }
}
