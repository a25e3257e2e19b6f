//! Statuses of the unit. Pure.

use interfaces::k8s_backup_target::SchemaError;
use interfaces::velero_backup_config::Schedule;
use juju::Status;

/// A unit that does not lead, and so forwards no request.
pub(crate) fn standby() -> Status {
    Status::active("Unit is ready (standby)")
}

/// An option that can't be used.
pub(crate) fn invalid_option(name: &str) -> Status {
    Status::blocked(format!("Invalid configuration: '{name}'"))
}

/// An endpoint without a relation that an operator has to make.
pub(crate) fn missing_relation(endpoint: &str) -> Status {
    Status::blocked(format!("Missing relation: {endpoint}"))
}

/// Outcome of a leader that has forwarded what there is.
pub(crate) struct Forwarded<'e> {
    /// The endpoint of the requests.
    pub(crate) endpoint: &'e str,
    /// True if it has a relation.
    pub(crate) is_related: bool,
    /// Number of requests.
    pub(crate) requests: usize,
    /// Number of requests that an operator without the list form does not see.
    pub(crate) not_carried: usize,
    /// The first malformed relation.
    pub(crate) error: Option<SchemaError>,
    /// The schedule of the requests.
    pub(crate) schedule: Schedule,
}

pub(crate) fn forwarded(outcome: &Forwarded<'_>) -> Status {
    let Forwarded { endpoint, is_related, requests, not_carried, error, schedule } = outcome;
    if !is_related {
        return Status::waiting(format!("Waiting for {endpoint} relation"));
    }
    if *requests == 0 {
        let data = || format!("Waiting for {endpoint} data");
        return Status::waiting(error.as_ref().map_or_else(data, ToString::to_string));
    }
    let mode = match &schedule.cron {
        Some(_) if schedule.paused => "Schedule paused".to_owned(),
        Some(cron) => format!("Schedule: {cron}"),
        None => "Manual backup mode".to_owned(),
    };
    let hidden = (*not_carried > 0).then(|| format!("{not_carried} of {requests} requests only in the list form"));
    let parts = [Some(mode), hidden, error.as_ref().map(ToString::to_string)];
    Status::active(parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use juju::RelationId;

    use super::*;

    fn told(is_related: bool, requests: usize, is_bad: bool, cron: Option<&str>, paused: bool) -> String {
        let (path, why) = ("backup_targets".to_owned(), "it is not JSON".to_owned());
        let error = is_bad.then_some(SchemaError { relation: RelationId(4), path, why });
        let schedule = Schedule { cron: cron.map(|text| text.parse().unwrap()), paused, ..Schedule::default() };
        let not_carried = requests.saturating_sub(1);
        forwarded(&Forwarded { endpoint: "in", is_related, requests, not_carried, error, schedule }).to_string()
    }

    #[test]
    fn every_outcome_has_its_status() {
        let bad = "k8s_backup_target relation 4: backup_targets: it is not JSON";
        let cron = Some("0 2 * * *");
        assert_eq!(told(false, 0, false, cron, false), "waiting: Waiting for in relation");
        assert_eq!(told(true, 0, false, None, false), "waiting: Waiting for in data");
        assert_eq!(told(true, 0, true, None, false), format!("waiting: {bad}"));
        assert_eq!(told(true, 1, false, None, true), "active: Manual backup mode");
        assert_eq!(told(true, 1, false, cron, false), "active: Schedule: 0 2 * * *");
        assert_eq!(told(true, 1, false, cron, true), "active: Schedule paused");
        let all = format!("active: Manual backup mode; 2 of 3 requests only in the list form; {bad}");
        assert_eq!(told(true, 3, true, None, false), all);
    }
}
