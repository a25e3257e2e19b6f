//! The step of a framework's action that an operator runs, after all effects that the workload needs.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use juju::Hold;
use pebble::plan::Environment;

use crate::action_result::ActionResult;
use crate::charm_spec::CharmSpec;
use crate::framework::FrameworkAction;
use crate::seen::Seen;
use crate::steps::{Action, Run, Step, Steps};

/// Limit of the command. The operator waits for its result.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Random bytes of a password, before encoding.
const PASSWORD_BYTES: usize = 16;

/// Adds the command with the workload's variables.
pub(super) fn add(
    action: &'static FrameworkAction,
    seen: &Seen,
    spec: &CharmSpec,
    environment: &Environment,
    seed: &[u8; 64],
    steps: &mut Steps,
) {
    let mut environment = environment.clone();
    let password = BASE64_URL_SAFE_NO_PAD.encode(&seed[..PASSWORD_BYTES]);
    steps.secrets.add(&password);
    let params = action
        .params
        .iter()
        .filter_map(|(name, variable)| Some((*variable, seen.params.get(*name)?.expose().to_owned())));
    environment.extend(params);
    environment.extend([(action.password, password.clone())]);
    let run = Run {
        purpose: action.purpose.into(),
        command: action.command.iter().map(|word| (*word).to_owned()).collect(),
        working_dir: Some(spec.framework.app_dir.to_owned()),
        as_workload: true,
        environment,
        timeout: TIMEOUT,
        tells: false,
        reports: false,
        service_context: None,
    };
    let refused = Hold::blocked(format!("cannot {}", action.purpose));
    let mut step = Step::new(Action::Run(run), refused);
    step.on_success.action_result = Some(ActionResult::Results([("password".to_owned(), password)].into()));
    steps.effects.push(step);
}
