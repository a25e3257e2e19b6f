//! The provider's half of [`k8s_backup_target`](super): the application that wants backups. It needs no access to
//! Kubernetes and reads none of the remote application's data.

use juju::{Changes, Databag, Needs, View};

use super::{APP, LIST, MODEL, RELATION_NAME, SPEC, Target};
use crate::json;

/// Parts of the relation that the provider reads: its own application's databag.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: false,
    remote_units: false,
    remote_unit_data: false,
    local_app: true,
    local_unit: false,
};

/// Changes of the provider, if this unit leads: its request in both wire forms. `None` withdraws the request. Publish it
/// in every relation of the endpoint.
///
/// The text of the list form is, byte for byte, the published library's for the same request, with labels in the order
/// of their keys.
#[must_use]
pub fn publish(view: &View, target: Option<&Target>) -> Changes {
    let [list, app, relation_name, model, spec] = target.map(texts).unwrap_or_default();
    let keys = [(LIST, list), (APP, app), (RELATION_NAME, relation_name), (MODEL, model), (SPEC, spec)];
    Changes::of_leader(view, &Databag::from_iter(keys))
}

fn texts(target: &Target) -> [String; 5] {
    let Target { app, relation_name, model, spec } = target;
    [json::text(&[target]), app.clone(), relation_name.clone(), model.clone(), json::text(spec)]
}
