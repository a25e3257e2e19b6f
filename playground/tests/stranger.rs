//! The whole way of a first user, who types the commands that the messages name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ingress::{has_nginx, no_request_is_lost};
use crate::integration::has_postgresql;
use crate::support::{Desk, FORM, code, page, post, wait_until};

/// Row that a migration writes into the table that another one has made.
const FIRST_ROW: &str = "Ada: The engine weaves algebraic patterns";

/// A copy of the guestbook, outside of this repository.
fn guestbook(desk: &Desk) -> PathBuf {
    let project = desk.path().join("guestbook");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/flask");
    let copied = Command::new("cp").arg("-r").arg(sample).arg(&project).status().unwrap();
    assert!(copied.success());
    project
}

/// Posts a line to the guestbook; returns status and page of the answer.
fn write(url: &str, line: &str) -> (u16, String) {
    post(url, FORM, format!("author=Ada&line={}", line.replace(' ', "+")))
}

fn says(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "no {word:?} in:\n{told}");
    }
}

fn whole_way(desk: &Desk) {
    let project = guestbook(desk);
    let up = desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let url = desk.url();
    says(&up, &[&format!("is up at {url}"), &format!("curl {url}"), "webcharm integrate postgresql", "webcharm down"]);
    assert_eq!(page(&url), "Hello from Flask!\n");
    assert!(write(&format!("{url}/"), "Hi").1.contains("webcharm integrate postgresql"));
    says(&desk.ok(&["status"]), &["not integrated yet: postgresql, ingress"]);

    says(&desk.ok(&["integrate", "postgresql"]), &["integrated: ", "webcharm remove-relation flask-k8s:postgresql"]);
    says(&page(&url), &[FIRST_ROW]);
    assert_eq!(write(&format!("{url}/"), "First of all").0, 303);
    wait_until("the row is on the page", || page(&url).contains("Ada: First of all\n"));

    let integrated = desk.ok(&["integrate", "ingress"]);
    let prefixed = desk.status()["applications"]["nginx-ingress-integrator"]["url"].as_str().unwrap().to_owned();
    says(&integrated, &[&format!("curl {prefixed}/")]);
    says(&page(&format!("{prefixed}/")), &["Ada: First of all\n"]);

    desk.ok(&["config", "flask-k8s", "greeting=Good morning"]);
    for url in [&url, &format!("{prefixed}/")] {
        assert!(page(url).starts_with("Good morning\n"), "{url}");
    }

    says(&desk.ok(&["add-unit", "flask-k8s"]), &["added: flask-k8s/1", "webcharm remove-unit flask-k8s --num-units 1"]);
    no_request_is_lost(desk, &prefixed);
    says(&page(&format!("{prefixed}/")), &["Ada: First of all\n"]);

    let removed = desk.ok(&["remove-relation", "flask-k8s", "postgresql"]);
    says(&removed, &["no longer integrated: ", "webcharm integrate flask-k8s:postgresql"]);
    let status = desk.ok(&["status"]);
    says(&status, &["not integrated yet: postgresql, ", "; for instance `webcharm integrate postgresql`"]);
    assert_eq!(page(&format!("{prefixed}/")), "Good morning\n");

    let before = desk.processes();
    says(&desk.ok(&["down"]), &["local is down"]);
    desk.assert_nothing_left(&before);
}

/// `up` starts a database that the charm requires; without it the charm is blocked, and its status names it.
fn a_required_database(desk: &Desk) {
    let project = guestbook(desk);
    let file = project.join("charm/charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("interface: postgresql_client\n    optional: true", "interface: postgresql_client"))
        .unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    says(&page(&desk.url()), &[FIRST_ROW]);
    says(&desk.ok(&["remove-relation", "flask-k8s", "postgresql"]), &["blocked", "missing integrations: postgresql"]);
    says(&desk.ok(&["status"]), &["missing integrations: postgresql", "webcharm integrate postgresql"]);
    desk.ok(&["integrate", "postgresql"]);
    wait_until("the page is there again", || code(&desk.url()) == 200);
    says(&page(&desk.url()), &[FIRST_ROW]);
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

fn all(desk: &Desk) {
    if has_postgresql() && has_nginx() {
        whole_way(desk);
        fs::remove_dir_all(desk.path().join("guestbook")).unwrap();
        a_required_database(desk);
    }
}

#[test]
#[ignore = "long: fetches packages into an empty home, and starts everything"]
fn a_stranger_gets_all_the_way() {
    all(&Desk::new().with_empty_home());
}

#[test]
#[ignore = "long: fetches packages into an empty home, and starts everything"]
fn a_stranger_without_root_gets_all_the_way() {
    all(&Desk::of_ordinary_user().with_empty_home());
}
