//! A Django project as its documentation has it: it allows the hosts of the charm's variable alone, and knows of no prefix.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ingress::has_nginx;
use crate::integration::has_postgresql;
use crate::support::{Desk, code, get, wait_until};

/// Copies a folder of a sample, without what tools leave there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        } else if name != "__pycache__" {
            copy(&path, &to.join(name));
        }
    }
}

/// The sample without the settings by which it also answers at 127.0.0.1, and keeps the ingress's prefix itself.
fn project(desk: &Desk) -> PathBuf {
    let folder = desk.path().join("project");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/django"), &folder);
    let settings = folder.join("guestbook/guestbook/settings.py");
    let text = fs::read_to_string(&settings).unwrap();
    let hosts =
        "ALLOWED_HOSTS = [*json.loads(variable(\"DJANGO_ALLOWED_HOSTS\", \"[]\")), \"localhost\", \"127.0.0.1\"]";
    let prefix = "FORCE_SCRIPT_NAME = urlsplit(BASE_URL).path.rstrip(\"/\") or None";
    assert!(text.contains(hosts) && text.contains(prefix), "{text}");
    let own = "ALLOWED_HOSTS = json.loads(variable(\"DJANGO_ALLOWED_HOSTS\", \"[]\"))";
    fs::write(&settings, text.replace(hosts, own).replace(prefix, "")).unwrap();
    folder
}

fn url(desk: &Desk, app: &str) -> String {
    desk.status()["applications"][app]["url"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn a_project_is_told_the_host_that_it_refuses_and_keeps_its_links_behind_a_prefix() {
    if !has_postgresql() || !has_nginx() {
        return;
    }
    let desk = Desk::new();
    let up = desk.run(&["up", project(&desk).to_str().unwrap(), "--detach"]);
    let own = url(&desk, "django-k8s");
    assert_eq!(up.code, Some(0), "{up:?}");
    let note = "Note: it answers 400: Django refuses the host 127.0.0.1; \
                `webcharm config django-k8s django-allowed-hosts=127.0.0.1` allows it\n";
    assert!(up.out.contains(note), "{up:?}");
    assert_eq!(code(&own), 400);
    desk.ok(&["config", "django-k8s", "django-allowed-hosts=127.0.0.1"]);
    wait_until("it answers at the host that was allowed", || code(&own) == 200);

    desk.ok(&["integrate", "ingress"]);
    let behind = url(&desk, "nginx-ingress-integrator");
    assert!(behind.ends_with("/local-django-k8s"), "{behind}");
    wait_until("nginx leads to it", || code(&format!("{behind}/")) == 200);
    // Django makes the target of this redirection from a view's name; nginx knows no path without the prefix.
    let leads_to =
        |url: &str| get(&format!("{url}/admin/")).unwrap().headers()["location"].to_str().unwrap().to_owned();
    let login = leads_to(&behind);
    assert_eq!(login, "/local-django-k8s/admin/login/?next=/local-django-k8s/admin/");
    assert_eq!(code(&format!("{}{login}", behind.strip_suffix("/local-django-k8s").unwrap())), 200);
    assert_eq!(leads_to(&own), "/admin/login/?next=/admin/", "without the ingress there is no prefix");

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
