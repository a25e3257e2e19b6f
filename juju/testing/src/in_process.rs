//! A dispatch in this process, for many events in a row: no process is started, neither of the charm nor of a hook tool.

use crate::agent::Agent;
use crate::dispatch::{DispatchError, DispatchOptions};
use crate::model::Call;
use crate::server::Server;
use juju::{Charm, Event, UnitName};
use std::path::Path;

/// Error of a charm that ran in this process: the hook failed, and its writes are dropped.
#[derive(Debug, thiserror::Error)]
pub enum InProcessError<E: std::error::Error + 'static> {
    /// The charm did not run.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The charm's environment can't be read.
    #[error("cannot read the hook's environment")]
    Context {
        /// The reason.
        #[source]
        source: juju::ContextError,
    },
    /// The charm failed.
    #[error("the charm failed")]
    Charm {
        /// Its error.
        #[source]
        source: juju::DispatchError<E>,
    },
}

/// Runs the code of a charm for one event of a unit, as [`dispatch_process`](crate::dispatch_process) runs its binary,
/// and commits its writes if it succeeds. Returns the calls of hook tools that it would have made.
///
/// Of `options`, the version of Juju and the containers' folder count. The model answers nobody else meanwhile.
///
/// # Errors
/// The model has no such unit, or the unit runs a hook; or the charm fails.
pub fn dispatch_in_process<C: Charm>(
    server: &Server,
    unit: &UnitName,
    event: &Event,
    charm_dir: &Path,
    options: &DispatchOptions,
) -> Result<Vec<Call>, InProcessError<C::Error>> {
    let agent = Agent {
        charm_dir: charm_dir.to_owned(),
        juju_version: options.juju_version,
        containers_dir: options.containers_dir.clone(),
    };
    server.with(|model| {
        let refused = |source| InProcessError::Dispatch(DispatchError::Model { source });
        let hook = model.begin(unit, event.clone()).map_err(refused)?;
        let outcome = agent
            .run(model, (unit, event, &hook), C::LOG_LEVEL, |context, backend| juju::dispatch::<C>(context, backend));
        let is_success = matches!(outcome, Ok(Ok(())));
        let finished = model.finish(&hook, is_success).map_err(refused)?;
        outcome
            .map_err(|source| InProcessError::Context { source })?
            .map_err(|source| InProcessError::Charm { source })?;
        Ok(finished.calls)
    })
}
