//! `kill -9` at any moment: of the model's process, of a keeper, of Pebble, of a server, of a worker.
//!
//! The moments are drawn from a seed. `WEBCHARM_KILLS` says how many there are (10), `WEBCHARM_SEED` where they begin.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::integration::has_postgresql;
use crate::support::{Desk, wait_until};

/// Numbers that look random and are the same for the same seed: xorshift, by George Marsaglia.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How long a start with a server takes, about.
const START: u64 = 6000;

#[test]
fn killed_at_any_moment_it_leaves_nothing() {
    let (tries, seed) = (number("WEBCHARM_KILLS", 10), number("WEBCHARM_SEED", 42));
    let desk = Desk::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask");
    // The packages are installed once; what follows is about processes.
    desk.ok(&["up", sample, "--detach"]);
    desk.ok(&["down"]);
    let with_server = has_postgresql();
    let mut dice = Dice(seed.max(1));
    for attempt in 0..tries {
        let moment = dice.below(START);
        kill_one(&desk, sample, with_server, Duration::from_millis(moment), &mut dice);
        let context = format!("seed {seed}, attempt {attempt}, after {moment} ms");
        println!("{context}");
        // Of what was killed a part may go on; the next verb ends it.
        let down = desk.run(&["down"]);
        assert!(down.code == Some(0) || down.err.contains("is up: `webcharm up"), "{context}: {down:?}");
        desk.assert_nothing_left(&std::collections::BTreeSet::new());
    }
}

/// Starts everything, kills one process of it at the moment, and waits until what must end by that has ended.
fn kill_one(desk: &Desk, sample: &str, with_server: bool, moment: Duration, dice: &mut Dice) {
    let mut command = desk.command(&["up", sample]);
    let log = desk.path().join("up.log");
    let mut up = command.stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let started = Instant::now();
    let mut integrate = None;
    while started.elapsed() < moment {
        std::thread::sleep(Duration::from_millis(5));
        if with_server && integrate.is_none() && desk.runtime().join("webcharm/local/pod.json").exists() {
            let mut command = desk.command(&["integrate", "postgresql"]);
            integrate = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        }
    }
    let all: Vec<u32> = desk.processes().into_iter().collect();
    assert!(up.try_wait().unwrap().is_none(), "it ended by itself: {}", std::fs::read_to_string(&log).unwrap());
    let all = if all.is_empty() { vec![up.id()] } else { all };
    let victim = if dice.below(2) == 0 { up.id() } else { all[usize::try_from(dice.below(all.len() as u64)).unwrap()] };
    if let Some(pid) = Pid::from_raw(victim.cast_signed()) {
        // It may have ended by itself just now.
        let _ = kill_process(pid, Signal::KILL);
    }
    if victim == up.id() {
        up.wait().unwrap();
        wait_until("everything ends with the model", || {
            desk.processes().iter().all(|pid| integrate.as_ref().is_some_and(|verb| verb.id() == *pid))
        });
    } else {
        kill_process(Pid::from_child(&up), Signal::TERM).unwrap();
        up.wait().unwrap();
    }
    if let Some(mut verb) = integrate {
        verb.wait().unwrap();
    }
}
