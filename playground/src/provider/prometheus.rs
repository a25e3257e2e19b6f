//! Prometheus: a real one, which scrapes the units in the pods' network and evaluates their alert rules.
//!
//! The rules of each application are in a file of their own. One that `promtool` finds a fault in is left out, and the
//! application is told.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use interfaces::prometheus_scrape::{self, Scraped};
use juju::{RelationId, Role};
use rock::tool::{self, Tool};
use serde_json::{Value, json};

use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon::{self, Network};

/// Prometheus.
pub(super) const PROMETHEUS: Provider = Provider {
    name: "prometheus",
    title: "Prometheus",
    app: "prometheus-k8s",
    endpoint: "metrics-endpoint",
    interface: prometheus_scrape::INTERFACE,
    role: Role::Requires,
    source: Source::Debian(&[TOOL, CHECKER]),
    is_stand_in: false,
    is_suggested: false,
    is_awaited: false,
    is_scalable: false,
    start: |host| Ok(Box::new(Prometheus::start(host)?)),
};

const TOOL: Tool = Tool { program: "prometheus", package: "prometheus" };
const CHECKER: Tool = Tool { program: "promtool", package: "prometheus" };

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["prometheus", "nobody"];

/// Its port on the loopback of the pods' network.
const PORT: u16 = 9090;

/// Its configuration's file, as it sees it.
const CONFIG: &str = "prometheus.json";

/// Seconds between two scrapes: short, since people wait for a figure.
const INTERVAL: &str = "5s";

/// Limit of a start and of a change of its configuration.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Prometheus.
#[derive(Debug)]
struct Prometheus {
    program: PathBuf,
    checker: PathBuf,
    place: Place,
    network: u32,
    process: Process,
    listener: TcpListener,
    url: String,
    watched: BTreeMap<RelationId, Watched>,
}

/// What an application has published, and the faults of its rules.
#[derive(Debug, Clone, PartialEq)]
struct Watched {
    scraped: Scraped,
    faults: String,
}

impl Prometheus {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let (program, checker) = (tool::find(TOOL, host.ui)?, tool::find(CHECKER, host.ui)?);
        let place = Place::make(PROMETHEUS.title, &host.dir, &USERS)?;
        let (port, listener) = process::listen(PROMETHEUS.title)?;
        let url = format!("http://127.0.0.1:{port}");
        place.write(CONFIG, &config(&BTreeMap::new()).to_string())?;
        host.ui.step("starting Prometheus");
        let process = serve(&program, &place, &listener, host.network)?;
        let watched = BTreeMap::new();
        let mut started = Self { program, checker, place, network: host.network, process, listener, url, watched };
        started.wait(host)?;
        Ok(started)
    }

    /// Waits until it serves.
    fn wait(&mut self, host: &Host<'_>) -> Result<(), process::Error> {
        let url = format!("{}/-/ready", self.url);
        self.process.wait(PATIENCE, host.ui, || http_client::page(&url).ok()).map(drop)
    }

    /// Has it follow what the applications have published now.
    fn watch(&mut self, watched: BTreeMap<RelationId, Watched>, host: &Host<'_>) -> Result<(), process::Error> {
        let before = self.reloads();
        self.place.write(CONFIG, &config(&watched).to_string())?;
        self.watched = watched;
        if self.process.reload().is_err() {
            // It has ended; the next process reads the same file.
            return Ok(());
        }
        let url = self.url.clone();
        self.process.wait(PATIENCE, host.ui, || reloads(&url).filter(|now| Some(now) != before.as_ref())).map(drop)
    }

    /// Its own figure of the last successful reload.
    fn reloads(&self) -> Option<String> {
        reloads(&self.url)
    }

    /// Writes the rules' file of a relation and checks it. Returns the faults.
    fn check(&self, relation: RelationId, scraped: &Scraped) -> Result<String, process::Error> {
        let path = self.place.write(&rules(relation), &scraped.alert_rules.to_string())?;
        let ran = Command::new(&self.checker).args(["check", "rules"]).arg(&path).output();
        let ran = ran.map_err(process::file(PROMETHEUS.title, "check rules"))?;
        let said = String::from_utf8_lossy(&ran.stderr).replace(&path.display().to_string(), "alert_rules");
        Ok(if ran.status.success() { String::new() } else { said.trim().to_owned() })
    }
}

impl Serve for Prometheus {
    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if self.network == host.network && !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("Prometheus ended; starting it again");
        self.process = serve(&self.program, &self.place, &self.listener, host.network)?;
        self.network = host.network;
        self.wait(host)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let mut watched = BTreeMap::new();
        let given = answers(relations, |Relation { view, .. }| {
            let Some(scraped) = requested(view.id, prometheus_scrape::read(view))? else { return Ok(None) };
            let known = self.watched.get(&view.id).filter(|known| known.scraped.alert_rules == scraped.alert_rules);
            let faults = match known {
                Some(known) => known.faults.clone(),
                None => self.check(view.id, &scraped)?,
            };
            let answer = prometheus_scrape::answer(view, &faults, "");
            watched.insert(view.id, Watched { scraped, faults });
            Ok(Some(answer))
        });
        if watched != self.watched {
            self.watch(watched, host)?;
        }
        Ok(given)
    }

    fn urls(&self) -> BTreeMap<String, String> {
        [(PROMETHEUS.app.to_owned(), self.url.clone())].into()
    }
}

/// Name of the file with an application's rules.
fn rules(relation: RelationId) -> String {
    format!("rules-{}.json", relation.0)
}

/// The configuration for these applications. JSON is YAML.
fn config(watched: &BTreeMap<RelationId, Watched>) -> Value {
    let jobs: Vec<_> = watched.values().flat_map(|watched| watched.scraped.targets()).collect();
    let sound = watched.iter().filter(|(_, watched)| watched.faults.is_empty());
    json!({
        "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
        "scrape_configs": prometheus_scrape::config(jobs),
        "rule_files": sound.map(|(relation, _)| rules(*relation)).collect::<Vec<_>>(),
    })
}

fn serve(program: &Path, place: &Place, listener: &TcpListener, network: u32) -> Result<Process, process::Error> {
    let arguments = [
        format!("--config.file={}/{CONFIG}", daemon::HOME),
        format!("--storage.tsdb.path={}/data", daemon::HOME),
        format!("--web.listen-address=127.0.0.1:{PORT}"),
        "--log.level=warn".to_owned(),
    ];
    let socket = place.dir.with_extension("sock");
    let mut spec = place.spec(program, arguments);
    spec.network = Network::Of(network);
    spec.ways_in = vec![(socket.clone(), SocketAddrV4::new(Ipv4Addr::LOCALHOST, PORT))];
    spec.socket = Some(socket);
    place.start(&spec, Some(listener))
}

/// Time of the last successful reload, by Prometheus's own metrics.
fn reloads(url: &str) -> Option<String> {
    let metrics = http_client::page(&format!("{url}/metrics")).ok()?;
    let name = "prometheus_config_last_reload_success_timestamp_seconds ";
    metrics.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use interfaces::Topology;
    use interfaces::prometheus_scrape::{Job, StaticConfig};

    use super::*;

    fn watched(faults: &str) -> Watched {
        let job = Job {
            metrics_path: "/metrics".to_owned(),
            static_configs: vec![StaticConfig { targets: vec!["h:1".to_owned()], labels: BTreeMap::new() }],
            job_name: Some("a".to_owned()),
        };
        let topology =
            Topology { model: "m".into(), model_uuid: "u".into(), application: "web".into(), ..Topology::default() };
        let scraped = Scraped { topology, jobs: vec![job], alert_rules: json!({}), units: BTreeMap::new() };
        Watched { scraped, faults: faults.to_owned() }
    }

    #[test]
    fn targets_are_scraped_and_faulty_rules_are_left_out() {
        let config = config(&[(RelationId(1), watched("")), (RelationId(2), watched("bad"))].into());
        assert_eq!(config["rule_files"], json!(["rules-1.json"]));
        assert_eq!(config["scrape_configs"][0]["job_name"], "juju_m_u_web_prometheus_scrape-a");
        assert_eq!(config["scrape_configs"][0]["static_configs"][0]["targets"], json!(["h:1"]));
    }
}
