//! `paas-config.yaml`: settings that a charm's author packs into the charm, such as the format of logs and further
//! targets of metrics. The Python framework defined the file, in the form of its 1.x line. Charms of the 2.x line may
//! also set port and metrics in it, with dashes or underscores in the keys.
//!
//! The file is optional; a missing file, an empty one and `null` have no settings. Unknown keys are errors at every
//! level, since a misspelt key would have no effect. An error blocks the charm with the file's name, the key and the
//! valid values, and leaves the workload as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use juju::Hold;
use switches::{Node, Wrong};

use crate::framework::{self, Framework, Line};

/// Name of the file in the charm's folder.
pub const FILE: &str = "paas-config.yaml";

/// Largest file, in bytes. This also limits the memory of the parsed file.
const LARGEST_FILE: u64 = 64 * 1024;

/// Settings of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PaasConfig {
    /// Port that the workload listens on.
    pub port: Option<u16>,
    /// Port of its metrics.
    pub metrics_port: Option<u16>,
    /// Path of its metrics.
    pub metrics_path: Option<String>,
    /// Format of the web server's logs.
    pub logging: Logging,
    /// Targets with metrics, in addition to the framework's own.
    pub scrape_configs: Vec<ScrapeConfig>,
}

/// Format of the web server's logs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Logging {
    /// Default format of the web server.
    #[default]
    Plain,
    /// One line of JSON for each record.
    Json,
}

/// Job with targets of metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeConfig {
    /// Name of the job, unique in the file.
    pub job_name: String,
    /// Path of the metrics.
    pub metrics_path: String,
    /// Targets of the job.
    pub static_configs: Vec<StaticConfig>,
}

/// Targets with common labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticConfig {
    /// Addresses with metrics.
    pub targets: Vec<Target>,
    /// Labels of the targets' series.
    pub labels: BTreeMap<String, String>,
}

/// Address with metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `@scheduler:PORT`: the unit that runs the schedulers.
    Scheduler(u16),
    /// Any other text. Prometheus's charm interprets `*:PORT` as every unit.
    Literal(String),
}

impl PaasConfig {
    /// Reads the file of the charm in this folder.
    ///
    /// # Errors
    ///
    /// A hold with the wrong key and its valid values.
    pub fn read(charm_dir: &Path, framework: &Framework) -> Result<Self, Hold> {
        let failed = |error: std::io::Error| Hold::blocked(format!("Failed to read {FILE}: {error}"));
        let file = match File::open(charm_dir.join(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.map_err(failed)?,
        };
        let mut text = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut text).map_err(failed)?;
        Self::parse(&text, framework)
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    ///
    /// A hold with the wrong key and its valid values.
    pub fn parse(text: &[u8], framework: &Framework) -> Result<Self, Hold> {
        if text.len() as u64 > LARGEST_FILE {
            return Err(Hold::blocked(format!("Invalid {FILE}: it is longer than {LARGEST_FILE} bytes")));
        }
        let mut root: serde_yaml::Value =
            yaml::from_slice(text).map_err(|error| Hold::blocked(format!("Invalid YAML in {FILE}: {error}")))?;
        let merged = root.apply_merge().map_err(|error| Wrong::new("", error.to_string()));
        let config = merged.and_then(|()| whole(&Node::root(&root), framework));
        config.map_err(|wrong| Hold::blocked(format!("Invalid {FILE}: {wrong}")))
    }
}

/// Keys in charms of the 1.x line.
const FIRST_LINE: &[&str] = &["framework_logging_format", "prometheus"];

/// Keys in charms of the 2.x line, in both spellings.
const SECOND_LINE: &[&str] = &[
    "framework-logging-format",
    "framework_logging_format",
    "prometheus",
    "port",
    "metrics-port",
    "metrics_port",
    "metrics-path",
    "metrics_path",
];

fn whole(root: &Node<'_>, framework: &Framework) -> Result<PaasConfig, Wrong> {
    let keys = root.mapping(if framework.line == Line::First { FIRST_LINE } else { SECOND_LINE })?;
    let either = |dashed: &str| keys.get(dashed).or_else(|| keys.get(&dashed.replace('-', "_")));
    let format = either("framework-logging-format").map(|node| logging(&node, framework)).transpose()?;
    let scrape_configs = keys.get("prometheus").map(|node| prometheus(&node)).transpose()?;
    Ok(PaasConfig {
        port: either("port").map(|node| port(&node)).transpose()?,
        metrics_port: either("metrics-port").map(|node| port(&node)).transpose()?,
        metrics_path: either("metrics-path").map(|node| path(&node)).transpose()?.flatten(),
        logging: format.unwrap_or_default(),
        scrape_configs: scrape_configs.unwrap_or_default(),
    })
}

fn logging(node: &Node<'_>, framework: &Framework) -> Result<Logging, Wrong> {
    match node.text() {
        Ok("none") => Ok(Logging::Plain),
        Ok("json") if framework.server.logs_json() => Ok(Logging::Json),
        Ok("json") => {
            let able =
                framework::ALL.iter().filter(|framework| framework.server.logs_json()).map(|framework| framework.name);
            let able = able.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
            Err(node.wrong(&format!("json is not supported for {}, only for {able}: write none", framework.name)))
        }
        _ => Err(node.wrong("must be none or json")),
    }
}

fn port(node: &Node<'_>) -> Result<u16, Wrong> {
    let port = node.number().and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| node.wrong("must be a port, a number from 1 to 65535"))
}

/// Reads a path. An empty one stands for the framework's, as in the Python framework.
fn path(node: &Node<'_>) -> Result<Option<String>, Wrong> {
    match node.text()? {
        "" => Ok(None),
        path if path.starts_with('/') => Ok(Some(path.to_owned())),
        _ => Err(node.wrong("must be a path, which begins with /")),
    }
}

fn prometheus(node: &Node<'_>) -> Result<Vec<ScrapeConfig>, Wrong> {
    let Some(list) = node.mapping(&["scrape_configs"])?.get("scrape_configs") else { return Ok(Vec::new()) };
    let configs = list.list()?.iter().map(scrape_config).collect::<Result<Vec<_>, _>>()?;
    let (mut names, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for ScrapeConfig { job_name, .. } in &configs {
        if !names.insert(job_name.as_str()) {
            twice.insert(job_name.as_str());
        }
    }
    if twice.is_empty() {
        return Ok(configs);
    }
    let twice = twice.into_iter().collect::<Vec<_>>().join(", ");
    let path = &list.path;
    Err(Wrong::new(
        path,
        format!("Duplicate job_name values found in {path}: {twice}. Each job must have a unique name."),
    ))
}

fn scrape_config(node: &Node<'_>) -> Result<ScrapeConfig, Wrong> {
    let keys = node.mapping(&["job_name", "metrics_path", "static_configs"])?;
    let path = keys.get("metrics_path");
    let statics = keys.required("static_configs", "write a list of targets, such as `- targets: [\"*:8081\"]`");
    Ok(ScrapeConfig {
        job_name: keys.required("job_name", "give the job a name")?.text()?.to_owned(),
        metrics_path: path.as_ref().map_or(Ok("/metrics"), Node::text)?.to_owned(),
        static_configs: statics?.list()?.iter().map(static_config).collect::<Result<_, _>>()?,
    })
}

fn static_config(node: &Node<'_>) -> Result<StaticConfig, Wrong> {
    let keys = node.mapping(&["targets", "labels"])?;
    let targets = keys.required("targets", "write a list such as [\"*:8081\"]")?.list()?;
    let labels = keys.get("labels").map(|labels| labels.texts()).transpose()?;
    Ok(StaticConfig {
        targets: targets.iter().map(target).collect::<Result<_, _>>()?,
        labels: labels.unwrap_or_default(),
    })
}

fn target(node: &Node<'_>) -> Result<Target, Wrong> {
    let text = node.text()?;
    let Some(rest) = text.strip_prefix("@scheduler") else { return Ok(Target::Literal(text.to_owned())) };
    let wrong =
        |why: &str| Wrong::new(&node.path, format!("Invalid @scheduler format '{text}' in {}: {why}", node.path));
    let port = rest.strip_prefix(':').ok_or_else(|| wrong("must include port (@scheduler:PORT)"))?;
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("port must be numeric"));
    }
    port.parse().map(Target::Scheduler).map_err(|_| wrong("port must be 65535 or less"))
}

#[cfg(test)]
mod tests;
