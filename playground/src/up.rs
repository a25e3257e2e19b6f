//! `webcharm up`: from a folder to an application that answers, and on until somebody ends it.

mod build;
mod detach;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rock::{Cancel, Work};

use crate::cli;
use crate::pod::{self, Pod};
use crate::runtime::{self, Runtime};
use crate::session::{Input, Session};
use crate::ui::{self, Ui};
use crate::{binaries, probe, project, server, signals};

/// How long the application may take to answer once the charm has settled.
const ANSWER: Duration = Duration::from_secs(60);

/// A pod that lives shorter than this has failed to start; after so many of those in a row, no more are started.
const SHORT_LIFE: Duration = Duration::from_secs(10);
const SHORT_LIVES: u32 = 5;

/// Why nothing is up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The programs.
    #[error(transparent)]
    Binaries(#[from] binaries::Error),
    /// The runtime folder.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The charm's files.
    #[error(transparent)]
    Pack(#[from] pack::Error),
    /// What the charm declares.
    #[error(transparent)]
    Metadata(#[from] juju::MetadataError),
    /// The rock.
    #[error(transparent)]
    Rock(#[from] rock::Error),
    /// The pod.
    #[error(transparent)]
    Pod(#[from] pod::Error),
    /// The model.
    #[error(transparent)]
    Model(#[from] juju_testing::ModelError),
    /// The port.
    #[error("cannot listen on port {port}: choose another with --port, or leave it out for a free one")]
    Port {
        /// Which.
        port: u16,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something of the system's.
    #[error("cannot {what}")]
    System {
        /// What.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Ctrl-C.
    #[error("interrupted; nothing is left behind")]
    Interrupted,
}

impl Error {
    /// Whether this is the consequence of a wish to stop.
    fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Pod(pod::Error::Interrupted))
    }
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { what, source }
}

/// Runs the model until it is ended.
///
/// # Errors
/// When it can't be started.
pub fn run(model: &str, args: &cli::Up) -> Result<ExitCode, Error> {
    if args.detach {
        return detach::start(model, args);
    }
    let cancel = Arc::new(Cancel::default());
    if args.detached {
        detach::settle_in(&cancel).map_err(system("leave the terminal"))?;
    }
    let (inputs, received) = mpsc::channel();
    let on_signal = inputs.clone();
    let stop = move || {
        let _ = on_signal.send(Input::Stop);
    };
    signals::catch(Arc::clone(&cancel), stop).map_err(system("catch signals"))?;
    let ui = Ui::new(Arc::clone(&cancel));
    match bring_up(model, args, &ui, &inputs, &received) {
        Err(_) if cancel.is_thrown() => Err(Error::Interrupted),
        Err(error) if error.is_interruption() => Err(Error::Interrupted),
        other => other,
    }
}

/// Everything made here is dropped here, in the opposite order: pod, then model, then folder.
fn bring_up(
    model: &str,
    args: &cli::Up,
    ui: &Ui,
    inputs: &Sender<Input>,
    received: &Receiver<Input>,
) -> Result<ExitCode, Error> {
    let plan = build::Plan::new(model, args)?;
    let listener = listen(args.port)?;
    let port = listener.local_addr().map_err(system("learn the port"))?.port();
    let runtime = plan.claim()?;
    let session = Arc::new(plan.session(&runtime, port, ui)?);
    server::start(runtime.dir(), &session, inputs).map_err(system("listen for verbs"))?;
    let _end = End(&session);
    let started = start(&plan, &runtime, &listener, &session, ui)?;
    if ui.cancel().is_thrown() {
        return Err(Error::Interrupted);
    }
    report(&session, started, ui);
    if args.detached {
        detach::let_go().map_err(system("let go of the terminal"))?;
    }
    session.conclude_start(started);
    if !args.detached {
        ui.step("running until Ctrl-C or `webcharm down`");
    }
    keep(&plan, &runtime, &listener, &session, ui, received);
    ui.step("ending the pod and the model");
    Ok(if started { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Pod and servers end before anything else does, whatever the reason, although the threads that answer verbs live on.
struct End<'a>(&'a Session);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.set_pod(None);
        self.0.end_servers();
        self.0.conclude_start(false);
    }
}

fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| Error::Port { port, source })
}

/// Builds, starts the pod, runs the start sequence and waits for the application. Says whether it answers.
fn start(
    plan: &build::Plan,
    runtime: &Runtime,
    listener: &TcpListener,
    session: &Session,
    ui: &Ui,
) -> Result<bool, Error> {
    ui.step(&format!("building the rock {}", plan.rock_name()));
    plan.build(runtime, ui)?;
    ui.step(&format!("starting the pod of {}", session.names.unit));
    start_pod(plan, runtime, listener, session, ui)?;
    // The container is up before the first hook, so pebble-ready comes last, as in a quick cluster.
    if !session.settle() {
        return Ok(false);
    }
    session.announce_pebble();
    Ok(session.settle() && answers(session, ui))
}

fn start_pod(
    plan: &build::Plan,
    runtime: &Runtime,
    listener: &TcpListener,
    session: &Session,
    ui: &Ui,
) -> Result<(), Error> {
    let spec = plan.pod(runtime, session)?;
    let (description, log) = (runtime.dir().join("pod.json"), runtime.dir().join("pod.log"));
    let mut pod = Pod::start(&spec, &description, listener, &log)?;
    pod.ready(ui.cancel())?;
    session.set_pod(Some(pod));
    Ok(())
}

/// Waits until the application answers, or there is no use in waiting.
fn answers(session: &Session, ui: &Ui) -> bool {
    let started = Instant::now();
    let mut told = Duration::ZERO;
    while !ui.cancel().is_thrown() && !session.is_stuck() && !session.pod_has_ended() && started.elapsed() < ANSWER {
        if probe::get(session.names.port, "/").is_ok() {
            return true;
        }
        if started.elapsed() > told + Duration::from_secs(1) {
            told = started.elapsed();
            ui.step("waiting for the application to answer");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// What there is to know after the start: where it answers, or why it doesn't; and what to type next.
fn report(session: &Session, answers: bool, ui: &Ui) {
    let app = session.names.unit.app();
    if answers {
        ui.step("the application answers");
        ui::print(&format!(
            "\n{app} is up at {url}\n\n  curl {url}\n  webcharm status\n  webcharm config {app} greeting='Good morning'\n  \
             webcharm down\n\n",
            url = session.url()
        ));
        return;
    }
    ui::print(&format!("\n{}\n", session.snapshot().tables()));
    for (what, lines) in [("charm", session.log(20)), ("pod", vec![session.pod_log()])] {
        if lines.iter().any(|line| !line.is_empty()) {
            ui::print(&format!("The {what}'s log ends with:\n{}\n\n", lines.join("\n")));
        }
    }
    ui::print(&format!("{app} does not answer at {}. It is left up: `webcharm down` ends it.\n", session.url()));
}

/// Deals with what comes in until it is the wish to end. A pod that ends by itself is started again, as Kubernetes does.
fn keep(
    plan: &build::Plan,
    runtime: &Runtime,
    listener: &TcpListener,
    session: &Session,
    ui: &Ui,
    received: &Receiver<Input>,
) {
    let (mut born, mut short_lives) = (Instant::now(), 0);
    loop {
        match received.recv_timeout(Duration::from_millis(200)) {
            Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(Input::Settle(reply)) => {
                // Whoever asked may have gone away.
                let _ = reply.send(session.settle());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if ui.cancel().is_thrown() {
            return;
        }
        if session.pod_has_ended() && short_lives < SHORT_LIVES {
            short_lives = if born.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
            born = Instant::now();
            ui.step("the container ended; starting it again");
            match start_pod(plan, runtime, listener, session, ui) {
                Ok(()) => {
                    session.announce_pebble();
                    session.settle();
                }
                Err(error) => ui.detail(&crate::chain(&error)),
            }
        }
    }
}
