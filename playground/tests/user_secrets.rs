//! Secrets of the user's own, which options of the type `secret` name.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Desk, get, wait_until};

const KEYS: &str = "name: mailer\ntype: charm\nsummary: Sends\ndescription: Sends.\nbase: ubuntu@24.04\n\
                    platforms: {amd64: }\nparts: {none: {plugin: nil}}\nconfig: {options: {mail: {type: secret}}}\n";

/// Tells the token of the secret that its option names.
const MAILER: &str = r#"#!/bin/sh -e
id=$(config-get mail)
if [ -z "$id" ]; then status-set blocked "set mail"
elif token=$(secret-get "$id" token --refresh); then status-set active "the token is $token"
else status-set blocked "mail can't be read"; fi
"#;

/// A charm on a machine that tells a token.
fn mailer(desk: &Desk) {
    let folder = desk.path().join("mailer");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("charmcraft.yaml"), KEYS).unwrap();
    fs::write(folder.join("dispatch"), MAILER).unwrap();
    fs::set_permissions(folder.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
    desk.run(&["up", folder.to_str().unwrap(), "--detach"]);
}

fn message(desk: &Desk) -> String {
    let status = &desk.status()["applications"]["mailer"]["units"]["mailer/0"]["workload-status"];
    status["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_secret_is_added_granted_updated_and_shown_as_in_juju() {
    let desk = Desk::new();
    mailer(&desk);
    assert_eq!(desk.run(&["secrets"]).err.trim(), "there is no secret: `webcharm add-secret NAME key=value` makes one");
    let id = desk.ok(&["add-secret", "mail", "token=one", "--info", "of the sender"]);
    assert!(id.starts_with("secret:") && id.lines().count() == 1, "{id}");
    let option = format!("mail={}", id.trim());
    desk.run(&["config", "mailer", &option]);
    assert_eq!(message(&desk), "mail can't be read", "it is not granted");
    desk.ok(&["grant-secret", "mail", "mailer"]);
    desk.ok(&["config", "mailer", "--reset", "mail"]);
    desk.ok(&["config", "mailer", &option]);
    assert_eq!(message(&desk), "the token is one");

    desk.ok(&["update-secret", id.trim(), "token=two"]);
    assert_eq!(message(&desk), "the token is two", "the charm is told");
    let shown = desk.ok(&["show-secret", "mail"]);
    let bare = id.trim().trim_start_matches("secret:");
    let expected = format!(
        "{bare}:\n  revision: 2\n  owner: user\n  name: \"mail\"\n  description: \"of the sender\"\n  access: [mailer]\n"
    );
    assert_eq!(shown, expected);
    assert_eq!(desk.ok(&["show-secret", "mail", "--reveal"]), expected + "  content:\n    token: \"two\"\n");
    assert!(desk.ok(&["secrets"]).contains(&format!("{bare}  mail                     2  mailer\n")));

    desk.ok(&["revoke-secret", "mail", "mailer"]);
    desk.ok(&["remove-secret", "mail"]);
    assert_eq!(
        desk.run(&["show-secret", "mail"]).err.trim(),
        r#"error: there is no secret "mail": `webcharm secrets` lists them"#
    );
    desk.ok(&["down"]);
}

#[test]
fn a_wrong_request_about_a_secret_is_told_with_the_way_out() {
    let desk = Desk::new();
    assert!(desk.run(&["secrets"]).err.contains("no model \"local\" is up"));
    mailer(&desk);
    desk.ok(&["add-secret", "mail", "token=hunter2"]);
    for (args, message) in [
        (&["add-secret", "mail", "token=x"][..], "error: secret with name \"mail\" already exists"),
        (&["add-secret", "other"], "error: the secret has no content: give `key=value` or --file FILE"),
        (&["add-secret", "other", "hunter2"], "error: \"hunter2\" is not `key=value`"),
        (&["add-secret", "other", "T=x"], "error: key \"T\" not valid; a key begins with a letter"),
        (&["update-secret", "mail"], "error: the secret has no content"),
        (&["update-secret", "none", "token=x"], "error: there is no secret \"none\": `webcharm secrets` lists them"),
        (&["grant-secret", "mail", "shop"], "error: "),
        (&["grant-secret", "none", "mailer"], "error: there is no secret \"none\""),
        (&["config", "mailer", "mail=mail"], "error: option \"mail\": expected secret, got text"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == Some(1) && ran.err.starts_with(message), "{args:?}: {ran:?}");
    }
    desk.ok(&["down"]);
}

#[test]
fn an_option_that_names_a_secret_gives_the_application_its_fields() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let options = "config:\n  options:\n";
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(options));
    fs::write(&file, text.replace(options, &format!("{options}    mail:\n      type: secret\n"))).unwrap();
    let app = project.join("rock/flask/app.py");
    let text = fs::read_to_string(&app).unwrap();
    let more = "\n\n@app.get(\"/mail\")\ndef mail():\n    return os.environ.get(\"FLASK_MAIL_TOKEN\", \"none\")\n";
    fs::write(&app, text + more).unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let url = format!("{}/mail", desk.url());
    let mail = || get(&url).ok().and_then(|page| page.text().ok()).unwrap_or_default();
    assert_eq!(mail(), "none");
    let id = desk.ok(&["add-secret", "mail", "token=one"]);
    desk.ok(&["grant-secret", "mail", "flask-k8s"]);
    desk.ok(&["config", "flask-k8s", &format!("mail={}", id.trim())]);
    wait_until("the application has the secret", || mail() == "one");
    desk.ok(&["update-secret", "mail", "token=two"]);
    wait_until("the application has the new secret", || mail() == "two");
    desk.ok(&["down"]);
}
