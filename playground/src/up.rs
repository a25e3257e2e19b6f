//! `webcharm up`: starts a folder's application and charm, and runs them until the model is ended.

mod build;
pub mod deploy;
mod detach;
mod integrate;
mod model;
mod pods;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use juju::Event;
use rock::{Cancel, Work};

use crate::cli;
use crate::log_tail::LogTail;
use crate::logs::Rotation;
use crate::provider::Provider;
use crate::runtime::{self, Runtime};
use crate::session::{self, Application, Input, Session, refused_host};
use crate::signals::{self, Begun};
use crate::ui::{self, Ui};
use crate::{binaries, control, network, pod, project, server};
use pods::Pods;

/// Longest wait for the application to answer once the charm has settled.
const ANSWER: Duration = Duration::from_secs(120);

/// Shortest time between two reports of ended services to their charms.
const REPORT: Duration = Duration::from_secs(1);

/// Interval of the checks of pods and servers.
const TICK: Duration = Duration::from_millis(100);

/// Reasons why the model can't be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The background process doesn't answer.
    #[error(transparent)]
    Control(#[from] control::Error),
    /// The project can't be run.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The supervisor or the charm's binary is missing.
    #[error(transparent)]
    Binaries(#[from] binaries::Error),
    /// The runtime folder can't be used.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The charm's files can't be read or written.
    #[error(transparent)]
    Pack(#[from] pack::Error),
    /// The charm's metadata are invalid.
    #[error(transparent)]
    Metadata(#[from] juju::MetadataError),
    /// The rock can't be built.
    #[error(transparent)]
    Rock(#[from] rock::Error),
    /// The charm has no endpoint for a server given with `--integrate`.
    #[error(
        "the charm has no endpoint for {short}: declare one in charmcraft.yaml, `requires: {short}: {{interface: {interface}}}`, or \
         leave out `--integrate {short}`"
    )]
    NoEndpoint {
        /// The server.
        short: &'static str,
        /// Its interface.
        interface: &'static str,
    },
    /// The packed rock has no Pebble.
    #[error("the rock {0} has no Pebble in /usr/bin or /bin: `--pebble FILE` runs it with another one")]
    NoPebble(String),
    /// A pod can't be run.
    #[error(transparent)]
    Pod(#[from] pod::Error),
    /// The pods' network can't be made.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The model has an application of that name.
    #[error(
        "the model has an application {0:?}: give the new one another name, as in `webcharm deploy FOLDER NAME`, or \
         `webcharm remove-application {0}` first"
    )]
    Taken(String),
    /// The name of a server in place of a folder.
    #[error(
        "{app} is a server of the playground's: `webcharm integrate {name}` starts it{units}",
        app = .0.app,
        name = .0.name,
        units = if .0.is_scalable { format!(", and then `webcharm add-unit {}` adds a unit", .0.name) } else { String::new() }
    )]
    IsServer(&'static Provider),
    /// A charm whose units come with those of others, where there are no others.
    #[error(
        "{0} is a subordinate, which sits beside the units of another application: `webcharm up` that one first, then \
         `webcharm deploy` this folder and `webcharm integrate` the two"
    )]
    NoPrincipal(String),
    /// Units for a charm whose units come with those of others.
    #[error("{0} is a subordinate: leave out --num-units; its units come when it is integrated")]
    Subordinate(String),
    /// The answer is of another kind than the request.
    #[error("the model's process is of another version: `webcharm down`, then `webcharm up` again")]
    Answer,
    /// The model refused the application.
    #[error(transparent)]
    Deploy(#[from] session::DeployError),
    /// The port can't be used.
    #[error("cannot listen on port {port}: choose another with --port, or leave it out for a free one")]
    Port {
        /// Its number.
        port: u16,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A call to the operating system failed.
    #[error("cannot {what}")]
    System {
        /// The step, as in "cannot …".
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Ctrl-C.
    #[error("interrupted; nothing is left behind")]
    Interrupted,
}

impl Error {
    /// True if the user asked to stop.
    fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Interrupted | Self::Pod(pod::Error::Interrupted) | Self::Network(network::Error::Interrupted)
        )
    }
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { what, source }
}

/// Starts the model and runs it until its end; with `--detach`, in a process of its own.
///
/// # Errors
/// When it can't be started.
pub fn run(model: &str, args: &cli::Up) -> Result<ExitCode, Error> {
    if args.detach {
        return detach::start(model, args);
    }
    let (cancel, begun) = (Arc::new(Cancel::default()), Begun::default());
    if args.detached {
        detach::settle_in(&cancel, &begun).map_err(system("leave the terminal"))?;
    }
    let (inputs, received) = mpsc::channel();
    let on_signal = inputs.clone();
    let stop = move || {
        let _ = on_signal.send(Input::Stop);
    };
    signals::catch(Arc::clone(&cancel), begun.clone(), stop).map_err(system("catch signals"))?;
    let ui = Ui::new(Arc::clone(&cancel), &runtime::folder(model)?);
    let plan = build::Plan::first(&args.source)?;
    args.integrate.iter().try_for_each(|provider| plan.check_endpoint(provider))?;
    begun.set();
    match bring_up(model, &plan, args, &ui, &inputs, &received) {
        Err(_) if cancel.is_thrown() => Err(Error::Interrupted),
        Err(error) if error.is_interruption() => Err(Error::Interrupted),
        other => other,
    }
}

/// Starts the model, runs it and ends it. All parts are dropped here, in this order: pods, model, folder.
fn bring_up(
    model: &str,
    plan: &build::Plan,
    args: &cli::Up,
    ui: &Ui,
    inputs: &Sender<Input>,
    received: &Receiver<Input>,
) -> Result<ExitCode, Error> {
    let listener = listen(args.port)?;
    let runtime = Runtime::claim(model, [plan.name(), plan.container()])?;
    let session = Arc::new(model::session(plan, model, &runtime, listener, ui)?);
    let app = session.application(plan.name()).ok_or(Error::Interrupted)?;
    server::start(runtime.dir(), &session, inputs).map_err(system("listen for verbs"))?;
    let _rotation = Rotation::start(runtime.dir());
    let _end = End(&session);
    let mut pods = Pods::new(&session, inputs);
    let started = start(plan, &app, &mut pods, &session, &args.integrate);
    if started.is_err() && !ui.cancel().is_thrown() {
        // The parent ends on this error; that must not count as a request to stop.
        detach::part();
    }
    let started = started? && session.problems().is_empty();
    if ui.cancel().is_thrown() {
        return Err(Error::Interrupted);
    }
    report(&session, &app, started, ui);
    if args.detached {
        detach::let_go().map_err(system("let go of the terminal"))?;
    }
    session.conclude_start(started);
    if !args.detached {
        ui.step("running until Ctrl-C or `webcharm down`");
    }
    keep(&mut pods, &session, args.update_status_hook_interval, received);
    ui.step("ending the pods and the model");
    Ok(if started { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Ends pods and servers first, also after an error: the threads that answer verbs still hold the session.
struct End<'a>(&'a Session);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| Error::Port { port, source })
}

/// Builds the rock, starts the pods, runs the hooks of the start and waits for the application. Returns true if it
/// answers.
fn start(
    plan: &build::Plan,
    app: &Application,
    pods: &mut Pods<'_>,
    session: &Session,
    asked: &[&'static Provider],
) -> Result<bool, Error> {
    let ui = session.ui();
    plan.build(&app.prepared, ui)?;
    // The containers are up before the first hook.
    pods.start()?;
    let well = session.settle() && integrate::all(session, app, asked, ui);
    Ok(well && app.url().is_none_or(|url| answers(session, &url, ui)))
}

/// Waits until the application answers. Stops waiting when it can't answer any more: a unit is stuck or its pod has
/// ended. A service that ends meanwhile is told to its charm, which else would hear of it at the next update-status.
fn answers(session: &Session, url: &str, ui: &Ui) -> bool {
    let started = Instant::now();
    let mut told = Duration::ZERO;
    let mut reported = None::<Instant>;
    let is_hopeless = || session.is_stuck() || !session.units_with_dead_pod().is_empty();
    while !ui.cancel().is_thrown() && !is_hopeless() && started.elapsed() < ANSWER {
        if http_client::status(url).is_ok() {
            // The charm may have a status from before the service's restart.
            return reported.is_none() || update(session);
        }
        if reported.is_none_or(|at| at.elapsed() > REPORT) && session.has_ended_service() {
            reported = Some(Instant::now());
            update(session);
            continue;
        }
        if started.elapsed() > told + Duration::from_secs(1) {
            told = started.elapsed();
            ui.step("waiting for the application to answer");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Lets every charm look at its workload. Returns true if all hooks went well.
fn update(session: &Session) -> bool {
    session.push_everywhere(&Event::UpdateStatus);
    session.settle()
}

/// Prints the outcome of the start: the application's URL, or the reasons why it doesn't answer; and commands to type
/// next.
fn report(session: &Session, app: &Application, answers: bool, ui: &Ui) {
    let lines = |first: &str| {
        let lines = session.next_lines(app).into_iter();
        std::iter::once(first.to_owned()).chain(lines).map(|line| format!("  {line}\n")).collect::<String>()
    };
    let Some(url) = app.url() else {
        return report_charm(session, app.name(), answers, &lines("webcharm debug-log"), ui);
    };
    let (app, files) = (app.name(), &app.files);
    if answers {
        ui.step("the application answers");
        let status = http_client::status(&url).ok();
        let note = status.and_then(|status| refused_host(app, files, status.as_u16()));
        let note = note.map(|note| format!("Note: {note}\n\n")).unwrap_or_default();
        ui::print(&format!("\n{app} is up at {url}\n\n{note}{}\n", lines(&format!("curl {url}"))));
        return;
    }
    let problems: String = session.problems().iter().map(|problem| format!("error: {problem}\n")).collect();
    if http_client::status(&url).is_ok() {
        ui::print(&format!("\n{app} answers at {url}, but a part of the model failed. The model stays up.\n\n"));
        ui::print(&format!("{problems}\n{}\n", lines("webcharm status")));
        return;
    }
    ui::print(&format!("\n{}\n", session.snapshot().tables()));
    let logs: Vec<_> = session.units().iter().filter_map(|unit| session.pod_log(unit)).collect();
    let pods = logs.iter().map(|log| log.lines().to_owned()).collect();
    for (what, lines) in [("charm", session.log(20)), ("pod", pods)] {
        if lines.iter().any(|line| !line.is_empty()) {
            ui::print(&format!("The {what}'s log ends with:\n{}\n\n", lines.join("\n")));
        }
    }
    let cause = logs.iter().find_map(LogTail::cause).map(|line| format!("; its log says: {line}")).unwrap_or_default();
    ui::print(&format!(
        "{problems}{app} does not answer at {url}{cause}. The model stays up.\n\n{}",
        lines("webcharm debug-log")
    ));
}

/// Prints the outcome of the start of a charm of the author's own: its status and, if a step failed, its log.
fn report_charm(session: &Session, app: &str, is_up: bool, lines: &str, ui: &Ui) {
    ui::print(&format!("\n{}\n", session.snapshot().tables()));
    if is_up {
        ui.step("the charm has settled");
        ui::print(&format!("{app} is up\n\n{lines}\n"));
        return;
    }
    let log = session.log(20).join("\n");
    let problems: String = session.problems().iter().map(|problem| format!("error: {problem}\n")).collect();
    ui::print(&format!(
        "The charm's log ends with:\n{log}\n\n{problems}{app} has failed. The model stays up.\n\n{lines}"
    ));
}

/// Handles requests until one asks for the end. Starts pods that ended by themselves again, as Kubernetes does.
fn keep(pods: &mut Pods<'_>, session: &Session, period: Duration, received: &Receiver<Input>) {
    let mut updated = Instant::now();
    loop {
        match received.recv_timeout(TICK) {
            Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(Input::Settle(reply)) => {
                // Fails if the caller has gone away.
                let _ = reply.send(pods.settle());
            }
            Ok(Input::News) => {
                pods.settle();
            }
            Err(RecvTimeoutError::Timeout) if updated.elapsed() >= period => {
                updated = Instant::now();
                session.push_everywhere(&Event::UpdateStatus);
                pods.settle();
            }
            Err(RecvTimeoutError::Timeout) if pods.tend() => {
                pods.settle();
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if session.ui().cancel().is_thrown() {
            return;
        }
    }
}
