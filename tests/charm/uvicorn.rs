//! FastAPI's web server: JSON logs of a real uvicorn, and the restart after a change of their format.

use juju::{Event, StatusKind};
use serde_json::Value;

use crate::support::{Charm, Rock, World, ask};

const JSON: &str = "framework_logging_format: json\n";

/// The service of rockcraft's extension, with a `PYTHONPATH` of the rock. The long keep-alive keeps the connection open
/// between two requests of a slow test.
const LAYER: &str = "services: {fastapi: {override: replace, startup: enabled, user: _daemon_, working-dir: /app, \
    command: /bin/python3 -m uvicorn main:app, environment: {UVICORN_HOST: 0.0.0.0, UVICORN_TIMEOUT_KEEP_ALIVE: '600', \
    PYTHONPATH: /app}}}\n";

/// A started unit of the charm of charmcraft's extension, with the port that these pods forward.
fn world() -> World {
    let charm = Charm::expanded("fastapi", "24.04").paas_config(JSON);
    let rock = Rock::from("").packages(&["uvicorn", "opentelemetry-sdk"]);
    let rock = rock.file("app/main.py", include_str!("uvicorn.py")).layer(LAYER);
    let world = World::of(&charm);
    world.set_options(&[("webserver-port", "8000")]);
    world.in_container("app").with_pod(rock)
}

fn page(world: &World, path: &str) -> String {
    let url = world.url(path);
    world.until("page", || ask(http_client::client(), &url).ok())
}

/// Records of a logger in the web server's log.
fn records(world: &World, logger: &str) -> Vec<Value> {
    let lines = world.printed("fastapi");
    let records = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records.filter(|record| record["attributes"]["logger.name"] == logger).collect()
}

fn access(world: &World, query: &str) -> Value {
    let asked = |record: &Value| record["attributes"]["url.query"] == query;
    world.until("access record", || records(world, "uvicorn.access").into_iter().find(asked))
}

#[test]
fn uvicorns_json_logs_are_lines_of_json_with_what_a_request_was() {
    let world = world();
    world.expect(StatusKind::Active, "");
    assert_eq!(page(&world, "/some%20path?a=b"), "plain");
    let record = access(&world, "a=b");
    let attributes = record["attributes"].as_object().unwrap();
    assert_eq!(attributes["http.request.method"], "GET");
    assert_eq!(attributes["url.path"], "/some%20path");
    assert_eq!(attributes["http.response.status_code"], 200);
    assert_eq!(attributes["client.address"], "127.0.0.1");
    let body = record["body"].as_str().unwrap();
    assert!(body.ends_with(r#" - "GET /some%20path?a=b HTTP/1.1" 200"#), "{body}");
    assert_eq!(record["severityText"], "INFO");
    let timestamp = record["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == "2026-01-01T00:00:00.000Z".len() && timestamp.ends_with('Z'), "{timestamp}");
    for line in world.printed("fastapi") {
        serde_json::from_str::<Value>(&line).expect(&line);
    }
    let is_up = |record: &Value| record["body"] == "Application startup complete.";
    world.until("record of the start", || records(&world, "uvicorn.error").iter().any(is_up).then_some(()));
}

#[test]
fn uvicorns_records_have_the_ids_of_their_requests_span_and_of_no_other() {
    let world = world();
    page(&world, "/");
    let client = http_client::keeping();
    let traced = ask(&client, &world.url("/traced?q=traced")).unwrap();
    ask(&client, &world.url("/?q=plain")).unwrap();
    assert_eq!(access(&world, "q=traced")["traceId"], traced.as_str());
    assert_eq!(access(&world, "q=traced")["spanId"].as_str().map(str::len), Some(16));
    let plain = access(&world, "q=plain");
    assert!(plain.get("traceId").is_none() && plain.get("spanId").is_none(), "{plain}");
    let late = page(&world, "/late?q=late");
    let failed = |record: &Value| record["attributes"]["exception.type"] == "KeyError";
    let record = world.until("failure", || records(&world, "uvicorn.error").into_iter().find(failed));
    assert_eq!(record["traceId"], late.as_str(), "the span was over when the server told of the failure");
    assert_eq!(record["severityText"], "ERROR");
    assert_eq!(record["attributes"]["exception.message"], "'the end'");
    assert!(record["attributes"]["exception.stacktrace"].as_str().unwrap().contains("in app\n"), "{record}");
}

#[test]
fn uvicorn_is_restarted_for_another_format_and_for_nothing_else() {
    let world = world();
    page(&world, "/");
    let state = || (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
    let before = state();
    let environment = &before.0.services["fastapi"].environment;
    assert_eq!(environment["PYTHONPATH"], "/tmp/fastapi/log_config:/app", "the rock's own place is kept");
    for event in [Event::ConfigChanged, Event::UpdateStatus] {
        world.fire(event);
        assert_eq!(state(), before);
    }
    world.set_paas_config("");
    world.fire(Event::ConfigChanged);
    world.expect(StatusKind::Active, "");
    let after = state();
    assert_ne!(after.1, before.1, "it was restarted");
    assert_eq!(after.0.services["fastapi"].environment["PYTHONPATH"], "/app");
    assert!(!after.0.services["fastapi"].environment.contains_key("UVICORN_LOG_CONFIG"));
    world.until("plain record", || {
        page(&world, "/?plain");
        world.printed("fastapi").iter().any(|line| line.starts_with("INFO:") && line.contains("?plain")).then_some(())
    });
    world.configure(&[("webserver-log-level", "critical"), ("webserver-workers", "0")]);
    world.expect(StatusKind::Blocked, "invalid options: webserver-workers (must be 1 or more)");
    assert_eq!(page(&world, "/"), "plain", "the application runs on");
}
