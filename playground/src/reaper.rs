//! Ends the processes that a killed model has left. Most end by themselves; a hook that hangs or a build may not.
//!
//! A process belongs to a model if it is a keeper whose description is in the model's folder, or if its environment
//! names that folder: hooks and their children have the agent's socket there, builds the variable [`MARK`].

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Environment variable of a build's programs: the model's folder.
pub const MARK: &str = "WEBCHARM_MODEL";

/// Time for processes to end after SIGTERM, before they are killed.
const GRACE: Duration = Duration::from_secs(2);

/// Longest wait for all of them. A process that the kernel keeps (state D) is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the processes of the model in the folder `dir`, whose own process is gone.
pub(crate) fn reap(dir: &Path) {
    let started = Instant::now();
    loop {
        let found = processes(dir);
        if found.is_empty() || started.elapsed() > PATIENCE {
            return;
        }
        let signal = if started.elapsed() < GRACE { Signal::TERM } else { Signal::KILL };
        for pid in found {
            // Fails if the process has just ended by itself.
            let _ = kill_process(pid, signal);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn processes(dir: &Path) -> Vec<Pid> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    let read = |pid: &Pid, name: &str| fs::read(format!("/proc/{}/{name}", pid.as_raw_nonzero())).unwrap_or_default();
    let is_ours = |pid: &Pid| belongs(dir, &read(pid, "cmdline"), &read(pid, "environ"));
    ids.filter(|pid| *pid != getpid() && is_ours(pid)).collect()
}

/// True if a process with these arguments and this environment belongs to the model in `dir`.
fn belongs(dir: &Path, arguments: &[u8], environment: &[u8]) -> bool {
    let dir = dir.as_os_str().as_bytes();
    let mut arguments = arguments.split(|byte| *byte == 0);
    let is_in = |path: &[u8]| path.strip_prefix(dir).is_some_and(|rest| rest.first() == Some(&b'/'));
    let is_keeper = arguments.next() == Some(b"webcharm") && arguments.nth(1).is_some_and(is_in);
    let has = |name: &str, path: &dyn Fn(&[u8]) -> bool| {
        let prefix = [name.as_bytes(), b"="].concat();
        environment.split(|byte| *byte == 0).filter_map(|line| line.strip_prefix(&prefix[..])).any(path)
    };
    is_keeper
        || has(MARK, &|path| path == dir)
        || has("JUJU_AGENT_SOCKET_ADDRESS", &|path| path.first() == Some(&b'@') && is_in(&path[1..]))
}

/// Name and value of [`MARK`] for a model's folder.
pub(crate) fn mark(dir: &Path) -> (&'static str, &OsStr) {
    (MARK, dir.as_os_str())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_model_s_processes_are_known_and_no_others() {
        let dir = Path::new("/run/webcharm/local");
        for (arguments, environment, wanted) in [
            ("webcharm\0pod-keeper\0/run/webcharm/local/pods/0/pod.json\0", "", true),
            ("webcharm\0pod-keeper\0/run/webcharm/local-2/pods/0/pod.json\0", "", false),
            ("vi\0x\0/run/webcharm/local/pods/0/pod.json\0", "", false),
            ("sh\0", "A=1\0WEBCHARM_MODEL=/run/webcharm/local\0", true),
            ("sh\0", "WEBCHARM_MODEL=/run/webcharm/local-2\0", false),
            ("sh\0", "JUJU_AGENT_SOCKET_ADDRESS=@/run/webcharm/local/agent.socket\0", true),
            ("sh\0", "XJUJU_AGENT_SOCKET_ADDRESS=@/run/webcharm/local/agent.socket\0", false),
            ("sh\0", "PWD=/run/webcharm/local\0", false),
            ("", "", false),
        ] {
            assert_eq!(belongs(dir, arguments.as_bytes(), environment.as_bytes()), wanted, "{arguments} {environment}");
        }
    }

    #[test]
    fn one_that_does_not_end_when_asked_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let (name, value) = mark(dir.path());
        let script = "trap '' TERM; echo deaf; while :; do sleep 60; done";
        let mut command = Command::new("sh");
        let mut child = command.args(["-c", script]).env(name, value).stdout(Stdio::piped()).spawn().unwrap();
        // Before the shell has set its trap, SIGTERM would end it.
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
        let waiting = std::thread::spawn(move || child.wait().unwrap());
        reap(dir.path());
        assert_eq!(waiting.join().unwrap().signal(), Some(Signal::KILL.as_raw()));
        assert_eq!(processes(dir.path()), []);
    }
}
