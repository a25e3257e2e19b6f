//! The requests of all relations of an endpoint.

use juju::{RelationId, View};

use super::{INTERFACE, Spec, Target, read};
use crate::read::Read;

/// Requests of all relations of a requirer's endpoint: for a backup charm that looks one up, and for an integrator that
/// forwards all. A malformed relation does not hide the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets(Vec<(RelationId, Read<Vec<Target>>)>);

impl Targets {
    /// Reads the views of an endpoint's relations, each with the parts that [`NEEDS`](super::NEEDS) names.
    #[must_use]
    pub fn read(views: &[View]) -> Self {
        let mut relations: Vec<_> = views.iter().map(|view| (view.id, read(view))).collect();
        relations.sort_by_key(|(id, _)| *id);
        Self(relations)
    }

    /// True if there is at least one valid request.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.all().next().is_some()
    }

    /// Every valid request with its relation: by relation id, then in the order of the relation's list.
    pub fn all(&self) -> impl Iterator<Item = (RelationId, &Target)> {
        self.0.iter().flat_map(|(id, read)| read.ready().into_iter().flatten().map(move |target| (*id, target)))
    }

    /// Filters of the first request of this application, endpoint and model. Applications of different controllers may
    /// have all three in common; then the lowest relation id wins.
    #[must_use]
    pub fn get(&self, app: &str, endpoint: &str, model: &str) -> Option<&Spec> {
        let is_wanted =
            |target: &Target| target.app == app && target.relation_name == endpoint && target.model == model;
        self.all().find(|(_, target)| is_wanted(target)).map(|(_, target)| &target.spec)
    }

    /// The malformed relations.
    pub fn errors(&self) -> impl Iterator<Item = SchemaError> {
        self.0.iter().filter_map(|(relation, read)| match read {
            Read::Invalid { key, why } => {
                Some(SchemaError { relation: *relation, path: key.clone(), why: why.clone() })
            }
            _ => None,
        })
    }
}

/// A malformed relation. No text is the remote application's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{INTERFACE} relation {relation}: {path}: {why}")]
pub struct SchemaError {
    /// The relation.
    pub relation: RelationId,
    /// The path of the value, such as `backup_targets[0].spec.label_selector`.
    pub path: String,
    /// The fault of the value.
    pub why: String,
}
