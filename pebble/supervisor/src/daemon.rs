//! The daemon: the state that its parts share, and its start.

mod copy_once;
mod end;
mod enter;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::{self, Layers, service_state};
use rustix::fs::{Access, access};
use rustix::process::{getpid, getuid};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, interval_at};

use end::{Stops, finish, until_end};

use crate::check::{self, Checks};
use crate::cli::Options;
use crate::clock::Time;
use crate::exec::Executions;
use crate::forward::{self, Forwarding};
use crate::journal::{Event, Journal};
use crate::layers;
use crate::leftover;
use crate::log::verbose::Verbose;
use crate::reaper::Reaper;
use crate::runner::{self, Runner};
use crate::server;
use crate::service::Services;
use crate::state::file::{self, File};
use crate::store::Store;
use crate::{api, errno, tls, verb};

/// Version of Pebble whose protocol the daemon speaks. Clients choose their requests by it.
pub(crate) const VERSION: &str = "v1.32.1";

/// Time between two prunes of the state.
const PRUNE: Duration = Duration::from_secs(600);

/// A daemon that can't start or run. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("directory {0:?} must be absolute")]
    Relative(String),
    #[error("directory {0:?} does not exist")]
    Missing(String),
    #[error("directory {0:?} not writable")]
    NotWritable(String),
    #[error("mkdir {path}: {}", errno::text(error))]
    Create { path: String, error: io::Error },
    #[error(transparent)]
    Copy(#[from] copy_once::Error),
    #[error("cannot read identities: {0}")]
    ReadIdentities(String),
    #[error("cannot replace identities: {0}")]
    Identities(String),
    #[error("cannot load plan")]
    Layers(#[from] layers::Error),
    #[error(transparent)]
    Plan(#[from] plan::Error),
    #[error(transparent)]
    State(#[from] file::Error),
    #[error(transparent)]
    Listen(#[from] server::Error),
    #[error("cannot start child process reaper")]
    Reaper(#[source] io::Error),
    #[error("cannot use --https with PEBBLE_PERSIST=never: identity key requires persistent state")]
    Unkept,
    /// The identity key, or TLS with it, can't be used. Pebble's text.
    #[error("{0}")]
    Tls(String),
    #[error("cannot use the operating system")]
    System(#[from] io::Error),
}

/// Reason for the daemon's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// A signal asked for it, or a service's success.
    Asked,
    /// SIGHUP as process 1: the system ends the services.
    HungUp,
    /// A verb of `enter` ended with this code.
    Entered(u8),
    /// A service failed whose `on-failure` is `shutdown`.
    ServiceFailure,
    /// A check failed whose action is `shutdown`.
    CheckFailure,
}

impl EndReason {
    /// Exit code of the process.
    pub(crate) fn code(self) -> u8 {
        match self {
            EndReason::Asked => 0,
            // The code of a Go program.
            EndReason::HungUp => 2,
            EndReason::Entered(code) => code,
            EndReason::ServiceFailure => 10,
            EndReason::CheckFailure => 11,
        }
    }
}

impl From<service_state::Shutdown> for EndReason {
    fn from(shutdown: service_state::Shutdown) -> EndReason {
        match shutdown {
            service_state::Shutdown::Success => EndReason::Asked,
            service_state::Shutdown::ServiceFailure => EndReason::ServiceFailure,
            service_state::Shutdown::CheckFailure => EndReason::CheckFailure,
        }
    }
}

/// State that the daemon's parts share, all on one thread.
pub(crate) struct Daemon {
    pub(crate) boot_id: String,
    pub(crate) http_address: Option<String>,
    pub(crate) https_address: Option<String>,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) runner: Runner,
    pub(crate) plan: RefCell<Layers>,
    pub(crate) services: Services,
    pub(crate) checks: Checks,
    pub(crate) forwarding: Forwarding,
    pub(crate) executions: Executions,
    pub(crate) reaper: Reaper,
    pub(crate) verbose: RefCell<Verbose>,
    /// Number of requests in progress.
    pub(crate) busy: watch::Sender<usize>,
    environment: BTreeMap<String, String>,
    end: watch::Sender<Option<EndReason>>,
    draws: Cell<u64>,
}

impl Daemon {
    fn new(
        options: &Options,
        environment: BTreeMap<String, String>,
        reaper: Reaper,
        plan: Layers,
    ) -> Result<Daemon, Error> {
        let journal = Journal::new(options.debug, options.quiet);
        let file = if options.persist { File::within(&options.directory) } else { File::nowhere() };
        Ok(Daemon {
            boot_id: boot_id()?,
            http_address: options.http.clone(),
            https_address: options.https.clone(),
            journal,
            store: Store::new(file.load(Time::now())?, file, journal),
            runner: Runner::default(),
            plan: RefCell::new(plan),
            services: Services::new(),
            checks: Checks::default(),
            forwarding: Forwarding::default(),
            executions: Executions::default(),
            reaper,
            verbose: RefCell::new(if options.verbose { Verbose::start()? } else { Verbose::off() }),
            busy: watch::Sender::new(0),
            environment,
            end: watch::Sender::new(None),
            draws: Cell::new(0x9E37_79B9_7F4A_7C15),
        })
    }

    /// The daemon's own environment, which its children inherit.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        self.environment.clone()
    }

    /// Ends the daemon. The first reason counts.
    pub(crate) fn shutdown(&self, end: EndReason) {
        self.end.send_if_modified(|reason| reason.replace(reason.unwrap_or(end)).is_none());
    }

    /// A pseudo-random number from 0 to 1 for the jitter of restarts; not for secrets.
    pub(crate) fn chance(&self) -> f64 {
        // xorshift, stirred by the clock.
        let mut draw = self.draws.get() ^ u64::from(Time::now().subsecond().unsigned_abs());
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        self.draws.set(draw);
        f64::from(u32::try_from(draw >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// Runs the daemon until a signal or a service ends it.
///
/// # Errors
/// Directory, layers, state file or sockets can't be used.
pub(crate) async fn run(options: Options, environment: BTreeMap<String, String>) -> Result<EndReason, Error> {
    let reaper = Reaper::start().map_err(Error::Reaper)?;
    let mut stops = Stops::new()?;
    prepare_directory(&options)?;
    let tls = options.https.is_some().then(|| tls_of(&options)).transpose()?;
    let plan = Layers::try_new(layers::read(&options.directory.join("layers"))?).map_err(layers::Error::from)?;
    // Before the first write: the directory may belong to a running daemon.
    let socket = server::listen(&options.socket).await;
    // Pebble reads its state first, and then says that it starts.
    let journal = Journal::new(options.debug, options.quiet);
    let starting = || journal.security(Event::Startup, &getuid().as_raw().to_string(), "Starting daemon");
    let socket = socket.inspect_err(|_| starting())?;
    let remains = Remains(&options.socket);
    let daemon = Rc::new(Daemon::new(&options, environment, reaper, plan)?);
    starting();
    if options.persist {
        end_leftovers(&daemon, &options.directory)?;
    }
    let http = options.http.as_deref().map(server::listen_http).transpose()?;
    if let Some(address) = &options.http {
        journal.note(&format!("HTTP API server listening on {address:?}."));
    }
    let https = options.https.as_deref().map(server::listen_https).transpose()?;
    if let Some(address) = &options.https {
        journal.note(&format!("HTTPS API server listening on {address:?}."));
    }
    journal.note("Started daemon.");
    if !options.args.is_empty() {
        daemon.plan.borrow_mut().set_service_args(&options.args)?;
    }
    work(&daemon, socket, http);
    if let (Some(listener), Some(tls)) = (https, tls) {
        spawn_local(server::serve_https(daemon.clone(), listener, tls));
    }
    if let Some(file) = &options.identities {
        replace_identities(&daemon, file)?;
    }
    let started = (!options.hold).then(|| autostart(&daemon)).flatten();
    if !options.subcommand.is_empty() {
        spawn_local(enter::run(daemon.clone(), options.clone(), started));
    }
    std::mem::forget(remains);
    let end = until_end(&daemon, &mut stops).await;
    if end != EndReason::HungUp {
        finish(&daemon, &options.socket).await;
    }
    Ok(end)
}

/// TLS with the identity key of the daemon's directory.
fn tls_of(options: &Options) -> Result<tls::Server, Error> {
    if !options.persist {
        return Err(Error::Unkept);
    }
    let key = tls::Key::of(&options.directory).map_err(Error::Tls)?;
    tls::Server::new(key, &options.directory, Journal::new(options.debug, options.quiet)).map_err(Error::Tls)
}

/// Ends what the last daemon left behind, and begins to keep marks of this one's processes.
fn end_leftovers(daemon: &Daemon, directory: &Path) -> Result<(), Error> {
    for process in leftover::end(directory) {
        daemon.journal.note(&format!("Killed process {process}, which the last daemon left behind"));
    }
    Ok(daemon.reaper.marks.keep_in(directory)?)
}

/// A socket that is removed if the start fails.
struct Remains<'a>(&'a Path);

impl Drop for Remains<'_> {
    fn drop(&mut self) {
        // Best effort: the next daemon replaces it.
        let _ = fs::remove_file(self.0);
    }
}

/// Replaces the identities that a file names. Pebble's daemon sends itself this request.
fn replace_identities(daemon: &Daemon, file: &str) -> Result<(), Error> {
    let named = verb::read_identities(file).map_err(Error::ReadIdentities)?;
    let begun = Instant::now();
    let replaced = api::replace_identities(daemon, named);
    note_own_request(daemon, "POST /v1/identities", begun, if replaced.is_ok() { 200 } else { 400 });
    replaced.map_err(|error| Error::Identities(error.message().to_owned()))
}

/// Logs a request that Pebble's daemon sends itself.
fn note_own_request(daemon: &Daemon, request: &str, begun: Instant, status: u16) {
    let took = plan::Span::from(begun.elapsed());
    daemon.journal.note(&format!("{request} {took} {status} (http+unix)"));
}

fn prepare_directory(options: &Options) -> Result<(), Error> {
    let path = options.directory.display().to_string();
    if options.create_dirs {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&options.directory);
        made.map_err(|error| Error::Create { path: path.clone(), error })?;
    }
    if let Some(source) = &options.copy {
        copy_once::copy(source, &options.directory)?;
    }
    if !options.directory.is_absolute() {
        return Err(Error::Relative(path));
    }
    if !options.directory.is_dir() {
        return Err(Error::Missing(path));
    }
    access(&options.directory, Access::WRITE_OK).map_err(|_| Error::NotWritable(path))
}

/// The kernel's boot id. As process 1 a random one, since a container starts more often than the machine.
fn boot_id() -> io::Result<String> {
    let name = if getpid().is_init() { "uuid" } else { "boot_id" };
    Ok(fs::read_to_string(Path::new("/proc/sys/kernel/random").join(name))?.trim().to_owned())
}

fn work(daemon: &Rc<Daemon>, socket: tokio::net::UnixListener, http: Option<tokio::net::TcpListener>) {
    spawn_local(server::serve(daemon.clone(), socket));
    if let Some(http) = http {
        spawn_local(server::serve_http(daemon.clone(), http));
    }
    let saving = daemon.clone();
    spawn_local(async move { saving.store.keep_saved().await });
    spawn_local(prune(daemon.clone()));
    // Resumes tasks that the previous daemon left, except checks, which begin anew.
    check::plan_changed(daemon);
    forward::plan_changed(daemon);
}

async fn prune(daemon: Rc<Daemon>) {
    let mut due = interval_at(Instant::now() + PRUNE, PRUNE);
    loop {
        due.tick().await;
        daemon.store.write(|state| state.prune(Time::now()));
        runner::ensure(&daemon);
    }
}

/// Starts the plan's enabled services; returns a handle that waits for them.
fn autostart(daemon: &Rc<Daemon>) -> Option<JoinHandle<()>> {
    let begun = Instant::now();
    let begin = api::autostart(daemon);
    note_own_request(daemon, "POST /v1/services", begun, if begin.is_ok() { 202 } else { 400 });
    let change = match begin {
        Ok(change) => change,
        Err(why) => {
            daemon.journal.note(&format!("Cannot start default services: {why}"));
            return None;
        }
    };
    runner::ensure(daemon);
    let daemon = daemon.clone();
    Some(spawn_local(async move {
        let begun = Instant::now();
        daemon.store.wait(|state| state.is_ready(change).then_some(())).await;
        note_own_request(&daemon, &format!("GET /v1/changes/{change}/wait"), begun, 200);
        // So says Pebble of a failed change, too.
        daemon.journal.note(&format!("Started default services with change {change}."));
    }))
}
