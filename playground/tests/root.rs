//! The repository's own `charmcraft.yaml` and `rockcraft.yaml`: run, linted and packed.

use std::path::Path;

use crate::support::{Desk, page, wait_until};

fn root() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().display().to_string()
}

#[test]
fn the_root_s_charm_and_rock_run() {
    let desk = Desk::new();
    let up = desk.run(&["up", &root(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    assert!(up.err.contains("building the rock guestbook"), "{up:?}");
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    desk.ok(&["config", "flask-k8s", "greeting=Ahoy"]);
    wait_until("the new greeting", || page(&desk.url()) == "Ahoy\n");
    let ask = "import urllib.request; print(urllib.request.urlopen('http://localhost:9102/metrics').read().decode())";
    let metrics = desk.ok(&["exec", "--", "/bin/python3", "-c", ask]);
    assert!(metrics.contains("flask_response_code{status=\"200\"}"), "{metrics}");
    let owner = "import os; print(os.stat('/var/log/flask').st_uid, os.path.exists('/flask/app/migrate.sh'))";
    assert_eq!(desk.ok(&["exec", "--", "/bin/python3", "-c", owner]), "584792 True\n");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn the_root_is_linted_and_packed() {
    let desk = Desk::new();
    assert_eq!(desk.ok(&["lint", &root()]), "no refusals: Juju and charmcraft accept the project\n");
    let packed = desk.ok(&["pack", &root()]);
    let file = packed.lines().next().unwrap();
    assert!(file.starts_with("flask-k8s_") && file.ends_with(".charm"), "{packed}");
    let dispatch = pack::entry(&desk.path().join(file), "dispatch").unwrap();
    let beside = Path::new(env!("CARGO_BIN_EXE_webcharm")).with_file_name("dispatch");
    assert_eq!(dispatch, std::fs::read(beside).unwrap());
}
