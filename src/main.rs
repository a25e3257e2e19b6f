//! The file `dispatch` of a packed charm: Juju's environment in, an exit code out.

fn main() -> std::process::ExitCode {
    juju::main::<webcharm::WebApp>()
}
