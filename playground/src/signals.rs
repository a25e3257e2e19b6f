//! Ctrl-C and its relatives: they throw the switch, and the program ends as it would by `webcharm down`.

use std::io;
use std::sync::Arc;
use std::thread;

use rock::Cancel;
use tokio::signal::unix::{SignalKind, signal};

/// Has every signal that asks to end throw `cancel` and then call `then`.
///
/// # Errors
/// When the signals can't be caught.
pub fn catch(cancel: Arc<Cancel>, then: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(guard);
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                cancel.throw();
                then();
            }
        });
    });
    Ok(())
}
