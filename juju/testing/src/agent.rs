//! Unit agent in this process: gives the code of an open hook its environment and its backend.

use crate::backend::ModelBackend;
use crate::environment;
use crate::model::{HookId, Model};
use juju::{Backend, ContextError, Event, Log, UnitName, Version};
use std::cell::RefCell;
use std::path::PathBuf;

/// Facts of the agent that are not in the model.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) charm_dir: PathBuf,
    pub(crate) juju_version: Version,
    /// The parent of the containers' folders; `None` means Juju's folder.
    pub(crate) containers_dir: Option<PathBuf>,
}

impl Agent {
    /// Runs code as the hook that [`Model::begin`] opened; its log lines go to the model. Does not finish the hook.
    ///
    /// # Errors
    /// The environment made here can't be read, which is a bug of this package.
    pub(crate) fn run<R>(
        &self,
        model: &mut Model,
        (unit, event, hook): (&UnitName, &Event, &HookId),
        level: tracing::Level,
        work: impl FnOnce(&juju::Context, &dyn Backend) -> R,
    ) -> Result<R, ContextError> {
        let mut variables = environment::variables(model, unit, event, hook, self.juju_version, &self.charm_dir);
        if let Some(dir) = &self.containers_dir {
            variables.insert("CHARM_CONTAINERS_DIR".to_owned(), dir.display().to_string());
        }
        let charm = model.application(unit.app()).ok().and_then(|app| app.charm.clone());
        let declarations = charm.map(juju::Declarations::of).unwrap_or_default();
        let context = juju::Context { declarations, ..juju::Context::read(&variables)? };
        let shared = RefCell::new(std::mem::take(model));
        let backend = ModelBackend::new(&shared, hook.clone());
        let log = Log::new(level);
        let result = tracing::subscriber::with_default(log.clone(), || work(&context, &backend));
        // The model's juju-log accepts every line.
        let _ = log.flush(&backend);
        *model = shared.into_inner();
        Ok(result)
    }
}
