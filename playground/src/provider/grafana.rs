//! A stand-in for Grafana, which no package registry has: unpacks the applications' dashboards into files, and tells the
//! applications what a Grafana would refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use interfaces::grafana_dashboard;
use juju::{RelationId, Role};
use serde_json::Value;

use super::process;
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};

/// The stand-in for Grafana.
pub(super) const GRAFANA: Provider = Provider {
    name: "grafana",
    title: "Grafana",
    app: "grafana-k8s",
    endpoint: "grafana-dashboard",
    interface: grafana_dashboard::INTERFACE,
    role: Role::Requires,
    source: Source::Own,
    is_stand_in: true,
    is_suggested: false,
    is_awaited: false,
    is_scalable: false,
    start: |host| Ok(Box::new(Grafana::start(host)?)),
};

/// Dashboards of an application by their ids.
type Dashboards = BTreeMap<String, Value>;

/// The dashboards of all applications.
#[derive(Debug, Default)]
struct Grafana {
    shown: BTreeMap<RelationId, Dashboards>,
}

impl Grafana {
    fn start(host: &Host<'_>) -> Result<Self, Error> {
        empty(&host.dir)?;
        host.ui.step(&format!("no Grafana can be had here: dashboards are unpacked into {}", host.dir.display()));
        Ok(Self::default())
    }
}

impl Serve for Grafana {
    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let (mut shown, mut uids) = (BTreeMap::new(), BTreeSet::new());
        let given = answers(relations, |Relation { view, .. }| {
            let Some(dashboards) = requested(view.id, grafana_dashboard::read(view))? else { return Ok(None) };
            let errors = faults(&dashboards, &mut uids);
            shown.insert(view.id, dashboards);
            Ok(Some(grafana_dashboard::answer(view, &errors)))
        });
        if shown != self.shown {
            unpack(&host.dir, &shown)?;
            self.shown = shown;
        }
        Ok(given)
    }
}

/// What a Grafana refuses of these dashboards, by their ids. `uids` has those of all dashboards so far.
fn faults(dashboards: &Dashboards, uids: &mut BTreeSet<String>) -> BTreeMap<String, String> {
    let mut fault = |content: &Value| {
        let text = |key: &str| content.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        match (text("title").is_empty(), text("uid")) {
            (true, _) => Some("it has no title"),
            (false, uid) if uid.is_empty() || uid.len() > 40 => Some("its uid is not a text of 1 to 40 characters"),
            (false, uid) if !uids.insert(uid.clone()) => Some("another dashboard has its uid"),
            _ => None,
        }
    };
    dashboards.iter().filter_map(|(id, content)| Some((id.clone(), fault(content)?.to_owned()))).collect()
}

/// Writes every dashboard into a file of its own, named by the relation and the dashboard.
fn unpack(dir: &Path, shown: &BTreeMap<RelationId, Dashboards>) -> Result<(), Error> {
    empty(dir)?;
    for (relation, dashboards) in shown {
        for (number, content) in dashboards.values().enumerate() {
            let path = dir.join(format!("{}-{number}.json", relation.0));
            let text = serde_json::to_string_pretty(content).unwrap_or_default();
            fs::write(path, text).map_err(process::file(GRAFANA.title, "unpack a dashboard"))?;
        }
    }
    Ok(())
}

/// Makes the folder, empty.
fn empty(dir: &Path) -> Result<(), process::Error> {
    let removed = match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir(dir),
    };
    removed.map_err(process::file(GRAFANA.title, "make a folder"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dashboard_without_a_title_and_a_uid_that_is_taken_are_refused() {
        let dashboards = [("a", "T", "1"), ("b", "T", "1"), ("c", "", "2"), ("d", "T", "")];
        let dashboards = dashboards.map(|(id, title, uid)| (id.to_owned(), json!({"title": title, "uid": uid}))).into();
        let expected = [
            ("b", "another dashboard has its uid"),
            ("c", "it has no title"),
            ("d", "its uid is not a text of 1 to 40 characters"),
        ];
        let expected = expected.map(|(id, why)| (id.to_owned(), why.to_owned())).into();
        assert_eq!(faults(&dashboards, &mut BTreeSet::new()), expected);
    }
}
