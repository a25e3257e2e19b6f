//! The step of an action of the author's: a command with the workload's variables and the action's parameters.

use juju::Hold;
use switches::Action as Command;

use crate::charm_spec::CharmSpec;
use crate::extension::{Answer, CodedAction, Inputs};
use crate::facts::LocalSide;
use crate::seen::Seen;
use crate::steps::{Action, Run, Step, Steps};

/// Prefix of the variables with the action's parameters.
const PARAM: &str = "PARAM_";

/// Adds the command of `webcharm.yaml` after all effects that the workload needs.
pub(super) fn add(name: &str, command: &Command, seen: &Seen, spec: &CharmSpec, steps: &mut Steps) {
    if command.leader_only && !seen.unit.leader {
        steps.refusal =
            Some(format!("only the leader runs {name}: run it on the unit that `juju status` marks with *"));
        return;
    }
    let value = |name: &str| seen.params.get(name).map(|value| value.expose().to_owned());
    let words = match command.words(value) {
        Ok(words) => words,
        Err(param) => {
            steps.refusal = Some(format!("the parameter {param} is missing: `juju run UNIT {name} {param}=…`"));
            return;
        }
    };
    let own_context = command.service_context.is_none();
    let params = seen.params.iter().map(|(name, value)| (variable(name), value.expose().to_owned()));
    let run = Run {
        purpose: format!("run the action {name}").into(),
        command: words,
        service_context: Some(command.service_context.clone().unwrap_or_else(|| spec.framework.name.to_owned())),
        working_dir: own_context.then(|| spec.framework.app_dir.to_owned()),
        as_workload: own_context,
        environment: params.collect(),
        timeout: command.timeout,
        tells: false,
        reports: true,
    };
    let refused = Hold::blocked(format!("cannot run the action {name}"));
    steps.effects.push(Step::new(Action::Run(run), refused));
}

/// Adds the answer that the author's crate decides.
pub(super) fn coded(action: &CodedAction, inputs: &Inputs<'_>, seen: &Seen, spec: &CharmSpec, steps: &mut Steps) {
    match (action.answer)(inputs) {
        Answer::Command(command) => add(action.name, &command, seen, spec, steps),
        Answer::Result(result) => steps.answer = Some(result),
    }
}

/// Inputs of the author's functions.
pub(super) fn inputs<'a>(
    seen: &'a Seen,
    local: &LocalSide<'a>,
    environment: &'a pebble::plan::Environment,
) -> Inputs<'a> {
    Inputs { unit: &seen.unit, config: &seen.config, base_url: local.base_url, environment, params: &seen.params }
}

/// Name of a parameter's variable.
fn variable(param: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("{PARAM}{}", param.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::charm_spec::Switches;

    #[test]
    fn only_the_leader_runs_an_action_that_says_so() {
        let files = juju::CharmFiles::parse("name: shop\ncontainers: {flask-app: {}}\n", "{}", "{}").unwrap();
        let spec = CharmSpec::of(&files, &Switches::default()).unwrap();
        let command = vec!["migrate".to_owned()];
        let lead = Command { command, service_context: None, timeout: Duration::from_secs(5), leader_only: true };
        for leader in [true, false] {
            let (mut seen, mut steps) = (Seen::nothing(), Steps::default());
            seen.unit.leader = leader;
            add("lead", &lead, &seen, &spec, &mut steps);
            assert_eq!((steps.effects.len(), steps.refusal.is_none()), (usize::from(leader), leader));
        }
    }

    #[test]
    fn a_parameter_is_a_part_of_the_command_and_a_missing_one_refuses_the_action() {
        let files = juju::CharmFiles::parse("name: shop\ncontainers: {flask-app: {}}\n", "{}", "{}").unwrap();
        let spec = CharmSpec::of(&files, &Switches::default()).unwrap();
        let command = ["add", "--to=${param.name}!", "${param.x"].map(str::to_owned).to_vec();
        let adds = Command { command, service_context: None, timeout: Duration::from_secs(5), leader_only: false };
        let (mut seen, mut steps) = (Seen::nothing(), Steps::default());
        add("add", &adds, &seen, &spec, &mut steps);
        let refusal = "the parameter name is missing: `juju run UNIT add name=…`";
        assert_eq!((steps.effects.len(), steps.refusal.as_deref()), (0, Some(refusal)));
        seen.params.insert("name".to_owned(), juju::Secret::from("${param.name}; ls"));
        let mut steps = Steps::default();
        add("add", &adds, &seen, &spec, &mut steps);
        let Action::Run(run) = &steps.effects[0].action else { panic!("a command") };
        assert_eq!(run.command, ["add", "--to=${param.name}; ls!", "${param.x"]);
    }

    #[test]
    fn a_parameter_has_a_variable_that_no_other_variable_is() {
        assert_eq!(["path", "dry-run", "a.b"].map(variable), ["PARAM_PATH", "PARAM_DRY_RUN", "PARAM_A_B"]);
    }
}
