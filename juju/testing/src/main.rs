//! `hook-tools`: under the name of a Juju hook tool it acts as that tool, against a served model. `hook-tools install
//! DIR` makes a link for each hook tool in a folder.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called_as = args.next().unwrap_or_default();
    let code = webcharm_juju_testing::run_program(&called_as, &args.collect::<Vec<_>>());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
