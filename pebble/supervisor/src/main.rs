//! Binary of the daemon.

fn main() -> std::process::ExitCode {
    supervisor::main()
}
