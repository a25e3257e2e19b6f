//! The daemon's process.

fn main() -> std::process::ExitCode {
    supervisor::main()
}
