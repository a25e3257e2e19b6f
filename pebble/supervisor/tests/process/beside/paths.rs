//! Requests by path: each method on each path, unclean paths, query parameters.

use super::request::{Request, get, request};

/// The paths of the API, and others.
const PATHS: [&str; 34] = [
    "/",
    "/v1",
    "/v1/",
    "/v1/system-info",
    "/v1/system-info/",
    "/v1/health",
    "/v1/changes",
    "/v1/changes/",
    "/v1/changes/1",
    "/v1/changes/99",
    "/v1/changes/99/wait",
    "/v1/changes/99/other",
    "/v1/services",
    "/v1/services/a",
    "/v1/services/nope",
    "/v1/plan",
    "/v1/layers",
    "/v1/files",
    "/v1/logs",
    "/v1/exec",
    "/v1/tasks/1/websocket/stdio",
    "/v1/tasks/99/websocket/stdio",
    "/v1/signals",
    "/v1/checks",
    "/v1/checks/refresh",
    "/v1/notices",
    "/v1/notices/1",
    "/v1/notices/99",
    "/v1/identities",
    "/v1/pairing",
    "/v1/metrics",
    "/v1/warnings",
    "/v2/services",
    "/v1/services/a/b",
];

/// Each path with each method and an empty body.
pub(super) fn methods() -> impl Iterator<Item = Request> {
    let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "PROPFIND"];
    methods.into_iter().flat_map(|method| PATHS.into_iter().map(move |path| request(method, path, "", b"")))
}

/// Each path as GET, for access checks.
pub(super) fn reads() -> impl Iterator<Item = Request> {
    PATHS.into_iter().map(get)
}

/// Each path as POST with an empty object, for access checks.
pub(super) fn writes() -> impl Iterator<Item = Request> {
    PATHS.into_iter().map(|path| request("POST", path, "Content-Type: application/json\r\n", b"{}"))
}

/// Paths that a server cleans, decodes or refuses.
pub(super) fn unclean() -> impl Iterator<Item = Request> {
    let long = [
        "/v1/services?names=",
        "/v1/",
        "//v1/services?names=",
        "/v1/files?action=list&path=/",
        "/v1/services?names=%6",
    ];
    let long = long.map(|start| format!("{start}{}", "1".repeat(120_000)));
    let paths = [
        "//v1/services",
        "/v1//services",
        "/v1/./services",
        "/v1/x/../services",
        "/v1/services/..",
        "/../v1/services",
        "/v1/services//",
        "/v1/services/?names=a",
        "/v1//services?names=a",
        "/v1/service%73",
        "/%761/services",
        "/v1%2fservices",
        "/v1/services/%61",
        "/v1/services/a%2fb",
        "/v1/changes/%31",
        "/v1/changes/%2531",
        "/v1/notices/%31",
        "/v1/notices/a%20b",
        "/v1/notices/%e2%82%ac",
        "/v1/notices/%ff",
        "/v1/tasks/a%22b/websocket/x",
        "/V1/services",
        "/v1/services#a",
        "/v1/services?",
        "/v1/services?names",
        "/v1/services?names=%zz",
        "/v1/services?names=a;names=b",
        "/v1/services?names=a&names=c",
        "/v1/services?names=a,c",
        "/v1/services?names=,",
        "/v1/services?names=%61",
        "/v1/services?na%6des=a",
        "/v1/services?NAMES=a",
        "/v1/services?names=+a",
        "/v1/services?names=a+",
    ];
    paths.into_iter().map(str::to_owned).chain(long).map(get)
}

/// Values of each query parameter.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn queries() -> Vec<Request> {
    let mut requests = Vec::new();
    let mut add = |path: &str, key: &str, values: &[&str]| {
        requests.extend(values.iter().map(|value| get(format!("/v1/{path}{key}={value}"))));
    };
    add("health?", "level", &["", "alive", "ready", "Alive", "other", "1"]);
    add("health?", "names", &["", "up", "nope", "up,off", "up&names=off", "%20up%20"]);
    add("changes?", "select", &["", "all", "ready", "in-progress", "All", "nope", "all&select=ready"]);
    add("changes?select=all&", "for", &["", "a", "nope", "a,c"]);
    let spans = [
        "", "0", "0s", "1", "1x", "x", "-1s", "1ms", "1.5ms", ".5ms", "1us", "1µs", "1e3s", "+1ms", "1ms2", "s", ".s",
        "-", "1s%20",
    ];
    // A shorter time may pass before Pebble looks at the change, and below zero it answers by chance.
    let waits: Vec<&str> =
        spans.iter().copied().filter(|span| !span.ends_with('s') || !span.contains(['u', '\u{b5}', '-'])).collect();
    add("changes/2/wait?", "timeout", &waits);
    add("notices?types=custom&keys=none.such/key&", "timeout", &spans);
    add("checks?", "level", &["", "alive", "ready", "nope"]);
    add("checks?", "names", &["", "up", "off", "nope", "up,off"]);
    add("plan?", "format", &["", "yaml", "json", "YAML", "yaml&format=json"]);
    add("logs?", "n", &["", "0", "-1", "-2", "x", "1.5", "+1", "01", "99999999999999999999", "1&n=x", "%201"]);
    add("logs?", "follow", &["", "false", "False", "1", "nope"]);
    add("logs?", "services", &["", "a", "nope", "a,c", "a&services=c"]);
    add("notices?", "types", &["", "custom", "change-update", "warning", "nope", "custom,nope", "custom,custom"]);
    add("notices?", "keys", &["", "example.com/a", "nope", "example.com/a,example.com/b"]);
    let times = [
        "",
        "x",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00%2b01:00",
        "2024-01-01T00:00:00.123456789Z",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-01-01T25:00:00Z",
        "2024-01-01 00:00:00Z".split(' ').next().unwrap_or_default(),
        "2024-01-01t00:00:00z",
        "2024-1-1T00:00:00Z",
        "2024-01-01T00:00:00Zx",
        "0000-01-01T00:00:00Z",
        "2124-01-01T00:00:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00,5Z",
    ];
    add("notices?", "after", &times);
    add(
        "notices?",
        "user-id",
        &["", "0", "1000", "-1", "x", "4294967295", "4294967296", "99999999999999999999", "0,1", "0&user-id=1", "0x1"],
    );
    add("notices?", "users", &["", "all", "nope", "all&user-id=0", "all&users=x"]);
    add(
        "files?",
        "action",
        &["", "read", "list", "nope", "list&path=", "list&path=a", "list&path=/nope", "read&path=/etc/passwd"],
    );
    add(
        "files?action=list&path=/tree&",
        "pattern",
        &["", "*", "a*", "?", "[", "[a-", "[]a]", "[^a]*", "%5C", "a%5C", "%5Ca", "[a-c]", "nope"],
    );
    add("files?action=list&path=/tree&", "itself", &["", "true", "false", "True", "1"]);
    for path in [
        "/",
        "/tree",
        "/tree/",
        "/tree/../tree",
        "/tree/a",
        "/tree/a/",
        "/tree/link",
        "/tree/dead",
        "/tree/pipe",
        "tree",
        "/tree/sub/x",
        "/dev/null",
        "//tree",
    ] {
        // The root directory has the state's file, of another size each time.
        if path != "/" {
            add("files?action=list&", "path", &[path]);
        }
        add("files?action=list&itself=true&", "path", &[path]);
    }
    requests
}
