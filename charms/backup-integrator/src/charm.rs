//! The charm: events, the order of the reconciliation, and the status.

use interfaces::backup::{self, Request};
use juju::event::{ConfigChanged, LeaderElected, LeaderSettingsChanged, Remove, UpdateStatus, UpgradeCharm};
use juju::key::Endpoint as _;
use juju::{Charm, Context, Hold, Juju, On, Setup, Status, StatusKind, Whose, chain};

use crate::meta;
use crate::place::{Place, PlaceError};
use crate::request::Wanted;
use crate::scripts::{Change, Scripts};

/// The charm.
#[derive(Debug)]
pub struct BackupIntegrator {
    scripts: Scripts,
}

/// Failure of a hook. Juju's tools or the charm's own files are at fault; faults of options, disks and remote
/// applications are statuses.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A hook tool failed.
    #[error(transparent)]
    Juju(#[from] juju::Error),
    /// The charm's own file can't be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

impl Charm for BackupIntegrator {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        let Context { charm_dir, .. } = setup.context();
        let place = Place::of_charm(charm_dir)?;
        Ok(Self { scripts: Scripts::new(&place, setup.context().app())? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::BACKUP.created(), |charm, _, juju| charm.reconcile(juju))
            .event(meta::BACKUP.changed(), |charm, _, juju| charm.reconcile(juju))
            .event(meta::BACKUP.broken(), |charm, _, juju| charm.reconcile(juju))
            .event(ConfigChanged, |charm, _, juju| charm.reconcile(juju))
            .event(LeaderElected, |charm, _, juju| charm.reconcile(juju))
            .event(LeaderSettingsChanged, |charm, _, juju| charm.reconcile(juju))
            .event(UpgradeCharm, |charm, _, juju| charm.reconcile(juju))
            .event(UpdateStatus, |charm, _, juju| charm.reconcile(juju))
            .event(meta::JUJU_INFO.broken(), |charm, _, _| charm.leave())
            .event(Remove, |charm, _, _| charm.leave());
    }
}

impl BackupIntegrator {
    fn reconcile(&self, juju: &Juju<'_>) -> Result<(), Error> {
        let status = match self.settle(juju)? {
            Ok(()) => Status::active(""),
            Err(Hold { kind, message, log }) => {
                if kind == StatusKind::Blocked {
                    tracing::error!("{message}{}{log}", if log.is_empty() { "" } else { ": " });
                }
                Status { kind, message }
            }
        };
        Ok(juju.set_status(Whose::Unit, &status)?)
    }

    /// Brings scripts and databags to what the options want; a hold leaves what was published before.
    fn settle(&self, juju: &Juju<'_>) -> Result<Result<(), Hold>, Error> {
        if juju.relation_ids(meta::BACKUP.name().as_str())?.is_empty() {
            return Ok(Err(Hold::waiting("waiting for backup relation")));
        }
        let wanted = match Wanted::of_options(juju.options()?) {
            Ok(wanted) => wanted,
            Err(hold) => return Ok(Err(hold)),
        };
        match self.scripts.settle(&wanted.scripts) {
            Ok(changes) => changes.iter().for_each(report),
            Err(error) => return Ok(Err(Hold::blocked(chain(&error)))),
        }
        if juju.is_leader()? {
            publish(juju, &wanted.request(&self.scripts))?;
        }
        Ok(Ok(()))
    }

    /// Deletes the scripts of a unit that goes. A failure leaves files behind, which is no reason to keep the unit.
    #[allow(clippy::unnecessary_wraps, reason = "the form of a handler")]
    fn leave(&self) -> Result<(), Error> {
        if let Err(error) = self.scripts.delete() {
            tracing::warn!("{}", chain(&error));
        }
        Ok(())
    }
}

fn publish(juju: &Juju<'_>, request: &Request) -> Result<(), juju::Error> {
    for view in juju.views(meta::BACKUP.name().as_str(), backup::NEEDS)? {
        if juju.publish(&view, &backup::request(&view, request))? {
            tracing::info!(relation = view.id.0, "asked for backups");
        }
    }
    Ok(())
}

fn report(change: &Change) {
    match change {
        Change::Written { path, has_interpreter: true } => tracing::info!("wrote {path}"),
        Change::Written { path, .. } => tracing::warn!("wrote {path}, which has no #! line: it may not run"),
        Change::Deleted { path } => tracing::info!("deleted {path}"),
    }
}
