//! A real Prometheus, and the stand-ins for Loki and Grafana, around the sample.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::inside::{has_nothing_to_rotate, run, starts};
use crate::support::{Desk, page, wait_until};

/// True for each address in pods that stands for Loki, the sixteenth server, at the start, after one move and after two.
const LOKIS: &str = r#"
import socket
def answers(host, port):
    try:
        socket.create_connection((host, port), timeout=10).close()
        return True
    except ConnectionRefusedError:
        return False
said = [answers(*place) for place in [("127.0.1.16", 3100), ("127.0.2.16", 13100), ("127.0.3.16", 3100)]]
"#;

/// Result of an expression, by Prometheus's own API.
fn evaluated(prometheus: &str, expr: &str) -> Result<Vec<Value>, String> {
    let query: String = expr.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let said =
        http_client::page(&format!("{prometheus}/api/v1/query?query={query}")).map_err(|error| error.to_string())?;
    let said: Value = serde_json::from_str(&said).map_err(|error| error.to_string())?;
    match said["data"]["result"].as_array() {
        Some(result) if said["status"] == "success" => Ok(result.clone()),
        _ => Err(said.to_string()),
    }
}

/// URL of a server by the status.
fn url_of(desk: &Desk, app: &str) -> String {
    let status: Value = serde_json::from_str(&desk.ok(&["status", "--format", "json"])).unwrap();
    status["applications"][app]["url"].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
}

/// Every file below a folder with this name's end.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path, end));
        } else if path.display().to_string().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Names of the metrics that the dashboard asks Prometheus for.
pub(crate) fn metrics(desk: &Desk) -> BTreeSet<String> {
    let all = expressions(desk);
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    let name = |text: &str| text.rsplit(|letter| !is_of_name(letter)).next().unwrap().to_owned();
    all.iter().flat_map(|expr| expr.match_indices('{').map(|(at, _)| name(&expr[..at]))).collect()
}

/// Expressions over metrics of the dashboards that the stand-in for Grafana has unpacked, with values in place of variables.
fn expressions(desk: &Desk) -> Vec<String> {
    let folder =
        files(&desk.runtime(), "-0.json").into_iter().find(|path| path.display().to_string().contains("/grafana/"));
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(folder.unwrap()).unwrap()).unwrap();
    let panels =
        dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["datasource"]["type"] == "prometheus");
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let filled = |target: &Value| {
        let expr = target["expr"].as_str().unwrap().replace("$__rate_interval", "1m");
        ["juju_model_uuid", "juju_model", "juju_application", "juju_unit"]
            .iter()
            .fold(expr, |expr, label| expr.replace(&format!("${label}"), ".*"))
    };
    targets.map(filled).collect()
}

/// Two moves at once are one after the other. Lines arrive where Loki is in the end; Pebble forwards them, so the application
/// runs on.
fn loki_moves(desk: &Desk, loki: &str) {
    let begun = starts(desk);
    let moves = thread::scope(|scope| {
        let moves = [(); 2].map(|()| scope.spawn(|| desk.ok(&["move", "loki"])));
        moves.map(|told| told.join().unwrap())
    });
    for place in [(1, 13100), (2, 3100)] {
        let place = format!("loki-k8s-{}.loki-k8s-endpoints.local.svc.cluster.local:{}", place.0, place.1);
        let told = format!("moved: loki-k8s is at {place} now\n");
        assert!(moves.iter().any(|said| said.starts_with(&told)), "{told} {moves:?}");
    }
    page(&format!("{}/after-the-moves", desk.url()));
    wait_until("a line arrives after the moves", || page(loki).contains("/after-the-moves"));
    assert_eq!(starts(desk), begun, "no variable has changed");
    assert_eq!(run(desk, LOKIS), json!([false, false, true]));
    has_nothing_to_rotate(desk, "loki", "Loki");
}

#[test]
#[ignore = "long: waits for several scrapes"]
fn prometheus_scrapes_the_sample_and_every_expression_of_its_dashboard_has_a_value() {
    if !testkit::needs(Path::new("/usr/bin/prometheus").is_file(), "Prometheus (Debian's package prometheus)") {
        return;
    }
    let desk = Desk::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/flask");
    desk.ok(&["up", sample.to_str().unwrap(), "--detach"]);
    for (server, ends) in [
        ("prometheus", "prometheus-k8s:metrics-endpoint and flask-k8s:metrics-endpoint"),
        ("grafana", "grafana-k8s:grafana-dashboard and flask-k8s:grafana-dashboard"),
        ("loki", "flask-k8s:logging and loki-k8s:logging"),
    ] {
        let said = desk.ok(&["integrate", server]);
        assert!(said.starts_with(&format!("integrated: {ends}\n")), "{said}");
    }
    desk.wait_for_application();
    let (prometheus, loki) = (url_of(&desk, "prometheus-k8s"), url_of(&desk, "loki-k8s"));
    wait_until("the unit is scraped", || {
        let up = evaluated(&prometheus, "up{juju_application=\"flask-k8s\", juju_unit=\"flask-k8s/0\"}");
        up.is_ok_and(|result| result.iter().any(|series| series["value"][1] == "1"))
    });
    let all = expressions(&desk);
    assert!(all.len() > 8, "{all:?}");
    // Shares of statuses that the application never answered with have no series.
    let is_answered =
        |expr: &&String| !expr.contains("\"3..\"") && !expr.contains("\"4..\"") && !expr.contains("\"5..\"");
    for expr in &all {
        evaluated(&prometheus, expr).unwrap_or_else(|said| panic!("{expr}: {said}"));
    }
    for expr in all.iter().filter(is_answered) {
        wait_until("an expression has a value", || {
            page(&desk.url());
            evaluated(&prometheus, expr).is_ok_and(|result| !result.is_empty())
        });
    }
    let rules = page(&format!("{prometheus}/api/v1/rules"));
    for alert in ["FlaskTargetMissing", "HostDown", "HostMetricsMissing"] {
        assert!(rules.contains(alert), "{rules}");
    }
    wait_until("a line of the application is at the sink", || page(&loki).contains("flask-k8s/0 flask: "));

    loki_moves(&desk, &loki);
    for server in ["prometheus", "grafana"] {
        let refused = desk.run(&["move", server]);
        let why = format!(
            "has no address that an application is told: there is nothing to move; `webcharm remove-application {server}`"
        );
        assert!(refused.code == Some(1) && refused.err.contains(&why), "{refused:?}");
    }

    for server in ["loki", "grafana", "prometheus"] {
        desk.ok(&["remove-relation", "flask-k8s", server]);
    }
    wait_until("nothing is scraped any more", || {
        http_client::page(&format!("{prometheus}/api/v1/targets"))
            .is_ok_and(|said| said.contains("\"activeTargets\":[]"))
    });
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
