//! `kill -9` at any moment: of the model's process, of a verb's, of a keeper, of Pebble, of a server, of a worker, of a hook.
//!
//! Moments and victims are drawn from a seed: `WEBCHARM_SEED` is the first, `WEBCHARM_KILLS` the number of kills. After
//! each kill, the next `down` or `up` removes all files and processes.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::ingress::with_ingress;
use crate::support::{Desk, names, wait_until};

/// Pseudo-random numbers, the same for the same seed: George Marsaglia's xorshift.
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

/// Rough length of the story, in milliseconds.
const LIFE: u64 = 20_000;

/// Verbs typed once the application is up. Servers that aren't installed are refused, and the story goes on.
const STORY: [&[&str]; 6] = [
    &["integrate", "ingress"],
    &["integrate", "postgresql"],
    &["add-unit", "flask-k8s"],
    &["config", "flask-k8s", "greeting=Ahoy"],
    &["remove-unit", "flask-k8s/0"],
    &["remove-relation", "flask-k8s", "ingress"],
];

/// One try, for the message if it fails.
struct Try {
    seed: u64,
    number: u64,
    moment: u64,
}

impl std::fmt::Display for Try {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WEBCHARM_SEED={} try {} after {} ms", self.seed, self.number, self.moment)
    }
}

fn kills(tries: u64) {
    let (tries, seed) = (number("WEBCHARM_KILLS", tries), number("WEBCHARM_SEED", 42));
    let desk = Desk::new();
    let project = with_ingress(&desk).display().to_string();
    // The packages are installed before, so that the tries are only about processes.
    desk.ok(&["up", &project, "--detach"]);
    desk.ok(&["down"]);
    let mut dice = Dice(seed.max(1));
    for number in 0..tries {
        let one = Try { seed, number, moment: dice.below(LIFE) };
        let (seen, victim) = kill_one(&desk, &project, &one, &mut dice);
        println!("{one}: {victim}");
        if dice.below(2) == 0 {
            let up = desk.run(&["up", &project, "--detach"]);
            assert!(up.code == Some(0) || up.err.contains("is up already"), "{one}: {victim}: {up:?}");
        }
        let down = desk.run(&["down"]);
        assert!(down.code == Some(0) || down.err.contains("is up: `webcharm up"), "{one}: {victim}: {down:?}");
        nothing_is_left(&desk, &seen, &format!("{one}: {victim}"));
    }
}

/// Starts the model and the story, kills one process at the moment, and returns all processes and the victim's command
/// line. A model that survives goes on.
fn kill_one(desk: &Desk, project: &str, one: &Try, dice: &mut Dice) -> (BTreeSet<u32>, String) {
    let log = desk.path().join("up.log");
    let mut command = desk.command(&["up", project]);
    let mut up = command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
    let (started, over) = (Instant::now(), AtomicBool::new(false));
    let killed = thread::scope(|scope| {
        scope.spawn(|| tell_the_story(desk, &log, &over));
        while started.elapsed() < Duration::from_millis(one.moment) {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(up.try_wait().unwrap().is_none(), "{one}: it ended by itself: {}", fs::read_to_string(&log).unwrap());
        let seen = desk.processes();
        let victim = choose(&up, &seen, dice);
        let what = fs::read_to_string(format!("/proc/{victim}/cmdline")).unwrap_or_default().replace('\0', " ");
        // Fails if the process has just ended by itself.
        let _ = Pid::from_raw(victim.cast_signed()).map(|pid| kill_process(pid, Signal::KILL));
        over.store(true, Ordering::SeqCst);
        (seen, what)
    });
    // Reaps the child, which would stay a zombie.
    thread::spawn(move || up.wait());
    killed
}

/// The victim: the model's own process, or any other.
fn choose(up: &Child, all: &BTreeSet<u32>, dice: &mut Dice) -> u32 {
    let place = usize::try_from(dice.below(all.len() as u64)).unwrap();
    if dice.below(3) == 0 { up.id() } else { all.iter().nth(place).copied().unwrap_or(up.id()) }
}

/// Types one verb after the other, until it is over.
fn tell_the_story(desk: &Desk, log: &Path, over: &AtomicBool) {
    let is_up = || fs::read_to_string(log).is_ok_and(|text| text.contains("running until Ctrl-C"));
    while !is_up() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    for args in STORY {
        if !over.load(Ordering::SeqCst) {
            // The verb may fail: it or its model may be killed.
            desk.run(args);
        }
    }
}

fn nothing_is_left(desk: &Desk, seen: &BTreeSet<u32>, context: &str) {
    desk.assert_nothing_left(seen);
    let ours = desk.path().to_str().unwrap();
    // `down` waits for the lock of the ending process; the kernel may close its sockets later.
    let has_sockets = || fs::read_to_string("/proc/net/unix").unwrap().contains(ours);
    wait_until(&format!("no socket is left, {context}"), || !has_sockets());
}

#[test]
fn killed_at_a_few_moments_it_leaves_nothing() {
    kills(4);
}

#[test]
#[ignore = "long: fifty starts of everything"]
fn killed_at_any_moment_it_leaves_nothing() {
    kills(50);
}

#[test]
fn killed_while_packages_are_installed_it_leaves_nothing() {
    let desk = Desk::new().with_fresh_cache();
    // An index that accepts connections and never answers, so that the installation hangs.
    let index = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/simple", index.local_addr().unwrap());
    let project = desk.sample();
    fs::write(project.join("rock/flask/requirements.txt"), "no-such-package-of-this-test\n").unwrap();
    let mut command = desk.command(&["up", project.to_str().unwrap()]);
    command
        .env("PIP_INDEX_URL", address)
        .env_remove("PIP_FIND_LINKS")
        .env("PIP_CONFIG_FILE", "/dev/null")
        .stderr(Stdio::null());
    let mut up = command.spawn().unwrap();
    let connection = index.accept().unwrap();
    let before = desk.processes();
    assert!(before.len() > 1, "pip is at work: {before:?}");
    up.kill().unwrap();
    up.wait().unwrap();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
    drop(connection);
    let cache = desk.cache().join("webcharm/dependencies");
    assert_eq!(names(&cache), [".lock"]);
}

#[test]
fn a_hook_that_hangs_does_not_outlive_a_killed_model() {
    let desk = Desk::new().with_charm("trap '' TERM; juju-log hanging; while :; do sleep 1; done");
    let mut up = desk.start(&["up", desk.sample().to_str().unwrap()]);
    up.wait_for("starting the pod");
    wait_until("the hook hangs", || desk.run(&["debug-log"]).out.contains("hanging"));
    let before = desk.processes();
    up.signal(Signal::KILL);
    assert_eq!(up.end(), None);
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
