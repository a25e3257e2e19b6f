//! The examples of `examples/`, each on a daemon of its own.

#![allow(dead_code, reason = "each example has a main function of its own")]

use crate::case::over;
use crate::daemon::Daemon;

#[path = "../../examples/checks.rs"]
mod checks;
#[path = "../../examples/exec.rs"]
mod exec;
#[path = "../../examples/files.rs"]
mod files;
#[path = "../../examples/health.rs"]
mod health;
#[path = "../../examples/identities.rs"]
mod identities;
#[path = "../../examples/layers.rs"]
mod layers;
#[path = "../../examples/logs.rs"]
mod logs;
#[path = "../../examples/notices.rs"]
mod notices;
#[path = "../../examples/services.rs"]
mod services;

type Run = fn(&str) -> Result<(), Box<dyn std::error::Error>>;

fn works(run: Run) {
    let daemon = Daemon::start(over("--http").0);
    run(daemon.socket().to_str().unwrap()).unwrap();
}

#[test]
fn checks_of_the_example() {
    works(checks::run);
}

#[test]
fn exec_of_the_example() {
    works(exec::run);
}

#[test]
fn files_of_the_example() {
    works(files::run);
}

#[test]
fn health_of_the_example() {
    works(health::run);
}

#[test]
fn identities_of_the_example() {
    works(identities::run);
}

#[test]
fn layers_of_the_example() {
    works(layers::run);
}

#[test]
fn logs_of_the_example() {
    works(logs::run);
}

#[test]
fn notices_of_the_example() {
    works(notices::run);
}

#[test]
fn services_of_the_example() {
    works(services::run);
}
