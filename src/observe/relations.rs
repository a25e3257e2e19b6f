//! Reads of relations: the databags that the interface needs, and the secrets that they refer to.

use std::net::IpAddr;

use interfaces::Secrets;
use interfaces::peer::NEEDS;
use juju::{Juju, SecretQuery, View};

use crate::charm_spec::CharmSpec;
use crate::facts::{Endpoint, Integration, Interface, Relation, Role};
use crate::relation;

/// Peer relation, if it exists.
pub(super) fn peer(juju: &Juju<'_>, spec: &CharmSpec) -> Result<Option<View>, juju::Error> {
    let Some(endpoint) = &spec.peer else { return Ok(None) };
    let id = juju.relation_ids(endpoint)?.into_iter().min();
    id.map(|id| juju.view(endpoint, id, NEEDS)).transpose()
}

/// All endpoints with their relations.
pub(super) fn integrations(
    juju: &Juju<'_>,
    spec: &CharmSpec,
    everything: bool,
) -> Result<Vec<Integration>, juju::Error> {
    spec.endpoints.iter().map(|endpoint| integration(juju, endpoint, everything)).collect()
}

fn integration(juju: &Juju<'_>, endpoint: &Endpoint, everything: bool) -> Result<Integration, juju::Error> {
    let views = juju.views(&endpoint.name, endpoint.needs())?;
    let mut relations = Vec::new();
    for view in views {
        let role = endpoint.interface.role;
        let has_address = role == Role::Metrics || (everything && role == Role::Route);
        relations.push(Relation {
            secrets: relation_secrets(juju, endpoint, &view)?,
            address: if has_address { address(juju, &view)? } else { None },
            cross_model: cross_model(juju, endpoint.interface, &view)?,
            view,
        });
    }
    Ok(Integration { endpoint: endpoint.clone(), relations })
}

/// Secrets that the data refer to. A secret that is not granted yet is left out, and the interface's reader waits for
/// it.
fn relation_secrets(juju: &Juju<'_>, endpoint: &Endpoint, view: &View) -> Result<Secrets, juju::Error> {
    let mut secrets = Secrets::new();
    for reference in relation::secrets(endpoint, view).into_iter().filter(|reference| reference.needed) {
        let by_id = SecretQuery::id(reference.id.clone()).refresh();
        let labelled = reference.label.map(|label| SecretQuery { label: Some(label), ..by_id.clone() });
        // If the provider replaced its secret, the old one has the label; then read by id alone.
        let labelled = labelled.and_then(|query| juju.secret(&query).ok());
        match labelled.map_or_else(|| juju.secret(&by_id), Ok) {
            Ok(content) => drop(secrets.insert(reference.id, content)),
            Err(error) if error.is_not_found() || error.is_permission_denied() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(secrets)
}

fn address(juju: &Juju<'_>, view: &View) -> Result<Option<IpAddr>, juju::Error> {
    let network = juju.network(&view.endpoint, Some(view.id))?;
    Ok(network.bind_address().and_then(|address| address.parse().ok()))
}

/// True if the remote application is in another model, as far as the interface's request depends on it.
fn cross_model(juju: &Juju<'_>, interface: &Interface, view: &View) -> Result<bool, juju::Error> {
    if let Some(known) = (interface.cross_model)(view) {
        return Ok(known);
    }
    match juju.relation_model_uuid(view.id) {
        Ok(theirs) => Ok(is_other_model(&juju.context.model_uuid, &theirs)),
        // Older Juju has no `relation-model-get`: assume the same model.
        Err(error) if error.is_permission_denied() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Compares the UUIDs of two models. An empty one is not known to Juju and counts as the same.
fn is_other_model(ours: &str, theirs: &str) -> bool {
    !theirs.is_empty() && theirs != ours
}

#[cfg(test)]
mod tests {
    use super::is_other_model;

    #[test]
    fn only_a_known_model_is_another() {
        let (ours, other) = ("20ce8299-3634-4bef-8bd8-5ace6c8816b4", "63a1b8f0-8b4b-4b9c-8d3c-0d6a2f8d6b7e");
        assert_eq!([ours, other, ""].map(|theirs| is_other_model(ours, theirs)), [false, true, false]);
    }
}
