//! The tables of options, compared with the frameworks' charms, and the variables of each option.

use std::collections::{BTreeMap, BTreeSet};

use juju::{CharmFiles, Config, ConfigOption, ConfigValue, OptionKind, SecretContent};

use proptest::prelude::*;

use super::*;
use crate::charm_spec::{CharmSpec, Switches};
use crate::options;

#[test]
fn options_are_unique_in_each_line() {
    for framework in ALL {
        let mut names: Vec<_> = framework.options().map(|option| option.name).collect();
        let length = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), length, "{}", framework.name);
        let same = ALL.iter().filter(|other| (other.name, other.line) == (framework.name, framework.line));
        assert_eq!(same.count(), 1, "{}", framework.name);
    }
}

#[test]
fn defaults_are_valid_and_of_the_options_type() {
    for option in ALL.iter().flat_map(|framework| framework.options()) {
        let Some(default) = option.default else { continue };
        assert!(option.kind.accepts(&default.into()), "{}", option.name);
    }
}

#[test]
fn variables_are_named_after_options() {
    assert_eq!(flask::FLASK.variable("page-size"), "FLASK_PAGE_SIZE");
}

#[test]
fn a_container_or_option_of_a_single_framework_shows_it() {
    let table: [(&[&str], &[&str], Option<&str>); 8] = [
        (&["sidecar", "flask-app"], &[], Some("flask")),
        (&["django-app"], &[], Some("django")),
        (&["nginx", "app"], &[], None),
        (&["app"], &["webserver-workers", "motto"], None),
        (&["app"], &["webserver-workers", "flask-env"], Some("flask")),
        (&["app"], &["webserver-log-level"], Some("fastapi")),
        (&["app"], &["app-profiles", "app-port"], Some("spring-boot")),
        (&["app"], &["app-port", "metrics-port"], None),
    ];
    for (containers, options, expected) in table {
        assert_eq!(Framework::shown(containers, options), expected, "{containers:?} {options:?}");
    }
}

/// Option, value, and the result: variables as `NAME=value`, or the rule in words.
type Row = (&'static str, ConfigValue, Result<&'static [&'static str], &'static str>);

fn declared(framework: &Framework) -> BTreeMap<String, ConfigOption> {
    let options = framework.options().map(|option| {
        let declared = ConfigOption { kind: option.kind, default: None, description: String::new(), optional: None };
        (option.name.to_owned(), declared)
    });
    options.collect()
}

/// Variables of this framework's options with these values.
fn variables(framework: &Framework, config: &Config) -> Result<BTreeSet<String>, String> {
    let secret = SecretContent::from([("value".to_owned(), "from-secret".into())]);
    let secrets = framework.options().filter(|option| option.kind == OptionKind::Secret);
    let secrets = secrets.map(|option| (option.name.to_owned(), Ok(secret.clone()))).collect();
    let settings = options::settings(framework, &declared(framework), config, &secrets);
    let settings = settings.map_err(|holds| holds[0].message.clone())?;
    Ok(settings.framework.iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// Checks each row alone: a valid value adds or replaces its variables in `always`, an invalid one is refused.
fn check(framework: &Framework, always: &[&str], rows: &[Row]) {
    let always: BTreeSet<String> = always.iter().map(|&variable| variable.to_owned()).collect();
    assert_eq!(variables(framework, &Config::default()), Ok(always.clone()), "{}", framework.name);
    for (option, value, expected) in rows {
        let config = Config::from_iter([(*option, value.clone())]);
        let row = format!("{} {option}={value:?}", framework.name);
        match expected {
            Ok(added) => {
                let name = |variable: &str| variable.split('=').next().map(str::to_owned);
                let replaced: Vec<_> = added.iter().map(|variable| name(variable)).collect();
                let mut all: BTreeSet<_> =
                    always.iter().filter(|variable| !replaced.contains(&name(variable))).cloned().collect();
                all.extend(added.iter().map(|&variable| variable.to_owned()));
                assert_eq!(variables(framework, &config), Ok(all), "{row}");
            }
            Err(why) => {
                let message = format!("invalid options: {option} ({why})");
                assert_eq!(variables(framework, &config), Err(message), "{row}");
            }
        }
    }
    let tested: BTreeSet<_> = rows.iter().map(|(option, ..)| *option).collect();
    let all: BTreeSet<_> = framework.options().map(|option| option.name).collect();
    assert_eq!(tested, all, "every option of {} has a row", framework.name);
}

const EMPTY: Result<&[&str], &str> = Err("must not be empty");
const PORT: Result<&[&str], &str> = Err("must be from 1 to 65535");

fn text(text: &str) -> ConfigValue {
    ConfigValue::from(text)
}

fn int(number: i64) -> ConfigValue {
    ConfigValue::from(number)
}

fn yes(yes: bool) -> ConfigValue {
    ConfigValue::from(yes)
}

/// Rows of gunicorn's options, which have no variables.
fn gunicorn() -> Vec<Row> {
    vec![
        ("webserver-keepalive", int(0), Ok(&[])),
        ("webserver-keepalive", int(-1), Err("must be 0 or more")),
        ("webserver-threads", int(0), Err("must be 1 or more")),
        ("webserver-timeout", int(30), Ok(&[])),
        ("webserver-worker-class", text("gevent"), Ok(&[])),
        ("webserver-worker-class", text(""), Ok(&[])),
        ("webserver-workers", int(0), Err("must be 1 or more")),
    ]
}

#[test]
fn the_options_of_flask() {
    let mut rows: Vec<Row> = vec![
        ("flask-application-root", text("/shop"), Ok(&["FLASK_APPLICATION_ROOT=/shop"])),
        ("flask-application-root", text(""), EMPTY),
        ("flask-debug", yes(true), Ok(&["FLASK_DEBUG=true"])),
        ("flask-env", text("staging"), Ok(&["FLASK_ENV=staging"])),
        ("flask-permanent-session-lifetime", int(60), Ok(&["FLASK_PERMANENT_SESSION_LIFETIME=60"])),
        ("flask-permanent-session-lifetime", int(0), Err("must be 1 or more")),
        ("flask-preferred-url-scheme", text("http"), Ok(&["FLASK_PREFERRED_URL_SCHEME=HTTP"])),
        ("flask-preferred-url-scheme", text("ftp"), Err("must be HTTP or HTTPS")),
        ("flask-session-cookie-secure", yes(false), Ok(&["FLASK_SESSION_COOKIE_SECURE=false"])),
        ("flask-secret-key", text("k"), Ok(&["FLASK_SECRET_KEY=k"])),
        ("flask-secret-key", text(""), EMPTY),
        ("flask-secret-key-id", text("secret:x"), Ok(&["FLASK_SECRET_KEY=from-secret"])),
    ];
    rows.extend(gunicorn());
    check(&flask::FLASK, &[], &rows);
}

#[test]
fn the_options_of_django() {
    let mut rows: Vec<Row> = vec![
        ("django-debug", yes(true), Ok(&["DJANGO_DEBUG=true"])),
        ("django-allowed-hosts", text("a,b"), Ok(&[])),
        ("django-secret-key", text("k"), Ok(&["DJANGO_SECRET_KEY=k"])),
        ("django-secret-key", text(""), EMPTY),
        ("django-secret-key-id", text("secret:x"), Ok(&["DJANGO_SECRET_KEY=from-secret"])),
    ];
    rows.extend(gunicorn());
    check(&django::DJANGO, &[], &rows);
    rows.push(("app-secret-key", text("k"), Ok(&["DJANGO_SECRET_KEY=k"])));
    rows.push(("app-secret-key-id", text("secret:x"), Ok(&["DJANGO_SECRET_KEY=from-secret"])));
    check(&django::DJANGO_2, &[], &rows);
}

/// Rows of the secret key's options without the framework's prefix.
fn app_key() -> Vec<Row> {
    vec![
        ("app-secret-key", text("k"), Ok(&["APP_SECRET_KEY=k"])),
        ("app-secret-key", text(""), EMPTY),
        ("app-secret-key-id", text("secret:x"), Ok(&["APP_SECRET_KEY=from-secret"])),
    ]
}

#[test]
fn the_options_of_fastapi() {
    let mut second: Vec<Row> = vec![
        ("webserver-workers", int(3), Ok(&["WEB_CONCURRENCY=3"])),
        ("webserver-workers", int(0), Err("must be 1 or more")),
        ("webserver-log-level", text("trace"), Ok(&["UVICORN_LOG_LEVEL=trace"])),
        ("webserver-log-level", text("loud"), Err("must be one of critical, error, warning, info, debug, trace")),
    ];
    second.extend(app_key());
    check(&fastapi::FASTAPI_2, &["WEB_CONCURRENCY=1", "UVICORN_LOG_LEVEL=info"], &second);
    second.extend([
        ("webserver-port", int(9000), Ok(&["UVICORN_PORT=9000"] as &[_])),
        ("webserver-port", int(0), PORT),
        ("metrics-port", int(9001), Ok(&["METRICS_PORT=9001"])),
        ("metrics-port", int(65536), PORT),
        ("metrics-path", text("/m"), Ok(&["METRICS_PATH=/m"])),
        ("metrics-path", text(""), EMPTY),
    ]);
    check(&fastapi::FASTAPI, &["WEB_CONCURRENCY=1", "UVICORN_LOG_LEVEL=info", "UVICORN_PORT=8080"], &second);
}

#[test]
fn the_options_of_go() {
    let mut rows: Vec<Row> = vec![
        ("app-port", int(9000), Ok(&["APP_PORT=9000"])),
        ("app-port", int(-1), PORT),
        ("metrics-port", int(9001), Ok(&["APP_METRICS_PORT=9001"])),
        ("metrics-port", int(0), PORT),
        ("metrics-path", text("/m"), Ok(&["APP_METRICS_PATH=/m"])),
        ("metrics-path", text(""), EMPTY),
    ];
    rows.extend(app_key());
    check(&go::GO, &["APP_PORT=8080"], &rows);
    let mut rows = app_key();
    rows.extend([("port", int(9000), Ok(&[] as &[_])), ("port", int(0), PORT)]);
    check(&go::GO_2, &[], &rows);
}

#[test]
fn the_options_of_expressjs() {
    let mut rows: Vec<Row> =
        vec![("node-env", text("development"), Ok(&["NODE_ENV=development"])), ("node-env", text(""), EMPTY)];
    rows.extend(app_key());
    let mut first = rows.clone();
    first.extend([
        ("app-port", int(9000), Ok(&["PORT=9000"] as &[_])),
        ("app-port", int(0), PORT),
        ("metrics-port", int(9001), Ok(&["METRICS_PORT=9001"])),
        ("metrics-path", text("/m"), Ok(&["METRICS_PATH=/m"])),
        ("metrics-path", text(""), EMPTY),
    ]);
    check(&expressjs::EXPRESSJS, &["PORT=8080", "NODE_ENV=production"], &first);
    rows.push(("port", int(9000), Ok(&[])));
    check(&expressjs::EXPRESSJS_2, &["NODE_ENV=production"], &rows);
}

#[test]
fn the_options_of_spring_boot() {
    let key: [Row; 3] = [
        ("app-secret-key", text("k"), Ok(&["APP_SECRET_KEY=k", "SECRET_KEY=k"])),
        ("app-secret-key", text(""), EMPTY),
        ("app-secret-key-id", text("secret:x"), Ok(&["APP_SECRET_KEY=from-secret", "SECRET_KEY=from-secret"])),
    ];
    let profiles: [Row; 2] = [
        ("app-profiles", text("prod,eu"), Ok(&["APP_PROFILES=prod,eu", "spring.profiles.active=prod,eu"])),
        ("app-profiles", text(""), EMPTY),
    ];
    let mut rows: Vec<Row> = key.into_iter().chain(profiles).collect();
    check(&spring_boot::SPRING_BOOT_2, &[], &rows);
    rows.extend([
        ("app-port", int(9000), Ok(&["SERVER_PORT=9000"] as &[_])),
        ("app-port", int(0), PORT),
        ("metrics-port", int(9001), Ok(&["MANAGEMENT_SERVER_PORT=9001"])),
        ("metrics-path", text("/m"), Ok(&["METRICS_PATH=/m"])),
        ("metrics-path", text("/"), Err("must be a path such as /metrics")),
    ]);
    let always = ["SERVER_PORT=8080", "MANAGEMENT_SERVER_PORT=8080", "METRICS_PATH=/actuator/prometheus"];
    check(&spring_boot::SPRING_BOOT, &always, &rows);
}

/// Charm of this framework and base, with charmcraft's extension expanded.
fn expanded(name: &str, base: &str) -> CharmFiles {
    let file = format!("{}/pack/tests/projects/{name}-{base}/expanded.yaml", env!("CARGO_MANIFEST_DIR"));
    CharmFiles::parse_charmcraft("charmcraft.yaml", &std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_tables_match_charmcrafts_declarations() {
    for framework in ALL.iter().filter(|framework| framework.line == Line::First) {
        let files = expanded(framework.name, "24.04");
        for option in framework.options().filter(|option| !option.authors) {
            let declared = &files.options[option.name];
            let default = option.default.map(ConfigValue::from);
            assert_eq!((declared.kind, &declared.default), (option.kind, &default), "{}", option.name);
        }
        let unknown: Vec<_> = files.options.keys().filter(|name| !framework.reserves(name)).collect();
        assert_eq!(unknown, [""; 0], "{}", framework.name);
    }
}

#[test]
fn the_packer_knows_the_variables_of_the_tables() {
    for framework in ALL {
        let file = format!("{}/pack/extensions/src/{}.yaml", env!("CARGO_MANIFEST_DIR"), framework.name);
        let data: serde_yaml::Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(data["prefix"].as_str(), Some(framework.prefix));
        let known = &data["conventions"][usize::from(framework.line == Line::Second)]["variables"];
        let known = known.as_sequence().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
        let options = framework.options().flat_map(|option| option.variables).map(|&name| name.to_owned());
        let paas_config =
            framework.env_names.metrics.into_iter().flatten().chain(framework.env_names.port).map(str::to_owned);
        let inputs = EnvInputs { options: &BTreeMap::new(), base_url: "", metrics: None };
        let own = (framework.own)(&inputs).into_iter().map(|(name, _)| name);
        let all = options
            .chain(paas_config)
            .chain(own)
            .filter_map(|name| Some(name.strip_prefix(framework.prefix)?.to_owned()));
        let all: BTreeSet<_> = all.filter(|name| name != "SECRET_KEY").collect();
        assert_eq!(known.collect::<BTreeSet<_>>(), all, "{} {:?}", framework.name, framework.line);
    }
}

#[test]
fn every_charm_of_charmcraft_shows_its_line() {
    for (base, line) in [("24.04", Line::First), ("26.04", Line::Second)] {
        for name in Framework::names().split(", ") {
            let files = expanded(name, base);
            let switches = Switches { framework: Some(name.to_owned()), ..Switches::default() };
            let spec = CharmSpec::of(&files, &switches).unwrap();
            assert_eq!((spec.framework.name, spec.framework.line), (name, line), "{name} {base}");
            assert!(spec.peer.is_some());
            let unknown: Vec<_> = files.options.keys().filter(|option| !spec.framework.reserves(option)).collect();
            assert_eq!(unknown, [""; 0], "{name} {base}");
        }
    }
}

#[test]
fn a_key_that_a_charm_declares_as_a_secret_is_the_secrets_value() {
    for name in Framework::names().split(", ") {
        let framework = Framework::named(name).find(|framework| framework.line == Line::Second).unwrap();
        let declared = expanded(name, "26.04").options;
        assert_eq!(declared["app-secret-key"].kind, OptionKind::Secret, "{name}");
        let config = Config::from_iter([("app-secret-key", "secret:9m4e2mr0ui3e8a215n4g")]);
        let read = |content: &[(&str, &str)]| {
            let content = content.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
            let secrets = BTreeMap::from([("app-secret-key".to_owned(), Ok(content))]);
            options::settings(framework, &declared, &config, &secrets)
        };
        let settings = read(&[("value", "from-secret")]).unwrap();
        assert_eq!(settings.framework[&framework.variable("SECRET_KEY")], "from-secret", "{name}");
        let holds = read(&[("key", "from-secret")]).unwrap_err();
        assert_eq!(holds[0].message, "invalid options: app-secret-key (its secret must have the key 'value')");
    }
}

#[test]
fn a_charm_of_the_second_line_that_still_has_the_options_of_the_first_keeps_them() {
    let mut files = expanded("go", "26.04");
    files.options.extend(expanded("go", "24.04").options);
    let switches = Switches { framework: Some("go".to_owned()), ..Switches::default() };
    assert_eq!(CharmSpec::of(&files, &switches).unwrap().framework.line, Line::First);
}

/// Text that no message may contain.
const HUSH: &str = "hush-4711";

/// Values of every type, valid, invalid and secret.
fn any_value() -> impl Strategy<Value = ConfigValue> {
    prop_oneof![
        any::<bool>().prop_map(ConfigValue::Bool),
        prop_oneof![any::<i64>(), -2..70_000_i64].prop_map(ConfigValue::Int),
        any::<f64>().prop_map(ConfigValue::Float),
        prop_oneof![".{0,40}", "(http|HTTPS|info|gevent|sync|/a/b|a,,b|)"].prop_map(ConfigValue::String),
    ]
}

/// Content of a secret, or the reason why it can't be read.
fn any_secret() -> impl Strategy<Value = Result<SecretContent, String>> {
    let content = proptest::collection::btree_map("(value|key|[a-z.-]{1,9})", ".{0,9}", 0..3);
    let content = content.prop_map(|content| {
        let hushed = content.into_iter().map(|(key, value)| (key, format!("{HUSH}{value}").into()));
        Ok(hushed.collect())
    });
    prop_oneof![4 => content, 1 => Just(Err("its secret does not exist".to_owned()))]
}

proptest! {
    #[test]
    fn any_values_of_any_frameworks_options_are_settings_or_reasons_without_secrets(
        at in 0..ALL.len(),
        values in proptest::collection::vec(proptest::option::of(any_value()), 24),
        secret in any_secret(),
        author in "[a-zA-Z0-9._-]{1,20}",
    ) {
        let framework = ALL[at];
        let mut declared = declared(framework);
        let kinds = [OptionKind::String, OptionKind::Secret];
        for (kind, name) in kinds.into_iter().zip([author.clone(), format!("{author}-s")]) {
            let option = ConfigOption { kind, default: None, description: String::new(), optional: Some(false) };
            declared.entry(name).or_insert(option);
        }
        let is_key = |name: &str| name.contains("secret-key");
        let set = declared.keys().zip(&values).filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let hushed = set.map(|(name, value)| {
            let value = if is_key(&name) { ConfigValue::String(format!("{HUSH}{value}")) } else { value };
            (name, value)
        });
        let config: Config = hushed.collect::<BTreeMap<_, _>>().into();
        let secrets = declared.iter().filter(|(_, option)| option.kind == OptionKind::Secret);
        let secrets = secrets.map(|(name, _)| (name.clone(), secret.clone())).collect();
        let text = match options::settings(framework, &declared, &config, &secrets) {
            Ok(settings) => format!("{settings:?}"),
            Err(holds) => {
                prop_assert!(holds.iter().all(|hold| !hold.message.is_empty()));
                format!("{holds:?}")
            }
        };
        prop_assert!(!text.contains(HUSH), "{text}");
        let port = options::port(framework, &config);
        prop_assert!(port.is_none_or(|port| port > 0));
    }

    #[test]
    fn any_text_of_a_frameworks_own_options_and_any_address_make_variables(
        at in 0..ALL.len(),
        value in ".{0,60}",
        base_url in "(https?://)?.{0,40}",
        path in ".{0,30}",
    ) {
        let framework = ALL[at];
        let options = framework.options().map(|option| (option.name, value.clone())).collect();
        let inputs = EnvInputs { options: &options, base_url: &base_url, metrics: Some(Metrics { port: 1, path: &path }) };
        let variables = (framework.own)(&inputs);
        if let Some(hosts) = variables.get("DJANGO_ALLOWED_HOSTS") {
            let hosts: Vec<String> = serde_json::from_str(hosts).unwrap();
            prop_assert!(hosts.iter().all(|host| !host.is_empty()));
        }
    }
}
