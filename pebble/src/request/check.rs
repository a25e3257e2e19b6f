//! Requests about checks.

use super::{Built, get, level_and_names, owned, post};
use crate::types::{ChecksAction, HealthLevel, RefreshAction};

/// `GET /v1/checks`.
pub fn checks(level: HealthLevel, names: &[&str]) -> Built {
    get("/v1/checks", &level_and_names(level, names))
}

/// `POST /v1/checks` with `start`.
pub fn start_checks(names: &[&str]) -> Built {
    post("/v1/checks", &ChecksAction { action: "start".to_owned(), checks: owned(names) })
}

/// `POST /v1/checks` with `stop`.
pub fn stop_checks(names: &[&str]) -> Built {
    post("/v1/checks", &ChecksAction { action: "stop".to_owned(), checks: owned(names) })
}

/// `POST /v1/checks/refresh`, answered after the check's run.
pub fn refresh_check(name: &str) -> Built {
    post("/v1/checks/refresh", &RefreshAction { name: name.to_owned() })
}
