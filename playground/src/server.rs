//! The process that runs the model, listening for verbs.

use std::io::{self, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use juju_testing::peer;

use crate::control::{Answer, Request, receive, send};
use crate::runtime;
use crate::session::{Input, Session};

/// Answers verbs in `folder` for as long as the process lives.
///
/// # Errors
/// When the socket can't be made.
pub fn start(folder: &Path, session: &Arc<Session>, inputs: &Sender<Input>) -> io::Result<()> {
    let listener = UnixListener::bind(runtime::control_socket(folder))?;
    let (session, inputs) = (Arc::clone(session), inputs.clone());
    let farewells = Arc::new(Mutex::new(Vec::new()));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (session, inputs, farewells) = (Arc::clone(&session), inputs.clone(), Arc::clone(&farewells));
            thread::spawn(move || {
                // Who has gone away needs no answer.
                if let Ok(Some(stream)) = serve(stream, &session, &inputs) {
                    farewells.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                }
            });
        }
    });
    Ok(())
}

/// Answers one request. The connection of one who asked for the end is given back: it ends with the process, and that
/// is the answer.
fn serve(stream: UnixStream, session: &Session, inputs: &Sender<Input>) -> io::Result<Option<UnixStream>> {
    peer::check(&stream)?;
    let request: Request = receive(&mut BufReader::new(&stream))?;
    let is_farewell = request == Request::Down;
    let answer =
        if request.takes_time() { tell(&stream, request, session, inputs) } else { session.answer(request, inputs) };
    send(&stream, &answer)?;
    Ok(is_farewell.then_some(stream))
}

/// Answers a request, and tells what happens meanwhile.
fn tell(stream: &UnixStream, request: Request, session: &Session, inputs: &Sender<Input>) -> Answer {
    let (over, lines) = session.ui().listen();
    thread::scope(|scope| {
        let teller = scope.spawn(move || {
            while let Ok(Some(line)) = lines.recv() {
                if send(stream, &Answer::Told { line }).is_err() {
                    return;
                }
            }
        });
        let answer = session.answer(request, inputs);
        // One who has gone away doesn't listen any more.
        let _ = over.send(None);
        let _ = teller.join();
        answer
    })
}
