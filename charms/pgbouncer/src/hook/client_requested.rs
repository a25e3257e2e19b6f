//! `database-relation-changed`, in which a client asks for a database.

use interfaces::Read;
use juju::{Flow, RelationId, Status, View, chain};

use crate::accounts::Client;
use crate::backend::Backend;
use crate::client::Request;
use crate::document::Document;
use crate::error::Error;
use crate::names::{self, DatabaseName};
use crate::password;
use crate::status::{CLIENT_FAILED, CLIENT_WAITS, INVALID_DATABASE};
use crate::unit::{Credentials, Unit};
use crate::workload::Running;

/// The leader serves the client of a relation.
pub(crate) fn client_requested(unit: &mut Unit<'_>, id: RelationId) -> Result<Flow, Error> {
    if !unit.is_leader()? {
        return Ok(Flow::Done);
    }
    unit.update_clients()?;
    let view = unit.client_views()?.into_iter().find(|view| view.id == id);
    view.map_or(Ok(Flow::Done), |view| serve(unit, &view))
}

/// Serves all clients that ask.
pub(crate) fn serve_waiting(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let mut flow = Flow::Done;
    for view in unit.client_views()? {
        if serve(unit, &view)? == Flow::Defer {
            flow = Flow::Defer;
        }
    }
    Ok(flow)
}

/// Waits for the backend, for the services, and until every unit has the client's database in its configuration. A client
/// with credentials keeps them.
fn serve(unit: &mut Unit<'_>, view: &View) -> Result<Flow, Error> {
    let request = match Request::read(view) {
        Read::Ready(request) => request,
        Read::Invalid { key, why } => {
            tracing::warn!("relation {}: {key}: {why}", view.id);
            return refuse(unit, INVALID_DATABASE);
        }
        Read::Absent | Read::Waiting(_) => return Ok(Flow::Done),
    };
    if unit.credentials(view, &request).is_some() {
        return Ok(Flow::Done);
    }
    if !unit.workload.is_reachable()? {
        return Ok(Flow::Defer);
    }
    let Some(backend) = unit.ready_backend()? else { return unit.wait(&Status::waiting(CLIENT_WAITS)) };
    if unit.workload.running()? != Running::All {
        return Ok(Flow::Defer);
    }
    let name = match DatabaseName::parse(request.database()) {
        Ok(name) => name,
        Err(why) => {
            tracing::warn!("relation {}: {why}", view.id);
            return refuse(unit, INVALID_DATABASE);
        }
    };
    let Some(document) = announce(unit, view.id, &name, &backend)? else { return Ok(Flow::Defer) };
    if !unit.behind(&document)?.is_empty() {
        return Ok(Flow::Defer);
    }
    admit(unit, view, &request, &name, &backend)
}

/// Puts the database into the configuration of all units. Returns it once this unit runs with it.
fn announce(
    unit: &mut Unit<'_>,
    id: RelationId,
    name: &DatabaseName,
    backend: &Backend,
) -> Result<Option<Document>, Error> {
    let Some(mut document) = unit.document()? else { return Ok(None) };
    let mut databases = unit.databases()?;
    if databases.insert(id, name.clone()).as_ref() != Some(name) {
        unit.share_databases(&databases)?;
    }
    unit.refresh(&mut document, backend)?;
    unit.render(&document)?;
    Ok(if unit.run_with(&document)? == Flow::Done { Some(document) } else { None })
}

/// Makes database and user, and tells the client.
fn admit(
    unit: &mut Unit<'_>,
    view: &View,
    request: &Request,
    name: &DatabaseName,
    backend: &Backend,
) -> Result<Flow, Error> {
    let username = names::client_user(view.id);
    let password = password::draw().map_err(Error::Random)?;
    let client = Client { user: &username, database: name, roles: request.roles() };
    if let Err(error) = unit.accounts(backend).make_client(&client, &password::verifier(&password)) {
        tracing::warn!("{}", chain(&error));
        return refuse(unit, CLIENT_FAILED);
    }
    unit.answer(view, request, name, &Credentials { username, password }, backend)?;
    unit.assess()?;
    Ok(Flow::Done)
}

fn refuse(unit: &Unit<'_>, why: &str) -> Result<Flow, Error> {
    unit.set_status(&Status::blocked(why))?;
    Ok(Flow::Done)
}
