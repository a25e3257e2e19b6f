//! `paas-config.yaml`, the settings that a charm's author packs into the charm: how the web server logs, and which
//! further metrics are scraped. It's the Python framework's file, in the form of its 1.x line; charms
//! of the 2.x line may also set port and metrics in it, with dashes or underscores.
//!
//! The file is optional; missing, empty or `null` it says nothing. A key that isn't known is refused wherever it
//! stands, since a misspelt one would be without effect. Whatever is wrong blocks the charm with the file's name, the
//! key and what to write there, and leaves the workload as it is.

mod node;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::framework::{self, Framework, Line};
use crate::hold::Hold;
use node::{Node, Wrong};

/// The file's name in the charm's folder.
pub const FILE: &str = "paas-config.yaml";

/// No charm needs a longer one, and what it may grow to in memory is bounded with it.
const LARGEST_FILE: u64 = 64 * 1024;

/// What the file says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PaasConfig {
    /// The port the workload listens on.
    pub port: Option<u16>,
    /// The port of its metrics.
    pub metrics_port: Option<u16>,
    /// Their path.
    pub metrics_path: Option<String>,
    /// How the web server writes its logs.
    pub logging: Logging,
    /// What else of the workload has metrics, besides the framework's own.
    pub scrape_configs: Vec<ScrapeConfig>,
}

/// How the web server writes its logs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Logging {
    /// As it does by itself.
    #[default]
    Plain,
    /// A line of JSON for each record.
    Json,
}

/// Something that has metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeConfig {
    /// The job's name; no other job has it.
    pub job_name: String,
    /// The path of the metrics.
    pub metrics_path: String,
    /// Where they are.
    pub static_configs: Vec<StaticConfig>,
}

/// Targets with labels of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticConfig {
    /// Where metrics are.
    pub targets: Vec<Target>,
    /// The labels that their series get.
    pub labels: BTreeMap<String, String>,
}

/// A place that has metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `@scheduler:PORT`: the unit that runs the schedulers.
    Scheduler(u16),
    /// Anything else, as it's written. `*:PORT`, which stands for every unit, is for Prometheus's charm to understand.
    Literal(String),
}

impl PaasConfig {
    /// What the charm in this folder has.
    ///
    /// # Errors
    ///
    /// A hold that says which key is wrong and what to write.
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

    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// A hold that says which key is wrong and what to write.
    pub fn parse(text: &[u8], framework: &Framework) -> Result<Self, Hold> {
        if text.len() as u64 > LARGEST_FILE {
            return Err(Hold::blocked(format!("Invalid {FILE}: it is longer than {LARGEST_FILE} bytes")));
        }
        let mut root: serde_yaml::Value =
            yaml::from_slice(text).map_err(|error| Hold::blocked(format!("Invalid YAML in {FILE}: {error}")))?;
        let merged = root.apply_merge().map_err(|error| Wrong::new(error.to_string()));
        let config = merged.and_then(|()| whole(&Node::root(&root), framework));
        config.map_err(|wrong| Hold::blocked(format!("Invalid {FILE}: {wrong}")))
    }
}

/// The keys of charms of the 1.x line.
const FIRST_LINE: &[&str] = &["framework_logging_format", "prometheus"];

/// Those of the 2.x line, in both spellings.
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
        metrics_path: either("metrics-path").map(|node| path(&node)).transpose()?,
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

fn path(node: &Node<'_>) -> Result<String, Wrong> {
    let path = node.text()?;
    if path.starts_with('/') { Ok(path.to_owned()) } else { Err(node.wrong("must be a path, which begins with /")) }
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
    Err(Wrong::new(format!("Duplicate job_name values found in {path}: {twice}. Each job must have a unique name.")))
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
    let wrong = |why: &str| Wrong::new(format!("Invalid @scheduler format '{text}' in {}: {why}", node.path));
    let port = rest.strip_prefix(':').ok_or_else(|| wrong("must include port (@scheduler:PORT)"))?;
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("port must be numeric"));
    }
    port.parse().map(Target::Scheduler).map_err(|_| wrong("port must be 65535 or less"))
}

#[cfg(test)]
mod tests;
