//! Scenes: a pair of daemons each, and the requests to it.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use super::pair::{Pair, scene, scene_with_http};
use super::request::{get, post, request, text};
use super::{bodies, files, layers, paths};
use crate::tls::{self, CLIENT, SERVER_ONLY, STRANGER};

/// Layer of most scenes.
const LAYER: &str = "
services:
  a:
    override: replace
    command: sleep 1000
    startup: enabled
  c:
    override: replace
    command: sleep 1000
    after: [a]
  ctx:
    override: replace
    command: sleep 1000
    environment: {A: '1', B: '2'}
    user: app
    group: app
    working-dir: /tmp
  deaf:
    override: replace
    command: sh -c 'trap true HUP IO PIPE; while :; do sleep 1000; done'
  quick:
    override: replace
    command: sh -c 'echo out; echo err >&2; exit 3'
    on-failure: ignore
  missing:
    override: replace
    command: /no/such/program
checks:
  up:
    override: replace
    level: alive
    period: 1000h
    tcp: {port: 1}
  off:
    override: replace
    level: ready
    startup: disabled
    threshold: 7
    exec: {command: 'false'}
  plain:
    override: replace
    startup: disabled
    http: {url: 'http://localhost:1/'}
";

/// Files for both roots.
fn plant(pair: &Pair) {
    for root in pair.roots() {
        let tree = root.join("tree");
        fs::create_dir_all(tree.join("sub")).unwrap();
        for name in ["a", "ab", "b", "sub/x", "quote\"d\n", "<&>\u{e9}"] {
            fs::write(tree.join(name), format!("contents of {name}\n")).unwrap();
        }
        symlink("a", tree.join("link")).unwrap();
        symlink("/tmp/target", tree.join("link2")).unwrap();
        symlink("nope", tree.join("dead")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, tree.join("pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    }
}

#[test]
fn methods_and_paths() {
    scene("methods", LAYER, |pair| {
        pair.ask_all(paths::methods());
        pair.ask_all(paths::unclean());
    });
}

#[test]
fn query_parameters() {
    scene("queries", LAYER, |pair| {
        plant(pair);
        pair.ask(&post("/v1/services", &json!({"action": "start", "services": ["a"]})));
        pair.ask(&post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "example.com/a"})));
        pair.ask_all(paths::queries());
    });
}

#[test]
fn bodies_of_all_types() {
    scene("bodies", LAYER, |pair| pair.ask_all(bodies::mutated()));
}

#[test]
fn bodies_that_are_no_json() {
    scene("texts", LAYER, |pair| pair.ask_all(bodies::texts()));
}

#[test]
fn values_of_fields() {
    scene("values", LAYER, |pair| {
        pair.ask(&post("/v1/services", &json!({"action": "start", "services": ["deaf"]})));
        pair.ask_all(bodies::values());
        pair.ask(&get("/v1/notices"));
        pair.ask(&get("/v1/changes?select=all"));
    });
}

#[test]
fn commands() {
    scene("commands", LAYER, |pair| pair.ask_all(bodies::commands()));
}

#[test]
fn layers_of_all_kinds() {
    scene("layers", LAYER, |pair| pair.ask_all(layers::all()));
}

#[test]
fn files_of_all_kinds() {
    scene("files", LAYER, |pair| {
        plant(pair);
        pair.ask_all(files::reads());
        pair.ask_all(files::directories());
        pair.ask_all(files::writes());
        pair.ask_all(files::removals());
    });
}

#[test]
fn users_and_access() {
    scene_with_http("access", LAYER, |pair| {
        for request in paths::reads().chain(paths::writes()) {
            pair.ask(&request.clone().of_user(12345));
            pair.ask_http(&request);
        }
        pair.ask(&post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "a.b/mine"})).of_user(12345));
        pair.ask(&post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "a.b/roots"})));
        for target in ["notices", "notices/1", "notices/2", "notices/3", "notices?user-id=0", "notices?users=all"] {
            pair.ask(&get(format!("/v1/{target}")).of_user(12345));
            pair.ask(&get(format!("/v1/{target}")));
        }
    });
}

#[test]
fn certificates_and_access() {
    scene_with_http("https", LAYER, |pair| {
        let identity = |access: &str, own: tls::Pair| json!({"access": access, "cert": {"pem": own.certificate}});
        let act = |action: &str, identities: serde_json::Value| {
            post("/v1/identities", &json!({"action": action, "identities": identities}))
        };
        pair.ask_all([
            act("add", json!({"bob": identity("admin", CLIENT), "eve": identity("admin", SERVER_ONLY)})),
            act("add", json!({"bob": identity("admin", CLIENT)})),
            get("/v1/identities"),
        ]);
        for access in ["admin", "read", "metrics", "untrusted"] {
            pair.ask(&act("replace", json!({"bob": identity(access, CLIENT)})));
            for request in paths::reads().chain(paths::writes()) {
                pair.ask_https(&request, CLIENT);
            }
        }
        for own in [STRANGER, SERVER_ONLY] {
            for request in paths::reads().chain([post("/v1/pairing", &json!({"action": "pair"}))]) {
                pair.ask_https(&request, own);
            }
        }
        // The password of nobody: over HTTPS only certificates count.
        pair.ask_https(&request("GET", "/v1/metrics", "Authorization: Basic bmFuY3k6dGVzdA==\r\n", b""), STRANGER);
        pair.ask(&act("remove", json!({"bob": null})));
        pair.ask_https(&get("/v1/services"), CLIENT);
    });
}

#[test]
fn identities() {
    scene_with_http("identities", LAYER, |pair| {
        let act = |action: &str, identities: serde_json::Value| {
            post("/v1/identities", &json!({"action": action, "identities": identities}))
        };
        let hash = "$6$F9cFSVEKyO4gB1Wh$8S1BSKsNkF.jBAixGc4W7l80OpfCNk65LZBDHBng3NAmbcHuMj4RIm7992rrJ8YA.SJ0hvm.vGk2z483am4Ym1";
        let local = |access: &str, uid: u32| json!({"access": access, "local": {"user-id": uid}});
        pair.ask_all([
            act("nope", json!({})),
            act("add", json!({})),
            act("add", json!({"bob": null})),
            act("add", json!({"bob": {}})),
            act("add", json!({"bob": {"access": "read"}})),
            act("add", json!({"bob": {"local": {"user-id": 42}}})),
            act("add", json!({"bob": {"access": "nope", "local": {"user-id": 42}}})),
            act("add", json!({"bob": {"access": "read", "local": {}}})),
            act("add", json!({"bob": {"access": "read", "local": {"user-id": -1}}})),
            act("add", json!({"bob": {"access": "read", "local": {"user-id": 4294967296_u64}}})),
            act("add", json!({"bob": {"access": "read", "basic": {}}})),
            act("add", json!({"bob": {"access": "read", "basic": {"password": "plain"}}})),
            act("add", json!({"bob": {"access": "read", "cert": {"pem": ""}}})),
            act("add", json!({"bob": {"access": "read", "cert": {"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}})),
            act("add", json!({"": local("read", 42)})),
            act("add", json!({"a b": local("read", 42)})),
            act("add", json!({"-b": local("read", 42)})),
            act("add", json!({"b.c@d-e_f": local("read", 41)})),
            act("add", json!({"bob": local("read", 42)})),
            act("add", json!({"bob": local("read", 42)})),
            act("add", json!({"mary": local("admin", 42)})),
            act("add", json!({"mary": local("admin", 1000), "nancy": {"access": "metrics", "basic": {"password": hash}}})),
            act("update", json!({"nope": local("read", 77)})),
            act("update", json!({"bob": null})),
            act("update", json!({"bob": local("untrusted", 42)})),
            act("update", json!({"bob": local("untrusted", 1000)})),
            act("replace", json!({"olga": local("read", 99), "b.c@d-e_f": null})),
            act("replace", json!({"nobody": null})),
            act("remove", json!({"nope": null})),
            act("remove", json!({"bob": local("read", 42)})),
            act("remove", json!({"olga": null})),
            act("remove", json!({})),
            get("/v1/identities"),
        ]);
        for uid in [42, 1000, 99, 12345] {
            for target in ["identities", "plan?format=yaml", "services", "metrics", "notices", "health"] {
                pair.ask(&get(format!("/v1/{target}")).of_user(uid));
            }
        }
        // The password of nancy, base64 of `nancy:test`, and a wrong one.
        for credentials in ["", "bmFuY3k6dGVzdA==", "bmFuY3k6bm9wZQ==", "bm9wZTp0ZXN0", "!"] {
            let head = format!("Authorization: Basic {credentials}\r\n");
            for target in ["/v1/metrics", "/v1/services", "/v1/health", "/v1/plan"] {
                pair.ask_http(&request("GET", target, &head, b""));
                pair.ask(&request("GET", target, &head, b"").of_user(12345));
                pair.ask(&request("GET", target, &head, b""));
            }
        }
    });
}

#[test]
fn services_and_changes() {
    scene("services", LAYER, |pair| {
        let act =
            |action: &str, services: &[&str]| post("/v1/services", &json!({"action": action, "services": services}));
        pair.ask_all([
            act("start", &["a"]),
            act("start", &["a"]),
            act("start", &["a", "c"]),
            act("start", &["quick"]),
            act("start", &["missing"]),
            act("start", &["nope", "a", "other"]),
            act("start", &["missing", "quick"]),
            act("stop", &["quick", "nope"]),
            act("stop", &["ctx"]),
            act("stop", &["c"]),
            act("stop", &["c", "a"]),
            act("restart", &["a", "c"]),
            act("restart", &["ctx"]),
            text("/v1/services", r#"{"action":"replan"}"#),
            text("/v1/services", r#"{"action":"autostart"}"#),
            act("stop", &["a", "c", "ctx"]),
            text("/v1/services", r#"{"action":"replan"}"#),
            get("/v1/changes?select=all"),
            get("/v1/changes?select=all&for=a"),
            get("/v1/services"),
            get("/v1/notices?types=change-update"),
            get("/v1/metrics"),
            get("/v1/tasks/1/websocket/stdio"),
            post("/v1/changes/1", &json!({"action": "abort"})),
        ]);
    });
}

#[test]
fn checks() {
    scene("checks", LAYER, |pair| {
        let act = |action: &str, checks: &[&str]| post("/v1/checks", &json!({"action": action, "checks": checks}));
        let refresh = |name: &str| post("/v1/checks/refresh", &json!({"name": name}));
        pair.ask_all([
            get("/v1/checks"),
            get("/v1/changes?select=all"),
            act("start", &["up"]),
            act("start", &["off"]),
            act("start", &["off", "nope", "bad"]),
            refresh("off"),
            refresh("off"),
            refresh("plain"),
            refresh("up"),
            refresh("up"),
            get("/v1/health"),
            refresh("up"),
            get("/v1/changes/1/wait?timeout=10s"),
            get("/v1/checks"),
            get("/v1/health"),
            get("/v1/health?level=alive"),
            get("/v1/health?level=ready"),
            get("/v1/health?names=off"),
            get("/v1/metrics"),
            refresh("up"),
            act("stop", &["up", "plain", "off"]),
            act("stop", &["up"]),
            get("/v1/checks"),
            // A stopped check's change ends a moment later.
            get("/v1/changes/1/wait?timeout=10s"),
            get("/v1/changes/2/wait?timeout=10s"),
            get("/v1/changes/3/wait?timeout=10s"),
            text("/v1/services", r#"{"action":"replan"}"#),
            get("/v1/checks"),
            act("start", &["plain"]),
            refresh("plain"),
            get("/v1/checks?names=plain"),
            get("/v1/changes/6"),
        ]);
    });
}
