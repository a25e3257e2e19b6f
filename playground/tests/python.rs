//! Rocks of another Python than this machine's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Desk, page};

/// A Python of the version, where a user's are: on `PATH`, or pyenv's or uv's.
fn found(version: &str) -> bool {
    let program = format!("python{version}");
    let answers =
        |path: &Path| Command::new(path).args(["-I", "-c", "import venv"]).output().is_ok_and(|o| o.status.success());
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let managers = [home.join(".pyenv/versions"), home.join(".local/share/uv/python")];
    let entries = managers.iter().filter_map(|manager| fs::read_dir(manager).ok()).flatten().flatten();
    let mut all = entries.map(|entry| entry.path().join("bin").join(&program));
    answers(Path::new(&program)) || all.any(|path| answers(&path))
}

#[test]
fn a_rock_of_another_python_runs_under_the_one_that_is_found() {
    let own = Command::new("/bin/python3").args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output();
    let own = String::from_utf8(own.unwrap().stdout).unwrap();
    let (base, version) = if own.trim() == "3.12" { ("22.04", "3.10") } else { ("24.04", "3.12") };
    if !testkit::needs(found(version), &format!("Python {version} (uv python install {version})")) {
        return;
    }
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("rockcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("base:") && !line.starts_with("build-base:"));
    let rest: String = lines.map(|line| format!("{line}\n")).collect();
    fs::write(&file, format!("base: ubuntu@{base}\n{rest}")).unwrap();
    let app = project.join("rock/flask/app.py");
    let more = "\n\n@app.get(\"/python\")\ndef python():\n    import sys\n    return sys.version\n";
    fs::write(&app, fs::read_to_string(&app).unwrap() + more).unwrap();
    let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    let told = format!("the rock's Python is {version}, this machine's {}: ", own.trim());
    assert!(up.err.contains(&told) && up.err.contains(" is used\n"), "{up:?}");
    let served = page(&format!("{}/python", desk.url()));
    assert!(served.starts_with(&format!("{version}.")), "{served}");
    let asked = desk.ok(&["exec", "--", "python3", "-c", "import flask, sys; print(sys.version)"]);
    assert!(asked.starts_with(&format!("{version}.")), "{asked}");
    desk.ok(&["down"]);
}
