//! The answer to an action, as far as it is known before the effects run.

use std::collections::BTreeMap;

use juju::{Hold, Status};

use crate::action_result::ActionResult;
use crate::charm_spec::CharmSpec;
use crate::framework::{FrameworkAction, Purpose};
use crate::options;
use crate::seen::Seen;
use crate::work::Action;

/// Reason, from the state alone, why an action can't be done.
pub(super) fn refusal(action: &Action, seen: &Seen, spec: &CharmSpec) -> Option<String> {
    match action {
        Action::Unknown(name) => Some(format!("the charm has no action {name}")),
        Action::RotateSecretKey => rotation_refused(seen, spec),
        Action::Framework(action) => missing_params(action, seen),
        Action::Command(_) | Action::Coded(_) => None,
    }
}

/// Result of a rotation whose key the workload uses.
pub(super) fn rotated() -> ActionResult {
    ActionResult::Results(BTreeMap::from([("status".to_owned(), "success".to_owned())]))
}

fn missing_params(action: &FrameworkAction, seen: &Seen) -> Option<String> {
    let given = |name: &str| seen.params.get(name).is_some_and(|value| !value.expose().is_empty());
    let missing: Vec<_> = action.params.iter().map(|(name, _)| *name).filter(|name| !given(name)).collect();
    (!missing.is_empty()).then(|| format!("{} needs the parameters {}", action.name, missing.join(", ")))
}

/// Reason why the secret key can't be rotated, or why a rotation would have no effect.
fn rotation_refused(seen: &Seen, spec: &CharmSpec) -> Option<String> {
    if !seen.unit.leader {
        return Some("only leader unit can rotate secret key".to_owned());
    }
    let key = interfaces::peer::key(spec.framework.name);
    if seen.peer.as_ref().and_then(|view| view.local_app.as_ref()).and_then(|bag| bag.text(&key)).is_none() {
        return Some("charm is still initializing".to_owned());
    }
    let settings = options::settings(spec.framework, &spec.options, &seen.config, &seen.option_secrets);
    let holds: Vec<_> =
        spec.paas_config.clone().err().into_iter().chain(settings.err().into_iter().flatten()).collect();
    if let Some(Status { message, .. }) = Hold::status(&holds) {
        return Some(format!("the key was not rotated: {message}"));
    }
    let keys = spec.framework.options().filter(|o| matches!(o.purpose, Purpose::SecretKey | Purpose::SecretKeyId));
    let set = keys.into_iter().find(|option| seen.config.get(option.name).is_some())?;
    Some(format!("the key is set by the option {}: change it there", set.name))
}
