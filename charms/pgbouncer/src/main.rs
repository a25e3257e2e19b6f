//! The file `dispatch` of the packed charm.

fn main() -> std::process::ExitCode {
    juju::main::<pgbouncer::PgBouncer>()
}
