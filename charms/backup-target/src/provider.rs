//! The provider's half: an application that wants backups.

use std::collections::BTreeMap;

use interfaces::k8s_backup_target::{Spec, Target, provider};
use juju::key::{Endpoint as _, Provides};
use juju::{Error, Juju};

/// Requests of an application, one for each of its endpoints.
///
/// A charm publishes them in every event that may change them, at least in `…-relation-created`, `leader-elected`,
/// `upgrade-charm` and `config-changed`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests(BTreeMap<String, Option<Spec>>);

/// Endpoint with two requests, of which the databag would hold the last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint {0} has two requests for backups")]
pub struct DuplicateEndpoint(pub String);

impl Requests {
    /// Adds the request of an endpoint. `None` withdraws what was published there.
    ///
    /// # Errors
    /// The endpoint has a request already.
    pub fn add(mut self, endpoint: &Provides, spec: Option<Spec>) -> Result<Self, DuplicateEndpoint> {
        let name = endpoint.name().as_str().to_owned();
        match self.0.insert(name.clone(), spec) {
            None => Ok(self),
            Some(_) => Err(DuplicateEndpoint(name)),
        }
    }

    /// Writes each request into all relations of its endpoint, if this unit leads. Databags that are right are not
    /// written. Reads no data of remote applications.
    ///
    /// # Errors
    /// A hook tool fails.
    pub fn publish(&self, juju: &Juju<'_>) -> Result<(), Error> {
        if !juju.is_leader()? {
            tracing::debug!("another unit leads: it publishes the requests for backups");
            return Ok(());
        }
        for (endpoint, spec) in &self.0 {
            let views = juju.views(endpoint, provider::NEEDS)?;
            if views.is_empty() {
                tracing::warn!("no relation '{endpoint}'");
            }
            let target = spec.as_ref().map(|spec| target(juju, endpoint, spec));
            for view in views {
                if juju.publish(&view, &provider::publish(&view, target.as_ref()))? {
                    tracing::info!(relation = view.id.0, "published the request for backups");
                }
            }
        }
        Ok(())
    }
}

/// A request with our own names, never the remote application's.
fn target(juju: &Juju<'_>, endpoint: &str, spec: &Spec) -> Target {
    Target {
        app: juju.context.app().to_owned(),
        relation_name: endpoint.to_owned(),
        model: juju.context.model.clone(),
        spec: spec.clone(),
    }
}
