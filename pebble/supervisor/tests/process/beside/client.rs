//! A real Pebble's command line as client of our daemon.

use std::process::Command;

use crate::daemon::Daemon;

#[test]
fn commands_of_the_real_client_are_not_killed() {
    let Some(real) = testkit::needs_named("PEBBLE_BINARY") else { return };
    let daemon = Daemon::start("", &[]);
    for (script, code, rounds) in
        [("id -g", 0, 200), ("exec >/dev/null 2>&1; exit 5", 5, 50), ("exec >&-; exec 2>&-; sleep 0.02; exit 6", 6, 20)]
    {
        for round in 0..rounds {
            let mut client = Command::new(&real);
            client.args(["exec", "--", "sh", "-c", script]).env("PEBBLE", daemon.folder.path());
            let output = client.env_remove("PEBBLE_SOCKET").env("HOME", daemon.folder.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{script} in round {round}: {output:?}");
        }
    }
}
