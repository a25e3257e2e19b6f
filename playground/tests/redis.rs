//! A real Redis as a cache of the application.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Desk, kill, page, wait_until};

/// True if Redis is installed; otherwise the test is skipped.
#[track_caller]
pub(crate) fn has_redis() -> bool {
    testkit::needs(Path::new("/usr/bin/redis-server").is_file(), "Redis (Debian's package redis-server)")
}

/// The sample with an endpoint for Redis, and a page that counts its visits there.
pub(crate) fn with_redis(desk: &Desk) -> PathBuf {
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let redis = "requires:\n  redis:\n    interface: redis\n    optional: true\n    limit: 1\n";
    assert!(text.contains("requires:\n"));
    fs::write(&file, text.replace("requires:\n", redis)).unwrap();
    let app = project.join("rock/flask/app.py");
    let visits = r#"

@app.get("/cached")
def cached():
    """Count visits in the cache, in its own protocol."""
    import socket

    place = (os.environ["REDIS_DB_HOSTNAME"], int(os.environ["REDIS_DB_PORT"]))
    with socket.create_connection(place, timeout=10) as connection:
        connection.sendall(b"INCR visits\r\n")
        return {"url": os.environ["REDIS_DB_CONNECT_STRING"], "answer": connection.recv(64).decode()}
"#;
    fs::write(&app, fs::read_to_string(&app).unwrap() + visits).unwrap();
    project
}

pub(crate) fn visits(desk: &Desk) -> (String, String) {
    let said: serde_json::Value = serde_json::from_str(&page(&format!("{}/cached", desk.url()))).unwrap();
    (said["url"].as_str().unwrap().to_owned(), said["answer"].as_str().unwrap().to_owned())
}

fn whole_story(desk: &Desk) {
    desk.ok(&["up", with_redis(desk).to_str().unwrap(), "--detach"]);
    let status = desk.ok(&["status"]);
    assert!(status.contains("not integrated yet: postgresql, redis; "), "{status}");
    let integrated = desk.ok(&["integrate", "redis"]);
    assert!(integrated.starts_with("integrated: flask-k8s:redis and redis-k8s:redis\n"), "{integrated}");
    desk.wait_for_application();
    let url = "redis://redis-k8s-0.redis-k8s-endpoints.local.svc.cluster.local:6379";
    assert_eq!(visits(desk), (url.to_owned(), ":1\r\n".to_owned()));
    assert_eq!(visits(desk).1, ":2\r\n");
    assert!(desk.ok(&["status", "--relations"]).contains("redis-k8s:redis"));

    let server = desk.process("redis-server 127.0.0.1:");
    kill(server);
    wait_until("there is another server", || desk.process("redis-server 127.0.0.1:") != server);
    wait_until("it answers the application", || {
        http_client::page(&format!("{}/cached", desk.url())).is_ok_and(|page| page.contains(":1\\r\\n"))
    });

    desk.ok(&["remove-relation", "flask-k8s", "redis"]);
    assert!(!desk.ok(&["status", "--relations"]).contains("redis-k8s:redis"));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn an_application_gets_a_real_cache() {
    if has_redis() {
        whole_story(&Desk::new());
    }
}

#[test]
fn an_ordinary_user_s_application_gets_one_too() {
    if has_redis() {
        whole_story(&Desk::of_ordinary_user());
    }
}
