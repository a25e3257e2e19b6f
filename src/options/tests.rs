use juju::Secret;

use super::*;
use crate::framework::flask::FLASK;

type Declared = BTreeMap<String, ConfigOption>;

fn declared() -> Declared {
    let ours = FLASK.options().map(|option| (option.name.to_owned(), option_of(OptionKind::String)));
    let users = [
        ("greeting", OptionKind::String),
        ("ratio", OptionKind::Float),
        ("app-motto", OptionKind::String),
        ("webserver-colour", OptionKind::String),
        ("api-credentials", OptionKind::Secret),
    ];
    ours.chain(users.map(|(name, kind)| (name.to_owned(), option_of(kind)))).collect()
}

fn option_of(kind: OptionKind) -> ConfigOption {
    ConfigOption { kind, default: None, description: String::new(), optional: None }
}

fn config(values: &[(&str, ConfigValue)]) -> Config {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(text: &str) -> ConfigValue {
    ConfigValue::String(text.to_owned())
}

fn secret(option: &str, content: &[(&str, &str)]) -> OptionSecrets {
    let content = content.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))).collect();
    BTreeMap::from([(option.to_owned(), Ok(content))])
}

fn read(values: &[(&str, ConfigValue)], secrets: &OptionSecrets) -> Result<Settings, Vec<String>> {
    let settings = settings(&FLASK, &declared(), &config(values), secrets);
    settings.map_err(|holds| holds.into_iter().map(|hold| hold.message).collect())
}

#[test]
fn a_charm_without_values_has_no_settings() {
    assert_eq!(read(&[], &OptionSecrets::new()), Ok(Settings::default()));
}

#[test]
fn each_kind_of_value_becomes_its_variable() {
    let values = [
        ("greeting", text("")),
        ("ratio", ConfigValue::Int(2)),
        ("app-motto", text("keep on")),
        ("webserver-colour", text("red")),
        ("flask-env", text("staging")),
        ("flask-preferred-url-scheme", text("https")),
        ("flask-debug", ConfigValue::Bool(false)),
        ("webserver-workers", ConfigValue::Int(3)),
        ("webserver-worker-class", text("gevent")),
        ("api-credentials", text("secret:x")),
    ];
    let settings = read(&values, &secret("api-credentials", &[("user-name", "u"), ("token", "t")])).unwrap();
    let user = [
        ("FLASK_API_CREDENTIALS_TOKEN", "t"),
        ("FLASK_API_CREDENTIALS_USER_NAME", "u"),
        ("FLASK_APP_MOTTO", "keep on"),
        ("FLASK_GREETING", ""),
        ("FLASK_RATIO", "2"),
    ];
    assert_eq!(settings.user, user.into_iter().collect());
    let framework = [("FLASK_DEBUG", "false"), ("FLASK_ENV", "staging"), ("FLASK_PREFERRED_URL_SCHEME", "HTTPS")];
    assert_eq!(settings.framework, framework.into_iter().collect());
    assert_eq!(settings.web_server, BTreeMap::from([("workers", 3)]));
    assert_eq!(settings.worker_class.as_deref(), Some("gevent"));
}

#[test]
fn all_invalid_options_are_reported_together() {
    let values = [
        ("flask-env", text("")),
        ("flask-permanent-session-lifetime", ConfigValue::Int(0)),
        ("flask-preferred-url-scheme", text("ftp")),
        ("webserver-workers", ConfigValue::Int(0)),
        ("webserver-worker-class", text("eventlet")),
    ];
    let mut declared = declared();
    for name in ["must-b", "must-a"] {
        let option = ConfigOption { optional: Some(false), ..option_of(OptionKind::String) };
        declared.insert(name.to_owned(), option);
    }
    let holds = settings(&FLASK, &declared, &config(&values), &OptionSecrets::new()).unwrap_err();
    let messages: Vec<_> = holds.iter().map(|hold| hold.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "missing options: must-a, must-b",
            "invalid options: flask-env (must not be empty), flask-permanent-session-lifetime (must be 1 or more), \
             flask-preferred-url-scheme (must be HTTP or HTTPS), webserver-workers (must be 1 or more)",
            "Only 'gevent' and 'sync' are allowed. https://bit.ly/flask-async-doc",
        ]
    );
}

#[test]
fn a_secret_key_secret_has_the_key_value_and_no_other() {
    let values = [("flask-secret-key-id", text("secret:x"))];
    let read = |content: &[(&str, &str)]| read(&values, &secret("flask-secret-key-id", content));
    assert_eq!(read(&[("value", "k")]).unwrap().framework["FLASK_SECRET_KEY"], "k");
    let wrong: [(&[(&str, &str)], &str); 3] = [
        (&[("key", "k")], "its secret must have the key 'value'"),
        (&[("value", "k"), ("more", "m")], "its secret must have the key 'value', not empty, and no other"),
        (&[("value", "")], "its secret must have the key 'value', not empty, and no other"),
    ];
    for (content, why) in wrong {
        assert_eq!(read(content), Err(vec![format!("invalid options: flask-secret-key-id ({why})")]));
    }
}

#[test]
fn an_unreadable_secret_is_reported_with_advice() {
    let why = "its secret is not granted: run `juju grant-secret <secret> app`".to_owned();
    let secrets = BTreeMap::from([("api-credentials".to_owned(), Err(why.clone()))]);
    let read = read(&[("api-credentials", text("secret:x"))], &secrets);
    assert_eq!(read, Err(vec![format!("invalid options: api-credentials ({why})")]));
}

#[test]
fn two_options_for_the_secret_key_are_an_error() {
    let values = [("flask-secret-key", text("k")), ("flask-secret-key-id", text("secret:x"))];
    let read = read(&values, &secret("flask-secret-key-id", &[("value", "k")]));
    let message = "invalid options: flask-secret-key-id (set either this option or flask-secret-key, not both)";
    assert_eq!(read, Err(vec![message.to_owned()]));
}

#[test]
fn a_value_that_no_variable_can_hold_is_invalid() {
    let long = "x".repeat((128 << 10) - "FLASK_GREETING=".len());
    let secrets = secret("api-credentials", &[("token", "a\0b")]);
    for (option, value, why) in [
        ("greeting", long.as_str(), "greeting (is longer than the 131056 bytes that a variable can hold)"),
        ("flask-env", "a\0b", "flask-env (has a zero character, which no variable can hold)"),
        ("flask-secret-key", "a\0b", "flask-secret-key (has a zero character, which no variable can hold)"),
        (
            "api-credentials",
            "secret:x",
            "api-credentials (its secret's token has a zero character, which no variable can hold)",
        ),
    ] {
        assert_eq!(read(&[(option, text(value))], &secrets), Err(vec![format!("invalid options: {why}")]));
    }
    let longest = read(&[("greeting", text(&long[1..]))], &OptionSecrets::new()).unwrap();
    assert_eq!(longest.user["FLASK_GREETING"].len(), 131_056);
    assert!(read(&[("greeting", text("a\nb\u{1b}"))], &OptionSecrets::new()).is_ok(), "these it can");
}
