//! Results of a scenario in our model, in the form in which `record.py` writes those of ops.

use crate::interpreter::{Interpreter, Script, load, unload};
use crate::scenario::{APP, Run, Scenario};
use juju::{Event, SecretContent, Status};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use webcharm_juju_testing::{Context, RunError, State, StateOwner, StateSecret};

const METADATA: &str = "
name: web
containers: {app: {}}
requires:
  db: {interface: pg}
  one: {interface: pg, limit: 1}
provides: {site: {interface: http}}
peers: {ring: {interface: ring}}
extra-bindings: {admin: null}
storage: {data: {type: filesystem, multiple: {range: 0-2}}}
";
const CONFIG: &str = "options: {port: {type: int, default: 8000}, name: {type: string}}";
const ACTIONS: &str = "
greet:
  params:
    whom: {type: string, default: world}
    times: {type: integer}
  required: [times]
  additionalProperties: false
";

/// The outcome of each run; the first one that is refused is the last.
pub(crate) fn outcomes(scenario: &Scenario) -> Value {
    let context = Context::<Interpreter>::from_meta(METADATA, CONFIG, ACTIONS).unwrap();
    let mut context = context.with_unit(APP, 0);
    let mut state = scenario.state();
    let mut outcomes = Vec::new();
    for one in &scenario.runs {
        load(Script { steps: one.steps.clone(), defers: scenario.defers, ..Script::default() });
        let result = run(&mut context, one, &state);
        let script = unload();
        let (after, failure) = match result {
            Ok(after) => (after, None),
            Err(RunError::ActionFailed { message, state, .. }) => (*state, Some(message)),
            Err(error) => {
                outcomes.push(json!({"refused": error.to_string(), "steps": script.results}));
                break;
            }
        };
        let mut outcome = seen(&after, &script);
        if let Some(action) = &context.records().action {
            outcome["action_results"] = json!(action.results);
            outcome["action_log"] = json!(action.log);
        }
        if let Some(message) = failure {
            outcome["action_failed"] = json!(message);
        }
        outcomes.push(outcome);
        state = after;
    }
    outcomes.into()
}

fn run(
    context: &mut Context<Interpreter>,
    run: &Run,
    state: &State,
) -> Result<State, RunError<crate::interpreter::Failed>> {
    match run.event.event(state) {
        Event::Action(event) => context.run_action(&event.name, &run.event.params, state),
        event => context.run(&event, state),
    }
}

fn seen(state: &State, script: &Script) -> Value {
    let bags = state.relations.iter().map(|relation| {
        let bags = json!({"app": relation.local_app_data, "unit": relation.local_unit_data});
        (relation.id.to_string(), bags)
    });
    let mut secrets: Vec<Value> = state.secrets.iter().map(secret).collect();
    // The order of the record: sorted by the text that Python writes.
    secrets.sort_by_key(|secret| python(&["label", "owner", "latest"].map(|key| &secret[key])));
    let shown = |status: &Option<Status>| status.as_ref().map(|status| format!("{}: {}", status.kind, status.message));
    json!({
        "steps": script.results,
        "handled": script.handled,
        "bags": bags.collect::<BTreeMap<_, _>>(),
        "unit_status": shown(&state.unit_status),
        "app_status": shown(&state.app_status),
        "ports": state.opened_ports.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
        "secrets": secrets,
        "version": state.workload_version,
    })
}

fn python(values: &[&Value]) -> Vec<String> {
    values.iter().map(|value| value.to_string()).collect()
}

fn secret(secret: &StateSecret) -> Value {
    let shown = |content: &SecretContent| -> BTreeMap<String, String> {
        content.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
    };
    let owner = match secret.owner {
        StateOwner::App => Some("app"),
        StateOwner::Unit => Some("unit"),
        StateOwner::Other | StateOwner::Withheld => None,
    };
    let tracked = secret.tracked_content.as_ref().filter(|_| owner.is_none());
    json!({
        "label": secret.label,
        "owner": owner,
        "latest": shown(&secret.latest_content),
        "tracked": tracked.map(shown),
        "grants": secret.grants.iter().map(|id| id.0).collect::<Vec<_>>(),
    })
}
