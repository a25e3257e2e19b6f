//! Rules of `paas-config.yaml`, the charm's own settings: an unknown key fails every hook.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::no_yaml;
use crate::finding::Finding;
use crate::folder::Folder;
use crate::source::Source;
use crate::{Error, Framework, yaml};

pub(super) const FILE: &str = "paas-config.yaml";

/// The frameworks that can log JSON.
const JSON: [Framework; 3] = [Framework::Django, Framework::FastApi, Framework::Flask];

/// Findings about the file, if it exists.
pub(crate) fn findings(dir: &Folder, framework: Option<Framework>) -> Result<Vec<Finding>, Error> {
    Ok(match Source::read(dir, FILE) {
        Err(Error::Parse { source, .. }) => vec![no_yaml(FILE, &source)],
        other => other?.map_or_else(Vec::new, |config| judged(&config, framework)),
    })
}

fn judged(config: &Source, framework: Option<Framework>) -> Vec<Finding> {
    let top = ["framework_logging_format", "prometheus", "port", "metrics-port", "metrics-path"];
    let mut found = unknown(config, &[], &config.document, &top);
    found.extend(logging(config, framework));
    found.extend(["port", "metrics-port"].into_iter().filter_map(|key| port(config, key)));
    found.extend(metrics_path(config));
    found.extend(prometheus(config));
    found
}

/// Keys that the charm doesn't know. The newer conventions' spelling with underscores is accepted too.
fn unknown(config: &Source, path: &[&str], mapping: &Mapping, known: &[&str]) -> Vec<Finding> {
    let is_known = |key: &str| known.contains(&key) || known.contains(&key.replace('_', "-").as_str());
    let wrong = yaml::keys(mapping).filter(|key| !is_known(key));
    wrong
        .map(|key| {
            let path = [path, &[key]].concat();
            config.refused(
                &path,
                format!("{FILE} has no key {}", path.join(".")),
                format!("take one of {}", known.join(", ")),
            )
        })
        .collect()
}

fn logging(config: &Source, framework: Option<Framework>) -> Option<Finding> {
    let key = "framework_logging_format";
    match config.document.get(key)?.as_str() {
        Some("none") => None,
        Some("json") => {
            let framework = framework.filter(|framework| !JSON.contains(framework))?;
            Some(config.refused(&[key], format!("{framework} can't log JSON"), "write none"))
        }
        None if config.document.get(key).is_some_and(Value::is_null) => None,
        _ => Some(config.refused(&[key], format!("{key} is none or json"), "write one of them, in lower case")),
    }
}

fn port(config: &Source, key: &str) -> Option<Finding> {
    let port = config.document.get(key)?;
    let fine = port.as_i64().is_some_and(|port| (1..=65535).contains(&port));
    (!fine).then(|| config.refused(&[key], format!("{key} must be a port"), "write a number from 1 to 65535"))
}

fn metrics_path(config: &Source) -> Option<Finding> {
    let path = config.document.get("metrics-path")?;
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(character);
    let fine =
        path.as_str().is_some_and(|path| (path.is_empty() || path.starts_with('/')) && path.chars().all(allowed));
    (!fine).then(|| config.refused(&["metrics-path"], "metrics-path must be a path", "write it as `/metrics`"))
}

fn prometheus(config: &Source) -> Vec<Finding> {
    let prometheus = config.section("prometheus");
    let mut found = unknown(config, &["prometheus"], &prometheus, &["scrape_configs"]);
    let jobs = prometheus.get("scrape_configs").and_then(Value::as_sequence).map(Vec::as_slice).unwrap_or_default();
    let mut names = BTreeSet::new();
    for job in jobs {
        found.extend(scrape_job(config, job));
        let name = job.get("job_name").and_then(Value::as_str).unwrap_or_default();
        if !names.insert(name) && !name.is_empty() {
            let what = format!("two jobs have the job_name {name}");
            found.push(config.refused(&["prometheus", "scrape_configs"], what, "rename one of them"));
        }
    }
    found
}

fn scrape_job(config: &Source, job: &Value) -> Vec<Finding> {
    let path = ["prometheus", "scrape_configs"];
    let Some(job) = job.as_mapping() else {
        return vec![config.refused(&path, "a job must be a mapping", "write `- job_name: …`")];
    };
    let mut found = unknown(config, &path, job, &["job_name", "metrics_path", "static_configs"]);
    if yaml::text(job, "job_name").is_none() {
        found.push(config.refused(&path, "a job needs a job_name", "write `job_name: …`"));
    }
    let Some(targets) = job.get("static_configs").and_then(Value::as_sequence) else {
        found.push(config.refused(
            &path,
            "a job needs static_configs",
            "write `static_configs: [{targets: ['*:8000']}]`",
        ));
        return found;
    };
    let mappings = targets.iter().filter_map(Value::as_mapping);
    found.extend(mappings.flat_map(|targets| static_config(config, targets)));
    found
}

fn static_config(config: &Source, content: &Mapping) -> Vec<Finding> {
    let path = ["prometheus", "scrape_configs"];
    let mut found = unknown(config, &path, content, &["targets", "labels"]);
    let Some(targets) = content.get("targets").and_then(Value::as_sequence) else {
        found.push(config.refused(&path, "static_configs need targets", "write `targets: ['*:8000']`"));
        return found;
    };
    let bad = targets.iter().filter(|target| !target.as_str().is_some_and(is_target));
    found.extend(bad.map(|target| {
        let what = format!("{} is no target", target.as_str().unwrap_or("a value that isn't text"));
        config.refused(&path, what, "write `*:PORT`, `@scheduler:PORT` or an address")
    }));
    let labels = yaml::section(content, "labels");
    let wrong = labels.iter().filter(|(_, value)| !value.is_string());
    found.extend(wrong.map(|_| config.refused(&path, "labels are texts", "put the value in quotes")));
    found
}

fn is_target(target: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    target.strip_prefix("@scheduler").is_none_or(|rest| rest.strip_prefix(':').is_some_and(is_port))
}
