//! Advice on declarations that have no effect: actions that run no command, endpoints that nothing reads, unknown keys.

use serde_yaml::{Mapping, Value};
use switches::Switches;

use crate::finding::Finding;
use crate::source::Source;
use crate::{Framework, framework, yaml};

/// Interfaces of endpoints that the charm uses without a mapping.
pub const INTERFACES: [&str; 17] = [
    "grafana_dashboard",
    "http_proxy",
    "ingress",
    "loki_push_api",
    "mongodb_client",
    "mysql_client",
    "oauth",
    "openfga",
    "postgresql_client",
    "prometheus_scrape",
    "rabbitmq",
    "redis",
    "s3",
    "saml",
    "smtp",
    "tracing",
    "valkey_client",
];

/// Keys that Juju or the charm reads in an option, and in an endpoint.
const OPTION: [&str; 4] = ["type", "default", "description", "optional"];
const ENDPOINT: [&str; 4] = ["interface", "limit", "optional", "scope"];

/// Advice about the author's declarations for a charm of this framework.
pub(crate) fn findings(project: &Source, framework: Framework, switches: &Switches) -> Vec<Finding> {
    let mut found = actions(project, framework, switches);
    found.extend(endpoints(project, switches));
    let options = yaml::section(&project.section("config"), "options");
    found.extend(keys(project, &["config", "options"], &options, &OPTION));
    for section in ["requires", "provides"] {
        found.extend(keys(project, &[section], &project.section(section), &ENDPOINT));
    }
    found
}

fn actions(project: &Source, framework: Framework, switches: &Switches) -> Vec<Finding> {
    let section = project.section("actions");
    let own = yaml::keys(&section);
    let idle =
        own.filter(|name| !framework::actions(framework).contains(name) && !switches.actions.contains_key(*name));
    let finding = |name: &str| {
        let what = format!("the action {name} is run by nothing");
        let remedy = format!("give it a command in webcharm.yaml, `actions: {{{name}: {{command: …}}}}`, or remove it");
        project.refused(&["actions", name], what, remedy).into_advice()
    };
    idle.map(finding).collect()
}

fn endpoints(project: &Source, switches: &Switches) -> Vec<Finding> {
    let section = project.section("requires");
    let is_read =
        |name: &str, interface: &str| INTERFACES.contains(&interface) || switches.integrations.contains_key(name);
    let unread = section.iter().filter_map(|(name, endpoint)| {
        let (name, interface) = (name.as_str()?, endpoint.get("interface")?.as_str()?);
        let optional = endpoint.get("optional").and_then(Value::as_bool) == Some(true);
        let what = format!("nothing uses {name} ({interface}), though it isn't optional");
        let remedy = format!(
            "map its values in webcharm.yaml, `integrations: {{{name}: {{variables: {{NAME: {{app: KEY}}}}}}}}`, or write \
             `optional: true`"
        );
        let finding = || project.refused(&["requires", name], what, remedy).into_advice();
        (!optional && !is_read(name, interface)).then(finding)
    });
    unread.collect()
}

/// Keys of options or endpoints that nothing reads.
fn keys(project: &Source, path: &[&str], section: &Mapping, known: &[&str]) -> Vec<Finding> {
    let named = section.iter().filter_map(|(name, content)| Some((name.as_str()?, content.as_mapping()?)));
    let unknown = named.flat_map(|(name, content)| {
        let keys = yaml::keys(content).filter(|key| !known.contains(key));
        keys.map(|key| (name, key.to_owned())).collect::<Vec<_>>()
    });
    let finding = |(name, key): (&str, String)| {
        let path = [path, &[name, &key]].concat();
        let what = format!("{}: `{key}` is no key that Juju or the charm reads", path[..path.len() - 1].join("."));
        let remedy = match juju::nearest(&key, known.iter().copied()) {
            _ if key == "required" => "write `optional: false` if the application must not run without it".to_owned(),
            Some(meant) => format!("write `{meant}`"),
            None => "remove it".to_owned(),
        };
        project.refused(&path, what, remedy).into_advice()
    };
    unknown.map(finding).collect()
}
