//! Integrations: make a relation between the application and a server from its ends as typed.

use std::sync::{MutexGuard, PoisonError};

use juju::{Endpoint, RelationId, Role};
use juju_testing::{IntegrationEnd, Model, ModelError, RelationInfo, endpoint, resolve};

use super::Session;
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
    /// A message for the user, when there is no such server or endpoint, or the server can't be started.
    pub fn integrate(&self, one: &str, other: Option<&str>) -> Result<Vec<String>, String> {
        let (ours, theirs) = self.pair(one, other)?;
        let provider = theirs.provider().ok_or_else(|| unknown(&theirs.app))?;
        let refused = |error| self.refused(provider, &ours, &theirs, error);
        // No server is started for a relation that the model refuses.
        self.check(provider, &ours, &theirs).map_err(refused)?;
        self.provide(provider)?;
        let id = self.server.with(|model| relate(model, provider, &ours, &theirs)).map_err(refused)?;
        self.set_server_problem(provider, None);
        let relation = self.server.with(|model| model.relations().find(|relation| relation.id == id));
        Ok(relation.map(|relation| ends(&relation)).unwrap_or_default())
    }

    /// Refuses a relation that the model would refuse.
    fn check(&self, provider: &Provider, ours: &End, theirs: &End) -> Result<(), ModelError> {
        let metadata = &self.files.metadata;
        let provided = [endpoint(provider.endpoint, Role::Provides, provider.interface)];
        let relations: Vec<RelationInfo> = self.server.with(|model| model.relations().collect());
        let (ours, theirs) = (ours.with(&metadata.endpoints, metadata.subordinate), theirs.with(&provided, false));
        resolve(&ours, &theirs, &relations).map(|_| ())
    }

    /// The application's end and the server's, from two in any order. A single server is paired with the running
    /// application.
    fn pair(&self, one: &str, other: Option<&str>) -> Result<(End, End), String> {
        let own = self.names.app.as_str();
        let one = End::parse(one);
        let (ours, theirs) = match other.map(End::parse) {
            Some(other) if one.provider().is_some() => (other, one),
            Some(other) => (one, other),
            None if one.provider().is_some() => (End::parse(own), one),
            None if one.app == own => {
                return Err(format!(
                    "name what to integrate {own} with, for example `webcharm integrate {own} postgresql`"
                ));
            }
            None => return Err(unknown(&one.app)),
        };
        if ours.app != own {
            return Err(unknown(&ours.app));
        }
        Ok((ours, theirs))
    }

    /// The model's refusal of an integration, with the remedy.
    fn refused(&self, provider: &Provider, ours: &End, theirs: &End, error: ModelError) -> String {
        match error {
            ModelError::NoMatch(..) => format!(
                "{} has no endpoint for {}: declare one in charmcraft.yaml, `requires: {}: {{interface: {}}}`, and start it \
                 again",
                ours.text(),
                theirs.text(),
                provider.name,
                provider.interface
            ),
            ModelError::UnknownEndpoint { ref app, .. } if app == provider.app => {
                format!("{error}; there is: {}", provider.endpoint)
            }
            ModelError::UnknownEndpoint { .. } => {
                let required = self.files.metadata.endpoints.iter().filter(|end| end.role == Role::Requires);
                let names: Vec<_> = required.map(|end| end.name.as_str()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                format!("{error}; there is: {names}")
            }
            ModelError::LimitExceeded { .. } | ModelError::Duplicate(..) => {
                format!("{error}: `webcharm remove-relation {} {}` makes room", ours.app, theirs.app)
            }
            other => crate::chain(&other),
        }
    }

    /// Starts the provider's server, and makes it known in the pods.
    fn provide(&self, provider: &'static Provider) -> Result<(), String> {
        let neighbor = self.providers().start(provider).map_err(|error| crate::chain(&error))?;
        let Some(neighbor) = neighbor else { return Ok(()) };
        let mut state = self.state();
        if !state.neighbors.contains(&neighbor) {
            state.neighbors.retain(|old| old.name != neighbor.name);
            state.neighbors.push(neighbor.clone());
        }
        // A pod that has ended is left out: the one that replaces it knows the server.
        let pods = state.agents.values_mut().filter_map(|agent| agent.pod.as_mut());
        let mut pods = pods.filter_map(|pod| pod.ended().is_none().then_some(pod));
        pods.try_for_each(|pod| pod.introduce(&neighbor)).map_err(|error| crate::chain(&error))
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

fn relate(model: &mut Model, provider: &Provider, ours: &End, theirs: &End) -> Result<RelationId, ModelError> {
    provider.deploy(model)?;
    model.integrate(&ours.text(), &theirs.text())
}

pub(super) fn unknown(app: &str) -> String {
    format!("there is no application {app:?}, and no server of that name to start; there is: {}", Provider::names())
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
        assert!(unknown("mysql").contains("postgresql"));
    }
}
