//! Outputs of real tools, recorded by `record`, with the line that says why.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

/// Each recorded output, with the line that says why.
const RECORDED: [(&str, &str); 35] = [
    ("bash-missing", "migrate.sh: line 1: alembic: command not found"),
    (
        "django-checks",
        "RuntimeError: Model class django.contrib.contenttypes.models.ContentType doesn't declare an explicit app_label and isn't in an application in INSTALLED_APPS.",
    ),
    (
        "django-database",
        "django.db.utils.OperationalError: connection failed: connection to server at \"127.0.0.1\", port 9 failed: Connection refused",
    ),
    ("go-build", "broken/main.go:4:2: undefined: nonsense"),
    ("go-fatal", "listen tcp 203.0.113.1:22: bind: cannot assign requested address"),
    ("go-nil", "panic: runtime error: invalid memory address or nil pointer dereference"),
    ("go-panic", "panic: the variable APP_DSN is not set"),
    ("gunicorn-address", "Can't connect to ('203.0.113.1', 22)"),
    ("gunicorn-attribute", "Failed to find attribute 'app' in 'empty'."),
    ("gunicorn-import", "ModuleNotFoundError: No module named 'nowhere'"),
    ("java-cause", "Caused by: java.lang.NumberFormatException: For input string: \"eighty\""),
    ("java-jar", "Error: Unable to access jarfile *.jar"),
    ("java-plain", "Exception in thread \"main\" java.lang.IllegalStateException: the variable APP_DSN is not set"),
    ("maven-compile", "/app/src/main/java/Site.java:[1,25] cannot find symbol"),
    (
        "maven-dependency",
        "Failed to execute goal on project site: Could not resolve dependencies for project org.example:site:jar:1: Could not find artifact org.example:gone:jar:9 in central (https://repo.maven.apache.org/maven2)",
    ),
    ("node-import", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'express' imported from /app/import.mjs"),
    ("node-listen", "Error: listen EADDRNOTAVAIL: address not available 203.0.113.1:22"),
    (
        "node-reject",
        "UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason \"no database\".",
    ),
    ("node-require", "Error: Cannot find module './settings'"),
    ("node-syntax", "SyntaxError: Unexpected token ';'"),
    ("node-throw", "Error: the variable APP_DSN is not set"),
    (
        "npm-lock",
        "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.",
    ),
    ("npm-script", "Missing script: \"migrate\""),
    ("npm-start", "Error: the variable APP_DSN is not set"),
    ("npm-version", "notarget No matching version found for express@99.0.0."),
    ("pip-build", "Error: pg_config executable not found."),
    ("pip-version", "No matching distribution found for flask==99.0"),
    ("python-chain", "RuntimeError: the variable APP_DSN is not set"),
    ("python-group", "ValueError: the port is wrong"),
    ("python-import", "ModuleNotFoundError: No module named 'nowhere'"),
    ("python-module", "/usr/bin/python: No module named no_such_module"),
    ("python-syntax", "SyntaxError: invalid syntax"),
    ("uvicorn-import", "Error loading ASGI app. Attribute \"app\" not found in module \"empty\"."),
    ("uvicorn-module", "Error loading ASGI app. Could not import module \"no_such_module\"."),
    ("uvicorn-startup", "no database at 127.0.0.1"),
];

fn recorded(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outputs").join(name).with_extension("txt");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn each_recorded_output_gives_the_line_that_says_why() {
    for (name, expected) in RECORDED {
        let line = reason::line(&recorded(name)).unwrap().to_owned();
        assert!(line.ends_with(expected), "{name}: {line}");
    }
}

#[test]
fn every_recorded_output_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outputs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<String> = files.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, RECORDED.map(|(name, _)| name.to_owned()).into());
}

/// The last twenty lines, which Pebble keeps of a service's output, are enough.
#[test]
fn a_trace_whose_beginning_is_cut_off_still_says_why() {
    for name in ["gunicorn-import", "java-cause", "node-throw", "django-database", "go-panic"] {
        let output = recorded(name);
        let lines: Vec<&str> = output.lines().collect();
        let end = lines[lines.len().saturating_sub(20)..].join("\n");
        assert_eq!(reason::line(&end), reason::line(&output), "{name}");
    }
}

#[test]
fn outputs_written_by_hand_give_their_line() {
    let spring = "2026 ERROR main\n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\n\
                  Description:\n\nWeb server failed to start. Port 8080 was already in use.\n\nAction:\n\nStop the other.\n";
    let gradle = "FAILURE: Build failed with an exception.\n\n* What went wrong:\nCould not determine the dependencies.\n\
                  > Could not find org.example:gone:9.\n\n* Try:\n> Run with --stacktrace\n\nBUILD FAILED in 3s\n";
    let checks = "Traceback (most recent call last):\n  File \"manage.py\", line 3, in <module>\n    main()\n\
                  SystemCheckError: System check identified some issues:\n\nERRORS:\n?: (admin.E403) No template backend.\n";
    let psql =
        "psql: error: connection to server at \"10.1.2.3\" failed: Connection refused\n\tIs the server running?\n";
    for (output, expected) in [
        (spring, Some("Web server failed to start. Port 8080 was already in use.")),
        (gradle, Some("Could not find org.example:gone:9.")),
        (checks, Some("?: (admin.E403) No template backend.")),
        (psql, Some("psql: error: connection to server at \"10.1.2.3\" failed: Connection refused")),
        (
            "  fatal: unable to access 'https://x/': Could not resolve host: x\n  error: subprocess-exited-with-error\n\n  \
             × git clone --quiet https://x/ did not run successfully.\n  │ exit code: 128\n  ╰─> See above for output.\n\n  \
             note: This error originates from a subprocess, and is likely not a problem with pip.\n\
             error: subprocess-exited-with-error\n\n× git clone --quiet https://x/ did not run successfully.\n\
             ╰─> See above for output.\n",
            Some("fatal: unable to access 'https://x/': Could not resolve host: x"),
        ),
        ("a\nthread 'main' panicked at src/main.rs:2:5:\nno database\nnote: run with", Some("no database")),
        (
            "src/index.ts(3,5): error TS2304: Cannot find name 'x'.\n",
            Some("src/index.ts(3,5): error TS2304: Cannot find name 'x'."),
        ),
        ("Error: first\n    at a (b:1:1)\n\npanic: second\n\ngoroutine 1 [running]:\n", Some("panic: second")),
        ("one\ntwo\n\n", Some("two")),
        ("  indented alone", Some("indented alone")),
        ("exit status 1", Some("exit status 1")),
        ("\u{1b}[31mred\u{1b}[0m", Some("red")),
        ("\n \n", None),
        ("", None),
    ] {
        assert_eq!(reason::line(output), expected, "{output}");
    }
}

proptest! {
    #[test]
    fn any_output_gives_one_of_its_lines(
        output in "(\\PC|\n|\t|    at |Caused by: |panic: |goroutine |  File \"|\", line |npm error |ERROR: |\\[ERROR\\] ){0,60}"
    ) {
        if let Some(line) = reason::line(&output) {
            let is_one = output.lines().any(|whole| whole.contains(line));
            prop_assert!(is_one);
        } else {
            // Without a letter there is no line.
            let is_blank = !output.contains(char::is_alphanumeric) || output.contains('\u{1b}');
            prop_assert!(is_blank);
        }
    }
}

#[test]
fn the_banner_of_npm_is_no_reason() {
    assert_eq!(
        reason::line("\n> shop@1.0.0 start\n> node server.js\n\n\n> shop@1.0.0 start\n> node server.js\n"),
        None
    );
    assert_eq!(reason::line("\n> start\n> node server.js\n\nthe disk is full\n"), Some("the disk is full"));
    assert_eq!(reason::line("> quoted\n"), Some("> quoted"), "a line of the program's own");
}
