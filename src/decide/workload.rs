//! The effects on a container that has everything it needs. Effects without a change are left out.

mod migration;
mod server;
mod starts;

use juju::{Hold, Port};
use pebble::plan::{Environment, Layer, Startup};

use super::gate::Ready;
use super::own_action;
use crate::charm_spec::CharmSpec;
use crate::environment::{self, Sources};
use crate::facts::LocalSide;
use crate::framework::{Framework, Metrics};
use crate::memory::{Memory, ServerMemory};
use crate::relation;
use crate::seen::{Container, Seen};
use crate::services::{self, ServiceRole, Services};
use crate::steps::{Action, Step, Steps};
use crate::variables;
use crate::web_server::gunicorn::{self, WorkerClassError};
use crate::web_server::{self, Setup};
pub(super) use migration::MIGRATES;
use starts::Starts;

/// Desired state of the container.
struct DesiredWorkload {
    original: Services,
    layer: Layer,
    environment: Environment,
    server: Setup,
    worker_class: Option<String>,
    /// Memory of the web server once it was checked with the fields above.
    checked: ServerMemory,
}

/// Adds effects, ports and values to remember, and returns the workload's variables. Adds a hold instead if
/// the rock itself can't be used.
pub(super) fn decide(
    ready: &Ready<'_>,
    seen: &Seen,
    spec: &CharmSpec,
    local: &LocalSide<'_>,
    steps: &mut Steps,
) -> Option<Environment> {
    let framework = spec.framework;
    match desired(ready, seen, spec, local) {
        Err(hold) => {
            steps.holds.push(hold);
            None
        }
        Ok(desired) => {
            let container = ready.container;
            steps.effects.extend(keep_original(&desired, container, framework));
            let migration = migration::steps(&desired, ready, seen, spec, steps);
            let migrates = !migration.is_empty();
            steps.effects.extend(migration);
            let starts = Starts::of(&desired, container, &seen.memory, migrates, framework);
            let mut effects = effects(&desired, container, &seen.memory, &starts, framework);
            starts::listen(&mut effects, &desired, local.port, seen, spec);
            steps.effects.extend(effects);
            steps.holds.extend(starts.exiting.map(|name| starts::keeps_exiting(name, container, &seen.unit, spec)));
            steps.on_success.memory.web_server = Some(desired.checked);
            steps.ports = spec.port(&seen.config).map(Port::tcp).into_iter().collect();
            Some(desired.environment)
        }
    }
}

fn desired(ready: &Ready<'_>, seen: &Seen, spec: &CharmSpec, local: &LocalSide<'_>) -> Result<DesiredWorkload, Hold> {
    let framework = spec.framework;
    let original = original(ready.container, framework)?;
    let worker_class = ready.settings.worker_class.clone();
    let command = command(framework, &original, worker_class.as_deref())?;
    let config = web_server::ServerConfig {
        settings: &ready.settings,
        port: local.port,
        forwards_logs: seen.unit.forwards_logs,
        logging: ready.paas_config.logging,
        traces: relation::traces(&ready.provided),
        prefix: prefix(local),
    };
    let served = command.as_ref().unwrap_or(&original[framework.name].command);
    let server =
        web_server::setup(framework, &config, served).map_err(|error| unreadable_command(framework, &error))?;
    let outdated = relation::outdated(spec.integration_files(), &ready.provided);
    let server = server.with_inputs(relation::files(&ready.provided), outdated);
    let mut environment = environment(ready, seen, spec, local);
    environment.extend(server.environment.clone());
    let layer = services::layer(framework, &original, &environment, seen.unit.name.number(), command.as_deref());
    let checked = server::memory(&server, &layer);
    Ok(DesiredWorkload { original, layer, environment, server, worker_class, checked })
}

/// Path of the public address, if that is an ingress's with a path.
fn prefix<'a>(local: &LocalSide<'a>) -> Option<&'a str> {
    let (_, rest) = local.base_url.split_once("://").filter(|_| local.is_routed)?;
    rest.find('/').map(|at| rest[at..].trim_end_matches('/')).filter(|path| !path.is_empty())
}

fn environment(ready: &Ready<'_>, seen: &Seen, spec: &CharmSpec, local: &LocalSide<'_>) -> Environment {
    let peers = ready.peer.fqdns(&seen.unit.model);
    let (mut mapped, mut integrations) = (relation::defaults(&seen.integrations), Environment::new());
    let names = relation::mapped(&seen.integrations);
    for (name, value) in relation::environment(&ready.provided, spec.framework.naming) {
        if names.contains(name.as_str()) { &mut mapped } else { &mut integrations }.insert(name, value);
    }
    let metrics = spec.metrics(&seen.config);
    let sources = Sources {
        unit: &seen.unit,
        port: local.port,
        metrics: metrics.as_ref().map(|(port, path)| Metrics { port: *port, path }),
        base_url: local.base_url,
        proxies: relation::proxies(&ready.provided),
        secret_key: ready.peer.secret_key.expose(),
        peers: &peers,
        integrations: &integrations,
        mapped: &mapped,
    };
    let mut all = environment::workload(spec.framework, &spec.prefixes, &ready.settings, &sources);
    all.extend(ready.variables.clone());
    variables::fill(&spec.variables, |word| relation::mapping::word(word, local), &mut all);
    all.extend((spec.extension.variables)(&own_action::inputs(seen, local, &all)));
    all
}

/// Services of the rock: as an earlier event stored them, else from the plan.
fn original(container: &Container, framework: &Framework) -> Result<Services, Hold> {
    let written = container.original.clone().filter(|services| services.contains_key(framework.name));
    let services = written.unwrap_or_else(|| container.plan.services.clone());
    if services.contains_key(framework.name) {
        return Ok(services);
    }
    let name = framework.name;
    Err(Hold::blocked(format!("the rock has no service named {name}: name its web service so in rockcraft.yaml")))
}

/// Command of the main service with the worker class that the options set.
fn command(framework: &Framework, original: &Services, class: Option<&str>) -> Result<Option<String>, Hold> {
    let Some(class) = class else { return Ok(None) };
    match gunicorn::with_worker_class(&original[framework.name].command, class) {
        Ok(command) => Ok(Some(command)),
        Err(WorkerClassError::NoOption) => Err(Hold::blocked(
            "Worker class is set through `juju config` but the `-k` worker class argument is not in the service command.",
        )),
        Err(error @ WorkerClassError::Command(_)) => Err(unreadable_command(framework, &error)),
    }
}

fn unreadable_command(framework: &Framework, error: &dyn std::error::Error) -> Hold {
    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Hold::blocked(format!("cannot read the command of service {} in the rock: {why}", framework.name))
}

fn effects(
    desired: &DesiredWorkload,
    container: &Container,
    memory: &Memory,
    starts: &Starts<'_>,
    framework: &Framework,
) -> Vec<Step> {
    let well = server::is_well(desired, container, memory);
    let mut effects = if well { Vec::new() } else { server::prepare(desired, container, framework) };
    let planned = is_planned(&desired.layer, container);
    if !planned {
        effects.push(plain(Action::AddLayer(Box::new(desired.layer.clone()))));
    }
    effects.extend(stop_schedulers(desired, container, framework));
    // If a hook was killed after `AddLayer`, the plan is right already, but the process has the old definition.
    if !well || !planned || starts.any {
        let refused = Hold::blocked(format!("cannot start {}", framework.name));
        effects.push(Step::new(Action::Replan, refused));
    }
    if !well && keeps_running(&desired.layer, container, framework) {
        effects.extend(server::take_up(desired, memory, framework));
    }
    effects
}

/// Step whose failure never comes from the application.
fn plain(action: Action) -> Step {
    let refused = Hold::blocked(format!("cannot {action}"));
    Step::new(action, refused)
}

/// Stores the rock's services before the first layer of the charm replaces them in the plan.
fn keep_original(desired: &DesiredWorkload, container: &Container, framework: &Framework) -> Option<Step> {
    if container.original.as_ref() == Some(&desired.original) {
        return None;
    }
    let content = serde_json::to_vec(&desired.original).ok()?;
    let path = services::original_path(framework);
    Some(plain(Action::Write { path, content, workload_owned: false }))
}

/// True if the plan has exactly the layer's services.
fn is_planned(layer: &Layer, container: &Container) -> bool {
    layer.services.iter().all(|(name, service)| container.plan.services.get(name) == Some(service))
}

/// Stops schedulers that are disabled on this unit. A replan does not stop disabled services.
fn stop_schedulers(desired: &DesiredWorkload, container: &Container, framework: &Framework) -> Option<Step> {
    let disabled = |name: &str| desired.layer.services.get(name).is_some_and(|s| s.startup == Startup::Disabled);
    let is_scheduler = |name: &str| ServiceRole::of(framework, name) == ServiceRole::Scheduler;
    let running = container.services.iter().filter(|s| s.is_running() && is_scheduler(&s.name) && disabled(&s.name));
    let services: Vec<_> = running.map(|service| service.name.clone()).collect();
    (!services.is_empty()).then(|| plain(Action::Stop { services }))
}

/// True if the web server's process survives a replan.
fn keeps_running(layer: &Layer, container: &Container, framework: &Framework) -> bool {
    let same = container.plan.services.get(framework.name) == layer.services.get(framework.name);
    same && container.services.iter().any(|service| service.name == framework.name && service.is_running())
}
