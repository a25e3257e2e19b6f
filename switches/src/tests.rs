use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Switches, String> {
    Switches::parse(text.as_bytes()).map_err(|wrong| wrong.to_string())
}

const WHOLE: &str = "\
framework: flask
migration-timeout: 5m
listens-within: 30
version-file: /flask/app/VERSION
prefixes: {options: \"\", framework: MY_, removed: APP_}
actions:
  clear-cache: {command: \"python3 manage.py 'clear cache'\", service-context: mail-worker, timeout: 90s, leader-only: true}
  count: {command: [./count, -n, 3]}
integrations:
  search:
    variables:
      SEARCH_URL: {app: url, required: true}
      SEARCH_HOST: {unit: host, default: localhost}
      SEARCH_USER: {app: data, json-pointer: /users/0/name}
      SEARCH_PASSWORD: {secret: password, key: secret-user}
    optional: true
    publish: {port: \"${port}\", index: \"${app}-${option.index}\", level: 3}
variables:
  LOG_LEVEL: {option: log-level, default: info}
  SENTRY_DSN: {option: sentry, secret: dsn, required: true}
  DATABASE_URL: \"${POSTGRESQL_DB_CONNECT_STRING}?sslmode=disable\"
";

#[test]
fn every_key_is_read() {
    let all = parse(WHOLE).unwrap();
    assert_eq!(all.framework.as_deref(), Some("flask"));
    assert_eq!(all.migration_timeout, Some(Duration::from_secs(300)));
    assert_eq!(all.listens_within, Some(Duration::from_secs(30)));
    assert_eq!(all.version_file.as_deref(), Some("/flask/app/VERSION"));
    let named = |prefix: &str| Some(prefix.to_owned());
    let prefixes = Prefixes { options: named(""), framework: named("MY_"), integrations: None, removed: named("APP_") };
    assert_eq!((&all.prefixes, all.integrations["search"].optional), (&prefixes, true));
    let clear = &all.actions["clear-cache"];
    assert_eq!(clear.command, ["python3", "manage.py", "clear cache"]);
    let rest = (clear.service_context.as_deref(), clear.timeout.as_secs(), clear.leader_only);
    assert_eq!(rest, (Some("mail-worker"), 90, true));
    assert_eq!((all.actions["count"].command[2].as_str(), all.actions["count"].timeout.as_secs()), ("3", 600));
    let search = &all.integrations["search"];
    assert_eq!(search.variables["SEARCH_HOST"].place, Place::Unit("host".to_owned()));
    assert_eq!(search.variables["SEARCH_HOST"].default.as_deref(), Some("localhost"));
    assert!(search.variables["SEARCH_URL"].required);
    assert_eq!(search.variables["SEARCH_USER"].pointer.as_deref(), Some("/users/0/name"));
    let secret = Place::Secret { key: Some("secret-user".to_owned()), field: "password".to_owned() };
    assert_eq!(search.variables["SEARCH_PASSWORD"].place, secret);
    let value = |word: &Word| Some(format!("<{word:?}>"));
    assert_eq!(search.publish["index"].fill(value).unwrap(), "<App>-<Option(\"index\")>");
    assert_eq!(search.publish["level"].fill(value).unwrap(), "3");
    assert_eq!(search.publish["port"].fill(|_| None), None);
    let Origin::Text(url) = &all.variables["DATABASE_URL"].origin else { panic!("a text") };
    assert_eq!(url.fill(value).unwrap(), "<Variable(\"POSTGRESQL_DB_CONNECT_STRING\")>?sslmode=disable");
    assert_eq!(parse("").unwrap(), Switches::default());
    assert_eq!(parse("actions: null").unwrap(), Switches::default());
    let merged = parse("variables: {A: &a {option: x}, B: {<<: *a, required: true}}").unwrap();
    assert_eq!(merged.variables["B"].origin, Origin::Option("x".to_owned()));
}

/// Files with a fault: the path of the fault, and a part of the sentence.
const WRONG: &[(&str, &str, &str)] = &[
    ("[a]", "", "the file must be a mapping with keys of: framework"),
    ("a: [", "", "the file can't be read: "),
    ("frame-work: flask", "frame-work", "has the unknown key frame-work: write framework; known are: "),
    ("framework: [a]", "framework", "framework must be text"),
    ("migration-timeout: 0", "migration-timeout", "migration-timeout is 0: write a number of seconds from 1 to 604800"),
    ("migration-timeout: -1", "migration-timeout", "is -1: write a number"),
    ("migration-timeout: soon", "migration-timeout", "is soon: write a number"),
    ("listens-within: 11m", "listens-within", "is 11m: write a number of seconds from 1 to 600"),
    ("version-file: VERSION", "version-file", "must be a path, which begins with /"),
    ("actions: [a]", "actions", "must be a mapping of actions"),
    ("actions: {a: {}}", "actions.a", "actions.a.command is missing: write the program"),
    ("actions: {a: {comand: x}}", "actions.a.comand", "actions.a has the unknown key comand: write command; "),
    ("actions: {a: {command: []}}", "actions.a.command", "is empty"),
    ("actions: {a: {command: \"x 'y\"}}", "actions.a.command", "can't be split into words: "),
    ("actions: {a: {command: x, leader-only: 1}}", "actions.a.leader-only", "must be true or false"),
    ("actions: {a: {command: x, timeout: 8d}}", "actions.a.timeout", "is 8d: write"),
    ("integrations: {s: {}}", "integrations.s", "is empty: write `variables: "),
    ("integrations: {s: {variable: {A: {app: a}}}}", "integrations.s.variable", "write variables; "),
    ("integrations: {s: {variables: {A: a}}}", "integrations.s.variables.A", "must be a mapping with keys of: app"),
    ("integrations: {s: {variables: {A: {app: a, unit: b}}}}", "integrations.s.variables.A", "must have one of: app"),
    ("integrations: {s: {variables: {A: {app: a, key: b}}}}", "integrations.s.variables.A", "only beside secret"),
    ("integrations: {s: {variables: {A-B=: {app: a}}}}", "integrations.s.variables.A-B=", "no name of a variable"),
    (
        "integrations: {s: {variables: {A: {app: a, json-pointer: b}}}}",
        "integrations.s.variables.A.json-pointer",
        "/users",
    ),
    (
        "integrations: {s: {publish: {k: '${prt}'}}}",
        "integrations.s.publish.k",
        "the unknown ${prt}: write ${port}; known",
    ),
    ("integrations: {s: {publish: {k: '${A}'}}}", "integrations.s.publish.k", "the unknown ${A}; known are: ${app}"),
    ("integrations: {s: {publish: {k: '${port'}}}", "integrations.s.publish.k", "has a ${ without its }"),
    ("variables: {A: {secret: b}}", "variables.A", "must have one of: option: NAME"),
    ("variables: {9: x}", "variables", "has the key 9, not text"),
    ("variables: {A: '${lower}'}", "variables.A", "and variables in capitals"),
];

#[test]
fn every_fault_has_its_place_and_the_way_out() {
    for (text, path, part) in WRONG {
        let wrong = Switches::parse(text.as_bytes()).unwrap_err();
        assert_eq!(wrong.path, *path, "{text}");
        assert!(wrong.to_string().contains(part), "{text}: {wrong}");
    }
}

#[test]
fn names_that_the_charm_does_not_declare_are_told_with_the_nearest() {
    let files = "name: shop\nrequires: {search: {interface: opensearch_client}}\npeers: {peers: {interface: peers}}\n\
        actions: {clear-cache: {description: x}}\nconfig: {options: {log-level: {type: string}}}\n";
    let files = CharmFiles::parse_charmcraft("charmcraft.yaml", files).unwrap();
    let fits = |text: &str| Switches::parse(text.as_bytes()).unwrap().fits(&files).map_err(|wrong| wrong.to_string());
    assert_eq!(fits("actions: {clear-cache: {command: x}}\nvariables: {A: {option: log-level}}\n"), Ok(()));
    let table = [
        (
            "actions: {clear-cash: {command: x}}",
            "actions.clear-cash: charmcraft.yaml declares no action clear-cash: write clear-cache, or declare it there",
        ),
        ("integrations: {serch: {publish: {a: b}}}", "declares no endpoint serch: write search, or declare it there"),
        ("integrations: {peers: {publish: {a: b}}}", "declares no endpoint peers: declare it there"),
        (
            "integrations: {search: {publish: {a: '${option.x}'}}}",
            "integrations.search.publish.a: charmcraft.yaml declares no option x",
        ),
        ("variables: {A: {option: log-levl}}", "declares no option log-levl: write log-level, or"),
        ("variables: {A: '${option.z}'}", "variables.A: charmcraft.yaml declares no option z"),
    ];
    for (text, part) in table {
        let message = fits(text).unwrap_err();
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn a_missing_file_declares_nothing() {
    assert_eq!(Switches::read(Path::new("/nonexistent")), Ok(Switches::default()));
    assert!(Switches::read(Path::new("/dev/null")).unwrap_err().to_string().contains("the file can't be read"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "([a-z:{}\\[\\]$ \n'-]|\\PC){0,80}") {
        let _ = Switches::parse(text.as_bytes());
        let _ = Switches::parse(format!("variables: {{A: {text:?}}}").as_bytes());
    }
}
