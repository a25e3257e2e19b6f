//! The program `webcharm`.
use std::path::Path;
fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let chain = |error: &dyn std::error::Error| {
        let mut t = error.to_string();
        let mut e = error.source();
        while let Some(s) = e {
            t = format!("{t}: {s}");
            e = s.source();
        }
        eprintln!("error: {t}");
        std::process::ExitCode::FAILURE
    };
    match args.get(1).map(String::as_str) {
        Some(playground::pod::KEEPER) => match playground::pod::keep(Path::new(&args[2])) {
            Ok(c) => c.into(),
            Err(e) => chain(&e),
        },
        Some(playground::pod::INIT) => match playground::pod::enter(Path::new(&args[2])) {
            Ok(n) => match n {},
            Err(e) => chain(&e),
        },
        _ => std::process::ExitCode::FAILURE,
    }
}
