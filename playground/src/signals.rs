//! SIGINT (Ctrl-C), SIGTERM and SIGHUP: they throw the switch, and the program ends as by `webcharm down`.
//!
//! In two cases the process ends at once, with its children: before it has made anything to clear up, and on a second
//! Ctrl-C, by which the user says not to wait.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rock::Cancel;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{children, ui};

/// Time after which a user who waits for the end is told about the second Ctrl-C.
const HINT: Duration = Duration::from_secs(3);

/// Set once there is something to clear up.
#[derive(Debug, Clone, Default)]
pub struct Begun(Arc<AtomicBool>);

impl Begun {
    /// From now on a signal asks for an orderly end.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The effect of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// An orderly end.
    End,
    /// The end of this process at once: there are no files or processes to clear up.
    Leave,
    /// The end of this process and of its children at once.
    Abort,
}

/// The effect of a signal: `again` is a Ctrl-C after another signal.
fn effect(begun: bool, again: bool) -> Effect {
    match (begun, again) {
        (false, _) => Effect::Leave,
        (true, false) => Effect::End,
        (true, true) => Effect::Abort,
    }
}

/// Makes each of these signals throw `cancel` and then call `then`.
///
/// # Errors
/// When the signals can't be caught.
pub fn catch(cancel: Arc<Cancel>, begun: Begun, then: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut others = [signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    drop(guard);
    thread::spawn(move || {
        loop {
            let is_interrupt = runtime.block_on(next(&mut interrupt, &mut others));
            end(&cancel, effect(begun.is_set(), is_interrupt && cancel.is_thrown()));
            then();
        }
    });
    Ok(())
}

/// Acts as on a signal, because the process that started this one has ended.
pub(crate) fn orphaned(cancel: &Cancel, begun: &Begun) {
    end(cancel, effect(begun.is_set(), false));
}

fn end(cancel: &Cancel, effect: Effect) {
    match effect {
        Effect::Leave => leave("interrupted; nothing is left behind"),
        Effect::Abort => {
            children::kill();
            leave("interrupted twice; `webcharm down` clears up what may be left");
        }
        Effect::End if cancel.is_thrown() => {}
        Effect::End => {
            cancel.throw();
            thread::spawn(|| {
                thread::sleep(HINT);
                ui::note("still stopping; Ctrl-C once more stops at once");
            });
        }
    }
}

/// Waits for a signal. True for Ctrl-C.
async fn next(interrupt: &mut Signal, [terminate, hangup]: &mut [Signal; 2]) -> bool {
    tokio::select! {
        _ = interrupt.recv() => true,
        _ = terminate.recv() => false,
        _ = hangup.recv() => false,
    }
}

/// Exits without waiting for the other threads.
#[expect(clippy::exit, reason = "the main thread may be waiting for something that never comes")]
fn leave(why: &str) -> ! {
    ui::note(&format!("error: {why}"));
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_ctrl_c_ends_what_has_begun_at_once() {
        assert_eq!(effect(false, false), Effect::Leave);
        assert_eq!(effect(true, false), Effect::End);
        assert_eq!(effect(true, true), Effect::Abort);
    }
}
