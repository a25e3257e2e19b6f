//! Decisions about the web server: its configuration, `paas-config.yaml` and tracing.

use super::*;
use crate::relation::tracing::TRACING;

pub(super) fn traced(url: &str) -> Integration {
    let receivers = format!(r#"[{{"protocol": {{"name": "otlp_http", "type": "http"}}, "url": "{url}"}}]"#);
    related(&TRACING, "tracing", &[("receivers", &receivers)])
}

#[test]
fn tracing_gives_its_variables_and_hooks_and_restarts() {
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    seen.integrations = vec![traced("http://Tempo:4318")];
    let steps = decide(&seen);
    let environment = &layer(&steps).services["flask"].environment;
    assert_eq!(environment["OTEL_SERVICE_NAME"], "shop");
    assert_eq!(environment["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://tempo:4318/");
    let config = server_config(&steps);
    assert!(config.contains("def post_fork(") && config.contains("x-request-id"), "{config}");
    assert_eq!(names(&steps).last().unwrap(), "start the services");
    let [write] = steps.relations.as_slice() else { panic!("{:?}", steps.relations) };
    assert_eq!(write.changes.app.texts(), Databag::from_iter([("receivers", "[\"otlp_http\"]")]));
    assert!(write.changes.unit.is_empty());
    let mut seen = carry_out(seen, &steps);
    assert_eq!(names(&decide(&seen)), [""; 0]);
    seen.integrations = Vec::new();
    assert!(!layer(&decide(&seen)).services["flask"].environment.contains_key("OTEL_SERVICE_NAME"));
}

#[test]
fn tracing_that_is_not_ready_holds_only_if_it_is_required() {
    let mut seen = fresh();
    for url in ["nope", "tempo:4318"] {
        seen.integrations = vec![traced(url)];
        let steps = decide(&seen);
        let remark = "tracing: other gives no usable receivers yet (if it stays so, check other and its version";
        assert_eq!((steps.holds, steps.remarks), (vec![], vec![format!("{remark}, or juju remove-relation 7)")]));
        seen.integrations[0].endpoint.required = true;
        assert_eq!(messages(&decide(&seen)), ["missing integrations: tracing".to_owned(), format!("{remark})")]);
    }
}

/// Steps for a charm with this `paas-config.yaml`.
fn decide_with(paas_config: Result<PaasConfig, Hold>, seen: &Seen) -> Steps {
    let work = Work { scope: Scope::Everything, action: None };
    steps(&work, seen, &CharmSpec { paas_config, ..spec() }, &mut || [7; 64])
}

fn server_config(steps: &Steps) -> String {
    let mut contents = steps.effects.iter().filter_map(|step| match &step.action {
        Action::Write { path, content, .. } if path.ends_with("gunicorn.conf.py") => Some(content.clone()),
        _ => None,
    });
    String::from_utf8(contents.next_back().expect("a configuration")).unwrap()
}

#[test]
fn another_logger_takes_a_restart_other_settings_a_reload() {
    let json = || Ok(PaasConfig { logging: Logging::Json, ..PaasConfig::default() });
    let running = || carry_out(fresh(), &decide(&fresh()));
    let seen = running();
    let steps = decide_with(json(), &seen);
    assert!(server_config(&steps).contains("logger_class = JsonLogger\n"));
    assert_eq!(names(&steps).last().unwrap(), "restart flask");
    for stop in 0..=steps.effects.len() {
        let half = Steps { effects: steps.effects[..stop].to_vec(), ..Steps::default() };
        let interrupted = carry_out(running(), &half);
        assert_eq!(names(&decide_with(json(), &interrupted)).last().unwrap(), "restart flask", "after {stop}");
    }
    let mut seen = carry_out(seen, &steps);
    assert_eq!(names(&decide_with(json(), &seen)), [""; 0]);
    set(&mut seen, "webserver-workers", ConfigValue::Int(2));
    assert_eq!(names(&decide_with(json(), &seen)).last().unwrap(), "reload flask");
    assert_eq!(names(&decide(&seen)).last().unwrap(), "restart flask");
}

#[test]
fn an_invalid_paas_config_blocks_and_keeps_the_workload() {
    let broken = || Err(Hold::blocked("Invalid paas-config.yaml: framework_logging_format must be none or json"));
    let mut seen = carry_out(fresh(), &decide(&fresh()));
    set(&mut seen, "flask-env", ConfigValue::String(String::new()));
    seen.integrations = vec![database("p1", "db:3306")];
    let steps = decide_with(broken(), &seen);
    let expected = [
        "Invalid paas-config.yaml: framework_logging_format must be none or json",
        "invalid options: flask-env (must not be empty)",
    ];
    assert_eq!(messages(&steps), expected);
    assert_eq!((names(&steps), steps.relations.len()), (vec![], 1), "requests are still written");
}
