//! A charm that asks for backups as its options say.

use interfaces::k8s_backup_target::Spec;
use juju::event::{ConfigChanged, LeaderElected, UpdateStatus, UpgradeCharm};
use juju::key::Endpoint as _;
use juju::{Charm, Error, Hold, Juju, On, Setup, Status, Whose};

use crate::provider::Requests;
use crate::{meta, options};

/// The charm. Every observed event publishes the request; an invalid option leaves the one that is published.
#[derive(Debug)]
pub struct BackupTarget;

impl Charm for BackupTarget {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::BACKUP.created(), |charm, _, juju| charm.reconcile(juju))
            .event(meta::BACKUP.broken(), |charm, _, juju| charm.reconcile(juju))
            .event(ConfigChanged, |charm, _, juju| charm.reconcile(juju))
            .event(LeaderElected, |charm, _, juju| charm.reconcile(juju))
            .event(UpgradeCharm, |charm, _, juju| charm.reconcile(juju))
            .event(UpdateStatus, |charm, _, juju| charm.reconcile(juju));
    }
}

impl BackupTarget {
    fn reconcile(&self, juju: &Juju<'_>) -> Result<(), Error> {
        let status = match spec(juju)? {
            Ok(spec) => {
                let requests = Requests::default().add(&meta::BACKUP, Some(spec)).expect("one endpoint, once");
                requests.publish(juju)?;
                Status::active("")
            }
            Err(Hold { kind, message, log }) => {
                if !log.is_empty() {
                    tracing::error!("{message}: {log}");
                }
                Status { kind, message }
            }
        };
        juju.set_status(Whose::Unit, &status)
    }
}

/// The filters that are to be published, or the reason why there is no place or no filter.
fn spec(juju: &Juju<'_>) -> Result<Result<Spec, Hold>, Error> {
    if juju.relation_ids(meta::BACKUP.name().as_str())?.is_empty() {
        return Ok(Err(Hold::waiting("waiting for backup relation")));
    }
    Ok(options::spec(&juju.config()?))
}
