//! The model as `status` shows it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use juju::{UnitName, Whose};
use juju_testing::{Model as JujuModel, RelationInfo};

use super::integration::ends;
use super::{Doing, Session};
use crate::pod::Identity;
use crate::provider::{Provider, UnitInfo};
use crate::status::{Application, Model, Related, Relation, Status, StatusInfo, Unit};

/// The version of Juju whose rules the model follows.
const JUJU: &str = "3.6.12";

impl Session {
    /// The model as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Status {
        let name = self.server.with(|model| model.name().to_owned());
        let model = Model {
            name,
            kind: "caas".to_owned(),
            controller: "webcharm".to_owned(),
            cloud: "localhost".to_owned(),
            version: JUJU.to_owned(),
        };
        let mut applications = self.servers();
        applications.extend(self.applications().iter().map(|app| (app.name().to_owned(), self.shown(app))));
        let relations = self.relations();
        for (name, application) in &mut applications {
            application.relations = relations_of(name, &relations);
        }
        Status { model, applications, relations, notes: self.notes() }
    }

    /// The applications that are servers.
    fn servers(&self) -> BTreeMap<String, Application> {
        let (problems, urls, known) = {
            let state = self.state();
            (state.problems.answers.clone(), state.urls.clone(), state.server_units.clone())
        };
        let units = |model: &JujuModel, app: &str| {
            (model.units(app).unwrap_or_default(), model.leader(app).ok().flatten().cloned())
        };
        let names: Vec<_> = self.server.with(|model| {
            let providers = model.applications().filter_map(Provider::named);
            providers.map(|provider| (provider, units(model, provider.app))).collect()
        });
        let server = |(provider, (units, leader)): (&'static Provider, (Vec<UnitName>, Option<UnitName>))| {
            let url = urls.get(provider.name).and_then(|urls| urls.values().next().cloned());
            let infos = known.get(provider.app).cloned().unwrap_or_default();
            let shown = server(provider.app, &units, leader.as_ref(), &infos, &standing(&problems, provider.app));
            (provider.app.to_owned(), Application { url, ..shown })
        };
        names.into_iter().map(server).collect()
    }

    fn relations(&self) -> Vec<Relation> {
        let relations: Vec<_> = self.server.with(|model| model.relations().collect());
        relations.iter().map(relation).collect()
    }

    fn shown(&self, own: &super::Application) -> Application {
        let app = own.name();
        let (units, leader) = (self.units_of(app), self.leader(app));
        let set = leader.as_ref().and_then(|leader| self.server.with(|model| model.status(leader, Whose::App)).ok()?);
        let version = self.server.with(|model| model.workload_version(app).map(str::to_owned)).unwrap_or_default();
        let now: BTreeMap<_, _> =
            units.iter().map(|unit| (unit.to_string(), self.unit_now(unit, leader.as_ref() == Some(unit)))).collect();
        let leaders = || leader.and_then(|leader| Some(now.get(&leader.to_string())?.workload_status.clone()));
        let nobody = || StatusInfo::new("unknown", format!("no units: `webcharm add-unit {app}` adds one"));
        Application {
            charm: own.files.metadata.name.clone(),
            scale: now.len(),
            version,
            address: own.service().to_string(),
            application_status: set
                .map(|set| StatusInfo::new(set.kind.as_str(), set.message))
                .or_else(leaders)
                .unwrap_or_else(nobody),
            units: now,
            url: own.url(),
            ..Application::default()
        }
    }

    fn unit_now(&self, unit: &UnitName, leader: bool) -> Unit {
        let ports = self.server.with(|model| {
            let ports = model.ports(unit).map(|ports| ports.iter().map(ToString::to_string).collect());
            ports.unwrap_or_default()
        });
        let charm = self.status(unit).map_or_else(
            || StatusInfo::new("waiting", "installing agent"),
            |status| StatusInfo::new(status.kind.as_str(), status.message),
        );
        let doing = self.doing(unit);
        let pod_problem = self.pod_problem(unit).filter(|_| !matches!(doing, Doing::Running(_)));
        let (workload_status, juju_status) = match doing {
            _ if pod_problem.is_some() => {
                (StatusInfo::new("error", pod_problem.unwrap_or_default()), StatusInfo::new("idle", ""))
            }
            Doing::Nothing => (charm, StatusInfo::new("idle", "")),
            Doing::Running(hook) => (charm, StatusInfo::new("executing", format!("running {hook} hook"))),
            Doing::Failed(hook) => {
                (StatusInfo::new("error", format!("hook failed: {hook:?}")), StatusInfo::new("idle", ""))
            }
        };
        let address = self.address_of(unit).map(|address| address.to_string()).unwrap_or_default();
        Unit { workload_status, juju_status, leader, open_ports: ports, address, url: None }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.problems();
        let applications = self.applications();
        for app in &applications {
            let missing: Vec<_> = self.missing(app).into_iter().map(|provider| provider.name).collect();
            let Some(first) = missing.first() else { continue };
            let (of, end) = match applications.len() {
                1 => (String::new(), String::new()),
                _ => (format!(" with {}", app.name()), format!("{} ", app.name())),
            };
            let missing = missing.join(", ");
            notes.push(format!("not integrated{of} yet: {missing}; for instance `webcharm integrate {end}{first}`"));
        }
        if self.identity == Identity::Single {
            notes.push("an ordinary user has one id here, so all users of a pod are the same".to_owned());
        }
        notes
    }
}

/// Status of a server's application: blocked if it could not answer a relation.
fn standing(problems: &BTreeMap<&'static str, String>, app: &str) -> StatusInfo {
    problems.get(app).map_or_else(|| StatusInfo::new("active", ""), |problem| StatusInfo::new("blocked", problem))
}

/// A server's application, with its units. A unit's message is its role among them.
fn server(
    app: &str,
    units: &[UnitName],
    leader: Option<&UnitName>,
    infos: &BTreeMap<u32, UnitInfo>,
    word: &StatusInfo,
) -> Application {
    let unit = |name: &UnitName| {
        let info = infos.get(&name.number());
        let role = info.map(|info| info.details.role).filter(|_| word.message.is_empty());
        let message = role.map_or_else(|| word.message.clone(), str::to_owned);
        let address = info.map_or(Ipv4Addr::LOCALHOST, |info| info.address);
        let unit = Unit {
            workload_status: StatusInfo::new(&word.current, message),
            juju_status: StatusInfo::new("idle", ""),
            leader: leader == Some(name),
            address: address.to_string(),
            url: info.and_then(|info| info.details.url.clone()).filter(|_| units.len() > 1),
            ..Unit::default()
        };
        (name.to_string(), unit)
    };
    Application {
        units: units.iter().map(unit).collect(),
        charm: app.to_owned(),
        scale: units.len(),
        application_status: word.clone(),
        ..Application::default()
    }
}

fn relation(info: &RelationInfo) -> Relation {
    let mut ends = ends(info);
    let requirer = if ends.is_empty() { String::new() } else { ends.remove(0) };
    let kind = if info.sides.len() == 1 { "peer" } else { "regular" };
    Relation {
        provider: ends.pop().unwrap_or_else(|| requirer.clone()),
        requirer,
        interface: info.interface.clone(),
        kind: kind.to_owned(),
    }
}

/// Related applications of `app`, by endpoint.
fn relations_of(app: &str, relations: &[Relation]) -> BTreeMap<String, Vec<Related>> {
    let mut all: BTreeMap<String, Vec<Related>> = BTreeMap::new();
    for relation in relations {
        let ends = [(&relation.requirer, &relation.provider), (&relation.provider, &relation.requirer)];
        let ours = ends.into_iter().filter_map(|(own, other)| Some((own.split_once(':')?, other.split_once(':')?.0)));
        if let Some(((_, endpoint), other)) = ours.into_iter().find(|((own, _), _)| *own == app) {
            let related = Related {
                related_application: other.to_owned(),
                interface: relation.interface.clone(),
                scope: "global".to_owned(),
            };
            all.entry(endpoint.to_owned()).or_default().push(related);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::UnitDetails;

    #[test]
    fn a_server_that_cannot_answer_is_blocked_and_the_others_are_not() {
        let problems = [("rabbitmq-k8s", "it does not get ready".to_owned())].into();
        assert_eq!(standing(&problems, "rabbitmq-k8s"), StatusInfo::new("blocked", "it does not get ready"));
        assert_eq!(standing(&problems, "mysql-k8s"), StatusInfo::new("active", ""));
    }

    #[test]
    fn a_server_s_units_are_shown_with_their_role_and_place() {
        let units = [0, 3].map(|number| UnitName::new("loki-k8s", number));
        let info = |role, number: u8| UnitInfo {
            details: UnitDetails { role, url: Some(format!("http://127.0.0.1:{number}/")) },
            address: [127, number, 1, 16].into(),
        };
        let infos = [(0, info("primary", 0)), (3, info("replica", 3))].into();
        let shown = server("loki-k8s", &units, Some(&units[1]), &infos, &StatusInfo::new("active", ""));
        let line = |name: &str| {
            let unit = &shown.units[name];
            let message = unit.workload_status.message.as_str();
            (message, unit.leader, unit.address.as_str(), unit.url.as_deref())
        };
        assert_eq!(line("loki-k8s/0"), ("primary", false, "127.0.1.16", Some("http://127.0.0.1:0/")));
        assert_eq!(line("loki-k8s/3"), ("replica", true, "127.3.1.16", Some("http://127.0.0.1:3/")));
        assert_eq!(shown.scale, 2);
        let alone = server("loki-k8s", &units[..1], None, &infos, &StatusInfo::new("blocked", "it ended"));
        let unit = &alone.units["loki-k8s/0"];
        assert_eq!((unit.workload_status.message.as_str(), &unit.url), ("it ended", &None));
    }
}
