//! The application follows the data of every integration, and restarts exactly when its variables or files change: an
//! event without a change writes nothing, a server that moves or credentials that rotate cost one start, and so does the
//! end of a relation.

use juju::{Event, RelationId, StatusKind};

use super::table::every::Interface;
use super::table::{Table, charm, endpoint, keys, known, usable_value, watches};
use crate::support::{Rock, World};

/// Hook tools that write to Juju. A status is told in every event.
const WRITES: [&str; 9] = [
    "relation-set",
    "secret-add",
    "secret-set",
    "secret-grant",
    "secret-revoke",
    "state-set",
    "open-port",
    "close-port",
    "application-version-set",
];

/// Shared file in which the idle service notes each of its starts.
const STARTS: &str = "starts";

/// Another authority of a server's TLS.
const OTHER_CA: &str = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----";

/// Key of a remote application, with its place.
type At = (&'static str, &'static str);

/// Changes of an interface's data: another address, and other credentials where it has some. The value of the variable
/// that changes contains the third text.
fn changes(interface: &Interface) -> Vec<(At, String, &'static str)> {
    let instead = |at: At, old: &str, new: &str| {
        let usable = usable_value(interface, at);
        assert!(usable.contains(old), "{usable}");
        usable.replace(old, new)
    };
    let plain = |at: At, value: &'static str| (at, value.to_owned(), value);
    match endpoint(interface) {
        "postgresql" | "mysql" | "mongodb" => vec![
            (("app", "endpoints"), "moved:1234".to_owned(), "moved:1234"),
            plain(("app", "password"), "rotated"),
            plain(("app", "tls-ca"), OTHER_CA),
        ],
        "redis" => vec![plain(("unit", "hostname"), "moved"), plain(("unit", "port"), "6380")],
        "valkey" => vec![
            (("app", "requests"), instead(("app", "requests"), "v:6379", "moved:6380"), "moved:6380"),
            plain(("secret", "password"), "rotated"),
        ],
        "rabbitmq" => vec![plain(("app", "hostname"), "moved"), plain(("app", "password"), "rotated")],
        "s3" => vec![plain(("app", "endpoint"), "https://moved"), plain(("app", "secret-key"), "rotated")],
        "bucket" => {
            vec![plain(("app", "endpoint"), "https://moved-too"), plain(("secret", "secret-key"), "rotated-too")]
        }
        "saml" => vec![plain(("app", "metadata_url"), "https://moved/metadata")],
        "smtp" => vec![plain(("app", "host"), "moved"), plain(("secret", "password"), "rotated")],
        "openfga" => vec![plain(("app", "http_api_url"), "http://moved:8080"), plain(("secret", "token"), "rotated")],
        "oidc" => vec![plain(("app", "token_endpoint"), "https://moved/t"), plain(("secret", "secret"), "rotated")],
        "tracing" => vec![(("app", "receivers"), instead(("app", "receivers"), "tempo", "moved"), "http://moved:4318")],
        "http-proxy" => vec![
            (("app", "responses"), instead(("app", "responses"), "http://p:1", "http://moved:1"), "@moved:1"),
            plain(("secret", "password"), "rotated"),
        ],
        "ingress" => vec![(("app", "ingress"), r#"{"url": "https://moved/"}"#.to_owned(), "https://moved")],
        other => panic!("no change of {other}"),
    }
}

/// The table of a unit whose service notes its starts.
fn table(framework: &'static str) -> Table {
    let world = World::of(&charm(framework));
    let world = if framework == "flask" { world } else { world.in_container("app") };
    world.share(STARTS);
    let table = Table::of(framework, world.with_pod(Rock::idle_as(framework)));
    table.world.expect(StatusKind::Active, "");
    table
}

impl Table {
    fn starts(&self) -> usize {
        self.world.read_shared(STARTS).lines().count()
    }

    /// Asserts that another event writes neither to Juju nor to Pebble, and starts nothing.
    fn assert_still(&self, what: &str) {
        let (logged, before) = (self.world.logged(), self.starts());
        let calls = match self.is_in_process {
            true => self.world.fire_in_process(&Event::UpdateStatus),
            false => self.world.fire(Event::UpdateStatus).calls,
        };
        let written: Vec<_> = calls.iter().filter(|call| WRITES.contains(&call.tool.as_str())).collect();
        assert!(written.is_empty(), "{what}: {written:?}");
        let requests = self.world.requests_since(logged);
        assert!(requests.iter().all(|request| request.starts_with("GET")), "{what}: {requests:?}");
        assert_eq!(self.starts(), before, "{what}");
    }

    /// Runs `work` and asserts that the service was started so often, no matter how many events that took.
    fn assert_started(&self, times: usize, what: &str, work: impl FnOnce()) {
        let before = self.starts();
        work();
        self.world.expect(StatusKind::Active, "");
        assert_eq!(self.world.noted(STARTS, before + times).len(), before + times, "{what}");
    }

    /// Removes a relation and runs the events that follow.
    fn separate(&self, relation: RelationId) {
        if !self.is_in_process {
            return self.world.separate(relation);
        }
        self.world.server.with(|model| model.remove_relation(relation)).unwrap();
        while let Some(event) = self.world.next() {
            self.world.fire_in_process(&event);
        }
    }

    /// True if a variable of the workload contains this text.
    fn has(&self, text: &str) -> bool {
        self.world.variables_of(self.framework).values().any(|value| value.contains(text))
    }

    /// File with the authority of the endpoint's servers; empty if it is missing.
    fn authority(&self, endpoint: &str) -> String {
        let folder = if self.framework == "flask" { "/flask/app" } else { "/app" };
        self.world.file(&format!("{folder}/webcharm-{endpoint}-ca.pem"))
    }

    fn assert_followed(&self, interface: &'static Interface) {
        let name = endpoint(interface);
        let names_authority = keys(interface).any(|(_, key)| ["tls-ca", "tls-ca-chain"].contains(&key));
        let has_file = names_authority && name != "valkey";
        assert_eq!(!self.authority(name).is_empty(), has_file, "{name}");
        for (at, value, shown) in changes(interface) {
            let what = format!("{name}: {at:?}");
            assert!(!self.has(shown), "{what}");
            self.assert_started(1, &what, || {
                self.write(interface, at, &value);
                self.observe();
            });
            assert!(self.has(shown), "{what}: {:?}", self.world.variables_of(self.framework));
            if at.1 == "tls-ca" {
                assert_eq!(self.authority(name), value);
            }
            self.assert_still(&what);
        }
        let (relation, _) = self.relations[name];
        // RabbitMQ's units depart first: then the list of all hosts has the application's alone.
        let times = if name == "rabbitmq" && self.framework == "flask" { 2 } else { 1 };
        self.assert_started(times, &format!("{name} is gone"), || self.separate(relation));
        let left: Vec<_> =
            changes(interface).into_iter().map(|(.., shown)| shown).filter(|text| self.has(text)).collect();
        assert_eq!((left.as_slice(), self.authority(name).as_str()), ([""; 0].as_slice(), ""), "{name}");
        self.assert_still(&format!("{name} is gone"));
    }
}

/// Follows every integration in turn. The later ones are still related while an earlier one ends.
fn follow(framework: &'static str, is_in_process: bool) {
    let table = Table { is_in_process, ..table(framework) };
    table.assert_still("every integration");
    // Spring has the properties of one bucket alone: those of the later endpoint.
    let shown = known().filter(|one| framework == "flask" || endpoint(one) != "bucket");
    for interface in shown.filter(|interface| !watches(interface)) {
        table.assert_followed(interface);
    }
}

#[test]
fn flask_restarts_once_for_each_change_of_any_integration_and_for_nothing_else() {
    follow("flask", true);
}

#[test]
#[ignore = "the binary and the restarts of its service take minutes"]
fn flask_restarts_once_by_the_binary_too() {
    follow("flask", false);
}

#[test]
#[ignore = "the binary and the restarts of its service take minutes"]
fn spring_boot_restarts_once_for_each_change_of_any_integration_and_for_nothing_else() {
    follow("spring-boot", false);
}

#[test]
fn applications_that_watch_cost_no_restart() {
    let table = table("flask");
    let before = table.starts();
    for interface in known().filter(|interface| watches(interface)) {
        let changed = match endpoint(interface) {
            "logging" => (("unit", "endpoint"), r#"{"url": "http://moved"}"#),
            _ => (("app", "event"), r#"{"valid": false, "errors": "no"}"#),
        };
        table.write(interface, changed.0, changed.1);
        table.observe();
        table.assert_still(endpoint(interface));
        table.world.separate(table.relations[endpoint(interface)].0);
        // The first event after the end remembers that the endpoint has no relation.
        table.observe();
        table.assert_still(endpoint(interface));
    }
    table.world.expect(StatusKind::Active, "");
    assert_eq!(table.starts(), before);
}
