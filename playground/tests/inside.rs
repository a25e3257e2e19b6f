//! The sample's application, seen from inside its pod.

use serde_json::Value;

use crate::support::{Desk, page};

/// The sample that the README runs.
pub(crate) const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask");

/// Becomes the application's user, and takes over the variables of the web server's first process, whose id is then in
/// `process`.
const PROLOGUE: &str = r#"
import json, os, pathlib
servers = [p for p in pathlib.Path("/proc").glob("[0-9]*") if b"\0gunicorn\0" in (p / "cmdline").read_bytes()]
process = min(int(server.name) for server in servers)
user = os.stat(f"/proc/{process}")
os.setgid(user.st_gid)
os.setuid(user.st_uid)
for pair in pathlib.Path(f"/proc/{process}/environ").read_text().split("\0"):
    name, _, value = pair.partition("=")
    if name:
        os.environ[name] = value
"#;

/// What a program with the application's packages and variables says: it sets `said`.
pub(crate) fn run(desk: &Desk, program: &str) -> Value {
    desk.wait_for_application();
    let script = format!("{PROLOGUE}{program}\nprint(json.dumps(said))\n");
    serde_json::from_str(&desk.ok(&["exec", "--", "/bin/python3", "-c", &script])).unwrap()
}

/// A variable of the application, and its process.
pub(crate) fn variable(desk: &Desk, name: &str) -> (String, i64) {
    let said = run(desk, &format!("said = [os.environ['{name}'], process]"));
    (said[0].as_str().unwrap().to_owned(), said[1].as_i64().unwrap())
}

/// The application's page, as it shows it to a program.
pub(crate) fn shown(desk: &Desk) -> String {
    desk.wait_for_application();
    page(&desk.url())
}

/// Starts of the web server so far: a line of its log for each.
pub(crate) fn starts(desk: &Desk) -> Vec<String> {
    let log = desk.ok(&["logs", "--lines", "10000"]);
    log.lines().filter(|line| line.contains("[INFO] Starting gunicorn ")).map(str::to_owned).collect()
}

/// Runs a verb on a server: the application starts again, exactly once. Returns what was said.
pub(crate) fn restarts(desk: &Desk, verb: &str, name: &str) -> String {
    let before = starts(desk);
    let told = desk.ok(&[verb, name]);
    desk.wait_for_application();
    let new = starts(desk).into_iter().rev().take_while(|line| Some(line) != before.last()).count();
    assert_eq!(new, 1, "starts after `{verb} {name}`");
    told
}

/// Rotates the credentials of a server: the application starts again, with a new value of the variable. Returns what was said.
pub(crate) fn rotate(desk: &Desk, name: &str, secret: &str) -> String {
    let before = variable(desk, secret).0;
    let told = restarts(desk, "rotate", name);
    assert_ne!(variable(desk, secret).0, before, "{name}");
    told
}

/// Asserts that a server has no credentials.
pub(crate) fn has_nothing_to_rotate(desk: &Desk, name: &str, title: &str) {
    let refused = desk.run(&["rotate", name]);
    let why = format!("{title} has no credentials here: there is nothing to rotate");
    assert!(refused.code == Some(1) && refused.err.contains(&why), "{refused:?}");
}

/// Says where a variable leads, and whether a place is reached.
const PLACES: &str = r#"
import socket, urllib.parse
def place(name):
    value = os.environ[name]
    if "://" not in value:
        value = f"tcp://{value}:{os.environ[name.removesuffix('HOST') + 'PORT']}"
    url = urllib.parse.urlsplit(value)
    return [url.hostname, url.port, socket.gethostbyname(url.hostname)]
def reach(host, port):
    try:
        socket.create_connection((host, port), timeout=10).close()
        return True
    except (socket.gaierror, ConnectionRefusedError):
        return False
"#;

/// Moves a server: the application starts again, with a new place in the variable, and nothing answers at the one before,
/// neither by its name nor by its address. Returns what was said.
pub(crate) fn relocate(desk: &Desk, name: &str, variable: &str) -> String {
    let before = run(desk, &format!("{PLACES}said = place({variable:?})"));
    let told = restarts(desk, "move", name);
    let look = format!(
        "{PLACES}[host, port, address], now = {before}, place({variable:?})\n\
         said = [reach(host, port), reach(address, port), reach(now[0], now[1]), now]"
    );
    let said = run(desk, &look);
    assert_eq!(said.as_array().unwrap()[..3], [false, false, true], "{name}: from {before}, {said}");
    told
}

/// A server and how the application is told of it.
pub(crate) struct Told<'a> {
    pub(crate) name: &'a str,
    /// Variable with a secret of the relation's own.
    pub(crate) secret: &'a str,
    /// Variable with the server's place.
    pub(crate) place: &'a str,
}

/// Has the sample use a service; and again in another relation, with credentials that were rotated, at a place to which the server
/// has moved. Returns what `using` returned each time.
pub(crate) fn twice<T>(desk: &Desk, server: &Told<'_>, using: impl Fn() -> T) -> [T; 2] {
    [false, true].map(|is_changed| {
        desk.ok(&["integrate", server.name]);
        if is_changed {
            rotate(desk, server.name, server.secret);
            relocate(desk, server.name, server.place);
        }
        desk.wait_for_application();
        let found = using();
        desk.ok(&["remove-relation", "flask-k8s", server.name]);
        desk.wait_for_application();
        found
    })
}

/// The application's variables whose names begin so.
pub(crate) fn variables(desk: &Desk, beginnings: &[&str]) -> Value {
    run(desk, &format!("said = sorted(name for name in os.environ if name.startswith(tuple({beginnings:?})))"))
}
