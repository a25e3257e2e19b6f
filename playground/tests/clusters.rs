//! Servers with several units: real replicas and nodes behind them, and the application that follows.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::inside::{SAMPLE, run, shown, starts, variable};
use crate::integration::has_postgresql;
use crate::redis::{has_redis, visits, with_redis};
use crate::support::{Desk, FORM, kill, page, post, wait_until};

/// Full name of a unit in pods.
fn host(app: &str, number: u32) -> String {
    format!("{app}-{number}.{app}-endpoints.local.svc.cluster.local")
}

/// URLs of a server's units, by the status.
fn urls(desk: &Desk, app: &str) -> Vec<String> {
    let units = desk.status()["applications"][app]["units"].as_object().unwrap().clone();
    units.values().map(|unit| unit["url"].as_str().unwrap().to_owned()).collect()
}

/// The application's starts while `work` runs.
fn starts_during<T>(desk: &Desk, work: impl FnOnce() -> T) -> (usize, T) {
    let before = starts(desk);
    let done = work();
    desk.wait_for_application();
    (starts(desk).into_iter().rev().take_while(|line| Some(line) != before.last()).count(), done)
}

/// What each of three units says to a command.
const REPLICAS: &str = r#"
import socket
def ask(number, command):
    host = f"redis-k8s-{number}.redis-k8s-endpoints.local.svc.cluster.local"
    try:
        with socket.create_connection((host, 6379), timeout=10) as connection:
            connection.sendall(command)
            return connection.recv(64).decode()
    except OSError as error:
        return type(error).__name__
"#;

#[test]
#[ignore = "long: the application starts again four times"]
fn a_replica_takes_over_from_the_primary_with_its_data() {
    if !has_redis() {
        return;
    }
    let desk = Desk::of_ordinary_user();
    desk.ok(&["up", with_redis(&desk).to_str().unwrap(), "--integrate", "redis", "--detach"]);
    desk.wait_for_application();
    let url = |number| format!("redis://{}:6379", host("redis-k8s", number));
    assert_eq!(visits(&desk), (url(0), ":1\r\n".to_owned()));

    let (begun, added) = starts_during(&desk, || desk.run(&["add-unit", "redis", "-n", "2"]));
    assert!(added.code == Some(0) && added.out.starts_with("added: redis-k8s/1, redis-k8s/2\n"), "{added:?}");
    assert!(added.err.contains("flask-k8s/0: hook redis-relation-joined"), "{added:?}");
    assert_eq!(begun, 0, "the primary is the same");
    let asked = format!(
        "{REPLICAS}said = [ask(n, b'GET visits\\r\\n') for n in (0, 1, 2)] + [ask(2, b'INCR visits\\r\\n')[:9]]"
    );
    assert_eq!(run(&desk, &asked), json!(["$1\r\n1\r\n", "$1\r\n1\r\n", "$1\r\n1\r\n", "-READONLY"]));
    let status = desk.ok(&["status"]);
    for line in ["redis-k8s/0*  active    idle   127.0.1.3", "redis-k8s/1   active    idle   127.1.1.3"] {
        assert!(status.contains(line), "{status}");
    }
    assert_eq!((status.matches(" primary\n").count(), status.matches(" replica\n").count()), (1, 2), "{status}");
    for (args, why) in [
        (&["move", "redis"][..], "`webcharm remove-unit redis-k8s/0` has another one take over"),
        (&["remove-unit", "redis", "--num-units", "3"], "`webcharm remove-application redis` ends it"),
        (&["remove-unit", "redis-k8s/7"], "there is: redis-k8s/0, redis-k8s/1, redis-k8s/2"),
        (&["remove-unit", "redis"], "name units of redis-k8s, or their number"),
        (
            &["add-unit", "mysql"],
            "mysql-k8s always has one unit in the playground; several can have: postgresql, redis,",
        ),
    ] {
        let refused = desk.run(args);
        assert!(refused.code == Some(1) && refused.err.contains(why), "{args:?}: {refused:?}");
    }

    let (begun, removed) = starts_during(&desk, || desk.run(&["remove-unit", "redis/0"]));
    assert!(removed.code == Some(0) && removed.out.starts_with("removed: redis-k8s/0\n"), "{removed:?}");
    assert!(removed.err.contains("flask-k8s/0: hook redis-relation-departed"), "{removed:?}");
    assert_eq!((begun, visits(&desk)), (1, (url(1), ":2\r\n".to_owned())));
    let asked = format!("{REPLICAS}said = [ask(n, b'GET visits\\r\\n') for n in (0, 2)]");
    assert_eq!(run(&desk, &asked), json!(["gaierror", "$1\r\n2\r\n"]));

    kill(desk.process("redis-server 127.0.0.2:"));
    wait_until("the application follows", || variable(&desk, "REDIS_DB_CONNECT_STRING").0 == url(2));
    assert_eq!(visits(&desk).1, ":3\r\n");
    let asked = format!("{REPLICAS}said = ask(1, b'GET visits\\r\\n')");
    wait_until("the one that was killed is a replica", || run(&desk, &asked) == json!("$1\r\n3\r\n"));

    desk.ok(&["remove-unit", "redis", "--num-units", "1"]);
    assert_eq!(visits(&desk), (url(1), ":4\r\n".to_owned()));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn an_application_s_logs_go_to_each_unit_of_loki() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let logging = "requires:\n  logging:\n    interface: loki_push_api\n    optional: true\n";
    std::fs::write(&file, text.replace("requires:\n", logging)).unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--integrate", "loki", "--detach"]);
    let added = desk.ok(&["add-unit", "loki-k8s"]);
    assert!(added.contains("added: loki-k8s/1\n"), "{added}");
    let visit = |path: &str| {
        let address = format!("{}/{path}", desk.url());
        wait_until("the application answers", || http_client::status(&address).is_ok());
    };
    let [first, second] = urls(&desk, "loki-k8s").try_into().unwrap();
    assert_ne!(first, second);
    visit("to-both");
    for url in [&first, &second] {
        wait_until("the line arrives", || page(url).contains("/to-both"));
    }
    desk.ok(&["remove-unit", "loki-k8s/0"]);
    http_client::status(&first).unwrap_err();
    visit("to-the-second");
    wait_until("the line arrives at the unit that is left", || page(&second).contains("/to-the-second"));
    assert_eq!(desk.status()["applications"]["loki-k8s"]["url"], json!(second));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// Puts a message into a queue that has a replica on each node.
const PUT: &str = r#"
import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_CONNECT_STRING"]))
channel = connection.channel()
channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
channel.confirm_delivery()
channel.basic_publish("", "kept", b"a loaf", pika.BasicProperties(delivery_mode=2))
said = [pika.URLParameters(url).host for url in os.environ["RABBITMQ_CONNECT_STRINGS"].split(",")]
"#;

/// The hosts of the list, and the message, taken from the last of them.
const TAKE: &str = r#"
import pika
urls = [pika.URLParameters(url) for url in os.environ["RABBITMQ_CONNECT_STRINGS"].split(",")]
connection = pika.BlockingConnection(urls[-1])
frame, _, body = connection.channel().basic_get("kept", auto_ack=True)
said = [[url.host for url in urls], body.decode() if frame else None]
"#;

#[test]
#[ignore = "long: it starts three nodes of RabbitMQ"]
fn a_message_outlives_the_node_that_took_it() {
    let has = Path::new("/usr/sbin/rabbitmq-server").exists();
    if !testkit::needs(has, "RabbitMQ (Debian's package rabbitmq-server)") {
        return;
    }
    let desk = Desk::new();
    desk.ok(&["up", SAMPLE, "--integrate", "rabbitmq", "--detach"]);
    let unit = |number| host("rabbitmq-k8s", number);
    assert_eq!(run(&desk, PUT), json!([unit(0)]));

    let (begun, added) = starts_during(&desk, || desk.run(&["add-unit", "rabbitmq", "-n", "2"]));
    assert!(added.code == Some(0) && added.out.starts_with("added: rabbitmq-k8s/1, rabbitmq-k8s/2\n"), "{added:?}");
    assert_eq!(begun, 1, "the list of hosts is longer: {}", added.err);
    let hosts = variable(&desk, "RABBITMQ_CONNECT_STRINGS").0;
    assert!([0, 1, 2].into_iter().all(|number| hosts.contains(&unit(number))), "{hosts}");

    let (begun, removed) = starts_during(&desk, || desk.run(&["remove-unit", "rabbitmq-k8s/0"]));
    assert!(removed.code == Some(0), "{removed:?}");
    assert_eq!(begun, 1, "the list of hosts is shorter: {}", removed.err);
    assert_eq!(run(&desk, TAKE), json!([[unit(1), unit(2)], "a loaf"]));

    kill(desk.process("epmd -address"));
    wait_until("the port mapper is back, and knows the nodes", || desk.run(&["rotate", "rabbitmq"]).code == Some(0));
    let before = desk.processes();
    desk.ok(&["down", "--force"]);
    desk.assert_nothing_left(&before);
}

/// What replicas answer: the lines that the guestbook has there, and the refusal of a write.
const READ: &str = r#"
import psycopg
host, port = os.environ["POSTGRESQL_DB_READ_ONLY_ENDPOINTS"].split(":")
place = {"host": host, "port": port}
authority = os.environ.get("POSTGRESQL_DB_TLS_CA_FILE")
if authority:
    place |= {"sslmode": "verify-full", "sslrootcert": authority}
with psycopg.connect(os.environ["POSTGRESQL_DB_CONNECT_STRING"], **place, autocommit=True) as connection:
    lines = [line for (line,) in connection.execute("SELECT line FROM entries WHERE author = 'Mary' ORDER BY id")]
    try:
        connection.execute("DELETE FROM entries")
    except psycopg.Error as error:
        refusal = type(error).__name__
said = [host, lines, refusal]
"#;

#[test]
#[ignore = "long: three servers of PostgreSQL, and three starts of the application"]
fn a_replica_of_postgresql_is_read_and_takes_over() {
    if !has_postgresql() {
        return;
    }
    let desk = Desk::new();
    let sign = |line: &str| {
        let answer = post(&desk.url(), FORM, format!("author=Mary&line={line}"));
        assert_eq!(answer.0, 303, "{answer:?}");
    };
    desk.ok(&["up", SAMPLE, "--integrate", "postgresql", "--detach"]);
    desk.wait_for_application();
    sign("bread");
    let (begun, added) = starts_during(&desk, || desk.run(&["add-unit", "postgresql", "-n", "2"]));
    assert!(added.code == Some(0) && added.out.starts_with("added: postgresql-k8s/1, postgresql-k8s/2\n"), "{added:?}");
    assert_eq!(begun, 1, "there is a variable more: {}", added.err);
    let replicas = "postgresql-k8s-replicas.local.svc.cluster.local";
    let read = |lines: &[&str]| {
        // A replica may be a moment behind.
        let said = RefCell::default();
        let expected = json!([replicas, lines, "ReadOnlySqlTransaction"]);
        let started = Instant::now();
        while said.replace(run(&desk, READ)) != expected && started.elapsed() < Duration::from_secs(60) {}
        assert_eq!(said.take(), expected);
    };
    read(&["bread"]);
    desk.ok(&["integrate", "postgresql", "certificates"]);
    read(&["bread"]);

    let (begun, removed) = starts_during(&desk, || desk.run(&["remove-unit", "postgresql-k8s/0"]));
    assert!(removed.code == Some(0), "{removed:?}");
    assert!(begun <= 1, "new certificates at most: {}", removed.err);
    assert!(shown(&desk).contains("Mary: bread\n"));
    sign("butter");
    read(&["bread", "butter"]);
    desk.ok(&["remove-unit", "postgresql", "--num-units", "1"]);
    assert!(shown(&desk).contains("Mary: butter\n"));
    assert_eq!(run(&desk, "said = os.environ.get('POSTGRESQL_DB_READ_ONLY_ENDPOINTS')"), json!(null));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
