//! The work that an event asks for: how much of the state to look at, and which action to run. No other part of the
//! charm depends on the kind of event.

use juju::{Event, RelationEvent, RelationKind, SecretKind, WorkloadKind};

use crate::charm_spec::CharmSpec;
use crate::extension::CodedAction;
use crate::facts::Role;
use crate::framework::FrameworkAction;

/// Work of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Part of the state to reconcile.
    pub scope: Scope,
    /// Action to run, which needs a result.
    pub action: Option<Action>,
}

/// Part of the state that an event reconciles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// No part: the hook ends at once.
    Nothing,
    /// Our half of the relations: the leader's requests to remote applications. The workload is not read.
    Requests,
    /// Everything a new leader must publish, in this event, since Juju may send this unit no other. The same as
    /// `Requests`, or as `Everything` if the secret key is missing or an ingress needs the port.
    Succession,
    /// Relations and workload.
    Everything,
}

/// Action that an operator runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `rotate-secret-key`: a new secret key for the application.
    RotateSecretKey,
    /// Action of the framework.
    Framework(&'static FrameworkAction),
    /// Action of `webcharm.yaml`: a command in the container.
    Command(String),
    /// Action of the author's crate.
    Coded(&'static CodedAction),
    /// Action in the charm's `actions.yaml` that this binary does not know.
    Unknown(String),
}

impl Work {
    /// True if the hook may end at once.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.scope == Scope::Nothing && self.action.is_none()
    }
}

/// Returns the work that an event asks of this charm.
#[must_use]
pub fn of(event: &Event, spec: &CharmSpec) -> Work {
    let Event::Action(action) = event else { return Work { scope: scope(event, spec), action: None } };
    let (scope, action) = match action.name.as_str() {
        "rotate-secret-key" => (Scope::Everything, Action::RotateSecretKey),
        name => match known(name, spec) {
            Some(action) => (Scope::Everything, action),
            None => (Scope::Requests, Action::Unknown(name.to_owned())),
        },
    };
    Work { scope, action: Some(action) }
}

/// Action of this name: of the author's crate or `webcharm.yaml`, else of the framework.
fn known(name: &str, spec: &CharmSpec) -> Option<Action> {
    let coded = spec.extension.action(name).map(Action::Coded);
    let command = || spec.actions.contains_key(name).then(|| Action::Command(name.to_owned()));
    coded.or_else(command).or_else(|| spec.framework.action(name).map(Action::Framework))
}

fn scope(event: &Event, spec: &CharmSpec) -> Scope {
    match event {
        Event::LeaderElected => Scope::Succession,
        Event::UpgradeCharm => Scope::Requests,
        Event::Relation(relation) if !spec.uses(&relation.endpoint) => Scope::Nothing,
        Event::Relation(relation) => of_relation(relation, spec),
        Event::ConfigChanged | Event::UpdateStatus => Scope::Everything,
        Event::Secret(secret) if secret.kind == SecretKind::Changed => Scope::Everything,
        Event::Workload(workload) if workload.container == spec.container => match workload.kind {
            WorkloadKind::PebbleReady => Scope::Everything,
            _ => Scope::Nothing,
        },
        _ => Scope::Nothing,
    }
}

/// Scope of an event of a relation. Metrics and dashboards are only published, so the workload does not follow them.
fn of_relation(event: &RelationEvent, spec: &CharmSpec) -> Scope {
    let endpoint = spec.endpoints.iter().find(|endpoint| endpoint.name == event.endpoint);
    let role = endpoint.map(|endpoint| endpoint.interface.role);
    match (event.kind, role) {
        (RelationKind::Departed | RelationKind::Broken, Some(Role::Metrics | Role::Dashboards)) => Scope::Nothing,
        (RelationKind::Created, _) | (_, Some(Role::Metrics | Role::Dashboards)) => Scope::Requests,
        _ => Scope::Everything,
    }
}

#[cfg(test)]
mod tests {
    use juju::{ActionEvent, CharmFiles, RelationId, SecretEvent, WorkloadEvent};

    use super::*;
    use crate::charm_spec::Switches;
    use crate::framework::{self, Framework, Line};
    use crate::relation::ALL;

    fn spec() -> CharmSpec {
        let metadata = "name: shop\ncontainers: {flask-app: {}, nginx: {}}\n\
            peers: {secret-storage: {interface: secret-storage}}\n\
            requires: {db: {interface: postgresql_client}, ingress: {interface: ingress}, logging: {interface: loki_push_api}, other: {interface: other}}\n\
            provides: {metrics-endpoint: {interface: prometheus_scrape}, grafana-dashboard: {interface: grafana_dashboard}}\n";
        CharmSpec::of(&CharmFiles::parse(metadata, "{}", "{}").unwrap(), &Switches::default()).unwrap()
    }

    fn relation(endpoint: &str, kind: RelationKind) -> Event {
        let endpoint = endpoint.to_owned();
        Event::Relation(RelationEvent { kind, endpoint, id: RelationId(1), app: None, unit: None, departing: None })
    }

    fn workload(container: &str, kind: WorkloadKind) -> Event {
        Event::Workload(WorkloadEvent { container: container.to_owned(), kind })
    }

    fn secret(kind: SecretKind) -> Event {
        let id = "secret:9m4e2mr0ui3e8a215n4g".parse().unwrap();
        Event::Secret(SecretEvent { kind, id, label: None, revision: None })
    }

    #[test]
    fn each_event_has_its_scope() {
        use RelationKind::{Broken, Changed, Created, Departed, Joined};
        let mut table = vec![
            (Event::ConfigChanged, Scope::Everything),
            (Event::UpdateStatus, Scope::Everything),
            (workload("flask-app", WorkloadKind::PebbleReady), Scope::Everything),
            (secret(SecretKind::Changed), Scope::Everything),
            (Event::LeaderElected, Scope::Succession),
            (Event::UpgradeCharm, Scope::Requests),
            (workload("nginx", WorkloadKind::PebbleReady), Scope::Nothing),
            (secret(SecretKind::Remove), Scope::Nothing),
            (Event::Install, Scope::Nothing),
            (Event::Start, Scope::Nothing),
            (Event::Stop, Scope::Nothing),
            (Event::Remove, Scope::Nothing),
            (Event::Unknown("later-juju".to_owned()), Scope::Nothing),
        ];
        for endpoint in ["metrics-endpoint", "grafana-dashboard"] {
            table.extend([Created, Joined, Changed].map(|kind| (relation(endpoint, kind), Scope::Requests)));
            table.extend([Departed, Broken].map(|kind| (relation(endpoint, kind), Scope::Nothing)));
        }
        for endpoint in ["secret-storage", "db", "ingress", "logging"] {
            table.push((relation(endpoint, Created), Scope::Requests));
            table.extend([Joined, Changed, Departed, Broken].map(|kind| (relation(endpoint, kind), Scope::Everything)));
        }
        table.extend([Created, Changed].map(|kind| (relation("other", kind), Scope::Nothing)));
        for (event, scope) in table {
            assert_eq!(of(&event, &spec()), Work { scope, action: None }, "{event:?}");
        }
    }

    /// Charm of a framework's line, as charmcraft expands it, with an endpoint for each interface.
    fn expanded(framework: &'static Framework) -> CharmSpec {
        let base = if framework.line == Line::First { "24.04" } else { "26.04" };
        let project = format!("{}/pack/tests/projects/{}-{base}", env!("CARGO_MANIFEST_DIR"), framework.name);
        let text = std::fs::read_to_string(format!("{project}/expanded.yaml")).unwrap();
        let add = |text: String, section: &str, declared: juju::Role| {
            let own = ALL.iter().filter(|interface| interface.declared == declared);
            let lines = own.map(|interface| format!("  the-{0}: {{interface: {0}}}\n", interface.name));
            assert!(text.contains(&format!("\n{section}:\n")), "{text}");
            text.replace(&format!("\n{section}:\n"), &format!("\n{section}:\n{}", lines.collect::<String>()))
        };
        let text = add(add(text, "requires", juju::Role::Requires), "provides", juju::Role::Provides);
        let files = CharmFiles::parse_charmcraft("charmcraft.yaml", &text).unwrap();
        let switches = Switches { framework: Some(framework.name.to_owned()), ..Switches::default() };
        CharmSpec::of(&files, &switches).unwrap()
    }

    #[test]
    fn every_framework_s_charm_handles_the_events_of_every_interface_and_its_own() {
        use RelationKind::{Broken, Changed, Created, Departed, Joined};
        for framework in framework::ALL {
            let spec = expanded(framework);
            let expect = |event: Event, scope: Scope| {
                assert_eq!(of(&event, &spec), Work { scope, action: None }, "{} {event:?}", framework.name);
            };
            expect(workload(&spec.container, WorkloadKind::PebbleReady), Scope::Everything);
            expect(secret(SecretKind::Changed), Scope::Everything);
            for event in [Event::ConfigChanged, Event::UpdateStatus] {
                expect(event, Scope::Everything);
            }
            expect(Event::LeaderElected, Scope::Succession);
            expect(Event::UpgradeCharm, Scope::Requests);
            for interface in ALL {
                let endpoint = format!("the-{}", interface.name);
                expect(relation(&endpoint, Created), Scope::Requests);
                let publishes = ["prometheus_scrape", "grafana_dashboard"].contains(&interface.name);
                let (comes, goes) = match publishes {
                    true => (Scope::Requests, Scope::Nothing),
                    false => (Scope::Everything, Scope::Everything),
                };
                [Joined, Changed].into_iter().for_each(|kind| expect(relation(&endpoint, kind), comes));
                [Departed, Broken].into_iter().for_each(|kind| expect(relation(&endpoint, kind), goes));
            }
            let peer = spec.peer.clone().unwrap();
            expect(relation(&peer, Created), Scope::Requests);
            [Joined, Changed, Departed].into_iter().for_each(|kind| expect(relation(&peer, kind), Scope::Everything));
        }
    }

    #[test]
    fn each_framework_has_its_actions_and_no_other() {
        for framework in framework::ALL {
            let spec = expanded(framework);
            let asks = |name: &str| {
                let work = of(&Event::Action(ActionEvent { name: name.to_owned(), id: "1".to_owned() }), &spec);
                work.action.unwrap()
            };
            assert_eq!(asks("rotate-secret-key"), Action::RotateSecretKey, "{}", framework.name);
            let is_django = framework.name == "django";
            let superuser = asks("create-superuser");
            assert_eq!(matches!(superuser, Action::Framework(_)), is_django, "{}", framework.name);
            assert_eq!(superuser == Action::Unknown("create-superuser".to_owned()), !is_django, "{}", framework.name);
        }
    }

    #[test]
    fn actions_have_their_work() {
        let action = |name: &str| Event::Action(ActionEvent { name: name.to_owned(), id: "1".to_owned() });
        let work = of(&action("rotate-secret-key"), &spec());
        assert_eq!(work, Work { scope: Scope::Everything, action: Some(Action::RotateSecretKey) });
        assert_eq!(of(&action("dance"), &spec()).action, Some(Action::Unknown("dance".to_owned())));
    }
}
