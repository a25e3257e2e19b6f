//! `backend-database-relation-broken`: PgBouncer without a backend. The relation's data are gone, so none are used.

use juju::{Flow, RelationId, Status, chain};

use crate::error::Error;
use crate::meta;
use crate::status::NO_BACKEND;
use crate::unit::Unit;

/// Every unit deletes its auth file; the leader, or else the next one, takes users and databases out of the
/// configuration. A unit that leaves changes nothing: the others stay related.
///
/// The event can't wait. A container that is away is fresh when it comes back, and pebble-ready finds the leader's
/// configuration.
pub(crate) fn backend_broken(unit: &mut Unit<'_>, id: RelationId) -> Result<Flow, Error> {
    let endpoint = juju::key::Endpoint::name(&meta::BACKEND_DATABASE).to_string();
    if unit.only_leaves(&endpoint, id)? {
        return Ok(Flow::Done);
    }
    if unit.is_leader()? {
        unit.forget_backend()?;
    }
    unit.set_status(&Status::blocked(NO_BACKEND))?;
    match clean(unit) {
        Err(Error::Container(error)) => tracing::warn!("{}", chain(&error)),
        other => other?,
    }
    Ok(Flow::Done)
}

fn clean(unit: &mut Unit<'_>) -> Result<(), Error> {
    unit.remove_auth_file()?;
    unit.forget_backend_tls();
    if unit.is_leader()?
        && let Some(document) = unit.document()?
    {
        unit.render(&document)?;
        return unit.run_with(&document).map(drop);
    }
    unit.apply().map(drop)
}
