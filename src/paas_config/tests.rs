use proptest::prelude::*;

use super::*;
use crate::framework::WebServer;
use crate::framework::flask::{FLASK, FLASK_2};

fn parse(text: &str) -> Result<PaasConfig, String> {
    PaasConfig::parse(text.as_bytes(), &FLASK).map_err(|hold| hold.message)
}

#[test]
fn an_empty_file_has_the_defaults() {
    for text in ["", "null", "# nothing yet\n", "---\n", "{}", "framework_logging_format: null\nprometheus: null\n"] {
        assert_eq!(parse(text), Ok(PaasConfig::default()), "{text:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(PaasConfig::read(dir.path(), &FLASK), Ok(PaasConfig::default()));
}

#[test]
fn the_format_of_logs_is_plain_or_json() {
    assert_eq!(parse("framework_logging_format: none").unwrap().logging, Logging::Plain);
    assert_eq!(parse("framework_logging_format: json").unwrap().logging, Logging::Json);
    let mute = Framework { name: "mute", server: WebServer::Own, ..FLASK };
    let error = PaasConfig::parse(b"framework_logging_format: json", &mute).unwrap_err();
    let expected = "Invalid paas-config.yaml: framework_logging_format json is not supported for mute, only for ";
    assert!(error.message.starts_with(expected) && error.message.ends_with(": write none"), "{error:?}");
}

fn parse_2(text: &str) -> Result<PaasConfig, String> {
    PaasConfig::parse(text.as_bytes(), &FLASK_2).map_err(|hold| hold.message)
}

#[test]
fn charms_of_the_second_line_set_port_and_metrics_here_in_either_spelling() {
    let config = PaasConfig {
        port: Some(8080),
        metrics_port: Some(9000),
        metrics_path: Some("/m".to_owned()),
        logging: Logging::Json,
        ..PaasConfig::default()
    };
    let dashed = "port: 8080\nmetrics-port: 9000\nmetrics-path: /m\nframework-logging-format: json\n";
    assert_eq!(parse_2(dashed), Ok(config.clone()));
    assert_eq!(parse_2(&dashed.replace('-', "_")), Ok(config));
    assert_eq!(parse_2("metrics-path: ''").unwrap().metrics_path, None, "the framework's");
    assert!(parse("port: 8080").unwrap_err().contains("unknown key port"));
    for wrong in ["port: 0", "port: 70000", "port: http", "metrics-port: -1", "metrics-path: m", "metrics_path: 3"] {
        let message = parse_2(wrong).unwrap_err();
        assert!(message.starts_with("Invalid paas-config.yaml: ") && message.contains(" must be "), "{message}");
    }
}

#[test]
fn jobs_have_targets_of_every_kind() {
    let text = "prometheus:\n  scrape_configs:\n  - job_name: app\n    static_configs: []\n  - job_name: clock\n    \
        metrics_path: /worker\n    static_configs:\n    - targets: ['*:8081', '@scheduler:9100', 'db.example:80']\n      \
        labels: {role: clock}\n    - targets: []\n";
    let app = ScrapeConfig { job_name: "app".into(), metrics_path: "/metrics".into(), static_configs: vec![] };
    let literal = |text: &str| Target::Literal(text.to_owned());
    let targets = vec![literal("*:8081"), Target::Scheduler(9100), literal("db.example:80")];
    let labels = BTreeMap::from([("role".to_owned(), "clock".to_owned())]);
    let empty = StaticConfig { targets: vec![], labels: BTreeMap::new() };
    let clock = ScrapeConfig {
        job_name: "clock".into(),
        metrics_path: "/worker".into(),
        static_configs: vec![StaticConfig { targets, labels }, empty],
    };
    assert_eq!(parse(text).unwrap().scrape_configs, [app, clock]);
}

/// Invalid files, and the messages after `Invalid paas-config.yaml: `.
const WRONG: &[(&str, &str)] = &[
    ("[json]", "the file must be a mapping with keys of: framework_logging_format, prometheus"),
    ("json", "the file must be a mapping with keys of: framework_logging_format, prometheus"),
    ("port: 8000", "the file has the unknown key port; known are: framework_logging_format, prometheus"),
    ("8: 9", "the file has the unknown key 8; known are: framework_logging_format, prometheus"),
    ("null: 9", "the file has the unknown key null; known are: framework_logging_format, prometheus"),
    ("[a]: 9", "the file has the unknown key (a list or mapping); known are: framework_logging_format, prometheus"),
    ("framework_logging_format: JSON", "framework_logging_format must be none or json"),
    ("framework_logging_format: false", "framework_logging_format must be none or json"),
    ("framework_logging_format: [json]", "framework_logging_format must be none or json"),
    ("prometheus: []", "prometheus must be a mapping with keys of: scrape_configs"),
    ("prometheus: {scrape: []}", "prometheus has the unknown key scrape; known are: scrape_configs"),
    ("prometheus: {scrape_configs: {}}", "prometheus.scrape_configs must be a list"),
    (
        "prometheus: {scrape_configs: [app]}",
        "prometheus.scrape_configs[0] must be a mapping with keys of: job_name, metrics_path, static_configs",
    ),
];

/// Invalid jobs, and the messages after `Invalid paas-config.yaml: prometheus.scrape_configs[0]`.
const WRONG_JOBS: &[(&str, &str)] = &[
    ("static_configs: []", ".job_name is missing: give the job a name"),
    ("job_name: 7, static_configs: []", ".job_name must be text: put it into quotes"),
    ("job_name: a", ".static_configs is missing: write a list of targets, such as `- targets: [\"*:8081\"]`"),
    ("job_name: a, static_configs: x", ".static_configs must be a list"),
    ("job_name: a, static_configs: [], metrics_path: {}", ".metrics_path must be text"),
    (
        "job_name: a, static_configs: [], interval: 5s",
        " has the unknown key interval; known are: job_name, metrics_path, static_configs",
    ),
    ("job_name: a, static_configs: [{}]", ".static_configs[0].targets is missing: write a list such as [\"*:8081\"]"),
    (
        "job_name: a, static_configs: [{targets: [8080]}]",
        ".static_configs[0].targets[0] must be text: put it into quotes",
    ),
    (
        "job_name: a, static_configs: [{targets: [], label: {}}]",
        ".static_configs[0] has the unknown key label: write labels; known are: targets, labels",
    ),
    (
        "job_name: a, static_configs: [{targets: [], labels: []}]",
        ".static_configs[0].labels must be a mapping of texts",
    ),
    (
        "job_name: a, static_configs: [{targets: [], labels: {a: 1}}]",
        ".static_configs[0].labels.a must be text: put it into quotes",
    ),
    (
        "job_name: a, static_configs: [{targets: [], labels: {1: a}}]",
        ".static_configs[0].labels has the key 1, not text",
    ),
];

#[test]
fn every_error_names_its_key_and_the_valid_values() {
    for (text, expected) in WRONG {
        assert_eq!(parse(text), Err(format!("Invalid paas-config.yaml: {expected}")), "{text}");
    }
    for (job, expected) in WRONG_JOBS {
        let text = format!("prometheus: {{scrape_configs: [{{{job}}}]}}");
        let expected = format!("Invalid paas-config.yaml: prometheus.scrape_configs[0]{expected}");
        assert_eq!(parse(&text), Err(expected), "{text}");
    }
}

#[test]
fn a_scheduler_needs_its_port() {
    let table = [
        ("@scheduler", "must include port (@scheduler:PORT)"),
        ("@scheduler80", "must include port (@scheduler:PORT)"),
        ("@scheduler:", "port must be numeric"),
        ("@scheduler:http", "port must be numeric"),
        ("@scheduler:+80", "port must be numeric"),
        ("@scheduler:65536", "port must be 65535 or less"),
    ];
    for (target, why) in table {
        let job = format!("job_name: a, static_configs: [{{targets: ['{target}']}}]");
        let place = "prometheus.scrape_configs[0].static_configs[0].targets[0]";
        let expected = format!("Invalid paas-config.yaml: Invalid @scheduler format '{target}' in {place}: {why}");
        assert_eq!(parse(&format!("prometheus: {{scrape_configs: [{{{job}}}]}}")), Err(expected));
    }
}

#[test]
fn duplicate_job_names_are_listed() {
    let job = |name: &str| format!("{{job_name: {name}, static_configs: []}}");
    let jobs = ["b", "a", "c", "a", "b", "a"].map(job).join(", ");
    let expected = "Invalid paas-config.yaml: Duplicate job_name values found in prometheus.scrape_configs: a, b. \
        Each job must have a unique name.";
    assert_eq!(parse(&format!("prometheus: {{scrape_configs: [{jobs}]}}")), Err(expected.to_owned()));
}

#[test]
fn broken_yaml_and_too_long_files_are_errors() {
    for text in ["{", "a: b: c", "\t- x", "a: *b", "a: 1\na: 2", "--- 1\n--- 2"] {
        let message = parse(text).unwrap_err();
        assert!(message.starts_with("Invalid YAML in paas-config.yaml: "), "{text:?}: {message}");
    }
    let message = PaasConfig::parse(b"a: \xff", &FLASK).unwrap_err().message;
    assert!(message.starts_with("Invalid YAML in paas-config.yaml: "), "{message}");
    let long = "#".repeat(64 * 1024 + 1);
    assert_eq!(parse(&long), Err("Invalid paas-config.yaml: it is longer than 65536 bytes".to_owned()));
    assert!(parse(&"[".repeat(64 * 1024)).is_err());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(FILE)).unwrap();
    let message = PaasConfig::read(dir.path(), &FLASK).unwrap_err().message;
    assert!(message.starts_with("Failed to read paas-config.yaml: "), "{message}");
}

/// Texts similar to valid files.
fn near() -> impl Strategy<Value = String> {
    let word = "framework_logging_format|prometheus|scrape_configs|job_name|static_configs|targets|labels|json|none|\
        @scheduler:|[0-9]{1,6}|&a|\\*a|<<|!t|null|[:,\\[\\]{}\"'\n -]{1,3}";
    proptest::collection::vec(word, 0..30).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn arbitrary_text_is_survived(text in prop_oneof![any::<String>(), near()]) {
        if let Err(message) = parse(&text) {
            prop_assert!(message.contains("paas-config.yaml: "), "{}", message);
        }
    }

    #[test]
    fn arbitrary_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PaasConfig::parse(&text, &FLASK);
    }
}
