//! Server of the verbs, in the process that runs the model.

use std::fs::{self, Permissions};
use std::io::{self, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use juju_testing::peer;

use crate::control::{Answer, BEAT, Request, receive, send};
use crate::runtime;
use crate::session::{Input, Session};

/// Longest wait for a caller's request, and for the caller to read the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers verbs in `folder` for as long as the process lives.
///
/// # Errors
/// When the socket can't be made.
pub fn start(folder: &Path, session: &Arc<Session>, inputs: &Sender<Input>) -> io::Result<()> {
    let socket = runtime::control_socket(folder);
    let listener = UnixListener::bind(&socket)?;
    fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
    let (session, inputs) = (Arc::clone(session), inputs.clone());
    let farewells = Arc::new(Mutex::new(Vec::new()));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (session, inputs, farewells) = (Arc::clone(&session), inputs.clone(), Arc::clone(&farewells));
            thread::spawn(move || {
                // A caller that has gone away needs no answer.
                if let Ok(Some(stream)) = serve(stream, &session, &inputs) {
                    farewells.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                }
            });
        }
    });
    Ok(())
}

/// Answers one request, with a sign of life every [`BEAT`] meanwhile. After [`Request::Down`] it returns the connection
/// and goes on with the signs of life: the caller takes the connection's end, and with it the process's, for the
/// answer.
fn serve(stream: UnixStream, session: &Session, inputs: &Sender<Input>) -> io::Result<Option<UnixStream>> {
    peer::check(&stream)?;
    // A caller that is stopped must not hold a thread for ever.
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request: Request = receive(&mut BufReader::new(&stream))?;
    let is_farewell = request == Request::Down;
    let answer = tell(&stream, request, session, inputs);
    send(&stream, &answer)?;
    if is_farewell {
        let beating = stream.try_clone()?;
        thread::spawn(move || {
            while send(&beating, &Answer::Alive).is_ok() {
                thread::sleep(BEAT);
            }
        });
    }
    Ok(is_farewell.then_some(stream))
}

/// Makes the answer to a request. Sends signs of life meanwhile and, if the request takes time, progress.
fn tell(stream: &UnixStream, request: Request, session: &Session, inputs: &Sender<Input>) -> Answer {
    let tells = request.takes_time();
    let (over, lines) = if tells { session.ui().listen() } else { mpsc::channel() };
    thread::scope(|scope| {
        let teller = scope.spawn(move || {
            loop {
                let message = match lines.recv_timeout(BEAT) {
                    Ok(Some(line)) if tells => Answer::Told { line },
                    Ok(Some(_)) | Err(RecvTimeoutError::Timeout) => Answer::Alive,
                    Ok(None) | Err(RecvTimeoutError::Disconnected) => return,
                };
                if send(stream, &message).is_err() {
                    return;
                }
            }
        });
        let answer = session.answer(request, inputs);
        // Fails if the thread has ended, because the caller has gone away.
        let _ = over.send(None);
        let _ = teller.join();
        answer
    })
}
