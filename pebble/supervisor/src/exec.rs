//! Execution of commands: one process per task, with its input and output on websockets.
//!
//! A task waits a few seconds for its websockets, so that no output is lost, then runs the command. The websockets stay
//! open a while longer: the client may still be reading.
//!
//! The daemon keeps its own writing ends of the output pipes until the process has ended, as Pebble does. Otherwise a
//! command that closes its outputs early would look finished: clients close their websockets at the end of the output,
//! and a lost control websocket kills the command.

mod running;
mod settings;
mod sockets;
mod terminal;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use http::Request;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::daemon::Daemon;
use crate::request_body::RequestBody;
use crate::runner::Abort;
use crate::task::Id;

use running::Running;
pub(crate) use settings::Settings;

/// Time that a command waits for its websockets.
const CONNECT: Duration = Duration::from_secs(5);
/// Time that a client may keep its websockets open after the execution. Closed at once, they would lose output that the
/// client has not read yet.
const LINGER: Duration = Duration::from_secs(30);
/// The longest message and frame of input. Pebble's clients send pieces of 16 to 128 KiB.
const LONGEST_MESSAGE: usize = 64 << 20;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Commands that run or wait for their websockets.
#[derive(Default)]
pub(crate) struct Executions(RefCell<BTreeMap<Id, Execution>>);

struct Execution {
    /// Channel for each websocket; `None` once it was handed over.
    slots: BTreeMap<&'static str, Option<oneshot::Sender<Socket>>>,
    /// The command; taken when it starts.
    prepared: Option<(Settings, Waiting)>,
}

/// Websockets that are not connected yet.
struct Waiting {
    control: oneshot::Receiver<Socket>,
    stdio: oneshot::Receiver<Socket>,
    stderr: Option<oneshot::Receiver<Socket>>,
}

/// Reason to refuse a websocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoSuchSocket,
    Taken,
    Over,
}

/// Registers a task's websockets, before the task begins.
pub(crate) fn prepare(daemon: &Daemon, task: Id, settings: Settings, split_stderr: bool) {
    let mut slots = BTreeMap::new();
    let mut slot = |name| {
        let (hand, handed) = oneshot::channel();
        slots.insert(name, Some(hand));
        handed
    };
    let waiting =
        Waiting { control: slot("control"), stdio: slot("stdio"), stderr: split_stderr.then(|| slot("stderr")) };
    let execution = Execution { slots, prepared: Some((settings, waiting)) };
    daemon.executions.0.borrow_mut().insert(task, execution);
}

/// Checks that a task waits for this websocket.
pub(crate) fn has_socket(daemon: &Daemon, task: Id, name: &str) -> Result<(), Refusal> {
    let executions = daemon.executions.0.borrow();
    let slot = executions.get(&task).ok_or(Refusal::Over)?.slots.get(name).ok_or(Refusal::NoSuchSocket)?;
    slot.as_ref().map(|_| ()).ok_or(Refusal::Taken)
}

/// Hands a connection to its task as a websocket, once the handshake has been answered.
pub(crate) fn connect(daemon: &Daemon, task: Id, name: &str, request: &mut Request<RequestBody>) {
    let mut executions = daemon.executions.0.borrow_mut();
    let slot = executions.get_mut(&task).and_then(|execution| execution.slots.get_mut(name));
    let Some(hand) = slot.and_then(Option::take) else { return };
    let upgrade: OnUpgrade = hyper::upgrade::on(request);
    spawn_local(async move {
        if let Ok(upgraded) = upgrade.await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits())).await;
            // Fails if the command has ended.
            let _ = hand.send(socket);
        }
    });
}

/// Memory limits of a websocket. A longer frame ends its connection before memory is reserved for it, and pongs that
/// the client doesn't read are dropped once the write buffer is full.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_frame_size(Some(LONGEST_MESSAGE))
        .max_message_size(Some(LONGEST_MESSAGE))
        .write_buffer_size(sockets::PIECE)
        .max_write_buffer_size(2 * sockets::PIECE)
}

/// Runs a task's command to its end.
pub(crate) async fn run(daemon: &Rc<Daemon>, task: Id, mut abort: Abort) -> Result<(), String> {
    let prepared = daemon.executions.0.borrow_mut().get_mut(&task).and_then(|execution| execution.prepared.take());
    // Absent after a restart of the daemon: the command is not run a second time.
    let Some((settings, waiting)) = prepared else { return Ok(()) };
    let outcome = tokio::select! {
        outcome = execute(daemon, task, settings, waiting, abort.clone()) => outcome,
        () = never_connected(daemon, task, &mut abort) => Err("context canceled".to_owned()),
    };
    daemon.executions.0.borrow_mut().remove(&task);
    outcome
}

/// Waits for an abort while websockets are missing. A running command is killed instead.
async fn never_connected(daemon: &Daemon, task: Id, abort: &mut Abort) {
    abort.asked().await;
    let waits = |execution: &Execution| execution.slots.iter().any(|(name, slot)| *name != "control" && slot.is_some());
    if !daemon.executions.0.borrow().get(&task).is_some_and(waits) {
        std::future::pending::<()>().await;
    }
}

async fn execute(
    daemon: &Rc<Daemon>,
    task: Id,
    settings: Settings,
    waiting: Waiting,
    abort: Abort,
) -> Result<(), String> {
    let Waiting { control, stdio, stderr } = waiting;
    let Ok(Some((stdio, stderr))) = timeout(CONNECT, connected(stdio, stderr)).await else {
        let why = format!("exec {task}: timeout waiting for websocket connections: context deadline exceeded");
        daemon.journal.note(&why);
        return Err(why);
    };
    // Dropped at the end of this function, which limits the websockets' tasks to LINGER.
    let (_execution, over) = watch::channel(());
    let outcome = match Running::start(daemon, &settings, stdio, stderr, &over).await {
        Ok(running) => {
            let control =
                spawn_local(sockets::control(daemon.clone(), task, running.pid, running.terminal.clone(), control));
            running.end(settings.timeout, abort, control).await
        }
        Err(error) => Err(error),
    };
    set_exit_code(daemon, task, *outcome.as_ref().unwrap_or(&-1));
    outcome.map(drop)
}

async fn connected(
    stdio: oneshot::Receiver<Socket>,
    stderr: Option<oneshot::Receiver<Socket>>,
) -> Option<(Socket, Option<Socket>)> {
    let stdio = stdio.await.ok()?;
    match stderr {
        Some(stderr) => Some((stdio, Some(stderr.await.ok()?))),
        None => Some((stdio, None)),
    }
}

fn set_exit_code(daemon: &Daemon, task: Id, code: i32) {
    daemon.store.write(|state| state.set_task_data(task, "api-data", serde_json::json!({ "exit-code": code })));
}

/// Reader of websockets without a command, for the fuzz targets.
#[cfg(fuzzing)]
#[allow(unreachable_pub, reason = "re-exported under that cfg by `crate::fuzzing`")]
pub mod fuzzing {
    use std::io;

    use tokio::io::AsyncWriteExt;
    use tokio::net::unix::pipe;
    use tokio::runtime::Builder;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::{limits, sockets};

    /// Reads a client's bytes as input of a command that doesn't read, and as a control message.
    pub fn input(bytes: &[u8]) {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (stream, mut client) = tokio::io::duplex(bytes.len().max(1));
            client.write_all(bytes).await.expect("there is room");
            drop(client);
            let (reader, writer) = io::pipe().expect("a pipe");
            drop(reader);
            let input = pipe::Sender::from_owned_fd(writer.into()).expect("a pipe's end");
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits())).await;
            sockets::receive(socket, sockets::Input::Pipe(input)).await;
        });
        sockets::command(bytes);
    }
}
