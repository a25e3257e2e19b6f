//! Signals to services.

use serde_json::json;

use crate::case::case;
use crate::daemon::until;

#[test]
fn a_signal_reaches_a_running_service() {
    case("signals", |case| {
        // A shell that is just starting a program in its foreground may lose a signal; one that waits doesn't.
        case.layer(
            "a",
            "
services:
  a: {override: replace, command: \"sh -c 'trap \\\"echo heard\\\" HUP; echo ready; while :; do sleep 1000 & wait; done'\"}
  idle: {override: replace, command: sleep 1000}
",
        );
        case.services("start", &["a"]);
        let client = case.client();
        until("it listens", || {
            client.logs(&["a"], 9).unwrap().iter().any(|line| line.message == "ready").then_some(())
        });
        case.typed("signal", client.signal("SIGHUP", &["a"])).unwrap();
        until("it has heard", || {
            client.logs(&["a"], 9).unwrap().iter().any(|line| line.message == "heard").then_some(())
        });
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
        case.typed("signal nobody", client.signal("SIGHUP", &["idle"])).unwrap_err();
    });
}
