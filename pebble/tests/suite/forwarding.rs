//! Log forwarding to servers of the test. What arrives is compared by content: how the lines are spread over requests
//! depends on time.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};

use crate::case::{Case, at_once, case, is_real, listener};
use crate::receiver::{Request, Server};

const SOON: Duration = Duration::from_secs(60);
/// The most lines of a request.
const MOST_LINES: usize = 100;

/// Lines by path and labels.
type Lines = BTreeMap<String, Vec<String>>;

/// Lines of one request, with their labels as text.
fn lines(request: &Request) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let time = |value: &Value| assert!(text(value).len() == 19 && text(value).parse::<u64>().is_ok(), "{value}");
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut found = Vec::new();
    for stream in body["streams"].as_array().unwrap_or(&Vec::new()) {
        for value in list(&stream["values"]) {
            time(&value[0]);
            found.push((stream["stream"].to_string(), text(&value[1])));
        }
    }
    for resource in body["resourceLogs"].as_array().unwrap_or(&Vec::new()) {
        for scope in list(&resource["scopeLogs"]) {
            for record in list(&scope["logRecords"]) {
                time(&record["timeUnixNano"]);
                let labels = json!([resource["resource"], scope["scope"]]);
                found.push((labels.to_string(), text(&record["body"]["stringValue"])));
            }
        }
    }
    assert!(!found.is_empty() && found.len() <= MOST_LINES, "{body}");
    found
}

/// Messages of one request.
fn messages(request: &Request) -> Vec<String> {
    lines(request).into_iter().map(|(_, message)| message).collect()
}

/// Takes requests until that many lines were accepted.
fn collect(server: &Server, count: usize) -> Lines {
    let mut all = Lines::new();
    while all.values().map(Vec::len).sum::<usize>() < count {
        let request = server.next();
        if request.status < 300 {
            for (labels, message) in lines(&request) {
                all.entry(format!("{} {labels}", request.path)).or_default().push(message);
            }
        }
    }
    all
}

/// A service that prints what is written into a pipe, in a layer with this target.
fn talks(case: &mut Case, target: &str) {
    let made = std::process::Command::new("mkfifo").arg(case.path("pipe")).status().unwrap();
    assert!(made.success());
    // Opened both ways, the pipe has no end, and no line is lost between two writers.
    let service = format!("{{override: replace, command: sh -c 'exec cat <>pipe', working-dir: {}}}", case.path(""));
    case.layer("a", &format!("services: {{talk: {service}}}\nlog-targets: {{t: {target}}}"));
    // It is started when the pipe has its other end: no need to wait for the change.
    case.post("/v1/services", &json!({"action": "start", "services": ["talk"]}));
}

/// Has that service print a line.
fn say(case: &Case, line: &str) {
    std::fs::write(case.path("pipe"), format!("{line}\n")).unwrap();
}

fn target(kind: &str, location: impl std::fmt::Display) -> String {
    format!("{{override: replace, type: {kind}, location: '{location}', services: [all]}}")
}

/// Two services, and one target of all output.
fn two(kind: &str, location: impl std::fmt::Display) -> String {
    format!(
        "
services:
  a:
    override: replace
    command: sh -c 'echo one; echo two >&2; printf \"tab\\there ü <&>\\n\\n\"; exec sleep 1000'
    environment: {{TIER: front, EMPTY: '', QUOTED: 'a\"b]c\\d'}}
  b: {{override: replace, command: sh -c 'echo b1; exec sleep 1000'}}
log-targets:
  t:
    override: replace
    type: {kind}
    location: '{location}'
    services: [all]
    labels: {{tier: '${{TIER}}', both: '$TIER-${{NOPE}}x', empty: $EMPTY, price: 5$, plain: shop, odd: '$1 ${{}} ${{', quoted: $QUOTED}}
"
    )
}

/// Starts the two services, and records what arrives.
fn posted(name: &str, kind: &str, path: &str) {
    case(name, |case| {
        let server = Server::with_statuses(listener(), &[]);
        case.layer("a", &two(kind, format!("http://{}{path}", server.address)));
        for service in ["a", "b"] {
            case.services("start", &[service]);
        }
        let request = server.next();
        let fields = ["content-type", "user-agent"].map(|name| request.headers.get(name).cloned().unwrap());
        assert!(fields[1].starts_with("pebble/"), "{}", fields[1]);
        case.note("request", (&request.method, &request.path, &fields[0]));
        let mut all = Lines::new();
        for (labels, message) in lines(&request) {
            all.entry(format!("{} {labels}", request.path)).or_default().push(message);
        }
        let rest = 5 - all.values().map(Vec::len).sum::<usize>();
        for (labels, messages) in collect(&server, rest) {
            all.entry(labels).or_default().extend(messages);
        }
        case.note("lines", all);
        case.journal();
    });
}

#[test]
fn loki_gets_streams_with_labels() {
    posted("forwarding-loki", "loki", "/loki/api/v1/push");
}

#[test]
fn opentelemetry_gets_records_with_attributes() {
    posted("forwarding-opentelemetry", "opentelemetry", "");
}

#[test]
fn many_lines_come_in_batches() {
    case("forwarding-batches", |case| {
        let server = Server::with_statuses(listener(), &[]);
        let service = "{override: replace, command: sh -c 'seq 1234; exec sleep 1000'}";
        let target = target("loki", format!("http://{}/", server.address));
        case.layer("a", &format!("services: {{a: {service}}}\nlog-targets: {{t: {target}}}"));
        case.services("start", &["a"]);
        let all = collect(&server, 1234).into_values().next().unwrap();
        assert!(all.into_iter().eq((1..=1234).map(|n| n.to_string())));
    });
}

#[test]
fn a_failed_batch_comes_again_unless_it_is_refused() {
    let statuses: [(_, &[u16]); 2] = [("loki", &[500, 429, 204]), ("opentelemetry", &[503, 418, 204])];
    at_once(statuses, |(kind, statuses)| {
        case(&format!("forwarding-statuses-{kind}"), |case| {
            let server = Server::with_statuses(listener(), statuses);
            talks(case, &target(kind, format!("http://{}", server.address)));
            for (line, &status) in ["one", "two", "three"].into_iter().zip(statuses) {
                say(case, line);
                let request = server.next();
                assert_eq!(request.status, status);
                case.note(line, messages(&request));
                if status != 204 {
                    case.told(&format!("server returned HTTP {status}"));
                }
            }
            case.journal();
        });
    });
}

#[test]
fn a_receiver_may_be_away_for_a_while() {
    at_once(["loki", "opentelemetry", "syslog"], |kind| {
        case(&format!("forwarding-away-{kind}"), |case| {
            let address = listener().local_addr().unwrap();
            case.hide(&address, "<server>");
            let scheme = if kind == "syslog" { "tcp" } else { "http" };
            talks(case, &target(kind, format!("{scheme}://{address}")));
            say(case, "one");
            case.told("Cannot flush logs");
            let listener = TcpListener::bind(address).unwrap();
            if kind == "syslog" {
                say(case, "two");
                case.note("messages", frames(&listener, 2));
            } else {
                let server = Server::with_statuses(listener, &[]);
                say(case, "two");
                case.note("lines", collect(&server, 2));
            }
            case.journal();
        });
    });
}

#[test]
fn a_wrong_location_is_told() {
    let locations = [
        ("loki", "nonsense"),
        ("opentelemetry", "nonsense://x"),
        ("syslog", "nonsense"),
        ("syslog", "http://localhost:1"),
        ("syslog", "localhost:514"),
        ("syslog", "127.0.0.1:514"),
        ("syslog", "tcp://"),
        ("syslog", "tcp://127.0.0.1"),
        ("syslog", "udp://127.0.0.1:x"),
    ];
    at_once(locations.into_iter().enumerate(), |(n, (kind, location))| {
        case(&format!("forwarding-wrong-{n}"), |case| {
            talks(case, &target(kind, location));
            say(case, "one");
            case.told(" target \"t\": ");
            case.journal();
        });
    });
}

#[test]
fn a_changed_target_takes_effect() {
    let [first, second] = [0, 1].map(|_| Server::with_statuses(listener(), &[]));
    case("forwarding-changed", |case| {
        let location = |server: &Server| format!("http://{}/", server.address);
        talks(case, &target("loki", location(&first)));
        say(case, "before");
        case.note("before", collect(&first, 1));
        case.layer(
            "a",
            &format!("log-targets: {{t: {{override: merge, location: '{}', labels: {{k: v}}}}}}", location(&second)),
        );
        say(case, "after");
        // Pebble takes up the labels, but goes on with the old location.
        let (used, unused) = if is_real() { (&first, &second) } else { (&second, &first) };
        case.note("after", collect(used, 2));
        // After any change of the plan Pebble sends all output again. Ours does so to another location only.
        case.layer("b", "summary: nothing that matters");
        say(case, "last");
        let count = if is_real() { 3 } else { 1 };
        let last = collect(used, count).into_values().flatten().next_back();
        assert_eq!(last.as_deref(), Some("last"));
        case.stop();
        assert!(unused.arrived().is_none());
    });
}

#[test]
fn a_replaced_target_that_answers_late_gets_nothing_newer() {
    let (seen, arrived) = channel();
    let (release, released) = channel();
    let first = Server::start(listener(), move |_| {
        let _ = seen.send(());
        // Answers at once from the release on.
        let _: Result<(), _> = released.recv();
        Some((204, String::new(), String::new()))
    });
    let second = Server::with_statuses(listener(), &[]);
    case("forwarding-late", |case| {
        talks(case, &target("loki", format!("http://{}/", first.address)));
        say(case, "before");
        arrived.recv_timeout(SOON).expect("the first target gets a request");
        case.layer("b", &format!("log-targets: {{t: {}}}", target("loki", format!("http://{}/", second.address))));
        say(case, "after");
        case.hears("talk", "after");
        drop(release);
        // Pebble goes on with the old location, and sends all output again.
        let (used, count) = if is_real() { (&first, 3) } else { (&second, 2) };
        let last = collect(used, count).into_values().flatten().next_back();
        assert_eq!(last.as_deref(), Some("after"));
        case.stop();
        if !is_real() {
            assert_eq!(messages(&first.next()), ["before"]);
            assert!(first.arrived().is_none());
        }
    });
}

#[test]
fn a_target_takes_the_services_that_it_names() {
    case("forwarding-services", |case| {
        let server = Server::with_statuses(listener(), &[]);
        let target = |path: &str, services: &str, more: &str| {
            let location = format!("http://{}/{path}", server.address);
            format!(
                "  {path}: {{override: replace, type: loki, location: '{location}', services: [{services}]{more}}}\n"
            )
        };
        let services: String = ["a", "b", "c"]
            .map(|name| {
                format!("  {name}: {{override: replace, command: sh -c 'echo I am {name}; exec sleep 1000'}}\n")
            })
            .concat();
        let targets = target("without", "all, -b", "")
            + &target("merged", "a", ", labels: {one: 1, two: 2}")
            + &target("nobody", "", "")
            + &target("again", "all, -all, c", "")
            + &target("replaced", "all", ", labels: {one: 1}")
            + &target("none", "-all", "");
        case.layer("a", &format!("services:\n{services}log-targets:\n{targets}"));
        let merged = "{override: merge, services: [b], labels: {two: deux, three: 3}}";
        let replaced = target("replaced", "b", "");
        case.layer("b", &format!("log-targets:\n  merged: {merged}\n{replaced}"));
        case.hide(&server.address, "<server>");
        case.get("/v1/plan?format=yaml");
        case.services("start", &["a", "b", "c"]);
        let lines = collect(&server, 6);
        case.stop();
        case.note("lines", lines);
        assert!(server.arrived().is_none());
    });
}

#[test]
fn the_last_lines_are_sent_at_the_end() {
    case("forwarding-end", |case| {
        let server = Server::with_statuses(listener(), &[]);
        talks(case, &target("loki", format!("http://{}/", server.address)));
        say(case, "last words");
        case.hears("talk", "last words");
        let ended = case.stop();
        case.note("exit code", ended.code());
        case.note("lines", collect(&server, 1));
    });
}

/// Parts of a syslog message without its time, which is now in UTC, and its host, which is this one.
fn parts(message: &str) -> Vec<String> {
    let mut words: Vec<String> = message.splitn(7, ' ').map(str::to_owned).collect();
    let (time, host) = (words.remove(1), words.remove(1));
    assert!(time.starts_with("20") && time.ends_with('Z'), "{message:?}");
    assert_eq!(host, std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim());
    words
}

/// Messages over one connection, each after its length (RFC 6587).
fn frames(listener: &TcpListener, count: usize) -> Vec<Vec<String>> {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut frame = || {
        let mut length = String::new();
        loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            match byte[0] {
                b' ' => break,
                digit => length.push(digit.into()),
            }
        }
        let mut message = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut message).unwrap();
        parts(&String::from_utf8(message).unwrap())
    };
    (0..count).map(|_| frame()).collect()
}

#[test]
fn syslog_gets_messages_over_tcp() {
    case("forwarding-syslog", |case| {
        let listener = listener();
        case.layer("a", &two("syslog", format!("tcp://{}", listener.local_addr().unwrap())));
        case.services("start", &["a", "b"]);
        let mut messages = frames(&listener, 5);
        // The services' lines are mixed; those of each are in order.
        messages.sort_by(|one, other| one[1].cmp(&other[1]));
        case.note("messages", messages);
    });
}

#[test]
fn syslog_gets_messages_over_udp() {
    case("forwarding-udp", |case| {
        let socket = UdpSocket::bind((listener().local_addr().unwrap().ip(), 0)).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        let mut datagram = vec![0; 1 << 16];
        let mut next = || {
            let length = socket.recv(&mut datagram).unwrap();
            String::from_utf8(datagram[..length].to_vec()).unwrap()
        };
        let location = format!("udp://{}", socket.local_addr().unwrap());
        let long = "printf %05000d 0; echo";
        let service = format!("{{override: replace, command: sh -c 'echo one; {long}; exec sleep 1000'}}");
        case.layer("a", &format!("services: {{a: {service}}}\nlog-targets: {{t: {}}}", target("syslog", location)));
        case.services("start", &["a"]);
        case.note("message", parts(&next()));
        // A datagram has at most 4000 bytes of text.
        let texts = [next(), next()].map(|message| parts(&message).pop().unwrap());
        case.note("lengths", texts.each_ref().map(String::len));
        case.note("ends", texts.each_ref().map(|text| text.trim_start_matches('0').to_owned()));
    });
}
