//! The supervisor, and a real Pebble beside it: start, memory, and the clients' most frequent requests.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use pebble::plan::Layer;
use pebble::types::{ExecOptions, WriteFile};

use crate::Result;
use crate::daemon::Daemon;
use crate::programs::Programs;
use crate::progress::say;
use crate::reference::pebble as earlier;
use crate::table::{Against, Budget, Quantity, Row, Unit, median};

/// Runs of each supervisor, in turns, so that a busy moment affects both.
const LIVES: usize = 5;

/// Commands executed in each run.
const COMMANDS: usize = 20;

/// Pause after the first answer, until the supervisor is idle.
const SETTLE: Duration = Duration::from_millis(300);

const FILE: u64 = 64 * 1024 * 1024;

/// Pushes and pulls in each run: the first one warms the page cache.
const FILES: usize = 5;

/// Requests over one connection in each run.
const REQUESTS: u32 = 2000;
const SERVICES: usize = 50;
const PATIENCE: Duration = Duration::from_secs(120);

/// Figures of one run.
struct Life {
    start: f64,
    idle: f64,
    replan: f64,
    fifty: f64,
    exec: f64,
    push: f64,
    pull: f64,
    requests: f64,
}

/// A line of the table: label, unit, figure, a real Pebble's earlier figure, budget.
type Line = (&'static str, Unit, fn(&Life) -> f64, f64, Budget);

const LINES: [Line; 8] = [
    ("start to first answer", Unit::Seconds, |life| life.start, earlier::START, Budget::OneIn(3.0)),
    ("memory, idle", Unit::Memory, |life| life.idle, earlier::IDLE, Budget::OneIn(4.0)),
    ("memory with 50 services", Unit::Memory, |life| life.fifty, earlier::FIFTY, Budget::OneIn(2.0)),
    ("exec of `true`", Unit::Seconds, |life| life.exec, earlier::EXEC, Budget::OneIn(2.0)),
    ("push of 64 MiB", Unit::Seconds, |life| life.push, earlier::PUSH, Budget::Share(0.7)),
    ("pull of 64 MiB", Unit::Seconds, |life| life.pull, earlier::PULL, Budget::Share(0.7)),
    ("requests over one connection", Unit::Rate, |life| life.requests, earlier::REQUESTS, Budget::Times(1.5)),
    ("replan that starts 50 services (1 s is fixed)", Unit::Seconds, |life| life.replan, earlier::REPLAN, Budget::None),
];

/// The supervisor's rows of the table.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 1..=LIVES {
        say(&format!("supervisor: life {number} of {LIVES}"));
        ours.push(life(&programs.pebble)?);
        if let Some(real) = &programs.real {
            theirs.push(life(real)?);
        }
    }
    Ok(LINES.iter().map(|line| row(line, &ours, &theirs)).collect())
}

fn row((what, unit, figure, earlier, budget): &Line, ours: &[Life], theirs: &[Life]) -> Row {
    let is_of_this_run = !theirs.is_empty();
    let other = if is_of_this_run { median(theirs.iter().map(figure)) } else { *earlier };
    Row {
        what: (*what).to_owned(),
        measured: Quantity { value: median(ours.iter().map(figure)), unit: *unit },
        against: Some(Against { quantity: Quantity { value: other, unit: *unit }, is_of_this_run }),
        budget: *budget,
    }
}

/// Measures one run. Commands and files follow in a second process, so that they don't add to the memory.
fn life(binary: &Path) -> Result<Life> {
    let daemon = Daemon::start(binary)?;
    std::thread::sleep(SETTLE);
    let idle = daemon.memory()?;
    let replan = replan(&daemon)?;
    let fifty = daemon.memory()?;
    drop(daemon);
    let daemon = Daemon::start(binary)?;
    let (exec, requests) = (exec(&daemon)?, requests(&daemon)?);
    let (push, pull) = file(&daemon)?;
    Ok(Life { start: daemon.start, idle, replan, fifty, exec, push, pull, requests })
}

fn replan(daemon: &Daemon) -> Result<f64> {
    let mut layer = "services:\n".to_owned();
    for number in 0..SERVICES {
        writeln!(layer, "  sleep-{number}: {{override: replace, startup: enabled, command: sleep infinity}}")?;
    }
    daemon.client.add_layer("bench", &Layer::parse(layer.as_bytes())?, false)?;
    timed(|| Ok(daemon.client.replan(PATIENCE).map(drop)?))
}

fn exec(daemon: &Daemon) -> Result<f64> {
    // The user may have no home folder.
    let command = ExecOptions { working_dir: Some("/".to_owned()), ..ExecOptions::new(["true"]) };
    let once = || match daemon.client.exec(&command)?.exit_code {
        0 => Ok(()),
        code => Err(format!("`true` ended with {code}").into()),
    };
    once()?;
    Ok(median((0..COMMANDS).map(|_| timed(once)).collect::<Result<Vec<_>>>()?))
}

/// Requests in a second, one after the other.
fn requests(daemon: &Daemon) -> Result<f64> {
    let seconds = timed(|| {
        (0..REQUESTS).try_for_each(|_| daemon.client.system_info().map(drop))?;
        Ok(())
    })?;
    Ok(f64::from(REQUESTS) / seconds)
}

/// Times of a push and a pull.
fn file(daemon: &Daemon) -> Result<(f64, f64)> {
    let path = daemon.path("file").display().to_string();
    let (mut pushes, mut pulls) = (Vec::new(), Vec::new());
    for _ in 0..FILES {
        let content = io::repeat(b'x').take(FILE);
        pushes.push(timed(|| Ok(daemon.client.write_file(&path, content, &WriteFile::default())?))?);
        pulls.push(timed(|| match daemon.client.read_file_to(&path, &mut io::sink())? {
            FILE => Ok(()),
            bytes => Err(format!("{bytes} of {FILE} bytes came back").into()),
        })?);
    }
    Ok((median(pushes), median(pulls)))
}

/// Duration of `work`, in seconds.
fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}
