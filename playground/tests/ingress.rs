//! Ingress with a real nginx in front of the units.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crate::support::{Desk, code, get, kill, page, wait_until};

/// True if nginx is installed; otherwise the test is skipped.
#[track_caller]
pub(crate) fn has_nginx() -> bool {
    testkit::needs(Path::new("/usr/sbin/nginx").is_file(), "nginx (Debian's package nginx-light)")
}

/// The sample with an endpoint for an ingress.
pub(crate) fn with_ingress(desk: &Desk) -> PathBuf {
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    if !text.contains("interface: ingress") && !text.contains("extensions:") {
        let ingress = "requires:\n  ingress:\n    interface: ingress\n    optional: true\n    limit: 1\n";
        fs::write(&file, text.replace("requires:\n", ingress)).unwrap();
    }
    project
}

fn whole_story(desk: &Desk) {
    let project = with_ingress(desk);
    let app = project.join("rock/flask/app.py");
    let text = fs::read_to_string(&app).unwrap();
    let more = "\n\n@app.get(\"/link\")\ndef link():\n    return flask.url_for(\"link\")\n";
    fs::write(&app, text + more).unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let integrated = desk.ok(&["integrate", "ingress"]);
    let ends = "flask-k8s:ingress and nginx-ingress-integrator:ingress";
    assert!(integrated.starts_with(&format!("integrated: {ends}\n")), "{integrated}");
    let status = desk.status();
    let url = status["applications"]["nginx-ingress-integrator"]["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("/local-flask-k8s") && integrated.contains(&format!("curl {url}/\n")), "{url}: {integrated}");
    desk.wait_for_application();
    assert_eq!(page(&format!("{url}/")), "Hello from Flask!\n");
    assert_eq!(page(&url), "Hello from Flask!\n");
    assert_eq!(page(&format!("{url}/link")), "/local-flask-k8s/link", "links keep the path that nginx strips");
    assert_eq!(page(&format!("{}/link", desk.url())), "/link", "without the ingress there is none");
    let base = url.strip_suffix("/local-flask-k8s").unwrap();
    assert_eq!([code(base), code(&format!("{url}-2/")), code(&format!("{url}/nowhere"))], [404, 404, 404]);

    desk.ok(&["add-unit", "flask-k8s"]);
    a_pod_that_is_gone_is_noticed(desk);
    no_request_is_lost(desk, &url);

    let keeper = desk.process("server-keeper");
    kill(keeper);
    // The old nginx may still answer while it ends.
    wait_until("there is another nginx", || desk.process("server-keeper") != keeper);
    wait_until("nginx comes back where it was", || code(&format!("{url}/")) == 200);

    desk.ok(&["remove-relation", "flask-k8s", "ingress"]);
    assert_eq!(code(&format!("{url}/")), 404);
    assert!(desk.status()["applications"]["nginx-ingress-integrator"]["url"].is_null());
    assert!(!desk.ok(&["status"]).contains("/local-flask-k8s"));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// nginx probes a pod that it waits for: the last packets of a killed one may be lost. Only root may look.
fn a_pod_that_is_gone_is_noticed(desk: &Desk) {
    let config = fs::read_to_string(desk.runtime().join("webcharm/local/ingress/nginx.conf")).unwrap();
    assert!(config.contains("proxy_socket_keepalive on;"), "{config}");
    if rustix::process::geteuid().is_root() {
        let keeper = desk.process("network-keeper").to_string();
        let parameter = "/proc/sys/net/ipv4/tcp_keepalive_time";
        let read = Command::new("nsenter").args(["--target", &keeper, "--net", "cat", parameter]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&read.stdout), "2\n", "{read:?}");
    }
}

/// While one of two units is killed and comes back, the other unit answers all requests.
pub(crate) fn no_request_is_lost(desk: &Desk, url: &str) {
    let url = format!("{url}/");
    wait_until("both units serve", || desk.ok(&["status"]).matches("active    idle").count() >= 2);
    let over = AtomicBool::new(false);
    let answers: Vec<String> = thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let mut answers = Vec::new();
            while !over.load(Ordering::SeqCst) || answers.len() < 20 {
                answers.push(answer(&url));
            }
            answers
        });
        let before = desk.pebbles();
        desk.kill_pod("flask-k8s/0");
        wait_until("the pod is replaced", || {
            desk.pebbles().get("flask-k8s/0").is_some_and(|pid| before["flask-k8s/0"] != *pid)
        });
        wait_until("the other one leads", || desk.leader().as_deref() == Some("flask-k8s/1"));
        wait_until("both units serve", || desk.ok(&["status"]).matches("active    idle").count() >= 2);
        over.store(true, Ordering::SeqCst);
        asked.join().unwrap()
    });
    assert!(answers.iter().all(|answer| answer == "200 OK"), "{answers:?}");
}

/// The status of a page's answer, or the error with its causes and the time that it took to come.
fn answer(url: &str) -> String {
    let started = Instant::now();
    match get(url) {
        Ok(answer) => answer.status().to_string(),
        Err(error) => format!("{error:?} after {:?}", started.elapsed()),
    }
}

/// A charm that asks for an ingress, and for another way to strip the prefix whenever its option changes.
const CHANGING: &str = "\
case $JUJU_DISPATCH_PATH in *-relation-created) relation-set -r \"$JUJU_RELATION_ID\" host='\"h\"' ip='\"10.1.1.10\"';; esac
strip=$(expr \"$(config-get webserver-threads)\" % 2 >/dev/null && echo true || echo false)
for relation in $(relation-ids ingress); do
  relation-set -r \"$relation\" --app model='\"local\"' name='\"app\"' port=8000 strip-prefix=$strip
done
status-set blocked 'there is no application'";

/// nginx reloads its configuration during a stream of requests. The route has no server, so every answer is a 503.
#[test]
fn no_request_is_lost_while_nginx_takes_a_configuration_up() {
    if !has_nginx() {
        return;
    }
    let desk = Desk::new().with_charm(CHANGING);
    assert_eq!(desk.run(&["up", with_ingress(&desk).to_str().unwrap(), "--detach"]).code, Some(1));
    desk.run(&["integrate", "ingress"]);
    let url = desk.status()["applications"]["nginx-ingress-integrator"]["url"].as_str().unwrap().to_owned();
    let (url, over) = (format!("{url}/"), AtomicBool::new(false));
    let dir = desk.runtime().join("webcharm/local/ingress");
    let codes: Vec<Vec<u16>> = thread::scope(|scope| {
        let ask = || {
            let mut codes = Vec::new();
            while !over.load(Ordering::SeqCst) {
                codes.push(code(&url));
            }
            codes
        };
        let askers = [scope.spawn(ask), scope.spawn(ask)];
        let before = fs::read_link(dir.join("nginx.sock")).unwrap();
        for number in 2..22 {
            desk.run(&["config", "flask-k8s", &format!("webserver-threads={number}")]);
        }
        over.store(true, Ordering::SeqCst);
        assert_ne!(fs::read_link(dir.join("nginx.sock")).unwrap(), before, "there are other configurations");
        askers.map(|asker| asker.join().unwrap()).into()
    });
    let lost: Vec<_> = codes.iter().flatten().filter(|code| **code != 503).collect();
    assert!(lost.is_empty(), "{lost:?} of {} answers", codes.concat().len());
    desk.ok(&["down"]);
}

#[test]
fn an_application_is_reached_by_its_path_whichever_unit_lives() {
    if has_nginx() {
        whole_story(&Desk::new());
    }
}

#[test]
fn an_ordinary_user_s_application_is_reached_by_its_path() {
    if has_nginx() {
        whole_story(&Desk::of_ordinary_user());
    }
}
