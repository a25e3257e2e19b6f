//! The charm: events, and the order of a reconciliation.

use backup_target::targets;
use interfaces::k8s_backup_target::Targets;
use interfaces::velero_backup_config::{self, Cron, Request, Schedule};
use juju::event::{ConfigChanged, LeaderElected, UpdateStatus, UpgradeCharm};
use juju::key::Endpoint as _;
use juju::{Charm, Error, Juju, On, Setup, Status, Whose};

use crate::meta;
use crate::status::{self, Forwarded};

/// The charm.
#[derive(Debug)]
pub struct VeleroIntegrator;

impl Charm for VeleroIntegrator {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        let (incoming, outgoing) = (meta::K8S_BACKUP_TARGET, meta::VELERO_BACKUP_CONFIG);
        on.event(incoming.created(), |charm, _, juju| charm.reconcile(juju))
            .event(incoming.joined(), |charm, _, juju| charm.reconcile(juju))
            .event(incoming.changed(), |charm, _, juju| charm.reconcile(juju))
            .event(incoming.broken(), |charm, _, juju| charm.reconcile(juju))
            .event(outgoing.created(), |charm, _, juju| charm.reconcile(juju))
            .event(outgoing.broken(), |charm, _, juju| charm.reconcile(juju))
            .event(ConfigChanged, |charm, _, juju| charm.reconcile(juju))
            .event(LeaderElected, |charm, _, juju| charm.reconcile(juju))
            .event(UpgradeCharm, |charm, _, juju| charm.reconcile(juju))
            .event(UpdateStatus, |charm, _, juju| charm.reconcile(juju))
            .event(meta::PRINT_MANIFEST, Self::print_manifest);
    }
}

impl VeleroIntegrator {
    fn reconcile(&self, juju: &Juju<'_>) -> Result<(), Error> {
        let status = settle(juju)?;
        juju.set_status(Whose::Unit, &status)
    }
}

/// Forwards what there is, and tells how it went. An invalid option leaves what was published before.
fn settle(juju: &Juju<'_>) -> Result<Status, Error> {
    if !juju.is_leader()? {
        return Ok(status::standby());
    }
    let Ok(schedule) = schedule(&juju.config()?) else { return Ok(status::invalid_option("schedule")) };
    let outgoing = meta::VELERO_BACKUP_CONFIG;
    let views = juju.views(outgoing.name().as_str(), velero_backup_config::NEEDS)?;
    if views.is_empty() {
        return Ok(status::missing_relation(outgoing.name().as_str()));
    }
    let targets = targets(juju, &meta::K8S_BACKUP_TARGET)?;
    let requests = requests(&targets, &schedule);
    for view in views {
        if juju.publish(&view, &velero_backup_config::request(&view, &requests))? {
            tracing::info!(relation = view.id.0, requests = requests.len(), "forwarded");
        }
    }
    let incoming = meta::K8S_BACKUP_TARGET;
    Ok(status::forwarded(&Forwarded {
        endpoint: incoming.name().as_str(),
        is_related: !juju.relation_ids(incoming.name().as_str())?.is_empty(),
        requests: requests.len(),
        not_carried: velero_backup_config::not_carried(&requests),
        error: targets.errors().next(),
        schedule,
    }))
}

/// The options as a schedule.
pub(crate) fn schedule(config: &meta::Config) -> Result<Schedule, velero_backup_config::CronError> {
    let cron = Some(config.schedule.as_str()).filter(|text| !text.trim().is_empty());
    Ok(Schedule {
        cron: cron.map(str::parse::<Cron>).transpose()?,
        paused: config.paused,
        skip_immediately: config.skip_immediately,
        use_owner_references_in_backup: config.use_owner_references_in_backup,
    })
}

fn requests(targets: &Targets, schedule: &Schedule) -> Vec<Request> {
    let request = |target: &_| Request { target: Clone::clone(target), schedule: schedule.clone() };
    targets.all().map(|(_, target)| request(target)).collect()
}
