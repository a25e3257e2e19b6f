//! The requirer's half: a backup charm, or an integrator that forwards to one. It only reads, on every unit.

use interfaces::k8s_backup_target::{NEEDS, Target, Targets, read};
use juju::key::{Endpoint as _, Requires};
use juju::{Charm, Error, Juju, On, Relation, RelationId};

/// Event of [`observe_targets`]: a relation has valid requests, perhaps the same as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetChanged {
    /// The relation.
    pub relation: RelationId,
    /// Its requests; at least one.
    pub targets: Vec<Target>,
}

/// Event of [`observe_targets`]: a relation has ended, and its requests with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGone {
    /// The relation.
    pub relation: RelationId,
}

/// Reads the requests of all relations of an endpoint, and logs a warning for each malformed relation.
///
/// # Errors
/// A hook tool fails. Malformed data are no error.
pub fn targets(juju: &Juju<'_>, endpoint: &Requires) -> Result<Targets, Error> {
    let targets = Targets::read(&juju.views(endpoint.name().as_str(), NEEDS)?);
    for error in targets.errors() {
        tracing::warn!("{error}");
    }
    Ok(targets)
}

/// Has the charm's handlers of [`TargetChanged`] and [`TargetGone`] called for this endpoint.
///
/// ```
/// use backup_target::{TargetChanged, observe_targets};
/// use juju::{Charm, Error, Juju, On, Setup, event, key::Requires};
///
/// struct Operator;
///
/// impl Charm for Operator {
///     type Error = Error;
///
///     fn new(_: &Setup<'_>) -> Result<Self, Error> {
///         Ok(Self)
///     }
///
///     fn observe(on: &mut On<Self>) {
///         observe_targets(on, &Requires::named("k8s-backup-target"));
///         on.event(event::emitted(), Self::back_up);
///     }
/// }
///
/// impl Operator {
///     fn back_up(&mut self, event: &TargetChanged, _: &Juju<'_>) -> Result<(), Error> {
///         tracing::info!("{} requests", event.targets.len());
///         Ok(())
///     }
/// }
/// # assert_eq!(On::<Operator>::of_charm().observations().count(), 5);
/// ```
pub fn observe_targets<C: Charm>(on: &mut On<C>, endpoint: &Requires)
where
    C::Error: From<Error>,
{
    on.emitting(endpoint.created(), |_, event, juju| Ok(changed(event.relation(), juju)?))
        .emitting(endpoint.joined(), |_, event, juju| Ok(changed(event.relation(), juju)?))
        .emitting(endpoint.changed(), |_, event, juju| Ok(changed(event.relation(), juju)?))
        .emitting(endpoint.broken(), |_, event, _| Ok(Some(TargetGone { relation: event.relation().id() })));
}

fn changed(relation: &Relation<'_>, juju: &Juju<'_>) -> Result<Option<TargetChanged>, Error> {
    let view = juju.view(relation.endpoint(), relation.id(), NEEDS)?;
    let targets = read(&view).ready().cloned();
    Ok(targets.map(|targets| TargetChanged { relation: view.id, targets }))
}
