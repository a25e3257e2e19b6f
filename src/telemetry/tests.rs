//! Jobs, rules and dashboards of every framework, and what an author adds.

use std::collections::BTreeSet;

use interfaces::grafana_dashboard;
use interfaces::grafana_dashboard::provider;
use juju::{ConfigValue, Databag, Hold, RelationId, View};

use super::*;
use crate::charm_spec::Switches;
use crate::facts::{Endpoint, Integration, Interface, Relation};
use crate::framework;
use crate::relation::grafana::GRAFANA;
use crate::relation::loki::LOKI;
use crate::relation::prometheus::PROMETHEUS;

fn spec(framework: &Framework) -> CharmSpec {
    let metadata = format!("name: shop-k8s\ncontainers: {{{}: {{}}}}\n", framework.container);
    let files = juju::CharmFiles::parse(&metadata, "{}", "{}").unwrap();
    let switches = Switches { framework: Some(framework.name.to_owned()), ..Switches::default() };
    CharmSpec::of(&files, &switches).unwrap()
}

fn related(interface: &'static Interface) -> Integration {
    let relation = Relation {
        view: View::empty("watch", RelationId(4)),
        secrets: interfaces::Secrets::new(),
        address: None,
        cross_model: false,
    };
    let endpoint = Endpoint { name: "watch".to_owned(), interface, required: false, mapping: None };
    Integration { endpoint, relations: vec![relation] }
}

fn seen() -> Seen {
    Seen { integrations: [&PROMETHEUS, &LOKI, &GRAFANA].map(related).into(), ..Seen::nothing() }
}

/// Dashboards as Grafana unpacks them.
fn shown(dashboards: &[Dashboard]) -> Vec<(String, Value)> {
    let ours = View { local_app: Some(Databag::new()), ..View::empty("grafana-dashboard", RelationId(1)) };
    let changes = provider::publish(&ours, &Seen::nothing().unit.topology(), dashboards);
    let mut theirs = View::empty("grafana-dashboard", RelationId(1));
    theirs.app = Some("shop".to_owned());
    theirs.remote_app = changes.app.texts();
    grafana_dashboard::read(&theirs).ready().cloned().unwrap().into_iter().collect()
}

fn targets(jobs: &[Job]) -> Vec<(&str, &str)> {
    jobs.iter().map(|job| (job.metrics_path.as_str(), job.static_configs[0].targets[0].as_str())).collect()
}

#[test]
fn each_framework_s_metrics_are_a_job() {
    let table = [
        (&framework::flask::FLASK, "/metrics", "*:9102"),
        (&framework::django::DJANGO, "/metrics", "*:9102"),
        (&framework::fastapi::FASTAPI_2, "/metrics", "*:8000"),
        (&framework::go::GO_2, "/metrics", "*:8080"),
        (&framework::expressjs::EXPRESSJS_2, "/metrics", "*:9464"),
        (&framework::spring_boot::SPRING_BOOT, "/actuator/prometheus", "*:8080"),
        (&framework::spring_boot::SPRING_BOOT_2, "/actuator/prometheus", "*:8080"),
    ];
    for (framework, path, target) in table {
        let mut spec = spec(framework);
        spec.framework = framework;
        let jobs = of(&seen(), &spec).jobs.unwrap();
        assert_eq!(targets(&jobs), [(path, target)], "{}", framework.name);
        assert_eq!(jobs[0].job_name, None);
    }
    let go = spec(&framework::go::GO);
    assert_eq!(of(&seen(), &go).jobs, Some(Vec::new()), "without the options there are no metrics");
    let mut set = seen();
    let port = |port| ("metrics-port".to_owned(), ConfigValue::Int(port));
    set.config = [port(9000), ("metrics-path".to_owned(), ConfigValue::String("/m".to_owned()))].into_iter().collect();
    assert_eq!(targets(&of(&set, &go).jobs.unwrap()), [("/m", "*:9000")]);
    set.config = [port(0)].into_iter().collect();
    assert_eq!(of(&set, &go).jobs, None, "an invalid port leaves the jobs as they are");
    let broken = CharmSpec { paas_config: Err(Hold::blocked("broken")), ..go };
    assert_eq!(of(&seen(), &broken).jobs, None);
}

#[test]
fn the_author_s_jobs_follow_and_a_scheduler_is_the_first_unit() {
    let text =
        b"prometheus: {scrape_configs: [{job_name: a, metrics_path: /w, static_configs: [{targets: ['@scheduler:81', \
        '*:82', 'h:83'], labels: {x: y}}]}, {job_name: b, static_configs: []}]}";
    let mut spec = spec(&framework::flask::FLASK);
    spec.paas_config = Ok(crate::paas_config::PaasConfig::parse(text, spec.framework).unwrap());
    let jobs = of(&seen(), &spec).jobs.unwrap();
    let expected = json!([
        {"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9102"]}]},
        {"metrics_path": "/w", "static_configs": [{
            "targets": ["shop-0.shop-endpoints.m.svc.cluster.local:81", "*:82", "h:83"], "labels": {"x": "y"},
        }], "job_name": "a"},
        {"metrics_path": "/metrics", "static_configs": [], "job_name": "b"},
    ]);
    assert_eq!(serde_json::to_value(&jobs).unwrap(), expected);
}

#[test]
fn rules_are_the_framework_s_then_the_author_s_then_the_host_s() {
    let mut seen = seen();
    let rule = |name: &str| format!("alert: {name}\nexpr: x > 1\n").into_bytes();
    seen.assets.add("prometheus_alert_rules", "slow.rule", &rule("Slow"));
    seen.assets.add("loki_alert_rules", "errors.yaml", &rule("Errors"));
    let names = |document: &Value| -> Vec<String> {
        let groups = document["groups"].as_array().unwrap();
        groups
            .iter()
            .map(|group| format!("{} {}", group["name"], group["rules"][0]["alert"]).replace('"', ""))
            .collect()
    };
    let telemetry = of(&seen, &spec(&framework::django::DJANGO));
    let expected = [
        "m_20ce8299_shop_django_rules DjangoTargetMissing",
        "m_20ce8299_shop_custom_slow_rules Slow",
        "m_20ce8299_shop_HostHealth_rules HostDown",
    ];
    assert_eq!(names(&telemetry.metric_rules), expected);
    assert_eq!(names(&telemetry.log_rules), ["m_20ce8299_shop_custom_errors_rules Errors"]);
    assert_eq!(names(&of(&seen, &spec(&framework::go::GO)).metric_rules), expected[1..]);
    seen.assets = crate::assets::Assets::default();
    assert_eq!(of(&seen, &spec(&framework::go::GO)).log_rules, json!({}));
}

#[test]
fn each_framework_has_its_own_dashboard_as_in_the_golden_listing() {
    let (mut uids, mut listing) = (BTreeSet::new(), String::new());
    for framework in framework::ALL.iter().filter(|framework| framework.line == framework::Line::First) {
        let dashboards = shown(&of(&seen(), &spec(framework)).dashboards);
        let [(id, dashboard)] = &dashboards[..] else { panic!("{dashboards:?}") };
        assert!(uids.insert(dashboard["uid"].as_str().unwrap().to_owned()), "{id}");
        assert!(dashboard.get("id").is_none(), "Grafana gives the number");
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len());
        listing.push_str(&format!("{id} {} ({} panels)\n", dashboard["title"], panels.len()));
        for panel in panels {
            let place = &panel["gridPos"];
            let corner = format!("{} {}", place["x"], place["y"]);
            listing.push_str(&format!("  {} {} at {corner}\n", panel["type"], panel["title"]).replace('"', ""));
            for target in panel["targets"].as_array().unwrap() {
                let expr = target["expr"].as_str().unwrap();
                assert!(expr.contains("juju_unit=~\"$juju_unit\"") && !expr.contains(['@', '#']), "{expr}");
                listing.push_str(&format!("    {}\n", expr.replace(SELECTED, "…")));
            }
        }
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        let names: Vec<_> = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["prometheusds", "lokids", "juju_model", "juju_model_uuid", "juju_application", "juju_unit"]);
    }
    testkit::assert_golden("tests/golden/dashboards.txt", &listing);
}

/// Matchers in every expression.
const SELECTED: &str = "juju_model=~\"$juju_model\", juju_model_uuid=~\"$juju_model_uuid\", \
    juju_application=~\"$juju_application\", juju_unit=~\"$juju_unit\"";

#[test]
fn the_author_s_dashboards_are_beside_the_framework_s() {
    let mut seen = seen();
    seen.assets.add("grafana_dashboards", "mine.json", b"{\"title\": \"Mine\"}");
    let dashboards = shown(&of(&seen, &spec(&framework::spring_boot::SPRING_BOOT)).dashboards);
    let names: Vec<_> = dashboards.iter().map(|(id, content)| format!("{id} {}", content["title"])).collect();
    assert_eq!(names, ["file:custom_mine \"Mine\"", "file:spring_boot \"Spring Boot Operator\""]);
}

#[test]
fn what_no_application_is_related_for_is_not_made() {
    let mut seen = seen();
    for integration in &mut seen.integrations {
        integration.relations.clear();
    }
    assert_eq!(of(&seen, &spec(&framework::flask::FLASK)), UNWATCHED);
}
