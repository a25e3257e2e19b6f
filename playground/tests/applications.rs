//! Several applications in one model: deployed, integrated with each other, and removed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::support::{Desk, Foreground, code, names, wait_until};

const KEYS: &str = "type: charm\nsummary: Talks\ndescription: Talks.\nbase: ubuntu@24.04\nplatforms: {amd64: }\n\
                    parts: {files: {plugin: dump, source: files}}\nconfig: {options: {word: {type: string, default: one}}}\n\
                    actions: {show: {description: Shows the unit.}}\n";

/// Writes the option and its unit's name to each relation, keeps what the others wrote, and logs every event.
const TALKER: &str = r#"#!/bin/sh -e
event=${JUJU_DISPATCH_PATH#*/}
juju-log "$event $JUJU_REMOTE_UNIT"
case $event in
*-relation-created) relation-set -r "$JUJU_RELATION_ID" word="$(config-get word)" from="$JUJU_UNIT_NAME" ;;
*-relation-changed)
    if [ -n "$JUJU_REMOTE_UNIT" ]; then
        status-set active "heard $(relation-get word) from $(relation-get from)"
    fi ;;
*-relation-broken) status-set active "alone again" ;;
start) status-set active "$(config-get word) on $(hostname)" ;;
show) action-set unit="$JUJU_UNIT_NAME" ;;
esac
"#;

/// A project in the desk's folder, with a script in place of a program.
fn project(desk: &Desk, name: &str, more: &str) -> String {
    let folder = folder(desk, name, &format!("name: {name}\n{KEYS}{more}"));
    fs::write(folder.join("dispatch"), TALKER).unwrap();
    fs::set_permissions(folder.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
    folder.to_str().unwrap().to_owned()
}

fn folder(desk: &Desk, name: &str, charmcraft: &str) -> PathBuf {
    let folder = desk.path().join(name);
    fs::create_dir_all(folder.join("files")).unwrap();
    fs::write(folder.join("charmcraft.yaml"), charmcraft).unwrap();
    folder
}

/// A deployment of the sample that is building its rock.
fn building(desk: &Desk) -> Foreground {
    let mut deploy = desk.start(&["deploy", desk.sample().to_str().unwrap()]);
    deploy.wait_for("building the rock");
    deploy
}

/// One of the examples, with the program that is built beside `webcharm`.
fn example(desk: &Desk, name: &str) -> String {
    desk.built_charm(&format!("examples/{name}"), name)
}

fn message(desk: &Desk, unit: &str) -> String {
    let app = unit.split('/').next().unwrap();
    let status = &desk.status()["applications"][app]["units"][unit]["workload-status"];
    format!("{}: {}", status["current"].as_str().unwrap_or_default(), status["message"].as_str().unwrap_or_default())
}

/// The applications that `status` shows.
fn applications(desk: &Desk) -> Vec<String> {
    desk.status()["applications"].as_object().unwrap().keys().cloned().collect()
}

/// The folders of prepared applications in the model's folder.
fn prepared(desk: &Desk) -> Vec<String> {
    names(&desk.runtime().join("webcharm/local/applications"))
}

/// The events of a unit so far, in order.
fn events(desk: &Desk, unit: &str) -> Vec<String> {
    let log = desk.ok(&["debug-log", "-n", "100000"]);
    let prefix = format!("{unit}: INFO ");
    log.lines().filter_map(|line| line.strip_prefix(&prefix)).map(|line| line.trim().to_owned()).collect()
}

const PROVIDES: &str = "provides: {chat: {interface: chat}}\n";
const REQUIRES: &str = "requires: {talk: {interface: chat}}\n";

fn whole_story(desk: &Desk) {
    desk.ok(&["up", &project(desk, "host", PROVIDES), "--detach"]);
    let deployed = desk.ok(&["deploy", &project(desk, "guest", REQUIRES), "caller", "-n", "2"]);
    assert!(deployed.starts_with("deployed: caller\n") && deployed.contains("webcharm remove-application caller\n"));
    assert_eq!(applications(desk), ["caller", "host"]);
    for unit in ["host-0", "caller-0", "caller-1"] {
        assert_eq!(message(desk, &unit.replacen('-', "/", 1)), format!("active: one on {unit}"));
    }
    desk.ok(&["config", "caller", "word=two"]);

    let integrated = desk.ok(&["integrate", "host", "caller"]);
    assert!(integrated.starts_with("integrated: caller:talk and host:chat\n"), "{integrated}");
    for unit in ["caller/0", "caller/1"] {
        assert_eq!(message(desk, unit), "active: heard one from host/0");
    }
    assert!(message(desk, "host/0").starts_with("active: heard two from caller/"), "{}", message(desk, "host/0"));

    assert_eq!(desk.ok(&["run", "caller/1", "show"]), "unit: caller/1\n");
    assert_eq!(desk.ok(&["exec", "caller/1", "--", "hostname"]), "caller-1\n");
    let nameless = desk.run(&["exec", "--", "hostname"]);
    assert!(nameless.code == Some(1) && nameless.err.contains("name a unit, such as APP/0; there is: caller, host"));
    desk.ok(&["add-unit", "host"]);
    assert!(message(desk, "caller/0").ends_with("from host/1"), "the new unit has joined");

    desk.ok(&["remove-application", "caller"]);
    assert_eq!(applications(desk), ["host"]);
    assert_eq!(message(desk, "host/0"), "active: alone again");
    let last: Vec<_> = events(desk, "caller/0").into_iter().rev().take(5).collect();
    assert_eq!(last[0], "remove");
    assert_eq!(last[1], "stop");
    assert_eq!(last[2], "talk-relation-broken");
    assert!(last[3].starts_with("talk-relation-departed host/") && last[4].starts_with("talk-relation-departed host/"));
    assert_eq!(prepared(desk), ["0"]);
    desk.ok(&["deploy", desk.path().join("guest").to_str().unwrap()]);
    assert_eq!(applications(desk), ["guest", "host"]);

    desk.ok(&["remove-application", "host"]);
    assert_eq!(applications(desk), ["guest"], "the first application goes like any other");
    assert_eq!(desk.ok(&["exec", "--", "hostname"]), "guest-0\n");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn two_charms_in_one_model_hear_of_each_other() {
    whole_story(&Desk::new());
}

#[test]
fn an_ordinary_user_s_charms_do_too() {
    whole_story(&Desk::of_ordinary_user());
}

#[test]
fn the_example_charms_integrate_and_the_subordinate_runs_on_its_principal_s_machine() {
    let desk = Desk::new();
    let alone = desk.run(&["up", &example(&desk, "subordinate")]);
    assert!(alone.code == Some(1) && alone.err.contains("`webcharm up` that one first, then"), "{alone:?}");
    desk.ok(&["up", &example(&desk, "provider"), "--detach"]);
    desk.ok(&["deploy", &example(&desk, "requirer")]);
    desk.ok(&["integrate", "provider:demo", "requirer:demo"]);
    assert_eq!(message(&desk, "requirer/0"), "active: info");
    let log = desk.ok(&["debug-log"]);
    assert!(log.contains("a unit of the provider") && log.contains("provider/0"), "{log}");

    desk.ok(&["deploy", &example(&desk, "subordinate")]);
    assert_eq!(desk.status()["applications"]["subordinate"]["scale"], 0);
    desk.ok(&["integrate", "subordinate", "provider"]);
    assert_eq!(message(&desk, "subordinate/0"), "active: beside provider/0 at 10.1.1.10");
    desk.ok(&["add-unit", "provider"]);
    assert_eq!(message(&desk, "subordinate/1"), "active: beside provider/1 at 10.1.1.11");
    assert_eq!(desk.ok(&["exec", "subordinate/1", "--", "hostname"]), "provider-1\n");
    for (args, words) in [
        (&["remove-unit", "subordinate/0"][..], "remove the relation to its principal"),
        (&["add-unit", "subordinate"], "integrate it with an application, whose units bring its own"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{args:?}: {ran:?}");
    }
    desk.ok(&["remove-unit", "provider/1"]);
    assert_eq!(desk.status()["applications"]["subordinate"]["scale"], 1);
    desk.ok(&["remove-relation", "subordinate", "provider"]);
    assert_eq!(desk.status()["applications"]["subordinate"]["scale"], 0);

    desk.ok(&["deploy", &desk.built_charm("charms/backup-integrator", "backup-integrator")]);
    desk.ok(&["integrate", "backup-integrator:juju-info", "provider"]);
    assert_eq!(message(&desk, "backup-integrator/0"), "waiting: waiting for backup relation");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// The commands and messages of the READMEs of `charms/backup-target` and `charms/velero-integrator`, with a script in place of
/// Velero's operator, which no registry has.
#[test]
fn the_charms_for_backups_say_what_their_readmes_say() {
    let desk = Desk::new();
    let up = desk.ok(&["up", &desk.built_charm("charms/velero-integrator", "velero-integrator"), "--detach"]);
    assert!(up.contains("Missing relation: velero-backup-config"), "{up}");
    assert_eq!(message(&desk, "velero-integrator/0"), "blocked: Missing relation: velero-backup-config");
    desk.ok(&["config", "velero-integrator", "schedule=daily"]);
    assert_eq!(message(&desk, "velero-integrator/0"), "blocked: Invalid configuration: 'schedule'");

    let deployed = desk.ok(&["deploy", &desk.built_charm("charms/backup-target", "backup-target")]);
    assert!(deployed.contains("waiting for backup relation"), "{deployed}");
    assert_eq!(message(&desk, "backup-target/0"), "waiting: waiting for backup relation");
    desk.ok(&["config", "backup-target", "include-namespaces=shop", "ttl=30d"]);
    desk.ok(&["integrate", "backup-target:backup", "velero-integrator:k8s-backup-target"]);
    assert!(message(&desk, "backup-target/0").starts_with("active: "), "{}", message(&desk, "backup-target/0"));

    let operator = "provides: {velero-backups: {interface: velero_backup_config}}\n";
    desk.ok(&["deploy", &project(&desk, "velero-operator", operator)]);
    desk.ok(&["integrate", "velero-integrator:velero-backup-config", "velero-operator"]);
    desk.ok(&["config", "velero-integrator", "schedule=0 2 * * *"]);
    assert_eq!(message(&desk, "velero-integrator/0"), "active: Schedule: 0 2 * * *");
    let printed = desk.ok(&["run", "velero-integrator/0", "print-manifest", "target=backup-target:backup"]);
    let manifest = printed.strip_prefix("manifest: ").unwrap_or_else(|| panic!("{printed}"));
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap_or_else(|_| panic!("{printed}"));
    assert_eq!(manifest["kind"], "Backup");
    let spec = &manifest["spec"];
    assert_eq!((&spec["includedNamespaces"][0], &spec["ttl"]), (&"shop".into(), &"720h0m0s".into()));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn web_applications_answer_beside_each_other_and_by_name() {
    let desk = Desk::new();
    let sample = desk.sample();
    desk.ok(&["up", sample.to_str().unwrap(), "--detach"]);
    let deployed = desk.ok(&["deploy", sample.to_str().unwrap(), "second"]);
    let url = desk.status()["applications"]["second"]["url"].as_str().unwrap().to_owned();
    assert!(deployed.contains(&format!("curl {url}/\n")), "{deployed}");
    assert_ne!(url, desk.url());
    wait_until("the second one answers", || code(&url) == 200);
    desk.wait_for_application();
    let ask = "import urllib.request as r; print(r.urlopen('http://second.local:8000/').status)";
    assert_eq!(desk.ok(&["exec", "flask-k8s/0", "--", "python3", "-c", ask]), "200\n");
    let pods = desk.pebbles();
    assert_eq!(pods.keys().collect::<Vec<_>>(), ["flask-k8s/0", "second/0"]);

    desk.ok(&["remove-application", "second"]);
    wait_until("its port is closed", || code(&url) == 0);
    assert_eq!(desk.pebbles().keys().collect::<Vec<_>>(), ["flask-k8s/0"]);
    desk.wait_for_application();
    desk.ok(&["down"]);
}

#[test]
fn what_can_not_be_deployed_or_integrated_is_answered_with_what_can() {
    let desk = Desk::new();
    let host = project(&desk, "host", "provides: {chat: {interface: chat}, more: {interface: chat}}\n");
    let guest = project(&desk, "guest", REQUIRES);
    let none = desk.run(&["deploy", &guest]);
    assert!(none.code == Some(1) && none.err.contains("no model \"local\" is up: `webcharm up FOLDER`"), "{none:?}");
    desk.ok(&["up", &host, "--detach"]);
    desk.ok(&["deploy", &guest]);
    let broken = project(&desk, "broken", "");
    fs::remove_file(Path::new(&broken).join("dispatch")).unwrap();
    for (args, words) in [
        (&["deploy", &guest][..], "the model has an application \"guest\": give the new one another name"),
        (&["deploy", &guest, "Guest_2"], "\"Guest_2\" is no name of an application"),
        (&["deploy", &guest, "redis"], "redis is the name of a server of the playground"),
        (&["deploy", &broken], "no part with the plugin `rust` makes `dispatch`"),
        (&["deploy", "/no/such/folder"], "/no/such/folder"),
        (
            &["integrate", "guest", "host"],
            "`webcharm integrate guest:talk host:chat` or `webcharm integrate guest:talk host:more`",
        ),
        (&["integrate", "guest", "guest"], "guest has: talk requires chat"),
        (&["integrate", "guest", "shop"], "there is no application \"shop\""),
        (&["integrate", "guest:tak", "host"], "the nearest is \"talk\"; there is: talk"),
        (&["integrate", "postgresql", "redis"], "are both servers"),
        (&["integrate", "redis"], "name the application, too, as in `webcharm integrate APP redis-k8s`"),
        (&["remove-application", "shop"], "there is no application \"shop\"; there is: guest, host"),
        (&["remove-application", "redis"], "there is no application \"redis\""),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{args:?}: {ran:?}");
    }
    assert_eq!(prepared(&desk).len(), 2, "the refused ones have left no folder: {:?}", prepared(&desk));
    desk.ok(&["integrate", "guest", "host:more"]);
    assert_eq!(message(&desk, "guest/0"), "active: heard one from host/0");
    desk.ok(&["down"]);
}

#[test]
fn applications_that_come_at_the_same_time_have_addresses_of_their_own() {
    let desk = Desk::new();
    desk.ok(&["up", &project(&desk, "host", PROVIDES), "--detach"]);
    let names = ["first", "second", "third"];
    let folders = names.map(|name| project(&desk, name, REQUIRES));
    let running = folders.map(|folder| desk.start(&["deploy", &folder]));
    assert_eq!(running.map(Foreground::end), [Some(0); 3]);
    let status = desk.status();
    let addresses: BTreeSet<_> =
        names.iter().map(|app| status["applications"][app]["address"].as_str().unwrap()).collect();
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    for app in names {
        assert_eq!(message(&desk, &format!("{app}/0")), format!("active: one on {app}-0"));
    }
    desk.ok(&["down"]);
}

#[test]
fn ctrl_c_while_an_application_is_built_leaves_nothing_of_it() {
    let desk = Desk::new().with_fresh_cache();
    desk.ok(&["up", &project(&desk, "host", PROVIDES), "--detach"]);
    let before = desk.processes();
    let mut deploy = building(&desk);
    deploy.signal(Signal::INT);
    deploy.wait_for("error: interrupted; nothing is left behind");
    assert_eq!(deploy.end(), Some(1));
    assert_eq!(prepared(&desk), ["0"]);
    assert_eq!(applications(&desk), ["host"]);
    wait_until("the build has ended", || desk.processes() == before);
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_model_that_ends_while_an_application_is_built_leaves_nothing_of_it() {
    let desk = Desk::new().with_fresh_cache();
    desk.ok(&["up", &project(&desk, "host", PROVIDES), "--detach"]);
    let before = desk.processes();
    let deploy = building(&desk);
    desk.ok(&["down"]);
    assert_eq!(deploy.end(), Some(1));
    desk.assert_nothing_left(&before);
}

#[test]
fn a_killed_model_takes_all_applications_with_it() {
    let desk = Desk::new();
    let mut up = desk.start(&["up", &project(&desk, "host", PROVIDES)]);
    up.wait_for("running until Ctrl-C");
    desk.ok(&["deploy", &project(&desk, "guest", REQUIRES), "-n", "2"]);
    let before = desk.processes();
    assert_eq!(desk.pebbles().keys().collect::<Vec<_>>(), ["guest/0", "guest/1", "host/0"]);
    up.signal(Signal::KILL);
    assert_eq!(up.end(), None);
    wait_until("all pods end with their model", || desk.processes().is_disjoint(&before));
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
