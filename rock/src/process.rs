//! Runs the slow programs of a build: reports their lines as progress and ends them on request.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use pack::text::shown;
use rustix::process::{Pid, Signal, kill_process_group};

/// Interface between a build and its caller: progress one way, cancelling the other.
pub trait Work {
    /// Reports a line of progress, without control characters.
    fn say(&self, line: &str);
    /// The switch that ends the running program.
    fn cancel(&self) -> &Cancel;
    /// Start of a keeper's command line: the keeper runs the command that follows and kills it when the keeper's own
    /// input ends, so a program can't outlive this process. Without a keeper, programs are run directly.
    fn keeper(&self) -> Option<Command> {
        None
    }
    /// An environment variable that marks the programs as this process's, so that they can be found after it was
    /// killed.
    fn mark(&self) -> Option<(&str, &OsStr)> {
        None
    }
}

/// A switch that ends the running program and prevents any other from starting.
#[derive(Debug, Default)]
pub struct Cancel {
    thrown: AtomicBool,
    running: Mutex<Option<Running>>,
}

/// The running program.
#[derive(Debug)]
struct Running {
    pid: Pid,
    /// The keeper's input, if there is a keeper.
    lifeline: Option<ChildStdin>,
}

impl Running {
    fn end(&mut self) {
        match self.lifeline.take() {
            Some(lifeline) => drop(lifeline),
            // The program may have ended, but it isn't reaped before `running` is cleared: the id is still its own.
            None => drop(kill_process_group(self.pid, Signal::TERM)),
        }
    }
}

impl Cancel {
    /// Throws the switch. It may be called from any thread, and more than once.
    pub fn throw(&self) {
        self.thrown.store(true, Ordering::SeqCst);
        if let Some(running) = self.running().as_mut() {
            running.end();
        }
    }

    /// Returns true if the switch has been thrown.
    pub fn is_thrown(&self) -> bool {
        self.thrown.load(Ordering::SeqCst)
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Result of a program that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// The last lines of its output.
    pub tail: String,
}

/// End of a sentence about a program: the line of its output that says why it failed, and the last lines; or that there
/// was no output.
#[must_use]
pub fn said(tail: &str) -> String {
    let Some(why) = reason::line(tail) else { return "it said nothing".to_owned() };
    let lines: Vec<_> = tail.trim_end().lines().collect();
    let last: Vec<_> = lines[lines.len().saturating_sub(QUOTED_LINES)..].iter().map(|line| cut(line)).collect();
    let last = last.join("\n");
    if last.trim() == why {
        format!("it said: {why}")
    } else {
        format!("it said: {}\nThe end of its output:\n{last}", cut(why))
    }
}

/// A line's first [`QUOTED`] characters.
fn cut(line: &str) -> String {
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Lines of a failed program's output that are quoted, and characters of each.
const QUOTED_LINES: usize = 15;
const QUOTED: usize = 300;

/// Lines that are kept: a tool may explain its options at length after the line that says why.
const TAIL_LINES: usize = 400;

/// Largest piece of a line that is reported at once, in bytes.
const LINE: u64 = 16 << 10;

/// Runs `command` to its end in a process group of its own, passing each of its lines to `work`.
///
/// # Errors
/// When it can't be started, or the switch was thrown ([`io::ErrorKind::Interrupted`]).
pub fn run(command: &mut Command, work: &dyn Work) -> io::Result<Ended> {
    use std::os::unix::process::CommandExt;
    if work.cancel().is_thrown() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let mut kept = work.keeper().map(|keeper| behind(keeper, command));
    let stdin = if kept.is_some() { Stdio::piped() } else { Stdio::null() };
    let command = kept.as_mut().unwrap_or(command);
    let (reader, writer) = io::pipe()?;
    let error_writer = writer.try_clone()?;
    command.envs(work.mark());
    command.stdin(stdin).stdout(writer).stderr(error_writer).process_group(0);
    let mut child = command.spawn()?;
    // The command still holds the pipe's write end, with which the reader would never see its end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    *work.cancel().running() = Some(Running { pid: Pid::from_child(&child), lifeline: child.stdin.take() });
    if work.cancel().is_thrown() {
        work.cancel().throw();
    }
    let tail = follow(BufReader::new(reader), work);
    // The output is closed, so the program is about to end. The id is cleared before the program is reaped.
    *work.cancel().running() = None;
    let status = child.wait()?;
    if work.cancel().is_thrown() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    Ok(Ended { status, tail })
}

/// `command` under a keeper: in the same folder, with the same changes to the environment.
fn behind(mut keeper: Command, command: &Command) -> Command {
    keeper.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => keeper.env(name, value),
            None => keeper.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        keeper.current_dir(folder);
    }
    keeper
}

fn follow(mut output: impl BufRead, work: &dyn Work) -> String {
    let mut tail = std::collections::VecDeque::new();
    let mut line = Vec::new();
    // A longer line is reported in pieces: a program that never ends a line must not fill the memory.
    while output.by_ref().take(LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = shown(String::from_utf8_lossy(&line).trim_end()).into_owned();
        line.clear();
        work.say(&text);
        tail.push_back(text);
        if tail.len() > TAIL_LINES {
            tail.pop_front();
        }
    }
    Vec::from(tail).join("\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Quiet {
        cancel: Cancel,
        pub(crate) lines: Mutex<Vec<String>>,
    }

    impl Work for Quiet {
        fn say(&self, line: &str) {
            self.lines.lock().unwrap().push(line.to_owned());
        }
        fn cancel(&self) -> &Cancel {
            &self.cancel
        }
    }

    #[test]
    fn lines_of_both_streams_are_passed_on() {
        let work = Quiet::default();
        let ended = run(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]), &work).unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.tail, "one\ntwo");
        assert_eq!(said(&ended.tail), "it said: two\nThe end of its output:\none\ntwo");
        assert_eq!(*work.lines.lock().unwrap(), ["one", "two"]);
    }

    #[test]
    fn a_program_without_output_said_nothing() {
        let ended = run(Command::new("sh").args(["-c", "echo; exit 3"]), &Quiet::default()).unwrap();
        assert_eq!((ended.status.code(), said(&ended.tail).as_str()), (Some(3), "it said nothing"));
    }

    /// A shell as keeper: it runs the rest of its command line, and kills it when its own input ends.
    struct ShellKeeper(Quiet);

    impl Work for ShellKeeper {
        fn say(&self, line: &str) {
            self.0.say(line);
            if line == "ready" {
                self.cancel().throw();
            }
        }
        fn cancel(&self) -> &Cancel {
            self.0.cancel()
        }
        fn keeper(&self) -> Option<Command> {
            let mut keeper = Command::new("sh");
            keeper.args(["-c", "\"$@\" </dev/null & program=$!; cat >/dev/null; kill $program; echo over", "keeper"]);
            Some(keeper)
        }
    }

    #[test]
    fn a_keeper_runs_the_program_in_its_folder_with_its_environment_until_the_switch_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        let work = ShellKeeper(Quiet::default());
        let mut command = Command::new("sh");
        command.args(["-c", "pwd; echo $A$HOME; echo ready; exec sleep 60"]);
        command.current_dir(dir.path()).env("A", "a").env_remove("HOME");
        assert_eq!(run(&mut command, &work).unwrap_err().kind(), io::ErrorKind::Interrupted);
        let folder = dir.path().canonicalize().unwrap().display().to_string();
        assert_eq!(*work.0.lines.lock().unwrap(), [folder.as_str(), "a", "ready", "over"]);
    }

    #[test]
    fn a_failed_program_is_quoted_with_its_reason_first() {
        assert_eq!(said(" \n"), "it said nothing");
        assert_eq!(said("no such file\n"), "it said: no such file");
        let versions = format!(
            "ERROR: No version (from versions: {})\nERROR: No matching distribution for x\n",
            "1, ".repeat(3000)
        );
        let quoted = said(&versions);
        assert!(quoted.starts_with("it said: No matching distribution for x\nThe end of its output:\n"), "{quoted}");
        assert!(quoted.len() < 500, "{quoted}");
        let options =
            "npm error code EUSAGE\nnpm error\nnpm error out of sync\n".to_owned() + &"npm error  --x\n".repeat(100);
        assert!(said(&options).starts_with("it said: out of sync\n"));
    }

    #[test]
    fn control_characters_and_endless_lines_of_a_program_are_not_passed_on() {
        let work = Quiet::default();
        let ended = run(Command::new("printf").arg("\\033[31mred\\033[0m\\r\\n"), &work).unwrap();
        assert_eq!(ended.tail, "\\u{1b}[31mred\\u{1b}[0m");
        let work = Quiet::default();
        run(Command::new("head").args(["-c", "40000", "/dev/zero"]), &work).unwrap();
        let lengths: Vec<usize> =
            work.lines.lock().unwrap().iter().map(|line| line.matches("\\u{0}").count()).collect();
        assert_eq!(lengths, [16384, 16384, 7232]);
    }

    #[test]
    fn the_switch_ends_the_program_and_its_children() {
        struct Impatient(Cancel, Mutex<String>);
        impl Work for Impatient {
            fn say(&self, line: &str) {
                self.0.throw();
                line.clone_into(&mut self.1.lock().unwrap());
            }
            fn cancel(&self) -> &Cancel {
                &self.0
            }
        }
        let work = Impatient(Cancel::default(), Mutex::default());
        let error = run(Command::new("sh").args(["-c", "sleep 600 & echo $!; wait"]), &work).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        // The kernel may need a moment to end the child; a zombie has ended.
        let stat = format!("/proc/{}/stat", work.1.lock().unwrap());
        let is_alive = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        while is_alive() {
            std::thread::yield_now();
        }
        let error = run(&mut Command::new("true"), &work).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted, "no program is started after it");
    }
}
