//! Signals to services.

use std::time::Duration;

use pebble::types::Signal;
use serde_json::json;

use crate::case::case;
use crate::daemon::until;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_signal_reaches_a_running_service() {
    case("signals", |case| {
        // One service that the signal ends by default, and one that ignores it. A shell's handler would run late, or
        // never, if the signal came just before the shell waits.
        case.layer(
            "a",
            "
services:
  a: {override: replace, command: sh -c 'trap \"\" HUP; echo ready; exec sleep 1000'}
  dies: {override: replace, command: sleep 1000, on-failure: ignore}
  idle: {override: replace, command: sleep 1000}
",
        );
        case.services("start", &["a"]);
        case.hears("a", "ready");
        let client = case.client();
        client.start(&["dies"], MINUTE).unwrap();
        // Not SIGHUP: under nohup all children ignore it.
        client.signal(Signal::Usr1, &["dies"]).unwrap();
        until("it has died of it", || case.printed().contains("code 138").then_some(()));
        case.typed("signal", client.signal(Signal::Hup, &["a"])).unwrap();
        for body in [
            json!({"signal": "SIGHUP", "services": ["a"]}),
            json!({"signal": "HUP", "services": ["a"]}),
            json!({"signal": "sighup", "services": ["a"]}),
            json!({"signal": "SIGNONSENSE", "services": ["a"]}),
            json!({"signal": "", "services": ["a"]}),
            json!({"signal": "SIGHUP", "services": ["idle"]}),
            json!({"signal": "SIGHUP", "services": ["none"]}),
            json!({"signal": "SIGHUP", "services": ["none", "idle", "a"]}),
            json!({"signal": "SIGHUP", "services": []}),
            json!({"services": ["a"]}),
        ] {
            case.post("/v1/signals", &body);
        }
        assert!(client.services(&["a"]).unwrap()[0].is_running());
        case.typed("signal nobody", client.signal(Signal::Hup, &["idle"])).unwrap_err();
    });
}
