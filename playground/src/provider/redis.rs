//! Redis: one cache for all applications of the model. The interface has no users and no password.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::redis::{
    self,
    provider::{self, Primary},
};
use juju::Role;
use rock::tool::{self, Tool};

use super::process::{self, Place, Process};
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::pod::Neighbor;

/// Redis.
pub(super) const REDIS: Provider = Provider {
    name: "redis",
    title: "Redis",
    app: "redis-k8s",
    endpoint: "redis",
    interface: redis::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    start: |host| Ok(Box::new(Redis::start(host)?)),
};

const TOOL: Tool = Tool { program: "redis-server", package: "redis-server" };

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["redis", "nobody"];

/// Settings: a unix socket and no network, nothing on disk.
const SETTINGS: [&str; 10] =
    ["--port", "0", "--unixsocket", "/mnt/server/redis.sock", "--save", "", "--appendonly", "no", "--daemonize", "no"];

/// Port of Redis in a cluster.
const PORT: u16 = 6379;

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// Limit of an answer to `PING`.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running Redis.
#[derive(Debug)]
struct Redis {
    program: PathBuf,
    place: Place,
    process: Process,
}

impl Redis {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let program = tool::find(TOOL, host.ui)?;
        let place = Place::make(REDIS.title, &host.dir, &USERS)?;
        host.ui.step("starting Redis");
        let process = serve(&program, &place, host)?;
        Ok(Self { program, place, process })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.unit(), host.port(PORT), socket(&self.place.dir))
    }
}

impl Serve for Redis {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("Redis ended; starting it again, without its data");
        self.process = serve(&self.program, &self.place, host)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let Neighbor { name: hostname, port, .. } = self.way(host);
        let primary = Primary { hostname, port, leader_host: String::new() };
        Ok(answers(relations, |relation| Ok(Some(provider::answer(&relation.view, &primary)))))
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("redis.sock")
}

/// Starts the server and waits until it answers.
fn serve(program: &Path, place: &Place, host: &Host<'_>) -> Result<Process, process::Error> {
    let mut process = place.start(&place.spec(program, SETTINGS), None)?;
    process.wait(START, host.ui, || ping(&socket(&place.dir)))?;
    Ok(process)
}

/// Asks the server for a sign of life.
fn ping(socket: &Path) -> Option<()> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).ok()?;
    (answer == *b"+PONG").then_some(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_server_is_ready_when_it_answers_in_its_protocol() {
        let dir = tempfile::tempdir().unwrap();
        let path = socket(dir.path());
        assert_eq!(ping(&path), None, "nothing listens");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            for answer in ["+PONG\r\n", "-LOADING Redis is loading the dataset in memory\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut question = [0; 6];
                stream.read_exact(&mut question).unwrap();
                assert_eq!(question, *b"PING\r\n");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert_eq!((ping(&path), ping(&path)), (Some(()), None));
        server.join().unwrap();
    }
}
