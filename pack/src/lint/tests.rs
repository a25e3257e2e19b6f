//! Each rule, with a project that breaks only that rule.

use std::fs;

use crate::Finding;

const BASE: &str = "name: hello\ntype: charm\nsummary: Hello\ndescription: Hello\nbase: ubuntu@24.04\nplatforms:\n  amd64:\n\
                    extensions: [flask-framework]\n";

fn found(files: &[(&str, &str)]) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    super::lint(dir.path()).unwrap()
}

/// The one finding about a good project with `added` at its end.
fn only(added: &str) -> String {
    let all = found(&[("charmcraft.yaml", &format!("{BASE}{added}"))]);
    assert_eq!(all.len(), 1, "{added}: {all:?}");
    all[0].to_string()
}

#[test]
fn good_projects_have_no_findings() {
    assert_eq!(found(&[("charmcraft.yaml", BASE)]), []);
    assert_eq!(found(&[("charmcraft.yaml", BASE), ("paas-config.yaml", "")]), []);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/flask");
    assert_eq!(super::lint(sample.as_ref()).unwrap(), []);
    let projects = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/projects")).unwrap();
    for project in projects.map(|entry| entry.unwrap().path()) {
        let refused: Vec<_> = super::lint(&project).unwrap().into_iter().filter(Finding::is_refusal).collect();
        assert_eq!(refused, [], "{}", project.display());
    }
    assert!(super::lint("/no/such/folder".as_ref()).is_err());
}

#[test]
fn an_option_whose_variable_the_charm_sets_itself_is_advised_against() {
    for (option, variable) in [("env", "FLASK_ENV"), ("base-url", "FLASK_BASE_URL"), ("secret-key", "FLASK_SECRET_KEY")]
    {
        let finding = only(&format!("config:\n  options:\n    {option}: {{type: string}}\n"));
        let expected = format!(
            "charmcraft.yaml:11: advice: the option {option} becomes the variable {variable}, which the charm sets itself: \
             rename the option"
        );
        assert_eq!(finding, expected);
    }
    let free = "config:\n  options:\n    port: {type: int}\n    app-motto: {type: string}\n";
    assert_eq!(found(&[("charmcraft.yaml", &format!("{BASE}{free}"))]), []);
    let go = BASE.replace("flask", "go");
    let found = found(&[("charmcraft.yaml", &format!("{go}{free}"))]);
    assert!(matches!(&found[..], [one] if one.what.contains("APP_PORT") && !one.is_refusal()), "{found:?}");
}

#[test]
fn a_refusal_of_charmcrafts_has_a_line_and_a_remedy() {
    for (added, begins, contains) in [
        ("wibble: 1\n", "charmcraft.yaml:9: charmcraft.yaml has no key wibble", "remove"),
        ("title: x\n", "charmcraft.yaml:9: the title has 1 characters", "2 to 40"),
        ("charm-user: me\n", "charmcraft.yaml:9: this is no charm-user", "non-root"),
        ("analysis: {ignore: {linters: [x]}}\n", "charmcraft.yaml:9: charmcraft's analysis has no such", "pydeps"),
    ] {
        let finding = only(added);
        assert!(finding.starts_with(begins) && finding.contains(contains), "{finding}");
    }
}

#[test]
fn missing_and_bad_metadata_is_refused() {
    let without = |key: &str| -> String {
        let text: String = BASE.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
        let all = found(&[("charmcraft.yaml", &text)]);
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (key, message) in [
        ("name", "a charm needs a name"),
        ("summary", "a charm needs a summary"),
        ("description", "a charm needs a description"),
        ("base", "a charm needs a base and platforms"),
        ("type", "`type: charm`"),
    ] {
        assert!(without(key).contains(message), "{key}: {}", without(key));
    }
    for name in ["Hello", "-x", "x--y", "1-2", "a_b", &"x".repeat(41)] {
        let all = found(&[("charmcraft.yaml", &BASE.replace("name: hello", &format!("name: {name}")))]);
        assert!(all.iter().any(|finding| finding.what.contains("is no name for a charm")), "{name}: {all:?}");
    }
    let all = found(&[("charmcraft.yaml", &BASE.replace("amd64:", "pdp11:"))]);
    assert!(all[0].line == Some(7) && all[0].what.contains("pdp11"), "{all:?}");
}

#[test]
fn a_refusal_of_jujus_has_a_line_and_a_remedy() {
    for (added, begins, contains) in [
        (
            "config:\n  options:\n    x:\n      type: integer\n",
            "charmcraft.yaml:12: Juju refuses config.options.x.type",
            "string",
        ),
        (
            "config:\n  options:\n    x:\n      type: int\n      default: \"5\"\n",
            "charmcraft.yaml:13: Juju refuses",
            "type int",
        ),
        (
            "config:\n  options:\n    x:\n      default: 5 s\n",
            "charmcraft.yaml:11: the option x has no type",
            "type: string",
        ),
        ("config:\n  options:\n    model-config:\n      type: int\n", "charmcraft.yaml:11: advice: ", "rename"),
        (
            "requires:\n  juju-info:\n    interface: x\n",
            "charmcraft.yaml:10: Juju refuses requires.juju-info",
            "reserved",
        ),
        (
            "requires:\n  db:\n    interface: X\n",
            "charmcraft.yaml:11: Juju refuses requires.db.interface",
            "lower-case",
        ),
        ("requires:\n  db:\n    limit: 1\n", "charmcraft.yaml:10: Juju refuses requires.db.interface", "must be there"),
        (
            "requires:\n  db: {interface: x}\nprovides:\n  db: {interface: x}\n",
            "charmcraft.yaml:10: Juju refuses requires.db",
            "taken",
        ),
        ("actions:\n  juju-x: {description: x}\n", "charmcraft.yaml:10: Juju refuses an action", "Juju's"),
        ("actions:\n  do_it: {description: x}\n", "charmcraft.yaml:10: Juju refuses an action", "lower-case"),
        ("requires: [x]\n", "charmcraft.yaml:9: requires must be a mapping", "name: "),
    ] {
        let finding = only(added);
        assert!(finding.starts_with(begins) && finding.contains(contains), "{finding}");
    }
}

#[test]
fn containers_of_the_authors_own_are_judged_by_jujus_rules() {
    let own = |containers: &str| {
        let text = format!("{containers}\nresources: {{image: {{type: oci-image}}}}\nparts: {{nil: {{}}}}");
        let all = found(&[("charmcraft.yaml", &BASE.replace("extensions: [flask-framework]", &text))]);
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (containers, finding) in [
        ("containers: {app: {resource: other}}", "charmcraft.yaml:8: the container app has no image: other is"),
        (
            "containers:\n  app:\n    resource: image\n    uid: 1000",
            "charmcraft.yaml:11: Juju refuses containers.app.uid",
        ),
        (
            "containers:\n  app:\n    gid: 5000\n    resource: image",
            "charmcraft.yaml:10: Juju refuses containers.app.gid",
        ),
    ] {
        assert!(own(containers).starts_with(finding), "{}", own(containers));
    }
    assert_eq!(
        own("charm-user: non-root\ncontainers: {app: {resource: image, uid: 584792, gid: 0}, aux: {uid: 10}}"),
        ""
    );
}

#[test]
fn a_paas_config_that_would_fail_hooks_is_refused() {
    let job = |text: &str| format!("prometheus:\n  scrape_configs:\n    - {text}\n");
    let good = "job_name: a\n      static_configs: [{targets: [\"*:80\", \"@scheduler:81\", \"host:82\"]}]";
    for (text, line, contains) in [
        ("log: json\n".to_owned(), Some(1), "no key log"),
        ("port: 0\n".to_owned(), Some(1), "1 to 65535"),
        ("metrics-port: http\n".to_owned(), Some(1), "1 to 65535"),
        ("metrics-path: metrics\n".to_owned(), Some(1), "/metrics"),
        ("framework_logging_format: JSON\n".to_owned(), Some(1), "lower case"),
        ("prometheus:\n  jobs: []\n".to_owned(), Some(2), "no key prometheus.jobs"),
        (job("metrics_path: /m\n      static_configs: []"), Some(2), "needs a job_name"),
        (job("job_name: a"), Some(2), "needs static_configs"),
        (job("a"), Some(2), "must be a mapping"),
        (
            job(&good.replace("job_name", "interval: 1\n      job_name")),
            Some(2),
            "no key prometheus.scrape_configs.interval",
        ),
        (job(&good.replace("@scheduler:81", "@scheduler:x")), Some(2), "@scheduler:x is no target"),
        (job(&good.replace("targets:", "labels: {a: 1}, targets:")), Some(2), "in quotes"),
        (job(&good.replace("targets:", "hosts:")), Some(2), "need"),
        (format!("{}    - {good}\n", job(good)), Some(2), "two jobs have the job_name a"),
        ("[1]".to_owned(), None, "this isn't the YAML of a mapping"),
        ("a: [\n".to_owned(), Some(2), "this isn't the YAML of a mapping"),
    ] {
        let all = found(&[("charmcraft.yaml", BASE), ("paas-config.yaml", &text)]);
        let told = all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(told.contains(contains), "{text}: {told}");
        assert!(all.iter().all(|finding| finding.file == "paas-config.yaml"), "{told}");
        assert!(line.is_none() || all[0].line == line, "{text}: {told}");
    }
    assert_eq!(found(&[("charmcraft.yaml", BASE), ("paas-config.yaml", &job(good))]), []);
    let go = BASE.replace("flask-framework", "go-framework");
    let all = found(&[("charmcraft.yaml", &go), ("paas-config.yaml", "framework_logging_format: json\n")]);
    assert!(all.len() == 1 && all[0].what.contains("go can't log JSON"), "{all:?}");
}

#[test]
fn files_that_would_be_left_out_have_a_finding() {
    let all = found(&[
        ("charmcraft.yaml", BASE),
        ("config.yaml", "options: {}"),
        ("cos_custom/x.json", "{}"),
        ("cos_custom/loki_alert_rules/x.rules", ""),
        ("src/charm.py", "run()\n"),
    ]);
    let files: Vec<&str> = all.iter().map(|finding| finding.file.as_str()).collect();
    assert_eq!(files, ["config.yaml", "cos_custom/x.json", "src/charm.py"]);
    assert!(all.iter().all(Finding::is_refusal));
}

#[test]
fn a_file_that_is_no_yaml_has_a_line() {
    let all = found(&[("charmcraft.yaml", "name: x\n  bad: [\n")]);
    assert!(all.len() == 1 && all[0].line == Some(2), "{all:?}");
}

#[test]
fn the_paas_config_that_a_dump_part_brings_is_judged() {
    let project = "name: hello\ntype: charm\nsummary: Hello\ndescription: Hello\nbase: ubuntu@24.04\nplatforms: {amd64: }\n\
                   containers: {flask-app: {resource: image}}\nresources: {image: {type: oci-image}}\n\
                   parts: {settings: {plugin: dump, source: settings}}\n";
    let all = found(&[("charmcraft.yaml", project), ("settings/paas-config.yaml", "metrics: 1\n")]);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].to_string().starts_with("paas-config.yaml:1: paas-config.yaml has no key metrics"), "{all:?}");
}

const OWN: &str = "actions:
  clear-cache:
    description: x
requires:
  search:
    interface: opensearch_client
    optional: true
config:
  options:
    word: {type: string}
";

#[test]
fn declarations_without_effect_are_advised_against() {
    let table = [
        (
            "actions:\n  clear-cache: {description: x}\n",
            "charmcraft.yaml:10: advice: the action clear-cache is run by nothing: give it a command in webcharm.yaml, \
             `actions: {clear-cache: {command: …}}`, or remove it",
        ),
        (
            "requires:\n  search:\n    interface: opensearch_client\n    limit: 1\n",
            "charmcraft.yaml:10: advice: nothing uses search (opensearch_client), though it isn't optional: map its values \
             in webcharm.yaml, `integrations: {search: {variables: {NAME: {app: KEY}}}}`, or write `optional: true`",
        ),
        (
            "config:\n  options:\n    key:\n      type: string\n      required: true\n",
            "charmcraft.yaml:13: advice: config.options.key: `required` is no key that Juju or the charm reads: write \
             `optional: false` if the application must not run without it",
        ),
        (
            "config:\n  options:\n    key: {type: int, minimum: 1}\n",
            "charmcraft.yaml:11: advice: config.options.key: `minimum` is no key that Juju or the charm reads: remove it",
        ),
        (
            "requires:\n  db: {interface: redis, optinal: true}\n",
            "charmcraft.yaml:10: advice: requires.db: `optinal` is no key that Juju or the charm reads: write `optional`",
        ),
    ];
    for (added, expected) in table {
        assert_eq!(only(added), expected);
    }
    let fine = "provides:\n  api: {interface: http}\nrequires:\n  other: {interface: x, optional: true}\n";
    assert_eq!(found(&[("charmcraft.yaml", &format!("{BASE}{fine}"))]), []);
}

#[test]
fn webcharm_yaml_is_refused_with_line_and_the_nearest_name() {
    let judged = |switches: &str| {
        let all = found(&[("charmcraft.yaml", &format!("{BASE}{OWN}")), ("webcharm.yaml", switches)]);
        all.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let action = "actions:\n  clear-cache:\n    command: ls\n";
    assert_eq!(judged(action), [""; 0]);
    let mapped = "integrations: {search: {variables: {SEARCH_URL: {app: url}}}}\n";
    assert_eq!(judged(&format!("{action}{mapped}variables: {{WORD: {{option: word}}}}\n")), [""; 0]);
    let table = [
        (
            format!("{action}    timout: 3\n"),
            "webcharm.yaml:4: actions.clear-cache has the unknown key timout: write timeout; known are: command, \
             service-context, timeout, leader-only",
        ),
        (
            format!("{action}integrations:\n  serch:\n    publish: {{a: b}}\n"),
            "webcharm.yaml:5: integrations.serch: charmcraft.yaml declares no endpoint serch: write search, or declare \
             it there",
        ),
        (
            format!("{action}variables:\n  WORD:\n    option: wrd\n"),
            "webcharm.yaml:5: variables.WORD: charmcraft.yaml declares no option wrd: write word, or declare it there",
        ),
        (
            format!("framework: flsk\n{action}"),
            "webcharm.yaml:1: this is no known framework: write one of flask, django, fastapi, go, expressjs, spring-boot",
        ),
    ];
    for (switches, expected) in table {
        assert_eq!(judged(&switches), [expected]);
    }
    assert!(
        judged(&format!("{action}a: [")).iter().any(|one| one.starts_with("webcharm.yaml: the file can't be read: "))
    );
}
