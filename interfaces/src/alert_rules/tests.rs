//! Files of both forms, and what no Prometheus reads.

use super::*;

fn of(stem: &str, content: Value) -> Result<Vec<Value>, BadRules> {
    groups(&RuleFile { stem: stem.to_owned(), content }, &Topology::example("my-app/0"))
}

#[test]
fn a_single_rule_becomes_a_group_with_the_application_s_labels() {
    let rule =
        json!({"alert": "Slow", "expr": "latency > 1", "labels": {"severity": "warning", "juju_model": "other"}});
    let expected = json!([{
        "name": "my_model_20ce8299_my_app_custom_slow_rules",
        "rules": [{"alert": "Slow", "expr": "latency > 1", "labels": {
            "severity": "warning", "juju_model": "other", "juju_model_uuid": "20ce8299-3634-4bef-8bd8-5ace6c8816b4",
            "juju_application": "my-app", "juju_charm": "my-app-k8s",
        }}],
    }]);
    assert_eq!(Value::Array(of("custom_slow", rule).unwrap()), expected);
}

#[test]
fn groups_keep_their_names_within_the_application_and_are_told_apart() {
    let group =
        |name: &str| json!({"name": name, "interval": "1m", "rules": [{"record": "x", "expr": "y", "labels": null}]});
    let made = "my_model_20ce8299_my_app_errors_rules";
    let all =
        of("file", json!({"groups": [group("errors"), group("errors_rules"), group(made), group("a b")]})).unwrap();
    assert_eq!(all[0]["interval"], "1m");
    let document = document(all);
    let names: Vec<_> = document["groups"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
    let expected = [made, &format!("{made}_2"), &format!("{made}_3"), "my_model_20ce8299_my_app_a_b_rules"];
    assert_eq!(names, expected);
    assert_eq!(super::document(Vec::new()), json!({}));
}

#[test]
fn the_placeholder_becomes_the_application_s_matchers() {
    let rule = json!({"alert": "Errors", "expr": "sum(rate({%%juju_topology%%, level=\"error\"}[5m])) > 1"});
    let groups = of("errors", rule).unwrap();
    let matchers =
        r#"juju_model="my-model", juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4", juju_application="my-app""#;
    assert_eq!(groups[0]["rules"][0]["expr"], format!("sum(rate({{{matchers}, level=\"error\"}}[5m])) > 1"));
}

#[test]
fn content_that_is_no_rules_is_refused_with_its_fault() {
    let table = [
        (json!(null), "it has neither groups, nor expr with alert or record"),
        (json!([1]), "it has neither groups, nor expr with alert or record"),
        (json!({"expr": "up"}), "it has neither groups, nor expr with alert or record"),
        (json!({"groups": {}}), "groups is not a list"),
        (json!({"groups": [1]}), "a group is not a mapping"),
        (json!({"groups": [{"rules": []}]}), "a group has no name"),
        (json!({"groups": [{"name": "a", "rules": 1}]}), "a group has no list of rules"),
        (json!({"groups": [{"name": "a", "rules": ["up"]}]}), "a rule has no expr of text"),
        (json!({"alert": "A", "expr": 1}), "a rule has no expr of text"),
        (json!({"alert": "A", "expr": "up", "labels": []}), "a rule's labels are not a mapping"),
    ];
    for (content, why) in table {
        assert_eq!(of("file", content.clone()), Err(BadRules { why }), "{content}");
    }
    assert_eq!(of("file", json!({"groups": []})), Ok(Vec::new()));
}
