//! Handler of `/v1/exec`: validates a command and begins its change.

use pebble::plan::Environment;
use pebble::types::{ExecRequest, ExecResult};

use super::{Call, limit, shapes};
use crate::clock::Time;
use crate::exec::{self, Settings};
use crate::process;
use crate::response::{ApiError, ApiResult, accepted};
use crate::runner;
use pebble::plan::quote;

pub(super) async fn begin(mut call: Call) -> ApiResult {
    let asked: ExecRequest = call.json(&shapes::EXEC, "request body").await?;
    let name = asked.command.first().ok_or_else(|| ApiError::bad_request("must specify command"))?.clone();
    let timeout = limit(&asked.timeout).map_err(|why| ApiError::bad_request(format!("invalid timeout: {why}")))?;
    if process::find(&name).is_none() {
        return Err(ApiError::bad_request(format!("cannot find executable {}", quote(&name))));
    }
    let split_stderr = asked.split_stderr;
    let settings = Settings::new(&call.daemon, asked, timeout)?;
    let (environment, directory) = (settings.environment.clone(), settings.directory.clone());
    let summary = format!("Execute command {}", quote(&name));
    let task = call.daemon.store.write(|state| {
        let now = Time::now();
        let task = state.new_task("exec", summary.clone(), now);
        state.new_change("exec", summary, &[task], now);
        task
    });
    exec::prepare(&call.daemon, task, settings, split_stderr);
    call.admit("exec", &format!("Executing command {name}"));
    runner::ensure(&call.daemon);
    let change = call.daemon.store.read(|state| state.task(task).and_then(|task| task.change)).unwrap_or_default();
    let environment: Environment = environment.into_iter().collect();
    accepted(change, ExecResult { environment, task_id: task.to_string(), working_dir: directory })
}
