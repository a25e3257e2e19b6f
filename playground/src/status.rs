//! Status of a model, in the format and words of `juju status`.
//!
//! The JSON has Juju's keys, so that a script written for Juju works; `url` and `notes` are ours.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pack::text::shown;
use serde::{Deserialize, Serialize};

/// A whole model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The model itself.
    pub model: Model,
    /// Its applications, by name.
    pub applications: BTreeMap<String, Application>,
    /// All relations. Juju's JSON has them only in each application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// Notes for the user: failures of the playground with their remedies, servers not integrated yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// `caas`: a model of containers.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of its controller, always `webcharm`.
    pub controller: String,
    /// Name of its cloud, always `localhost`.
    pub cloud: String,
    /// The version of Juju whose rules it follows.
    pub version: String,
}

/// An application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Application {
    /// Its charm.
    pub charm: String,
    /// `local`: the charm is of this machine.
    #[serde(default)]
    pub charm_origin: Origin,
    /// The charm's revision, always 0: a local charm is uploaded once.
    #[serde(default)]
    pub charm_rev: u32,
    /// True if it is exposed.
    pub exposed: bool,
    /// Number of its units.
    pub scale: usize,
    /// Address of its Service in the model, behind which one of the serving units answers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The workload's version, if the charm set it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The status set for the application, or else its leader's.
    pub application_status: StatusInfo,
    /// Related applications, by endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Vec<Related>>,
    /// Its units, by name.
    pub units: BTreeMap<String, Unit>,
    /// Its URL on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Origin of a charm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From this machine.
    #[default]
    Local,
}

/// The other side of an application's integration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Related {
    /// The application there.
    pub related_application: String,
    /// The interface.
    pub interface: String,
    /// `global`: between whole applications.
    pub scope: String,
}

/// A relation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The providing end, as `APP:ENDPOINT`.
    pub provider: String,
    /// The requiring end; for peers the same as the providing one.
    pub requirer: String,
    /// The interface.
    pub interface: String,
    /// `regular` or `peer`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unit {
    /// Status that the charm set.
    pub workload_status: StatusInfo,
    /// Status of the unit's agent.
    pub juju_status: StatusInfo,
    /// True if it is the leader.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leader: bool,
    /// The ports the charm opened, as `8000/tcp`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_ports: Vec<String>,
    /// Its address in the model.
    pub address: String,
    /// Its URL on this machine, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A status word with its message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusInfo {
    /// The word.
    pub current: String,
    /// The message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl StatusInfo {
    /// A word with a message.
    pub fn new(current: impl Into<String>, message: impl Into<String>) -> Self {
        Self { current: current.into(), message: message.into() }
    }
}

impl Status {
    /// The tables that `juju status` prints, and with `relations` the table of relations.
    #[must_use]
    pub fn tables_with(&self, relations: bool) -> String {
        let mut text = self.tables();
        if relations && !self.relations.is_empty() {
            text.push('\n');
            text.push_str(&table(&self.relation_rows()));
        }
        text
    }

    fn relation_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![row(["Integration provider", "Requirer", "Interface", "Type", "Message"])];
        let relations = self.relations.iter();
        rows.extend(relations.map(|one| row([&one.provider, &one.requirer, &one.interface, &one.kind, ""])));
        rows
    }

    /// The tables that `juju status` prints.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut text = table(&self.model_rows());
        text.push('\n');
        text.push_str(&table(&self.application_rows()));
        text.push('\n');
        text.push_str(&table(&self.unit_rows()));
        let urls = self.url_rows();
        if urls.len() > 1 {
            text.push('\n');
            text.push_str(&table(&urls));
        }
        for note in &self.notes {
            text.push_str(&format!("\nNote: {note}\n"));
        }
        text
    }

    /// URLs of applications and, if they have their own, of units.
    fn url_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![row(["App", "URL"])];
        for (name, app) in &self.applications {
            let units: Vec<_> = app.units.iter().filter_map(|(name, unit)| Some((name, unit.url.as_ref()?))).collect();
            let own = app.url.as_ref().map(|url| (name, url)).filter(|_| units.is_empty());
            rows.extend(own.into_iter().chain(units).map(|(name, url)| row([name, url])));
        }
        rows
    }

    fn model_rows(&self) -> Vec<Vec<String>> {
        let Model { name, controller, cloud, version, .. } = &self.model;
        vec![row(["Model", "Controller", "Cloud/Region", "Version"]), row([name, controller, cloud, version])]
    }

    fn application_rows(&self) -> Vec<Vec<String>> {
        let columns = ["App", "Version", "Status", "Scale", "Charm", "Rev", "Address", "Exposed", "Message"];
        let mut rows = vec![row(columns)];
        for (name, app) in &self.applications {
            let StatusInfo { current, message } = &app.application_status;
            let exposed = if app.exposed { "yes" } else { "no" };
            let (scale, rev) = (app.scale.to_string(), app.charm_rev.to_string());
            rows.push(row([name, &app.version, current, &scale, &app.charm, &rev, &app.address, exposed, message]));
        }
        rows
    }

    fn unit_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![row(["Unit", "Workload", "Agent", "Address", "Ports", "Message"])];
        for (name, unit) in self.applications.values().flat_map(|app| &app.units) {
            let name = if unit.leader { format!("{name}*") } else { name.clone() };
            let ports = unit.open_ports.join(",").to_uppercase();
            let workload = &unit.workload_status;
            rows.push(row([
                &name,
                &workload.current,
                &unit.juju_status.current,
                &unit.address,
                &ports,
                &workload.message,
            ]));
        }
        rows
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Lays out rows: columns as wide as their widest cell, two blanks between them, no blanks at a line's end. A cell is
/// one escaped line, because charms write some of them.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| cell_line(cell)).collect()).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<Cow<'_, str>>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// The first line of a text, escaped.
fn cell_line(text: &str) -> Cow<'_, str> {
    shown(text.split('\n').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Status {
        let unit = Unit {
            workload_status: StatusInfo::new("blocked", "missing integrations: postgresql"),
            juju_status: StatusInfo::new("idle", ""),
            leader: true,
            open_ports: vec!["8000/tcp".to_owned()],
            address: "10.1.1.10".to_owned(),
            url: None,
        };
        let app = Application {
            charm: "flask-k8s".to_owned(),
            scale: 1,
            address: "10.1.0.1".to_owned(),
            application_status: unit.workload_status.clone(),
            units: BTreeMap::from([("flask-k8s/0".to_owned(), unit)]),
            url: Some("http://127.0.0.1:4711".to_owned()),
            ..Application::default()
        };
        Status {
            model: Model {
                name: "local".to_owned(),
                kind: "caas".to_owned(),
                controller: "webcharm".to_owned(),
                cloud: "localhost".to_owned(),
                version: "3.6.0".to_owned(),
            },
            applications: BTreeMap::from([("flask-k8s".to_owned(), app)]),
            relations: Vec::new(),
            notes: vec!["mind the gap".to_owned()],
        }
    }

    #[test]
    fn the_tables_are_juju_s() {
        let expected = "\
Model  Controller  Cloud/Region  Version
local  webcharm    localhost     3.6.0

App        Version  Status   Scale  Charm      Rev  Address   Exposed  Message
flask-k8s           blocked  1      flask-k8s  0    10.1.0.1  no       missing integrations: postgresql

Unit          Workload  Agent  Address    Ports     Message
flask-k8s/0*  blocked   idle   10.1.1.10  8000/TCP  missing integrations: postgresql

App        URL
flask-k8s  http://127.0.0.1:4711

Note: mind the gap
";
        assert_eq!(sample().tables(), expected);
    }

    #[test]
    fn what_others_have_written_stays_in_its_cell() {
        let mut status = sample();
        let app = status.applications.get_mut("flask-k8s").unwrap();
        app.application_status.message = "\u{1b}[2Jgone\nflask-k8s/9*  active".to_owned();
        app.version = "1\t\u{202e}2".to_owned();
        let text = status.tables();
        assert!(text.contains("10.1.0.1  no       \\u{1b}[2Jgone\n\nUnit"), "{text}");
        assert!(text.contains("\nflask-k8s  1\\t\\u{202e}2  blocked"), "{text}");
    }

    #[test]
    fn units_with_urls_of_their_own_are_listed_in_place_of_their_application() {
        let mut status = sample();
        let app = status.applications.get_mut("flask-k8s").unwrap();
        let url = |port: u16| Some(format!("http://127.0.0.1:{port}/"));
        let unit = Unit { url: url(1), ..app.units["flask-k8s/0"].clone() };
        app.units.insert("flask-k8s/1".to_owned(), Unit { url: url(2), ..unit.clone() });
        app.units.insert("flask-k8s/0".to_owned(), unit);
        let expected = "App          URL\nflask-k8s/0  http://127.0.0.1:1/\nflask-k8s/1  http://127.0.0.1:2/\n";
        assert!(status.tables().contains(expected), "{}", status.tables());
    }

    #[test]
    fn relations_are_shown_where_asked_for() {
        let mut status = sample();
        status.relations.push(Relation {
            provider: "db:database".to_owned(),
            requirer: "flask-k8s:postgresql".to_owned(),
            interface: "postgresql_client".to_owned(),
            kind: "regular".to_owned(),
        });
        assert!(!status.tables_with(false).contains("Requirer"));
        let expected = "\
Integration provider  Requirer              Interface          Type     Message
db:database           flask-k8s:postgresql  postgresql_client  regular
";
        assert!(status.tables_with(true).ends_with(expected), "{}", status.tables_with(true));
    }

    #[test]
    fn the_json_has_juju_s_keys() {
        let json = serde_json::to_value(sample()).unwrap();
        let unit = &json["applications"]["flask-k8s"]["units"]["flask-k8s/0"];
        assert_eq!(unit["workload-status"]["current"], "blocked");
        assert_eq!(unit["juju-status"]["current"], "idle");
        assert_eq!(unit["open-ports"][0], "8000/tcp");
        assert_eq!(json["applications"]["flask-k8s"]["charm-origin"], "local");
        assert_eq!(json["applications"]["flask-k8s"]["charm-rev"], 0);
        assert_eq!(json["applications"]["flask-k8s"]["application-status"]["current"], "blocked");
        assert_eq!(serde_json::from_value::<Status>(json).unwrap(), sample());
    }
}
