//! Secrets planted in every input, and searched for in all output and files of the playground.
//!
//! Verbs about a value show it: `config` an application's options, `run` an action's results, `logs` and `exec` the
//! application's output. Other verbs and the files of the model's folder don't contain secrets.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::integration::has_postgresql;
use crate::support::{Desk, Ran, page};

const KEY: &str = "planted-secret-key-41d8";
const TOKEN: &str = "planted-option-token-77aa";
const PARAM: &str = "planted-action-param-90fe";
const PROXY: &str = "planted-proxy-password-13cc";

/// The sample with an option, an action and a page that gives the test the database's password.
fn project(desk: &Desk) -> PathBuf {
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let options = "config:\n  options:\n    api-token:\n      type: string\n";
    assert!(text.contains("config:\n  options:\n"));
    let actions = "\nactions:\n  greet:\n    params:\n      name:\n        type: string\n";
    fs::write(&file, text.replace("config:\n  options:\n", options) + actions).unwrap();
    let app = project.join("rock/flask/app.py");
    let text = fs::read_to_string(&app).unwrap();
    let pages = "\n\n@app.get(\"/planted\")\ndef planted():\n    \"\"\"What was planted, as the application has it.\"\"\"\n    \
                 names = [\"FLASK_SECRET_KEY\", \"FLASK_API_TOKEN\", \"POSTGRESQL_DB_PASSWORD\"]\n    \
                 return {name: os.environ.get(name) for name in names}\n";
    fs::write(&app, text + pages).unwrap();
    project
}

/// Regular files below `dir`, with those of the pods' roots and the application.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                all.push(entry.path());
            }
        }
    }
    all
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn planted_secrets_are_in_no_output_and_no_file() {
    let desk = Desk::new();
    let project = project(&desk);
    let with_proxy = |args: &[&str]| {
        let mut command = desk.command(args);
        command.env("JUJU_CHARM_HTTP_PROXY", format!("http://operator:{PROXY}@proxy:3128"));
        Ran::from(command.output().unwrap())
    };
    let values = [("key", KEY), ("token", TOKEN)].map(|(name, value)| {
        fs::write(desk.path().join(name), value).unwrap();
        desk.path().join(name).display().to_string()
    });
    let mut outputs = vec![with_proxy(&["up", project.to_str().unwrap(), "--detach"])];
    assert_eq!(outputs[0].code, Some(0), "{outputs:?}");
    let set = [format!("flask-secret-key=@{}", values[0]), format!("api-token=@{}", values[1])];
    outputs.push(desk.run(&["config", "flask-k8s", &set[0], &set[1]]));
    let mut secrets = vec![KEY.to_owned(), TOKEN.to_owned(), PARAM.to_owned(), PROXY.to_owned()];
    if has_postgresql() {
        outputs.push(desk.run(&["integrate", "postgresql"]));
    }
    let planted: serde_json::Value = serde_json::from_str(&page(&format!("{}/planted", desk.url()))).unwrap();
    assert_eq!((&planted["FLASK_SECRET_KEY"], &planted["FLASK_API_TOKEN"]), (&KEY.into(), &TOKEN.into()));
    secrets.extend(planted["POSTGRESQL_DB_PASSWORD"].as_str().map(str::to_owned));
    assert_eq!(secrets.len() == 5, has_postgresql(), "the database's password is known");
    let parameter = format!("name={PARAM}");
    for args in [
        &["run", "flask-k8s/0", "greet", &parameter][..],
        &["run", "flask-k8s/0", "greet", &parameter, "loud=1"],
        &["config", "flask-k8s", &format!("webserver-threads={KEY}")],
        &["add-unit", "flask-k8s"],
        &["status"],
        &["status", "--relations"],
        &["status", "--format", "json", "--relations"],
        &["debug-log", "-n", "10000"],
        &["remove-unit", "flask-k8s/1"],
    ] {
        outputs.push(desk.run(args));
    }
    for secret in &secrets {
        for ran in &outputs {
            // The error may repeat a refused value to the user who has just typed it.
            let is_told = ran.err.contains("webserver-threads") && secret == KEY;
            assert!(is_told || !(ran.out.contains(secret) || ran.err.contains(secret)), "{secret} in {ran:?}");
        }
    }
    no_file_holds(&desk, &secrets);
    let before = desk.processes();
    for pid in &before {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!secrets.iter().any(|secret| holds(&line, secret)), "{}", String::from_utf8_lossy(&line));
    }
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// The folder of the model holds no secret, and only its user can read its files. The server's data are in a folder
/// that other users can't enter.
fn no_file_holds(desk: &Desk, secrets: &[String]) {
    let model = desk.runtime().join("webcharm/local");
    let all = files(&model);
    assert!(all.len() > 10, "{all:?}");
    for file in &all {
        // A file may have gone meanwhile.
        let Ok(bytes) = fs::read(file) else { continue };
        let found: Vec<_> = secrets.iter().filter(|secret| holds(&bytes, secret)).collect();
        assert!(found.is_empty(), "{found:?} in {}", file.display());
    }
    // Built and unpacked files keep their modes, because a pod's user reads them.
    let is_own = |file: &&PathBuf| {
        !["applications/0/rock", "applications/0/charm", "postgresql"]
            .iter()
            .any(|name| file.starts_with(model.join(name)))
    };
    for file in all.iter().filter(is_own) {
        let mode = file.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{mode:o} {}", file.display());
    }
    assert_eq!(model.metadata().unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_proxy_s_password_is_not_printed_by_a_build() {
    let desk = Desk::new().with_fresh_cache();
    let project = desk.sample();
    let index = format!("http://operator:{PROXY}@127.0.0.1:1/simple");
    fs::write(
        project.join("rock/flask/requirements.txt"),
        format!("--index-url {index}\nno-such-package-of-this-test\n"),
    )
    .unwrap();
    let mut command = desk.command(&["up", project.to_str().unwrap()]);
    command.env("http_proxy", format!("http://operator:{PROXY}@127.0.0.1:1")).env("PIP_RETRIES", "0");
    command
        .env_remove("PIP_FIND_LINKS")
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env("PIP_CONFIG_FILE", "/dev/null");
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("no-such-package-of-this-test"), "{ran:?}");
    assert!(!ran.out.contains(PROXY) && !ran.err.contains(PROXY), "{ran:?}");
}
