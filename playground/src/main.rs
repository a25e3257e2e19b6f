//! The program `webcharm`: its verbs, and, by its first argument, the keepers and first processes of pods and servers.
//!
//! Started under the name of one of Juju's hook tools it is that tool, so the playground needs no second program.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use playground::cli::{Cli, Verb};
use playground::{build_keeper, daemon, network, pod, ui, up, verbs};

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let args: Vec<String> = typed.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let name = args.first().and_then(|arg| Path::new(arg).file_name()).unwrap_or_default().to_string_lossy();
    if juju_testing::is_hook_tool(&name) {
        let code = juju_testing::hook_tools_main(&name, &args[1..]);
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    match (args.get(1).map(String::as_str), args.get(2)) {
        (Some(build_keeper::KEEPER), _) => told(build_keeper::keep(&typed[2..]).map(ExitCode::from)),
        (Some(pod::KEEPER), Some(description)) => told(pod::keep(Path::new(description)).map(ExitCode::from)),
        (Some(pod::HOLDER), None) => told(pod::hold().map(ExitCode::from)),
        (Some(pod::INIT), Some(description)) => told(pod::enter(Path::new(description)).map(|never| match never {})),
        (Some(network::KEEPER), Some(description)) => told(network::keep(Path::new(description)).map(ExitCode::from)),
        (Some(daemon::KEEPER), Some(description)) => told(daemon::keep(Path::new(description)).map(ExitCode::from)),
        (Some(daemon::INIT), Some(description)) => {
            told(daemon::enter(Path::new(description)).map(|never| match never {}))
        }
        _ => run(Cli::parse()),
    }
}

fn run(cli: Cli) -> ExitCode {
    let model = &cli.model;
    match cli.verb {
        Verb::Up(args) => told(up::run(model, &args)),
        Verb::Status { format, relations, watch } => told(verbs::status(model, format, relations, watch)),
        Verb::Integrate(ends) => told(verbs::integrate(model, &ends)),
        Verb::RemoveRelation(ends) => told(verbs::remove_relation(model, &ends)),
        Verb::Config(args) => told(verbs::config(model, &args)),
        Verb::DebugLog { lines, follow } => told(verbs::debug_log(model, lines, follow)),
        Verb::AddUnit(args) => told(verbs::add_unit(model, &args)),
        Verb::RemoveUnit(args) => told(verbs::remove_unit(model, &args)),
        Verb::Run(args) => told(verbs::unit::run(model, &args)),
        Verb::Exec(args) => told(verbs::unit::exec(model, &args)),
        Verb::Logs(args) => told(verbs::unit::logs(model, &args)),
        Verb::Down { force } => told(verbs::down(model, force)),
        Verb::Prune(args) => told(verbs::prune(&args)),
        Verb::Pack(args) => told(verbs::pack(&args)),
        Verb::Lint(args) => told(verbs::lint(&args)),
        Verb::Init(args) => told(verbs::init(&args)),
    }
}

/// Prints the error, if there is one. The only place that does.
fn told(result: Result<ExitCode, impl Error + 'static>) -> ExitCode {
    result.unwrap_or_else(|error| {
        ui::note(&format!("error: {}", playground::chain(&error)));
        ExitCode::FAILURE
    })
}
