//! Grafana's JSON of a framework's dashboard: two panels beside each other in a row, and six variables by which people
//! choose the sources and the application.

use serde_json::{Value, json};

use crate::framework::panel::Kind;
use crate::framework::{Framework, Panel};

/// Variable with the source of metrics.
const PROMETHEUS: (&str, &str) = ("prometheusds", "prometheus");
/// Variable with the source of logs.
const LOKI: (&str, &str) = ("lokids", "loki");
/// Labels of the application in Juju, each a variable that depends on those before it.
const LABELS: [&str; 4] = ["juju_model", "juju_model_uuid", "juju_application", "juju_unit"];
/// Columns of Grafana's grid.
const WIDTH: u32 = 24;
/// Columns of a panel.
const HALF: u32 = 12;
/// Lines of the grid that a panel takes.
const HEIGHT: u32 = 8;

/// Dashboard of a framework. `None` if it has none.
pub(super) fn of(framework: &Framework) -> Option<Value> {
    let mut place = (0, 0);
    let panels: Vec<_> = (1_u32..)
        .zip(framework.panels)
        .map(|(id, own)| {
            let width = if own.kind == Kind::Logs { WIDTH } else { HALF };
            if place.0 + width > WIDTH {
                place = (0, place.1 + HEIGHT);
            }
            let panel = panel(id, own, framework.name, &json!({"x": place.0, "y": place.1, "w": width, "h": HEIGHT}));
            place.0 += width;
            panel
        })
        .collect();
    (!panels.is_empty()).then(|| {
        json!({
            "title": format!("{} Operator", framework.title),
            "schemaVersion": 39,
            "version": 1,
            "editable": true,
            "refresh": "1m",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": variables()},
            "panels": panels,
        })
    })
}

fn panel(id: u32, panel: &Panel, framework: &str, place: &Value) -> Value {
    let (kind, source, options) = match panel.kind {
        Kind::Numbers => ("stat", PROMETHEUS, json!({"reduceOptions": {"calcs": ["lastNotNull"]}})),
        Kind::Series => ("timeseries", PROMETHEUS, json!({"legend": {"displayMode": "list", "placement": "bottom"}})),
        Kind::Logs => ("logs", LOKI, json!({"showTime": true, "wrapLogMessage": true, "sortOrder": "Descending"})),
    };
    let source = json!({"type": source.1, "uid": format!("${{{}}}", source.0)});
    let targets = ('A'..).zip(panel.queries).map(|(name, (expr, legend))| {
        let expr = expr.replace('@', &matchers()).replace('#', &framework.replace('-', "_"));
        let mut target = json!({"refId": name.to_string(), "datasource": source, "expr": expr});
        if panel.kind != Kind::Logs {
            target["legendFormat"] = (*legend).into();
        }
        target
    });
    json!({
        "id": id,
        "type": kind,
        "title": panel.title,
        "gridPos": place,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": options,
        "targets": targets.collect::<Vec<_>>(),
    })
}

/// Matchers of the application's series.
fn matchers() -> String {
    LABELS.map(|label| format!("{label}=~\"${label}\"")).join(", ")
}

fn variables() -> Vec<Value> {
    let sources = [(PROMETHEUS, "Prometheus"), (LOKI, "Loki")];
    let sources =
        sources.map(|((name, kind), label)| json!({"name": name, "label": label, "type": "datasource", "query": kind}));
    let labels = LABELS.iter().enumerate().map(|(at, label)| {
        let earlier: Vec<_> = LABELS[..at].iter().map(|label| format!("{label}=~\"${label}\"")).collect();
        let query = format!("label_values(up{{{}}}, {label})", earlier.join(", "));
        json!({
            "name": label,
            "type": "query",
            "datasource": {"type": PROMETHEUS.1, "uid": format!("${{{}}}", PROMETHEUS.0)},
            "query": query,
            "definition": query,
            "refresh": 2,
            "sort": 1,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        })
    });
    sources.into_iter().chain(labels).collect()
}
