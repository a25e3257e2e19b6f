//! Actions: what an operator asks with `juju run`.

use std::collections::BTreeMap;

use crate::juju::Juju;
use crate::tool::Error;

/// An action with its parameters. It can't wait: the operator does.
///
/// `P` is read from the parameters by serde, with the defaults that the charm declares already filled in. Parameters that `P`
/// refuses fail the action with the reason, and its handler is not called.
#[derive(Debug)]
pub struct Action<'e, P> {
    /// The parameters.
    pub params: P,
    /// Juju's number of this run.
    pub id: &'e str,
    pub(crate) juju: &'e Juju<'e>,
}

#[allow(clippy::missing_errors_doc, reason = "a hook tool fails; said once, here: see Error")]
impl<P> Action<'_, P> {
    /// Sets a result; a dot in the key makes a map within. Calls `action-set`.
    pub fn set(&self, key: impl Into<String>, value: impl Into<String>) -> Result<(), Error> {
        self.set_all([(key, value)])
    }

    /// Sets several results in one call.
    pub fn set_all<K: Into<String>, V: Into<String>>(
        &self,
        results: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        let results: BTreeMap<_, _> = results.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self.juju.set_action_results(&results)
    }

    /// Has the action fail with this message; the hook itself succeeds, and its writes are kept. Calls `action-fail`.
    pub fn fail(&self, message: &str) -> Result<(), Error> {
        self.juju.fail_action(message)
    }

    /// Shows the operator a line while the action runs. Calls `action-log`.
    pub fn log(&self, message: &str) -> Result<(), Error> {
        self.juju.log_action(message)
    }
}
