//! The program itself, with its output and exit codes.

use std::process::{Command, Output};

use crate::server::{Server, fixture};

fn explain(arguments: &[&str], kubeconfig: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    std::fs::write(&config, kubeconfig).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_explain"));
    command.args(arguments).env_clear().env("HOME", home.path()).env("KUBECONFIG", config);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_recording_needs_no_cluster() {
    let output = explain(&["--from", fixture("config-error").to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        text(&output.stdout),
        "pod shop-0 in web is not ready:\n\
         - container app: its configuration cannot be put together (CreateContainerConfigError): secret \
         \"shop-application-config\" not found\n    \
         create or correct the ConfigMap, Secret or mount that this names, in namespace web; Kubernetes then tries again\n"
    );
}

#[test]
fn a_ready_pod_is_success() {
    let output = explain(&["--from", fixture("ready").to_str().unwrap()], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "pod shop-0 in web is ready\n"));
}

#[test]
fn a_cluster_is_asked() {
    let body = std::fs::read(fixture("not-ready")).unwrap();
    let server = Server::start("/api/v1/namespaces/web/pods/shop-0", body);
    for arguments in [&["shop-0"][..], &["shop-0", "--namespace", "web"], &["shop-0", "--context", "recorded"]] {
        let output = explain(arguments, &server.kubeconfig());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stdout).contains("its readiness probe (GET /v1/health?level=ready on port 38813) fails"));
    }
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn the_error_names_the_cause() {
    let server = Server::start("/nowhere", Vec::new());
    let cases: [(&[&str], &str); 4] = [
        (&["shop-7"], "explain: cannot find pod shop-7 in namespace web\n"),
        (&["shop-7", "-n", "other"], "explain: cannot find pod shop-7 in namespace other\n"),
        (&["shop-7", "--context", "none"], "explain: cannot use context none of the kubeconfig: "),
        (&["--from", "/nonexistent/pod.json"], "explain: cannot read /nonexistent/pod.json: No such file or directory"),
    ];
    for (arguments, expected) in cases {
        let output = explain(arguments, &server.kubeconfig());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).starts_with(expected), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// Runs the command with a recording of this text.
fn explain_text(text: &str) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    explain(&["--from", file.path().to_str().unwrap()], "")
}

#[test]
fn control_characters_of_a_cluster_do_not_reach_the_terminal() {
    let recorded = std::fs::read_to_string(fixture("config-error")).unwrap();
    let hostile = |text: &str| text.replace("shop-", "\\u001b]0;owned\\u0007\\u202e\\u009bshop-");
    let output = explain_text(&hostile(&recorded));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stdout);
    let shown = "\\u{1b}]0;owned\\u{7}\\u{202e}\\u{9b}shop-";
    assert!(said.starts_with(&format!("pod {shown}0 in web is not ready:\n")), "{said}");
    assert!(said.contains(&format!("secret \"{shown}application-config\" not found")), "{said}");
    let output = explain(&["--from", "/nonexistent/\u{1b}[2J"], "");
    assert!(text(&output.stderr).starts_with("explain: cannot read /nonexistent/\\u{1b}[2J: "), "{output:?}");
}

#[test]
fn a_recording_that_is_too_large_for_a_pod_is_refused_by_its_size() {
    let output = explain_text(&" ".repeat((16 << 20) + 1));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).ends_with(": it is larger than 16 MiB, and no pod is\n"), "{output:?}");
}

#[test]
fn a_pod_or_a_recording_is_required() {
    let output = explain(&[], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("required"), "{output:?}");
}
