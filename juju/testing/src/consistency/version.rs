//! Parts of a state that only later versions of Juju have.

use crate::state::State;
use juju::Version;

/// The first version with secrets.
const SECRETS: Version = Version { major: 3, minor: 0, patch: 0 };
/// The first version that shows the cloud and its credential to charms on Kubernetes, as the testing library of ops has it.
const KUBERNETES_CREDENTIAL: Version = Version { major: 3, minor: 6, patch: 10 };

pub(super) fn version_has(version: Version, state: &State, wrong: &mut Vec<String>) {
    if version < SECRETS && !state.secrets.is_empty() {
        wrong.push(format!("secrets came with Juju {SECRETS}, and this is {version}"));
    }
    if version < KUBERNETES_CREDENTIAL && state.cloud_spec.is_some() && state.machine.is_none() {
        wrong.push(format!(
            "on Kubernetes the cloud spec came with Juju {KUBERNETES_CREDENTIAL}, and this is {version}"
        ));
    }
}
