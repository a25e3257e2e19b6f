use super::*;
use crate::scripted::{Frame, Scripted, Step, begun, client, sync};

const CODE: &str = r#"{"id":"3","kind":"exec","ready":true,"tasks":[{"id":"5","data":{"exit-code":7}}]}"#;
const RUNS: &str = r#"{"id":"3","kind":"exec","ready":false,"tasks":[{"id":"5"}]}"#;
const OVER: &str = r#"{"command":"end"}"#;
const MINUTE: Duration = Duration::from_secs(60);

/// A command whose daemon plays these frames on `control`, `stdio` and `stderr`, and answers these requests.
async fn spawned(
    answers: Vec<Step>,
    frames: [Vec<Frame>; 3],
) -> (ExecProcess<Scripted>, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let mut steps = vec![begun("3", r#"{"task-id":"5"}"#)];
    steps.extend(answers);
    let mut connections = vec![steps];
    connections.extend(frames.map(|frames| vec![Step::Websocket(frames)]));
    let (client, heard) = client(connections);
    (client.spawn(&ExecOptions::new(["cat"])).await.unwrap(), heard)
}

#[tokio::test]
async fn input_signals_and_sizes_are_messages() {
    let frames = [
        vec![Frame::AwaitEnd, Frame::AwaitEnd],
        vec![Frame::AwaitEnd, Frame::Binary("out"), Frame::Binary("put"), Frame::Text("{}"), Frame::Text(OVER)],
        vec![Frame::Binary("error"), Frame::Close],
    ];
    let (mut process, heard) = spawned(vec![sync(RUNS), sync(CODE)], frames).await;
    assert_eq!(process.try_wait().await.unwrap(), None);
    process.signal(Signal::Term).await.unwrap();
    process.resize(80, 24).await.unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(b"in").await.unwrap();
    drop(stdin);
    let mut text = String::new();
    process.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    process.stderr.take().unwrap().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "outputerror");
    assert_eq!(process.wait(MINUTE).await.unwrap(), 7);
    assert_eq!(process.wait(MINUTE).await.unwrap(), 7, "without another request");
    let heard = heard.lock().unwrap();
    let has = |text: &str| heard.iter().any(|heard| heard == text);
    assert!(has(r#"{"command":"signal","signal":{"name":"SIGTERM"}}"#), "{heard:?}");
    assert!(has(r#"{"command":"resize","resize":{"width":80,"height":24}}"#), "{heard:?}");
    assert!(has("in") && has(OVER), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_may_be_taken_up_again() {
    let frames = [vec![], vec![Frame::AwaitEnd], vec![]];
    let (mut process, _) = spawned(vec![Step::Hang], frames).await;
    let error = process.wait(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot finish cat within 2s");
    assert!(process.stdin.is_none(), "a wait ends the input");
    assert!(matches!(process.wait(MINUTE).await, Err(Error::Connect { .. })), "no connections are left");
}

#[tokio::test]
async fn outputs_that_break_off_or_are_too_long_are_errors() {
    const LONG: &str = match std::str::from_utf8(&[b'x'; 600]) {
        Ok(text) => text,
        Err(_) => "",
    };
    let too_long = vec![Frame::Binary(LONG), Frame::Binary(LONG), Frame::Text(OVER)];
    let (process, _) = spawned(vec![], [vec![], too_long, vec![Frame::Text(OVER)]]).await;
    let error = process.wait_with_output(MINUTE).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot take the output of cat: it is longer than 1000 bytes");
    let (process, _) = spawned(vec![], [vec![], vec![Frame::Binary("x"), Frame::Drop], vec![Frame::Text(OVER)]]).await;
    let error = process.wait_with_output(MINUTE).await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
}
