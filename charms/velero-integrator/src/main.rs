//! The program that Juju starts for each event.

use std::process::ExitCode;

fn main() -> ExitCode {
    juju::main::<velero_integrator::VeleroIntegrator>()
}
