//! `database-relation-broken`: a client has gone. Its user goes, its database and rows stay.

use juju::{Flow, RelationId, Status, chain};

use crate::backend::Backend;
use crate::error::Error;
use crate::meta;
use crate::names;
use crate::status::CLIENT_STAYS;
use crate::unit::Unit;

/// The leader removes the client's user. What can't be done now, update-status repeats: the entry in the peer databag says
/// so.
pub(crate) fn client_broken(unit: &mut Unit<'_>, id: RelationId) -> Result<Flow, Error> {
    unit.update_clients()?;
    if !unit.is_leader()? {
        return Ok(Flow::Done);
    }
    let endpoint = juju::key::Endpoint::name(&meta::DATABASE).to_string();
    if unit.only_leaves(&endpoint, id)? {
        return unit.forget_departure(&endpoint, id).map(|()| Flow::Done);
    }
    if unit.workload.is_reachable()? {
        remove_orphans(unit)?;
    }
    Ok(Flow::Done)
}

/// Removes the users of all relations that are gone, if the backend is ready.
pub(crate) fn remove_orphans(unit: &mut Unit<'_>) -> Result<(), Error> {
    let related: Vec<_> = unit.juju.relations(meta::DATABASE)?.iter().map(juju::Relation::id).collect();
    let orphans: Vec<_> = unit.databases()?.into_keys().filter(|id| !related.contains(id)).collect();
    if orphans.is_empty() {
        return Ok(());
    }
    let Some(backend) = unit.ready_backend()? else { return Ok(()) };
    orphans.into_iter().try_for_each(|id| remove(unit, id, &backend))
}

fn remove(unit: &mut Unit<'_>, id: RelationId, backend: &Backend) -> Result<(), Error> {
    let mut databases = unit.databases()?;
    let (Some(name), Some(mut document)) = (databases.remove(&id), unit.document()?) else { return Ok(()) };
    let is_last = !databases.values().any(|other| *other == name);
    if let Err(error) = unit.accounts(backend).drop_client(&names::client_user(id), &name, is_last) {
        tracing::warn!("{}", chain(&error));
        return unit.set_status(&Status::blocked(CLIENT_STAYS));
    }
    unit.share_databases(&databases)?;
    unit.refresh(&mut document, backend)?;
    unit.render(&document)?;
    unit.run_with(&document).map(drop)
}
