//! Statuses of the unit, in the words of the operator's documentation.

use juju::Status;

use crate::workload::Running;

pub(crate) const NO_BACKEND: &str = "waiting for backend database relation to initialise";
pub(crate) const BACKEND_NOT_READY: &str = "backend database relation not ready";
pub(crate) const NO_CONTAINER: &str = "waiting for pgbouncer container";
pub(crate) const NO_CONFIGURATION: &str = "waiting for leader to generate configuration";
pub(crate) const NOT_RUNNING: &str = "pgbouncer not running";
pub(crate) const UNAVAILABLE: &str = "PgBouncer container currently unavailable";
pub(crate) const INITIALISING: &str = "Initialising backend-database relation";
pub(crate) const NO_LEADER: &str = "Leader unit removed - waiting for leader_elected event";
pub(crate) const CLIENT_WAITS: &str = "waiting for backend-database relation to connect";
pub(crate) const CLIENT_FAILED: &str = "Failed to initialize database relation";
pub(crate) const CLIENT_STAYS: &str = "Failed to delete user during database relation broken event";
pub(crate) const INVALID_DATABASE: &str = "invalid database name";
pub(crate) const AUTH_USER_STAYS: &str = "failed to remove auth user when disconnecting from postgres application.";

/// State of the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// No relation, or one whose data are incomplete.
    Absent,
    /// It is not initialised, or does not answer.
    NotReady,
    /// Clients can be served.
    Ready,
}

/// Status of a unit: the backend first, then the instances.
#[must_use]
pub(crate) fn of_unit(backend: Readiness, running: &Running) -> Status {
    match (backend, running) {
        (Readiness::Absent, _) => Status::blocked(NO_BACKEND),
        (Readiness::NotReady, _) => Status::blocked(BACKEND_NOT_READY),
        (Readiness::Ready, running) => of_instances(running).unwrap_or_else(|| Status::active("")),
    }
}

/// Reason why the instances don't serve.
#[must_use]
pub(crate) fn of_instances(running: &Running) -> Option<Status> {
    match running {
        Running::All => None,
        Running::NotPlanned => Some(Status::waiting(NOT_RUNNING)),
        Running::Unreachable => Some(Status::waiting(UNAVAILABLE)),
        Running::Inactive { service, status } => {
            Some(Status::waiting(format!("PgBouncer service {service} not running: service status = {status}")))
        }
    }
}

/// The configuration can't be read.
#[must_use]
pub(crate) fn unreadable(reason: &str) -> Status {
    Status::waiting(format!("Unable to read config, error: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_comes_before_the_instances() {
        let inactive = || Running::Inactive { service: "pgbouncer_1".to_owned(), status: "backoff" };
        let table = [
            (Readiness::Absent, Running::All, Status::blocked(NO_BACKEND)),
            (Readiness::NotReady, Running::Unreachable, Status::blocked(BACKEND_NOT_READY)),
            (Readiness::Ready, Running::All, Status::active("")),
            (Readiness::Ready, Running::NotPlanned, Status::waiting("pgbouncer not running")),
            (Readiness::Ready, Running::Unreachable, Status::waiting(UNAVAILABLE)),
            (
                Readiness::Ready,
                inactive(),
                Status::waiting("PgBouncer service pgbouncer_1 not running: service status = backoff"),
            ),
        ];
        for (backend, running, expected) in table {
            assert_eq!(of_unit(backend, &running), expected);
        }
    }
}
