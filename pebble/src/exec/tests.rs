use super::*;
use crate::scripted::{Frame, Scripted, Step, begun, client, http, refused, sync};

const STDOUT: &str = r#"{"id":"3","kind":"exec","ready":true,"tasks":[{"id":"5","data":{"exit-code":7}}]}"#;
const OVER: &str = r#"{"command":"end"}"#;

fn start() -> Step {
    begun("3", r#"{"task-id":"5","environment":{"A":"s3cret"},"working-dir":"/"}"#)
}

fn talk(frames: Vec<Frame>) -> Vec<Step> {
    vec![Step::Websocket(frames)]
}

async fn failure(client: &Client<Scripted>, options: &ExecOptions) -> Error {
    let error = client.exec(options).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    error
}

fn sleep() -> ExecOptions {
    ExecOptions { timeout: Some(Duration::from_secs(2)), ..ExecOptions::new(["sleep", "s3cret"]) }
}

#[tokio::test]
async fn a_command_gets_its_input_and_gives_output_errors_and_code() {
    let (client, heard) = client(vec![
        vec![start(), sync(STDOUT)],
        talk(vec![]),
        talk(vec![Frame::AwaitEnd, Frame::Binary("out"), Frame::Binary("put"), Frame::Text("{}"), Frame::Text(OVER)]),
        talk(vec![Frame::Binary("err"), Frame::Text(OVER)]),
    ]);
    let output = client.exec(&ExecOptions { stdin: Some(b"in".to_vec()), ..ExecOptions::new(["cat"]) }).await.unwrap();
    assert_eq!(output, ExecOutput { exit_code: 7, stdout: b"output".to_vec(), stderr: b"err".to_vec() });
    assert_eq!(client.requests(), 5);
    let heard = heard.lock().unwrap();
    let line = |text: &str| heard.iter().any(|heard| heard == text);
    assert!(line("GET /v1/tasks/5/websocket/control") && line("GET /v1/tasks/5/websocket/stderr"), "{heard:?}");
    assert!(line("in") && line(OVER), "{heard:?}");
}

#[tokio::test]
async fn combined_output_needs_no_third_websocket() {
    let (client, _) =
        client(vec![vec![start(), sync(STDOUT)], talk(vec![]), talk(vec![Frame::Binary("all"), Frame::Text(OVER)])]);
    let output = client.exec(&ExecOptions { combine_stderr: true, ..ExecOptions::new(["true"]) }).await.unwrap();
    assert_eq!((output.stdout, output.stderr), (b"all".to_vec(), Vec::new()));
    assert_eq!(client.requests(), 4);
}

#[tokio::test]
async fn a_command_that_can_not_start_is_told_from_other_refusals() {
    let (client, _) = client(vec![vec![
        refused(400, "", "cannot find executable"),
        refused(500, "", "cannot call exec: no such folder"),
        refused(500, "", "down"),
    ]]);
    let error = failure(&client, &sleep()).await;
    assert_eq!(error.to_string(), "cannot run sleep: cannot find executable");
    assert!(matches!(failure(&client, &sleep()).await, Error::Exec { .. }));
    assert!(matches!(failure(&client, &sleep()).await, Error::Api { status: 500, .. }));
}

#[tokio::test]
async fn a_failed_change_says_whether_time_was_up() {
    for (err, timed_out) in [("x (timed out after 2s: context deadline exceeded)", true), ("x (chdir /gone)", false)] {
        let change =
            format!(r#"{{"id":"3","ready":true,"err":"{err}","tasks":[{{"id":"5","data":{{"exit-code":-1}}}}]}}"#);
        let (client, _) = client(vec![
            vec![start(), sync(&change)],
            talk(vec![]),
            talk(vec![Frame::Text(OVER)]),
            talk(vec![Frame::Text(OVER)]),
        ]);
        let error = failure(&client, &sleep()).await;
        assert_eq!(matches!(error, Error::ExecTimeout { .. }), timed_out, "{error:?}");
        assert_eq!(matches!(error, Error::Exec { .. }), !timed_out, "{error:?}");
    }
}

#[tokio::test]
async fn a_change_that_fails_before_any_output_ends_the_wait_for_it() {
    let change = r#"{"id":"3","ready":true,"err":"timeout waiting for websocket connections"}"#;
    let (client, _) = client(vec![vec![start(), sync(change)], talk(vec![]), talk(vec![]), talk(vec![])]);
    assert!(matches!(failure(&client, &sleep()).await, Error::Exec { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_never_ends_a_command_is_given_up() {
    let (client, _) = client(vec![vec![start(), Step::Hang], talk(vec![]), talk(vec![]), talk(vec![])]);
    let error = failure(&client, &sleep()).await;
    assert_eq!(error.to_string(), "cannot finish sleep within 2s");
    let forever = client.exec(&ExecOptions::new(["sleep"])).await;
    assert!(forever.is_err(), "no connections are left");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_dies_midway_is_told() {
    let (client, _) = client(vec![
        vec![start(), Step::Hang],
        talk(vec![]),
        talk(vec![Frame::Binary("x"), Frame::Drop]),
        talk(vec![]),
    ]);
    let error = failure(&client, &sleep()).await;
    assert!(error.is_unreachable(), "{error:?}");
}

#[tokio::test]
async fn a_change_that_failed_says_more_than_an_output_that_broke() {
    let change =
        |err: &str| format!(r#"{{"id":"3","ready":true,{err}"tasks":[{{"id":"5","data":{{"exit-code":0}}}}]}}"#);
    let broken = |err: &str| {
        let change = change(err);
        vec![vec![start(), sync(&change)], talk(vec![]), talk(vec![Frame::Drop]), talk(vec![Frame::Drop])]
    };
    let (starts_not, _) = client(broken(r#""err":"x (fork/exec /m: no such file or directory)","#));
    let error = failure(&starts_not, &sleep()).await;
    assert_eq!(error.to_string(), "cannot run sleep: x (fork/exec /m: no such file or directory)");
    let (loses_its_output, _) = client(broken(""));
    assert!(failure(&loses_its_output, &sleep()).await.is_unreachable());
}

#[tokio::test]
async fn the_end_of_much_output_is_kept_if_that_is_enough() {
    const LONG: &str = match std::str::from_utf8(&[b'x'; 600]) {
        Ok(text) => text,
        Err(_) => "",
    };
    let frames = [LONG, LONG, LONG, LONG, "the end"].map(Frame::Binary).into_iter().chain([Frame::Text(OVER)]);
    let (client, _) = client(vec![vec![start(), sync(STDOUT)], talk(vec![]), talk(frames.collect())]);
    let options = ExecOptions { keep: Some(9), combine_stderr: true, ..sleep() };
    assert_eq!(client.exec(&options).await.unwrap().stdout, b"xxthe end");
}

#[tokio::test]
async fn a_websocket_that_is_refused_or_none_has_its_error() {
    let (client, _) = client(vec![
        vec![start(), start(), start()],
        vec![refused(404, "", "cannot find task")],
        vec![http(200, "text/plain", "s3cret")],
        vec![Step::Say(b"SSH-2.0\r\n\r\n".to_vec())],
    ]);
    assert!(failure(&client, &sleep()).await.is_not_found());
    let error = failure(&client, &sleep()).await;
    assert!(matches!(error, Error::Protocol { source: Garbage::Shape(_), .. }), "{error:?}");
    let error = failure(&client, &sleep()).await;
    assert!(matches!(error, Error::Protocol { source: Garbage::Websocket(_), .. }), "{error:?}");
}

#[tokio::test]
async fn more_output_than_is_sensible_is_refused() {
    const LONG: &str = match std::str::from_utf8(&[b'x'; 600]) {
        Ok(text) => text,
        Err(_) => "",
    };
    let (client, _) = client(vec![
        vec![start(), Step::Hang],
        talk(vec![]),
        talk(vec![Frame::Binary(LONG), Frame::Binary(LONG)]),
        talk(vec![]),
    ]);
    let error = failure(&client, &sleep()).await;
    assert_eq!(error.to_string(), "cannot take the output of sleep: it is longer than 1000 bytes");
}

/// The error of a command without a timeout whose change never ends, with these frames on its standard output.
async fn while_the_change_stays_open(stdout: Vec<Frame>) -> Error {
    let (client, _) = client(vec![
        vec![start(), Step::Hang],
        talk(vec![]),
        talk(stdout),
        talk(vec![Frame::Text(OVER), Frame::Close]),
    ]);
    let begun = tokio::time::Instant::now();
    let error = failure(&client, &ExecOptions::new(["sleep"])).await;
    // On a clock that moves only when all tasks wait.
    assert!(begun.elapsed() <= client.wire.limits.idle + GRACE, "{:?}", begun.elapsed());
    error
}

#[tokio::test(start_paused = true)]
async fn a_websocket_that_is_over_while_its_change_stays_open_ends_the_wait() {
    for frames in [vec![Frame::Text(OVER)], vec![Frame::Close], vec![Frame::Text(OVER), Frame::Close]] {
        let error = while_the_change_stays_open(frames).await;
        assert_eq!(error.to_string(), "cannot finish change 3 within 30s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_half_sent_while_its_change_stays_open_ends_the_wait() {
    // A whole frame before each, so that a later one is checked.
    for cut in [vec![0x82, 5, b'x'], vec![0x82], vec![0x82, 127, 0, 0], vec![0x81, 126, 1]] {
        let frames = vec![Frame::Binary("all of it"), Frame::Raw(cut.clone())];
        assert!(while_the_change_stays_open(frames).await.is_unreachable(), "{cut:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_only_quiet_is_waited_for() {
    let (client, _) = client(vec![
        vec![start(), Step::Hang],
        talk(vec![]),
        talk(vec![Frame::Binary("x"), Frame::Raw(vec![0x82, 1, b'y'])]),
        talk(vec![]),
    ]);
    let begun = tokio::time::Instant::now();
    let error = failure(&client, &ExecOptions::new(["sleep"])).await;
    assert_eq!(error.to_string(), "cannot finish sleep within 3605s");
    assert_eq!(begun.elapsed().as_secs(), 3605);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_any_declared_length_is_refused_before_memory_is_reserved() {
    for declared in [5_u64 << 20, 1 << 36, u64::MAX] {
        let header = [&[0x82, 127], &declared.to_be_bytes()[..]].concat();
        let error = while_the_change_stays_open(vec![Frame::Raw(header)]).await;
        assert!(matches!(error, Error::Protocol { source: Garbage::Websocket(_), .. }), "{declared}: {error:?}");
    }
}

#[test]
fn options_and_outputs_print_no_secrets() {
    let options = ExecOptions { stdin: Some(b"s3cret".to_vec()), ..sleep() };
    let output = ExecOutput { stdout: b"s3cret".to_vec(), ..ExecOutput::default() };
    assert!(!format!("{options:?} {output:?}").contains("s3cret"));
}
