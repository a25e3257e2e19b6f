//! Real processes: small shell scripts in the place of Juju's tools.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::backend::Backend;
use crate::fake::{self, SECRET};
use crate::secret::Rotate;

/// A folder of tools, each one script. Every script first writes its arguments and its stdin down.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new(tools: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (tool, script) in tools {
            let path = dir.path().join(tool);
            let noted = dir.path().join("noted");
            let note = format!("printf '%s\\n' \"$*\" >> {0}; cat >> {0}", noted.display());
            fake::script(
                &path,
                &format!(
                    "{note}
{script}"
                ),
            );
        }
        Self { dir }
    }

    /// One tool that answers `text`.
    fn answering(tool: &str, text: &str) -> Self {
        Self::new(&[(tool, &format!("cat <<'END'\n{text}\nEND"))])
    }

    fn tools(&self) -> HookTools {
        HookTools::in_dir(self.dir.path())
    }

    fn noted(&self) -> String {
        fs::read_to_string(self.dir.path().join("noted")).unwrap_or_default()
    }
}

#[test]
fn answers_are_read_as_what_they_are() {
    let bench = Bench::new(&[
        ("config-get", r#"echo '{"port":8000,"name":"x"}'"#),
        ("is-leader", "echo true"),
        ("relation-ids", r#"echo '["db:10","db:9"]'"#),
        ("relation-get", "echo null"),
        ("opened-ports", r#"echo '["8000/tcp","icmp"]'"#),
        ("state-get", ""),
        (
            "network-get",
            r#"echo '{"bind-addresses":[{"mac-address":"","interface-name":"","addresses":[{"hostname":"","value":"10.1.0.10","cidr":"","address":"10.1.0.10"}]}],"egress-subnets":["10.2.0.1/32"],"ingress-addresses":["10.2.0.1"]}'"#,
        ),
        ("relation-model-get", r#"echo '{"uuid":"8a3e"}'"#),
        ("resource-get", "printf /var/lib/x"),
    ]);
    let tools = bench.tools();
    assert_eq!(tools.config_get().expect("config").int("port"), Some(8000));
    assert!(tools.is_leader().expect("leadership"));
    assert_eq!(tools.relation_ids("db").expect("ids"), [RelationId(10), RelationId(9)]);
    assert!(tools.relation_get(RelationId(9), &Entity::App("pg".to_owned())).expect("a databag").is_empty());
    assert_eq!(tools.opened_ports().expect("ports"), [Port::tcp(8000), Port::icmp()].into());
    assert!(tools.state_get().expect("state").is_empty());
    let network = tools.network_get("db", Some(RelationId(9))).expect("a network");
    assert_eq!((network.bind_address(), network.ingress_address()), (Some("10.1.0.10"), Some("10.2.0.1")));
    assert_eq!(tools.relation_model_uuid(RelationId(9)).expect("a model"), "8a3e");
    assert_eq!(tools.resource_get("image").expect("a path"), PathBuf::from("/var/lib/x"));
    let noted = bench.noted();
    for line in ["db --format=json", "-r 9 - pg --app --format=json", "db -r 9 --format=json"] {
        assert!(noted.lines().any(|noted| noted == line), "{line} in {noted}");
    }
}

#[test]
fn a_refusal_keeps_code_and_stderr() {
    let bench =
        Bench::new(&[("relation-get", "echo 'ERROR permission denied' >&2; exit 1"), ("storage-get", "kill -9 $$")]);
    let error = bench.tools().relation_get(RelationId(7), &Entity::App("web".to_owned())).expect_err("refused");
    assert!(error.is_permission_denied() && !error.is_not_found());
    let want = "cannot run relation-get -r 7 - web --app --format=json: ERROR permission denied";
    assert_eq!(error.to_string(), want);
    assert!(matches!(error, Error::Tool { code: Some(1), .. }));
    let killed = bench.tools().storage_get("data/0").expect_err("killed");
    assert!(matches!(killed, Error::Tool { code: None, .. }));
    let absent = bench.tools().is_leader().expect_err("absent");
    assert!(matches!(absent, Error::Spawn { .. }) && absent.to_string().contains("is-leader"), "{absent}");
}

#[test]
fn databags_and_state_go_through_stdin_whatever_their_size() {
    let bench = Bench::new(&[("relation-set", ""), ("state-set", "exit 1")]);
    let large = "hunter2 ".repeat(200_000);
    let changes = Databag::from_iter([("password", large.as_str()), ("gone", "")]);
    bench.tools().relation_set(RelationId(7), Whose::App, &changes).expect("a write");
    let noted = bench.noted();
    let (args, stdin) = noted.split_once('\n').expect("arguments, then stdin");
    assert_eq!(args, "-r 7 --app --file -");
    assert_eq!(serde_yaml::from_str::<Databag>(stdin).expect("a map"), changes);
    let error = bench.tools().state_set(&changes).expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_tool_that_does_not_read_is_no_broken_pipe() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("relation-set");
    fake::script(&path, "echo 'ERROR bad request' >&2; exit 1");
    let changes = Databag::from_iter([("k", "x".repeat(1 << 20))]);
    let error = HookTools::in_dir(dir.path()).relation_set(RelationId(7), Whose::Unit, &changes).expect_err("refused");
    assert!(error.to_string().ends_with("ERROR bad request"), "{error}");
}

#[test]
fn secrets_go_through_private_files_that_are_gone_afterwards() {
    let script = format!(
        "for a in \"$@\"; do case $a in *'#file='*) cat \"${{a#*=}}\" > \"$0.read\";; esac; done; echo {SECRET}"
    );
    let bench = Bench::new(&[("secret-add", &script), ("secret-set", "exit 1")]);
    let content = SecretContent::from([("password".to_owned(), Secret::from("hunter2\n"))]);
    let new =
        NewSecret { label: Some("db".to_owned()), rotate: Some(Rotate::Monthly), ..NewSecret::new(content.clone()) };
    let id = bench.tools().secret_add(&new).expect("a secret");
    assert_eq!(id.to_string(), SECRET);
    let read = fs::read_to_string(bench.dir.path().join("secret-add.read")).expect("what the tool read");
    assert_eq!(read, "hunter2\n");
    let noted = bench.noted();
    assert!(
        noted.starts_with("--label db --rotate monthly password#file=/tmp/") && !noted.contains("hunter2"),
        "{noted}"
    );
    let path = noted.trim().rsplit('=').next().expect("a path");
    assert!(!Path::new(path).exists());

    let update = SecretUpdate { content, ..SecretUpdate::default() };
    let error = bench.tools().secret_set(&id, &update).expect_err("refused");
    assert!(error.to_string().contains("secret-set secret:9m4e2mr0ui3e8a215n4g password=***"), "{error}");
}

#[test]
fn an_answer_that_makes_no_sense_is_not_quoted() {
    let bench = Bench::answering("secret-get", r#"{"password":["hunter2"]}"#);
    let query = SecretQuery { id: Some(SECRET.parse().expect("an id")), ..SecretQuery::label("db") }.refresh();
    let error = bench.tools().secret_get(&query).expect_err("no map of strings");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2") && shown.contains("line 1"), "{shown}");
    assert!(bench.noted().starts_with(&format!("{SECRET} --label db --refresh --format=json")));
}

#[test]
fn secret_info_is_read() {
    let answer = r#"{"9m4e2mr0ui3e8a215n4g":{"revision":3,"label":"db","owner":"application","rotation":"never"}}"#;
    let bench = Bench::answering("secret-info-get", answer);
    let info = bench.tools().secret_info(&SecretQuery::label("db")).expect("info");
    assert_eq!((info.revision, info.owner, info.rotate), (3, Whose::App, Some(Rotate::Never)));
    assert_eq!(bench.noted().trim(), "--label db --format=json");
}

#[test]
fn statuses_in_both_shapes() {
    let unit = Bench::answering("status-get", r#"{"message":"m","status":"waiting"}"#);
    assert_eq!(unit.tools().status_get(Whose::Unit).expect("a status"), Some(Status::waiting("m")));
    let app = Bench::answering("status-get", r#"{"application-status":{"message":"","status":"unknown","units":{}}}"#);
    assert_eq!(app.tools().status_get(Whose::App).expect("a status"), None);
}

#[test]
fn operands_may_begin_with_a_dash_and_results_are_not_shown() {
    let bench = Bench::new(&[("status-set", ""), ("juju-log", ""), ("action-set", "exit 2")]);
    bench.tools().status_set(Whose::App, &Status::blocked("-x\0y")).expect("a status");
    bench.tools().juju_log(LogLevel::Warning, "--help").expect("a line");
    assert_eq!(bench.noted(), "--application -- blocked -x\u{fffd}y\n--log-level WARNING -- --help\n");
    let results = BTreeMap::from([("password".to_owned(), "hunter2".to_owned())]);
    let error = bench.tools().action_set(&results).expect_err("refused");
    assert!(error.to_string().starts_with("cannot run action-set password=***:"), "{error}");
}

#[test]
fn a_tool_that_hangs_is_killed_and_named() {
    for script in ["sleep 600", "exec >&- 2>&-; exec sleep 600", "sleep 600 & exit 0"] {
        let bench = Bench::new(&[("is-leader", script)]);
        let tools = bench.tools().within(Duration::from_millis(300));
        let error = tools.is_leader().expect_err("it hangs");
        assert_eq!(error.to_string(), "cannot run is-leader --format=json: it did not end within 300ms", "{script}");
    }
}

#[test]
fn a_tool_that_prints_too_much_is_killed_and_named() {
    let bench = Bench::new(&[("config-get", "exec head -c 52428800 /dev/zero"), ("is-leader", "exec yes")]);
    let error = bench.tools().config_get().expect_err("50 MB");
    let want = "cannot read the answer of config-get --all --format=json: it is longer than 33554432 bytes";
    assert_eq!(error.to_string().replace("--all ", ""), want.replace("--all ", ""));
    let error = bench.tools().is_leader().expect_err("without end");
    assert!(error.to_string().ends_with("it is longer than 33554432 bytes"), "{error}");
}

#[test]
fn much_on_stderr_is_drained_and_shown_in_part_on_one_line() {
    let script = "head -c 52428800 /dev/zero | tr '\\0' 'x' >&2; printf '\\nlast\\n' >&2; exit 2";
    let bench = Bench::new(&[("is-leader", script)]);
    let error = bench.tools().is_leader().expect_err("refused").to_string();
    assert_eq!(error, format!("cannot run is-leader --format=json: {}…", "x".repeat(1000)));
}

#[test]
fn a_tool_that_fails_without_a_word_is_told_by_its_end() {
    let bench = Bench::new(&[
        ("is-leader", "exit 2"),
        ("config-get", "kill -9 $$"),
        ("state-get", "printf 'a\\nb' >&2; exit 1"),
    ]);
    let said = |error: Error| error.to_string().rsplit_once("json: ").expect("a reason").1.to_owned();
    assert_eq!(said(bench.tools().is_leader().expect_err("2")), "it ended with exit code 2 and said nothing");
    assert_eq!(said(bench.tools().config_get().expect_err("9")), "a signal ended it");
    assert_eq!(said(bench.tools().state_get().expect_err("1")), "a b");
}
