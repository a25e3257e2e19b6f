//! Gunicorn: its workers, statsd packets, logs and spans. A change of its configuration interrupts no request.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use juju::{Event, StatusKind, Whose};
use serde_json::Value;

use crate::support::{OBSERVABLE, World, ask};

const JSON: &str = "framework_logging_format: json\n";

/// Timeout of the request that lasts over a reload.
const SLOW: Duration = Duration::from_secs(120);

fn page(world: &World, path: &str) -> String {
    let url = world.url(path);
    world.until("page", || ask(http_client::client(), &url).ok())
}

#[test]
fn workers_of_both_classes_answer_and_tell_statsd_with_plain_and_with_json_logs() {
    for paas_config in ["", JSON] {
        let world = World::observed(paas_config, OBSERVABLE);
        world.expect(StatusKind::Active, "");
        for class in ["sync", "gevent"] {
            world.configure(&[("webserver-worker-class", class)]);
            world.expect(StatusKind::Active, "");
            let before = world.counted();
            world.until(class, || page(&world, "/").starts_with(class).then_some(()));
            world.until("statsd packet", || (world.counted() > before).then_some(()));
            for packet in ["statsd gunicorn.request.status.200:1|c", "statsd gunicorn.request.duration:"] {
                let lines = || world.printed("recorder");
                world.until(packet, || lines().iter().any(|line| line.starts_with(packet)).then_some(()));
            }
        }
    }
}

#[test]
fn json_logs_are_lines_of_json_with_what_a_request_was() {
    let world = World::observed(JSON, &[]);
    world.expect(StatusKind::Active, "");
    page(&world, "/");
    let records = || -> Vec<Value> {
        world.printed("flask").iter().map(|line| serde_json::from_str(line).expect(line)).collect()
    };
    let said =
        |record: &Value| record["body"].as_str().is_some_and(|body| body.starts_with("Booting worker with pid: "));
    world.until("record of a worker", || records().iter().any(said).then_some(()));
    let request = http_client::client().get(world.url("/?a=b")).header("X-Request-Id", "r-1");
    request.send().unwrap().error_for_status().unwrap();
    let asked = |record: &Value| record["attributes"]["url.query"] == "a=b";
    let record = world.until("access record", || world.access_records().into_iter().find(asked));
    let attributes = record["attributes"].as_object().unwrap();
    assert_eq!(attributes["http.request.method"], "GET");
    assert_eq!(attributes["url.path"], "/");
    assert_eq!(attributes["http.response.status_code"], 200);
    assert_eq!(attributes["client.address"], "127.0.0.1");
    assert_eq!(attributes["http.request.header.x-request-id"], "r-1");
    assert!(attributes["duration_ms"].as_f64().unwrap() >= 0.0);
    assert!(record["body"].as_str().unwrap().contains("\"GET /?a=b HTTP/1.1\" 200"), "{record}");
    assert_eq!(record["severityText"], "INFO");
    let timestamp = record["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == "2026-01-01T00:00:00.000Z".len() && timestamp.ends_with('Z'), "{timestamp}");
    assert!(record.get("traceId").is_none(), "there is no opentelemetry in this rock");
}

#[test]
fn spans_reach_the_backend_and_their_ids_the_access_records_of_their_requests_alone() {
    let world = World::observed(JSON, OBSERVABLE);
    world.trace_to("http://localhost:4318");
    world.expect(StatusKind::Active, "");
    for (earlier, class) in ["sync", "gevent"].into_iter().enumerate() {
        world.configure(&[("webserver-worker-class", class)]);
        world.until(class, || page(&world, "/").starts_with(class).then_some(()));
        // Sync workers close each connection, gevent workers keep it.
        let client = http_client::keeping();
        let id = ask(&client, &world.url(&format!("/traced?{class}"))).unwrap();
        ask(&client, &world.url(&format!("/?{class}"))).unwrap();
        let record = |path: &str| {
            let is_it = |record: &Value| {
                let attributes = &record["attributes"];
                attributes["url.query"] == class && attributes["url.path"] == path
            };
            world.until("access record", || world.access_records().into_iter().find(is_it))
        };
        let (traced, plain) = (record("/traced"), record("/"));
        assert_eq!(traced["traceId"], id.trim(), "{class}");
        assert_eq!(traced["spanId"].as_str().map(str::len), Some(16), "{class}");
        assert!(plain.get("traceId").is_none() && plain.get("spanId").is_none(), "{class}: {plain}");
        let is_ours = |line: &String| {
            line.starts_with("spans /v1/traces ") && line.contains("a-traced-request") && line.contains("flask-k8s")
        };
        let spans = || world.printed("recorder").iter().filter(|line| is_ours(line)).count();
        world.until("spans", || (spans() > earlier).then_some(()));
    }
}

#[test]
fn a_backend_behind_https_is_reached_from_gevent_workers() {
    let world = World::observed("", OBSERVABLE);
    world.trace_to("https://localhost:4318");
    world.configure(&[("webserver-worker-class", "gevent")]);
    world.expect(StatusKind::Active, "");
    page(&world, "/traced");
    world.until("client hello", || world.printed("recorder").contains(&"a client hello".to_owned()).then_some(()));
    let lines = world.printed("flask");
    assert!(!lines.iter().any(|line| line.contains("recursion") || line.contains("MonkeyPatch")), "{lines:?}");
}

#[test]
fn tracing_without_its_packages_in_the_rock_fails_the_check() {
    let world = World::observed("", &[]);
    world.trace_to("http://localhost:4318");
    let message = "Webserver configuration check failed, please review your charm configuration or database relation";
    world.expect(StatusKind::Blocked, message);
    assert!(world.public_texts().contains("No module named 'opentelemetry'"), "{}", world.public_texts());
    assert!(page(&world, "/").starts_with("sync"), "the application runs on as it was");
}

#[test]
fn gevent_that_the_rock_lacks_is_told() {
    let world = World::observed("", &[]);
    world.configure(&[("webserver-worker-class", "gevent")]);
    let message = "gunicorn[gevent] must be installed in the rock. https://bit.ly/flask-async-doc";
    world.expect(StatusKind::Blocked, message);
    assert!(page(&world, "/").starts_with("sync"), "the application runs on as it was");
}

/// Ends the threads of a test when it is dropped, also by a panic; otherwise their scope would wait for them forever.
struct StopOnDrop<'a> {
    world: &'a World,
    stop: &'a AtomicBool,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.world.share("late");
    }
}

#[test]
fn a_reload_finishes_requests_and_refuses_none() {
    let world = World::observed("", &[]);
    world.until("first worker", || (workers(&world).len() == 1).then_some(()));
    // With the default timeout, gunicorn would take a worker on a busy machine for one that hangs.
    world.configure(&[("webserver-workers", "2"), ("webserver-timeout", "600")]);
    let pebble = pebble::blocking::Client::new(world.socket());
    let since = || pebble.services(&["flask"]).unwrap()[0].current_since.clone();
    let before = (since(), world.until("workers", || Some(workers(&world)).filter(|workers| workers.len() == 3)));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let _guard = StopOnDrop { world: &world, stop: &stop };
        let many = scope.spawn(|| hammer(&world, &stop));
        let slow = scope.spawn(|| http_client::client().get(world.url("/slow")).timeout(SLOW).send()?.text());
        world.until("slow request", || (!world.read_shared("slow").is_empty()).then_some(()));
        world.configure(&[("webserver-workers", "3")]);
        assert!(!slow.is_finished(), "the request lasts over the reload");
        world.until("new workers", || (workers(&world).len() == before.1.len() + 3).then_some(()));
        world.share("late");
        assert_eq!(slow.join().unwrap().unwrap(), "late\n");
        stop.store(true, Ordering::Relaxed);
        assert!(many.join().unwrap().iter().any(|worker| !before.1.contains(worker)), "a new worker has answered");
    });
    assert_eq!(since(), before.0, "the server's process is the same");
}

/// Python reuses the compiled configuration if the file has the same size and the same second of change.
#[test]
fn changes_within_a_second_are_all_taken_up() {
    let world = World::observed("", &[]);
    world.until("first worker", || (workers(&world).len() == 1).then_some(()));
    let mut seen = 1;
    for number in 2..=7 {
        world.configure(&[("webserver-workers", &number.to_string())]);
        seen += number;
        world.until(&format!("{number} new workers"), || (workers(&world).len() == seen).then_some(()));
    }
}

/// Requests a page again and again until `stop`; each request must succeed. Returns the workers that answered.
fn hammer(world: &World, stop: &AtomicBool) -> BTreeSet<String> {
    let mut workers = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        let page = ask(http_client::client(), &world.url("/")).unwrap();
        workers.extend(page.split_whitespace().last().map(str::to_owned));
    }
    workers
}

/// Process ids of all workers that have loaded the application.
fn workers(world: &World) -> BTreeSet<String> {
    world.read_shared("workers").lines().map(str::to_owned).collect()
}

#[test]
fn another_logger_restarts_the_server_and_a_broken_file_leaves_it_alone() {
    let world = World::observed("", &[]);
    page(&world, "/");
    assert!(world.access_records().is_empty());
    world.set_paas_config(JSON);
    world.fire(Event::ConfigChanged);
    page(&world, "/");
    world.until("access record", || (!world.access_records().is_empty()).then_some(()));
    let pebble = pebble::blocking::Client::new(world.socket());
    let before = (pebble.plan().unwrap(), pebble.services(&[]).unwrap());
    for (text, message) in [
        ("framework_logging_format: xml", "Invalid paas-config.yaml: framework_logging_format must be none or json"),
        (
            "- json",
            "Invalid paas-config.yaml: the file must be a mapping with keys of: framework_logging_format, prometheus",
        ),
    ] {
        world.set_paas_config(text);
        world.fire(Event::ConfigChanged);
        world.expect(StatusKind::Blocked, message);
        let app = world.server.with(|model| model.status(&world.unit, Whose::App)).unwrap().unwrap();
        assert_eq!((app.kind, app.message.as_str()), (StatusKind::Blocked, message));
    }
    world.set_paas_config("{");
    world.fire(Event::UpdateStatus);
    assert!(world.status().message.starts_with("Invalid YAML in paas-config.yaml: "), "{:?}", world.status());
    assert_eq!((pebble.plan().unwrap(), pebble.services(&[]).unwrap()), before);
    assert!(page(&world, "/").starts_with("sync"));
    world.set_paas_config(JSON);
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!(pebble.services(&[]).unwrap(), before.1);
}
