//! Handler of `/v1/checks`. Checks come from the plan and are listed as inactive: the daemon does not run them.

use pebble::plan::{Check, CheckLevel, Startup};
use pebble::types::CheckInfo;

use super::{Call, system};
use crate::response::{ApiResult, sync};

pub(super) async fn list(call: Call) -> ApiResult {
    let level = system::level(&call)?;
    let names = call.query.set("names");
    let plan = call.daemon.plan.borrow();
    let wanted = plan.plan().checks.iter().filter(|(name, check)| {
        (level.is_empty() || text(&check.level) == level) && (names.is_empty() || names.contains(*name))
    });
    let infos: Vec<CheckInfo> = wanted.map(|(name, check)| info(name, check)).collect();
    sync(infos)
}

fn info(name: &str, check: &Check) -> CheckInfo {
    CheckInfo {
        name: name.to_owned(),
        level: text(&check.level),
        startup: if check.startup == Startup::Disabled { "disabled" } else { "enabled" }.to_owned(),
        status: "inactive".to_owned(),
        threshold: u64::try_from(check.effective_threshold()).unwrap_or_default(),
        ..CheckInfo::default()
    }
}

fn text(level: &CheckLevel) -> String {
    level.to_string()
}
