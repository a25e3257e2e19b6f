//! `hook-tools`: called by the name of one of Juju's hook tools it is that tool, in front of a served model; called as
//! `hook-tools install DIR` it puts links for all of them into a folder.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called_as = args.next().unwrap_or_default();
    let code = juju_testing::run_program(&called_as, &args.collect::<Vec<_>>());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
