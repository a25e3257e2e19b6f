//! Writing what a provider answers into the model: secrets first, then the databag that names them.

use std::collections::BTreeMap;

use interfaces::{Changes, Offer, UnknownSecret};
use juju::{Entity, RelationId, SecretId, UnitName};
use juju_testing::{Model, ModelError};

/// Why an answer can't be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model refuses.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A value names a secret that isn't offered.
    #[error(transparent)]
    Secret(#[from] UnknownSecret),
}

/// The secrets an application has made, by label.
pub(super) type Labels = BTreeMap<String, SecretId>;

/// Writes `changes` of the application `app` and its one unit about `relation`. Returns true if a databag has changed.
///
/// # Errors
/// When the model refuses.
pub(super) fn publish(
    model: &mut Model,
    app: &str,
    relation: RelationId,
    changes: &Changes,
    labels: &mut Labels,
) -> Result<bool, Error> {
    for offer in &changes.offers {
        let id = match labels.get(&offer.label) {
            Some(id) => revise(model, id.clone(), offer)?,
            None => model.add_secret(app, offer.content.clone())?,
        };
        model.grant_secret(&id, offer.relation)?;
        labels.insert(offer.label.clone(), id);
    }
    let mut is_written = false;
    let bags = [(Entity::App(app.to_owned()), &changes.app), (Entity::Unit(UnitName::new(app, 0)), &changes.unit)];
    for (entity, draft) in bags {
        let written = draft.resolve(&model.databag(relation, &entity)?, labels)?;
        if !written.is_empty() {
            model.set_databag(relation, &entity, &written)?;
            is_written = true;
        }
    }
    Ok(is_written)
}

fn revise(model: &mut Model, id: SecretId, offer: &Offer) -> Result<SecretId, Error> {
    if *model.secret(&id)? != offer.content {
        model.set_secret(&id, offer.content.clone())?;
    }
    Ok(id)
}
