//! Each framework's sample from `up` to `down`: built by its own tools, with a real PostgreSQL, its migration, its
//! worker, its options and its actions.
//!
//! Flask's is in the quick tests. The others download what they're built of (`cargo test -p playground -- --ignored`).

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use http_client::header::ACCEPT;

use crate::integration::has_postgresql;
use crate::observability::metrics;
use crate::support::{Desk, FORM, post, wait_until};

/// Longest wait for an application: a JVM on a busy machine starts slowly.
const PATIENCE: Duration = Duration::from_secs(150);

const JSON: &str = "application/json";

/// Differences between the samples.
struct Sample {
    framework: &'static str,
    /// Path of the page of entries, and a line that the migration wrote.
    entries: (&'static str, &'static str),
    /// Path, type and body of the request that makes an entry. The entry's words are "one two three".
    post: [&'static str; 3],
    /// Text on the page of entries after the worker has counted the posted one.
    counted: &'static str,
    /// The variable of the option `greeting`.
    variable: &'static str,
    /// URL of its metrics, and one of them.
    metrics: (&'static str, &'static str),
    /// The option for its port, if it has one, and the option's variable.
    port: Option<(&'static str, &'static str)>,
}

/// A sample that runs.
struct Running<'a> {
    sample: &'a Sample,
    desk: Desk,
    url: String,
}

impl<'a> Running<'a> {
    fn up(sample: &'a Sample, desk: Desk) -> Self {
        let folder = format!("{}/../rock/{}", env!("CARGO_MANIFEST_DIR"), sample.framework);
        desk.ok(&["up", &folder, "--detach"]);
        let status: serde_json::Value = serde_json::from_str(&desk.ok(&["status", "--format", "json"])).unwrap();
        let url = status["applications"][format!("{}-k8s", sample.framework)]["url"].as_str().unwrap().to_owned();
        Self { sample, desk, url }
    }

    fn app(&self) -> String {
        format!("{}-k8s", self.sample.framework)
    }

    /// Page at `path`; empty while the application doesn't answer.
    fn page(&self, path: &str) -> String {
        http_client::page(&format!("{}{path}", self.url)).unwrap_or_default()
    }

    /// Posts the sample's entry, and checks that it is taken.
    fn post(&self) {
        let [path, kind, body] = self.sample.post;
        let (status, text) = post(&format!("{}{path}", self.url), kind, body.to_owned());
        assert!(status < 400, "{status}: {text}");
    }

    /// Waits until the page at `path` has `text`, and returns the page.
    fn page_with(&self, path: &str, text: &str) -> String {
        let started = Instant::now();
        loop {
            let page = self.page(path);
            if page.contains(text) {
                return page;
            }
            assert!(started.elapsed() < PATIENCE, "no {text:?} at {path}:\n{page}\n{}", self.desk.ok(&["debug-log"]));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// With a database the migration's rows are read, a row is added, and the worker counts it.
    fn has_rows(&self) {
        let (path, row) = self.sample.entries;
        // Django's charm requires a database, so `up` has started it already.
        if self.sample.framework != "django" {
            assert!(!self.page(path).contains(row), "no rows without a database");
            self.desk.ok(&["integrate", "postgresql"]);
        }
        self.page_with(path, row);
        self.post();
        self.page_with(self.sample.entries.0, "one two three");
        self.page_with(self.sample.entries.0, self.sample.counted);
    }

    /// Sets an option, and waits until the page shows its value.
    fn takes_options(&self) {
        self.desk.ok(&["config", &self.app(), "greeting=Ahoy, sailor"]);
        self.page_with("/", "Ahoy, sailor");
        let env = self.page_with("/env", self.sample.variable);
        assert!(env.contains("Ahoy, sailor") && !env.to_lowercase().contains("secret"), "{env}");
    }

    /// Its metrics, as Prometheus would scrape them; empty while they can't be had.
    fn metrics(&self) -> String {
        let (address, _) = self.sample.metrics;
        if address.starts_with('/') {
            return self.page(address);
        }
        let script = format!("import urllib.request; print(urllib.request.urlopen('{address}').read().decode())");
        self.desk.run(&["exec", "--", "/bin/python3", "-c", &script]).out
    }

    /// Has every metric that the charm's dashboard asks for, so that no panel stays empty.
    fn shows_metrics(&self) {
        self.desk.ok(&["integrate", "grafana"]);
        let asked = metrics(&self.desk);
        assert!(asked.len() > 1, "{asked:?}");
        let missing = |page: &str| -> Vec<String> {
            let shown: BTreeSet<_> = page.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
            asked.iter().filter(|name| !shown.contains(name.as_str())).cloned().collect()
        };
        let started = Instant::now();
        loop {
            // A metric of requests is there after the first, and one of garbage collections after some.
            self.page("/");
            let page = self.metrics();
            let missing = missing(&page);
            if missing.is_empty() && page.contains(self.sample.metrics.1) {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "no {missing:?} in:\n{page}");
        }
        self.desk.ok(&["remove-relation", &self.app(), "grafana"]);
    }

    /// Moves the workload to another port. The address stays: the model follows the port that the charm opens.
    fn moves(&self) {
        let Some((option, variable)) = self.sample.port else { return };
        self.desk.ok(&["config", &self.app(), &format!("{option}=9191")]);
        self.page_with("/env", &format!(r#""{variable}":"9191""#));
        assert!(self.desk.ok(&["status"]).contains("9191/TCP"));
    }

    fn has_a_new_key(&self) {
        let ran = self.desk.ok(&["run", &format!("{}/0", self.app()), "rotate-secret-key"]);
        assert!(ran.contains("success"), "{ran}");
        self.page_with("/health", "ok");
    }

    fn down(self) {
        let status = self.desk.ok(&["status"]);
        assert!(status.contains(&format!("{}/0*", self.app())) && !status.contains("blocked"), "{status}");
        let before = self.desk.processes();
        self.desk.ok(&["down"]);
        self.desk.assert_nothing_left(&before);
    }
}

fn whole_story(sample: &Sample, more: impl FnOnce(&Running<'_>)) {
    if has_postgresql() {
        whole_story_at(Desk::new(), sample, more);
    }
}

fn whole_story_at(desk: Desk, sample: &Sample, more: impl FnOnce(&Running<'_>)) {
    let running = Running::up(sample, desk);
    running.has_rows();
    running.takes_options();
    running.shows_metrics();
    running.moves();
    running.has_a_new_key();
    more(&running);
    running.down();
}

#[test]
fn flask_s_guestbook() {
    let sample = Sample {
        framework: "flask",
        entries: ("/", "Grace: A ship in port is safe"),
        post: ["/", FORM, "author=Alan&line=one two three"],
        counted: "(3 lines, 30 words",
        variable: "FLASK_GREETING",
        metrics: ("http://localhost:9102/metrics", "flask_response_code{status=\"200\"}"),
        port: None,
    };
    whole_story(&sample, |running| {
        running.desk.ok(&["config", "flask-k8s", "page-size=1"]);
        assert_eq!(running.page_with("/", "Alan: one two three").lines().count(), 3, "greeting, an entry, counts");
        let html = http_client::client().get(&running.url).header(ACCEPT, "text/html").send().unwrap().text().unwrap();
        assert!(html.contains("<button>Sign</button>"), "{html}");
        running.desk.ok(&["remove-relation", "flask-k8s", "postgresql"]);
        assert_eq!(running.page_with("/", "Ahoy"), "Ahoy, sailor\n", "it greets without a database again");
    });
}

#[test]
fn a_database_that_was_asked_for_is_there_when_the_application_answers() {
    if !has_postgresql() {
        return;
    }
    let desk = Desk::new();
    let folder = format!("{}/../rock/flask", env!("CARGO_MANIFEST_DIR"));
    let up = desk.run(&["up", &folder, "--detach", "--integrate", "postgresql"]);
    assert!(up.code == Some(0) && up.err.contains("integrating postgresql"), "{up:?}");
    assert!(crate::support::page(&desk.url()).contains("A ship in port is safe"));
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
    let wrong = desk.run(&["up", &folder, "--integrate", "oracle"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("take one of postgresql, ingress"), "{wrong:?}");
}

/// Fetches a page inside the pod.
const FETCH: &str = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode(), end='')";

#[test]
fn console_scripts_are_on_the_path_of_people_and_of_services() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("rockcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    // Flask's own server, by the name of its script.
    let worker = "services:\n  script-worker:\n    override: replace\n    startup: enabled\n    user: _daemon_\n    \
                  working-dir: /flask/app\n    command: flask --app app run --port 9797\n";
    fs::write(&file, text.replacen("services:\n", worker, 1)).unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let version = desk.ok(&["exec", "flask-k8s/0", "--", "flask", "--version"]);
    assert!(version.contains("\nFlask 3.") && version.starts_with("Python 3."), "{version}");
    let place = desk.ok(&["exec", "flask-k8s/0", "--", "sh", "-c", "command -v gunicorn"]);
    assert_eq!(place, "/opt/python/bin/gunicorn\n");
    wait_until("the worker serves", || {
        let page = desk.run(&["exec", "flask-k8s/0", "--", "python3", "-c", FETCH, "http://127.0.0.1:9797/"]);
        page.out == "Hello from Flask!\n"
    });
    desk.ok(&["down"]);
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn django_s_guestbook() {
    let sample = Sample {
        framework: "django",
        entries: ("/", "A ship in port is safe"),
        post: ["/", FORM, "author=Alan&line=one two three"],
        counted: "3 lines, 30 words",
        variable: "DJANGO_GREETING",
        metrics: ("http://localhost:9102/metrics", "django_response_code{status=\"200\"}"),
        port: None,
    };
    whole_story(&sample, |running| {
        let create = ["run", "django-k8s/0", "create-superuser", "username=ada", "email=ada@example.com"];
        let ran = running.desk.ok(&create);
        assert!(ran.contains("password: "), "{ran}");
        let again = running.desk.run(&create);
        assert!(again.code == Some(1) && again.err.contains("already taken"), "{again:?}");
        assert!(running.page("/admin/login/").contains("csrfmiddlewaretoken"));
    });
}

#[test]
#[ignore = "long: its packages are downloaded"]
fn fastapi_s_guestbook() {
    let sample = Sample {
        framework: "fastapi",
        entries: ("/", "A ship in port is safe"),
        post: ["/", JSON, r#"{"author": "Alan", "line": "one two three"}"#],
        counted: r#""counts":{"entries":3,"words":30}"#,
        variable: "APP_GREETING",
        metrics: ("/metrics", "http_requests_total{"),
        port: Some(("webserver-port", "UVICORN_PORT")),
    };
    whole_story(&sample, |running| {
        running.desk.ok(&["config", "fastapi-k8s", "webserver-log-level=debug"]);
        running.page_with("/env", r#""UVICORN_LOG_LEVEL":"debug""#);
    });
}

/// A sample whose entries are JSON.
fn with_json(framework: &'static str, metrics: (&'static str, &'static str), port: &'static str) -> Sample {
    Sample {
        framework,
        entries: ("/entries", "The migration wrote this."),
        post: ["/entries", JSON, r#"{"text": "one two three"}"#],
        counted: r#""text":"one two three","counted":true"#,
        variable: "APP_GREETING",
        metrics,
        port: Some(("app-port", port)),
    }
}

#[test]
#[ignore = "long: Go builds it"]
fn go_s_guestbook() {
    whole_story(&with_json("go", ("/metrics", "go_goroutines"), "APP_PORT"), |_| {});
}

#[test]
#[ignore = "long: npm downloads what it's made of"]
fn express_s_guestbook() {
    whole_story(&with_json("expressjs", ("/metrics", "process_cpu"), "PORT"), |running| {
        let env = running.page_with("/env", "NODE_ENV");
        assert!(env.contains("production"), "{env}");
    });
}

#[test]
#[ignore = "long: npm downloads what it's made of"]
fn an_ordinary_user_s_express_guestbook() {
    if has_postgresql() {
        // Its pod has a folder mounted in the application's, and Pebble makes another beside it.
        whole_story_at(Desk::of_ordinary_user(), &with_json("expressjs", ("/metrics", "process_cpu"), "PORT"), |_| {});
    }
}

#[test]
#[ignore = "long: Maven builds it"]
fn spring_boot_s_guestbook() {
    whole_story(&with_json("spring-boot", ("/actuator/prometheus", "jvm_memory"), "SERVER_PORT"), |_| {});
}
