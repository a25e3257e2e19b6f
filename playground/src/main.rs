//! The program `webcharm`: its verbs, and, by its first argument, the keepers and first processes of pods and servers.
//!
//! Started under the name of one of Juju's hook tools it is that tool, and as `dispatch` a hook in a machine or a pod, so
//! the playground needs no second program.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use playground::cli::{Cli, Verb};
use playground::provider::s3::server as bucket_server;
use playground::{build_keeper, daemon, network, pod, ui, up, verbs};

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let args: Vec<String> = typed.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let name = args.first().and_then(|arg| Path::new(arg).file_name()).unwrap_or_default().to_string_lossy();
    if juju_testing::is_hook_tool(&name) {
        let code = juju_testing::hook_tools_main(&name, &args[1..]);
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    if let Some(machine) = pod::machine::asked(&name) {
        return exit_code(pod::machine::dispatch(&machine));
    }
    if let Some(pod) = pod::sidecar::asked(&name) {
        return exit_code(pod::sidecar::dispatch(&pod).map(|never| match never {}));
    }
    match (args.get(1).map(String::as_str), args.get(2)) {
        (Some(build_keeper::KEEPER), _) => exit_code(build_keeper::keep(&typed[2..]).map(ExitCode::from)),
        (Some(pod::KEEPER), Some(description)) => exit_code(pod::keep(Path::new(description)).map(ExitCode::from)),
        (Some(pod::HOLDER), None) => exit_code(pod::hold().map(ExitCode::from)),
        (Some(pod::INIT), Some(description)) => {
            exit_code(pod::enter(Path::new(description)).map(|never| match never {}))
        }
        (Some(network::KEEPER), Some(description)) => {
            exit_code(network::keep(Path::new(description)).map(ExitCode::from))
        }
        (Some(daemon::KEEPER), Some(description)) => {
            exit_code(daemon::keep(Path::new(description)).map(ExitCode::from))
        }
        (Some(daemon::INIT), Some(description)) => {
            exit_code(daemon::enter(Path::new(description)).map(|never| match never {}))
        }
        (Some(bucket_server::SERVER), Some(dir)) => exit_code(bucket_server::run(Path::new(dir)).map(ExitCode::from)),
        _ => run(Cli::parse()),
    }
}

fn run(cli: Cli) -> ExitCode {
    let model = &cli.model;
    ui::set_model(model);
    match cli.verb {
        Verb::Up(args) => exit_code(up::run(model, &args)),
        Verb::Deploy(args) => exit_code(verbs::deploy(model, &args)),
        Verb::RemoveApplication(args) => exit_code(verbs::remove_application(model, &args)),
        Verb::Status { format, relations, watch } => exit_code(verbs::status(model, format, relations, watch)),
        Verb::Integrate(ends) => exit_code(verbs::integrate(model, &ends)),
        Verb::RemoveRelation(ends) => exit_code(verbs::remove_relation(model, &ends)),
        Verb::Providers { format } => exit_code(verbs::providers(format)),
        Verb::Rotate { server } => exit_code(verbs::rotate(model, server)),
        Verb::Move { server } => exit_code(verbs::relocate(model, server)),
        Verb::Config(args) => exit_code(verbs::config(model, &args)),
        Verb::AddSecret(args) => exit_code(verbs::secret::add(model, &args)),
        Verb::GrantSecret(args) => exit_code(verbs::secret::grant(model, &args)),
        Verb::RevokeSecret(args) => exit_code(verbs::secret::revoke(model, &args)),
        Verb::UpdateSecret(args) => exit_code(verbs::secret::update(model, &args)),
        Verb::ShowSecret(args) => exit_code(verbs::secret::show(model, &args)),
        Verb::RemoveSecret { secret } => exit_code(verbs::secret::remove(model, &secret)),
        Verb::Secrets => exit_code(verbs::secret::list(model)),
        Verb::DebugLog { lines, follow } => exit_code(verbs::debug_log(model, lines, follow)),
        Verb::AddUnit(args) => exit_code(verbs::add_unit(model, &args)),
        Verb::RemoveUnit(args) => exit_code(verbs::remove_unit(model, &args)),
        Verb::Run(args) => exit_code(verbs::unit::run(model, &args)),
        Verb::Exec(args) => exit_code(verbs::unit::exec(model, &args)),
        Verb::Logs(args) => exit_code(verbs::unit::logs(model, &args)),
        Verb::Down { force } => exit_code(verbs::down(model, force)),
        Verb::Prune(args) => exit_code(verbs::prune(&args)),
        Verb::Pack(args) => exit_code(verbs::pack(&args)),
        Verb::Lint(args) => exit_code(verbs::lint(&args)),
        Verb::Init(args) => exit_code(verbs::init(&args)),
    }
}

/// Prints the error, if there is one. The only place that does.
fn exit_code(result: Result<ExitCode, impl Error + 'static>) -> ExitCode {
    result.unwrap_or_else(|error| {
        ui::note(&format!("error: {}", playground::chain(&error)));
        ExitCode::FAILURE
    })
}
