//! `pebble exec`: a command's input and output over websockets, with its exit code.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;

use futures_util::{SinkExt, StreamExt};
use pebble::types::Change;
use rustix::process::Signal;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};
use serde_json::{Map, Value as Json, json};
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::arguments::{Arguments, Flag, Rest, Spec, Value};
use super::{Context, Failure, Outcome, Verb};

/// Bytes of input in one message.
const PIECE: usize = 32 * 1024;
const END: &str = r#"{"command":"end"}"#;

pub(super) const VERBS: &[Verb] = &[Verb {
    name: "exec",
    summary: "Run a command on the daemon's system and wait for its end",
    spec: Spec {
        flags: &[
            Flag("w", "", Value::Text),
            Flag("", "env", Value::Text),
            Flag("", "uid", Value::Number),
            Flag("", "user", Value::Text),
            Flag("", "gid", Value::Number),
            Flag("", "group", Value::Text),
            Flag("", "timeout", Value::Span),
            Flag("", "context", Value::Text),
            Flag("t", "", Value::No),
            Flag("T", "", Value::No),
            Flag("i", "", Value::No),
            Flag("I", "", Value::No),
        ],
        words: &["command"],
        rest: Rest::Unnamed(usize::MAX),
        is_command: true,
    },
    run,
}];

/// How the command is connected.
#[derive(Clone, Copy)]
struct Mode {
    terminal: bool,
    interactive: bool,
    split_stderr: bool,
}

impl Mode {
    fn new(arguments: &Arguments) -> Result<Mode, Failure> {
        let choose = |yes: &str, no: &str, otherwise: bool| match (arguments.has(yes), arguments.has(no)) {
            (true, true) => Err(format!("cannot use -{yes} and -{no} at the same time")),
            (true, false) => Ok(true),
            (false, true) => Ok(false),
            (false, false) => Ok(otherwise),
        };
        let terminal = choose("t", "T", isatty(stdout()))?;
        let interactive = choose("i", "I", isatty(stdin()) && isatty(stdout()))?;
        let target = |number: u32| fs::read_link(format!("/proc/self/fd/{number}")).ok();
        let is_same = target(1).is_some_and(|one| Some(one) == target(2));
        Ok(Mode { terminal, interactive, split_stderr: !is_same })
    }
}

fn run(context: &Context, arguments: &Arguments) -> Outcome {
    let mode = Mode::new(arguments)?;
    let answer = context.connection.post("/v1/exec", &request(arguments, mode))?;
    let task = answer.result["task-id"].as_str().unwrap_or_default().to_owned();
    let change = answer.change.map(|id| id.to_string()).unwrap_or_default();
    let raw = RawTerminal::enter(mode);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let moved = LocalSet::new().block_on(&runtime, carry(&context.socket, &task, mode));
    // The thread that reads the input may wait for ever.
    runtime.shutdown_background();
    if let Ok(End::HungUp) = moved {
        // The terminal may still be raw.
        let _ = io::stderr().write_all(b"SIGHUP received, exiting\r\n");
        return Ok(0);
    }
    drop(raw);
    moved?;
    let change: Change = context.connection.get(&format!("/v1/changes/{change}/wait"))?;
    if let Some(error) = change.err {
        return Err(error);
    }
    let code = change.tasks.first().and_then(|task| task.data.get("exit-code")?.as_i64()).unwrap_or(0);
    Ok(u8::try_from(code.rem_euclid(256)).unwrap_or(1))
}

fn request(arguments: &Arguments, mode: Mode) -> Json {
    let mut environment = Map::new();
    if let Ok(terminal) = std::env::var("TERM") {
        environment.insert("TERM".to_owned(), json!(terminal));
    }
    for pair in arguments.values("env") {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        environment.insert(name.to_owned(), json!(value));
    }
    let (width, height) = size().unwrap_or_default();
    let timeout = arguments.value("timeout").parse().unwrap_or(pebble::plan::Span::ZERO);
    json!({
        "command": arguments.words, "environment": environment, "service-context": arguments.value("context"),
        "working-dir": arguments.value("w"), "user": arguments.value("user"), "group": arguments.value("group"),
        "user-id": arguments.number("uid"), "group-id": arguments.number("gid"),
        "timeout": if timeout == pebble::plan::Span::ZERO { String::new() } else { timeout.to_string() },
        "terminal": mode.terminal, "interactive": mode.interactive, "split-stderr": mode.split_stderr,
        "width": width, "height": height,
    })
}

/// Columns and rows of the terminal that standard output is.
fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(stdout()).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// A terminal in raw mode, restored on drop.
struct RawTerminal(Termios);

impl RawTerminal {
    fn enter(mode: Mode) -> Option<RawTerminal> {
        let before = tcgetattr(stdin()).ok().filter(|_| mode.terminal)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        Some(RawTerminal(before))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// Reason for which nothing is moved any more.
enum End {
    /// The command's outputs have ended.
    Outputs,
    /// This process got SIGHUP, which it has passed on; the command may go on.
    HungUp,
}

type Socket = WebSocketStream<UnixStream>;

async fn connect(socket: &Path, task: &str, name: &str) -> Result<Socket, Failure> {
    let stream = UnixStream::connect(socket).await.map_err(|error| crate::errno::text(&error))?;
    let url = format!("ws://localhost/v1/tasks/{task}/websocket/{name}");
    let connected = client_async(url, stream).await;
    connected.map(|(socket, _)| socket).map_err(|error| format!("cannot connect to {name} websocket: {error}"))
}

/// Moves input, output and signals until all output has come, or SIGHUP.
async fn carry(socket: &Path, task: &str, mode: Mode) -> Result<End, Failure> {
    let control = connect(socket, task, "control").await?;
    let stdio = connect(socket, task, "stdio").await?;
    let stderr = match mode.split_stderr {
        true => Some(connect(socket, task, "stderr").await?),
        false => None,
    };
    let mut forwarding = spawn_local(forward(control, mode));
    let (mut to_command, from_command) = stdio.split();
    let mut input = input();
    let sending = spawn_local(async move {
        while let Some(piece) = input.recv().await {
            if to_command.send(Message::binary(piece)).await.is_err() {
                return;
            }
        }
        // The command may have ended.
        let _ = to_command.send(Message::text(END)).await;
    });
    let outputs = async {
        let errors = async {
            if let Some(stderr) = stderr {
                print(stderr, io::stderr()).await;
            }
        };
        tokio::join!(print(from_command, io::stdout()), errors);
        End::Outputs
    };
    let hung_up = async {
        match (&mut forwarding).await {
            Ok(true) => End::HungUp,
            // The daemon is gone, and the outputs end too.
            _ => std::future::pending().await,
        }
    };
    let end = tokio::select! {
        end = outputs => end,
        end = hung_up => end,
    };
    sending.abort();
    forwarding.abort();
    Ok(end)
}

/// Pieces of standard input, read by a thread.
fn input() -> mpsc::Receiver<Vec<u8>> {
    let (pieces, receiver) = mpsc::channel(4);
    thread::spawn(move || {
        let mut buffer = vec![0; PIECE];
        while let Ok(count @ 1..) = io::stdin().read(&mut buffer) {
            if pieces.blocking_send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

async fn print(
    mut from: impl futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
    mut to: impl Write,
) {
    while let Some(Ok(message)) = from.next().await {
        match message {
            Message::Binary(data) => {
                // A reader that left ends the output, not the command.
                let _ = to.write_all(&data).and_then(|()| to.flush());
            }
            Message::Text(_) | Message::Close(_) => return,
            _ => {}
        }
    }
}

/// Passes signals on to the command, and sizes to its terminal. Returns true after SIGHUP, false if the daemon is gone.
/// Of those that Pebble passes on SIGSEGV is missing, which Rust's runtime handles.
async fn forward(mut control: Socket, mode: Mode) -> bool {
    let kinds = [
        (SignalKind::hangup(), "SIGHUP"),
        (SignalKind::terminate(), "SIGTERM"),
        (SignalKind::interrupt(), "SIGINT"),
        (SignalKind::quit(), "SIGQUIT"),
        (SignalKind::from_raw(Signal::ABORT.as_raw()), "SIGABRT"),
        (SignalKind::from_raw(Signal::TSTP.as_raw()), "SIGTSTP"),
        (SignalKind::from_raw(Signal::TTIN.as_raw()), "SIGTTIN"),
        (SignalKind::from_raw(Signal::TTOU.as_raw()), "SIGTTOU"),
        (SignalKind::from_raw(Signal::CONT.as_raw()), "SIGCONT"),
        (SignalKind::user_defined1(), "SIGUSR1"),
        (SignalKind::user_defined2(), "SIGUSR2"),
    ];
    let (names, mut arrived) = mpsc::unbounded_channel();
    for (kind, name) in kinds.into_iter().chain([(SignalKind::window_change(), "SIGWINCH")]) {
        let Ok(mut caught) = signal(kind) else { continue };
        let names = names.clone();
        spawn_local(async move { while caught.recv().await.is_some() && names.send(name).is_ok() {} });
    }
    while let Some(name) = arrived.recv().await {
        let command = match (name, size()) {
            ("SIGWINCH", Some((width, height))) if mode.terminal => {
                json!({"command": "resize", "resize": {"width": width, "height": height}})
            }
            ("SIGWINCH", _) => continue,
            _ => json!({"command": "signal", "signal": {"name": name}}),
        };
        match control.send(Message::text(command.to_string())).await {
            Ok(()) if name == "SIGHUP" => return true,
            Ok(()) => {}
            Err(_) => return false,
        }
    }
    false
}
