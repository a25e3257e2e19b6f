//! Integrations: make a relation between two applications, which may be servers, from its ends as typed.

use std::sync::{MutexGuard, PoisonError};

use juju::{Endpoint, RelationId, Role, Scope};
use juju_testing::{IntegrationEnd, Model, ModelError, RelationInfo, resolve};

use super::{Kind, Session};
use crate::pod::Neighbor;
use crate::provider::{Provider, Providers};

/// One end of an integration, as typed: `APP` or `APP:ENDPOINT`. A server's name stands for its application's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    app: String,
    endpoint: Option<String>,
}

impl End {
    fn parse(text: &str) -> Self {
        let (app, endpoint) = text.split_once(':').map_or((text, None), |(app, endpoint)| (app, Some(endpoint)));
        let app = Provider::named(app).map_or_else(|| app.to_owned(), |provider| provider.app.to_owned());
        Self { app, endpoint: endpoint.map(str::to_owned) }
    }

    fn provider(&self) -> Option<&'static Provider> {
        Provider::named(&self.app)
    }

    fn text(&self) -> String {
        self.endpoint.as_ref().map_or_else(|| self.app.clone(), |endpoint| format!("{}:{endpoint}", self.app))
    }

    /// The end with the declarations of its charm.
    fn with<'a>(&'a self, declared: &'a [Endpoint], is_subordinate: bool) -> IntegrationEnd<'a> {
        let (app, endpoint) = (self.app.as_str(), self.endpoint.as_deref());
        IntegrationEnd { app, endpoint, declared, is_subordinate, is_remote: false }
    }

    /// True if this is an end of `relation`.
    fn is_of(&self, relation: &RelationInfo) -> bool {
        let endpoint = relation.endpoint(&self.app);
        endpoint.is_some_and(|found| self.endpoint.as_ref().is_none_or(|wanted| wanted == found))
    }
}

/// A relation as Juju writes it, the requirer first.
pub(super) fn ends(relation: &RelationInfo) -> Vec<String> {
    let mut sides = relation.sides.clone();
    sides.sort_by_key(|(_, _, role)| *role == juju::Role::Provides);
    sides.into_iter().map(|(app, endpoint, _)| format!("{app}:{endpoint}")).collect()
}

impl Session {
    pub(super) fn providers(&self) -> MutexGuard<'_, Providers> {
        self.providers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Integrates, and returns the two ends. The caller runs the hooks.
    ///
    /// # Errors
    /// A message for the user, when there is no such server, application or endpoint, several pairs of endpoints fit, or
    /// the server can't be started.
    pub fn integrate(&self, one: &str, other: Option<&str>) -> Result<Vec<String>, String> {
        let (one, other) = self.pair(one, other)?;
        let refused = |error: ModelError| self.refused(&one, &other, &error);
        // No server is started for a relation that the model refuses.
        let scope = self.check(&one, &other).map_err(refused)?;
        self.check_scope(scope, &one, &other)?;
        let servers: Vec<_> = [&one, &other].into_iter().filter_map(End::provider).collect();
        servers.iter().try_for_each(|server| self.provide(server))?;
        let id = self.server.with(|model| relate(model, &servers, &one, &other)).map_err(refused)?;
        servers.iter().for_each(|server| self.set_server_problem(server, None));
        let relation = self.server.with(|model| model.relations().find(|relation| relation.id == id));
        Ok(relation.map(|relation| ends(&relation)).unwrap_or_default())
    }

    /// Refuses a relation that the model would refuse. Returns its scope.
    fn check(&self, one: &End, other: &End) -> Result<Scope, ModelError> {
        let relations: Vec<RelationInfo> = self.server.with(|model| model.relations().collect());
        let ((left, left_is_subordinate), (right, right_is_subordinate)) = (self.declared(one), self.declared(other));
        let (one, other) = (one.with(&left, left_is_subordinate), other.with(&right, right_is_subordinate));
        resolve(&one, &other, &relations).map(|found| found.scope)
    }

    /// Refuses a subordinate beside units in containers: the playground has room for one on machines only.
    fn check_scope(&self, scope: Scope, one: &End, other: &End) -> Result<(), String> {
        let apps = [one, other].map(|end| self.application(&end.app));
        let inside = apps.iter().flatten().find(|app| app.kind() != Kind::Machine);
        let server = other.provider().map(|provider| provider.app);
        match inside.map(|app| app.name()).or(server).filter(|_| scope == Scope::Container) {
            Some(name) => Err(format!("{name} has no machine: a subordinate runs beside a charm without containers")),
            None => Ok(()),
        }
    }

    /// The endpoints that an end's application declares, and true if it is a subordinate.
    fn declared(&self, end: &End) -> (Vec<Endpoint>, bool) {
        if let Some(provider) = end.provider() {
            return (provider.endpoints(), false);
        }
        let app = self.application(&end.app);
        app.map(|app| (app.files.metadata.endpoints.clone(), app.files.metadata.subordinate)).unwrap_or_default()
    }

    /// The two ends, a server's last. A server alone is paired with the only application.
    fn pair(&self, one: &str, other: Option<&str>) -> Result<(End, End), String> {
        let one = End::parse(one);
        let (one, other) = match other.map(End::parse) {
            Some(other) if one.provider().is_some() => (other, one),
            Some(other) => (one, other),
            None if one.provider().is_some() => {
                let own = self.only_application(&format!(
                    "the application, too, as in `webcharm integrate APP {}`",
                    one.text()
                ))?;
                (End::parse(own.name()), one)
            }
            None if self.application(&one.app).is_some() => {
                let own = &one.app;
                return Err(format!(
                    "name what to integrate {own} with, for example `webcharm integrate {own} postgresql`"
                ));
            }
            None => return Err(self.unknown(&one.app)),
        };
        for end in [&one, &other] {
            if end.provider().is_none() && self.application(&end.app).is_none() {
                return Err(self.unknown(&end.app));
            }
        }
        Ok((one, other))
    }

    /// The model's refusal of an integration, with the remedy.
    fn refused(&self, one: &End, other: &End, error: &ModelError) -> String {
        match (error, other.provider()) {
            (ModelError::NoMatch(..), Some(_)) if one.provider().is_some() => {
                format!(
                    "{} and {} are both servers of the playground's, with nothing for each other",
                    one.app, other.app
                )
            }
            (ModelError::NoMatch(..), Some(provider)) => format!(
                "{} has no endpoint for {}: declare one in charmcraft.yaml, `{}: {}: {{interface: {}}}`, and start it again",
                one.text(),
                other.text(),
                if provider.counterpart() == Role::Provides { "provides" } else { "requires" },
                provider.name,
                provider.interface
            ),
            (ModelError::NoMatch(..), None) => {
                format!("{error}; {}; {}", self.described(one), self.described(other))
            }
            (ModelError::Ambiguous(_, _, candidates), _) => {
                let candidates: Vec<_> = candidates.split("; ").map(|ends| ends.trim_matches('"')).collect();
                let choices: Vec<_> = candidates.iter().map(|ends| format!("`webcharm integrate {ends}`")).collect();
                format!("several endpoints fit, name those that you mean: {}", choices.join(" or "))
            }
            (ModelError::UnknownEndpoint { app, .. }, provider) => {
                let end = if *app == one.app { one } else { other };
                let is_choice = |found: &&Endpoint| match provider {
                    Some(provider) if end.provider().is_none() => found.role == provider.counterpart(),
                    _ => found.role != Role::Peers,
                };
                let (declared, _) = self.declared(end);
                let names: Vec<_> = declared.iter().filter(is_choice).map(|end| end.name.as_str()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                format!("{error}; there is: {names}")
            }
            (ModelError::LimitExceeded { endpoint, .. }, _) => {
                let relations: Vec<RelationInfo> = self.server.with(|model| model.relations().collect());
                let mut using = relations.iter().map(ends).filter(|ends| ends.contains(endpoint));
                let ends = using.next().unwrap_or_default().join(" ");
                format!("{error}: `webcharm remove-relation {ends}` makes room")
            }
            (ModelError::Duplicate(..), _) => {
                format!("{error}: `webcharm remove-relation {} {}` makes room", one.app, other.app)
            }
            _ => crate::chain(error),
        }
    }

    /// The endpoints of an end's application, for people.
    fn described(&self, end: &End) -> String {
        let (declared, _) = self.declared(end);
        let line = |found: &Endpoint| match found.role {
            Role::Requires => Some(format!("{} requires {}", found.name, found.interface)),
            Role::Provides => Some(format!("{} provides {}", found.name, found.interface)),
            Role::Peers => None,
        };
        let lines: Vec<_> = declared.iter().filter_map(line).collect();
        let lines = if lines.is_empty() { "none".to_owned() } else { lines.join(", ") };
        format!("{} has: {lines}", end.app)
    }

    fn unknown(&self, app: &str) -> String {
        let apps = self.applications();
        unknown(app, apps.iter().map(|app| app.name()))
    }

    /// Starts the provider's server, and makes it known in the pods.
    fn provide(&self, provider: &'static Provider) -> Result<(), String> {
        let mut providers = self.providers();
        providers.start(provider).map_err(|error| crate::chain(&error))?;
        self.introduce_servers(&providers)
    }

    /// Makes the servers known in the pods, at their present places. The caller holds the lock of `providers`, so that
    /// the pods know the places of the last change.
    pub(super) fn introduce_servers(&self, providers: &Providers) -> Result<(), String> {
        let mut state = self.state();
        let neighbors = providers.ways();
        state.neighbors.clone_from(&neighbors);
        // A pod that has ended is left out: the one that replaces it knows the servers.
        let pods = state.agents.values_mut().filter_map(|agent| agent.pod.as_mut());
        let mut pods = pods.filter_map(|pod| pod.ended().is_none().then_some(pod));
        pods.try_for_each(|pod| pod.set_neighbors(&neighbors)).map_err(|error| crate::chain(&error))
    }

    /// Servers that pods reach by name.
    #[must_use]
    pub fn neighbors(&self) -> Vec<Neighbor> {
        self.state().neighbors.clone()
    }

    /// Removes a relation, named by its ends or its number, and returns its ends.
    pub(super) fn remove_relation(&self, one: &str, other: Option<&str>) -> Result<Vec<String>, String> {
        let relations: Vec<_> = self.server.with(|model| {
            model.relations().filter(|relation| relation.sides.len() == 2 && !relation.is_dying).collect()
        });
        let is_meant = |relation: &&RelationInfo| match (one.parse::<u32>(), other) {
            (Ok(id), None) => relation.id == RelationId(id),
            _ => [Some(one), other].into_iter().flatten().all(|end| End::parse(end).is_of(relation)),
        };
        let meant: Vec<_> = relations.iter().filter(is_meant).collect();
        match meant.as_slice() {
            [relation] => {
                let removed = self.server.with(|model| model.remove_relation(relation.id));
                removed.map_err(|error| crate::chain(&error))?;
                Ok(ends(relation))
            }
            [] => Err("there is no such integration: `webcharm status --relations` shows all".to_owned()),
            several => {
                let names: Vec<_> = several.iter().map(|relation| ends(relation).join(" ")).collect();
                Err(format!("several integrations fit, name both ends: {}", names.join(", ")))
            }
        }
    }
}

fn relate(model: &mut Model, servers: &[&'static Provider], one: &End, other: &End) -> Result<RelationId, ModelError> {
    servers.iter().try_for_each(|server| server.deploy(model))?;
    model.integrate(&one.text(), &other.text())
}

fn unknown<'a>(app: &str, known: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = std::iter::once(Provider::names()).chain(known.map(str::to_owned)).collect();
    format!("there is no application {app:?}, and no server of that name to start; there is: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_an_application_with_or_without_its_endpoint() {
        let end = End::parse("postgresql:database");
        assert_eq!(end.text(), "postgresql-k8s:database");
        assert_eq!(end.provider().map(|provider| provider.name), Some("postgresql"));
        let end = End::parse("shop");
        assert!(end.text() == "shop" && end.provider().is_none());
    }

    #[test]
    fn what_can_not_be_integrated_with_is_answered_by_what_can() {
        let text = unknown("mysql", ["shop"].into_iter());
        assert!(text.contains("postgresql") && text.ends_with(", shop"), "{text}");
    }
}
