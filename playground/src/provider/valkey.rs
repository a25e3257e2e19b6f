//! Valkey, or Redis in its place, which speaks the same protocol: a user with a password for each relation.

mod tls;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::valkey::{self, provider};
use juju::{RelationId, Role, Secret};
use rock::tool::{self, Tool};

use super::accounts::{self, Accounts};
use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, ServerCertificate, Source};
use crate::daemon::{Network, Spec};
use crate::pod::Neighbor;

/// Valkey.
pub(super) const VALKEY: Provider = Provider {
    name: "valkey",
    title: "Valkey",
    app: "valkey-k8s",
    endpoint: "valkey-client",
    interface: valkey::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Valkey::start(host)?)),
};

/// Redis, where there is no Valkey.
const TOOL: Tool = Tool { program: "redis-server", package: "redis-server" };

/// The programs, by preference: releases of Debian before 13 have no Valkey.
const TOOLS: [&str; 2] = ["valkey-server", TOOL.program];

/// Users that root runs it as, by preference.
const USERS: [&str; 3] = ["valkey", "redis", "nobody"];

/// Port of Valkey in a cluster.
const PORT: u16 = 6379;

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// Limit of an answer.
const PATIENCE: Duration = Duration::from_secs(5);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(VALKEY.title, what)
}

/// A running Valkey and its users.
#[derive(Debug)]
struct Valkey {
    program: PathBuf,
    place: Place,
    process: Process,
    password: Secret,
    users: Accounts<User>,
    /// Its certificate, if it speaks TLS.
    certificate: Option<ServerCertificate>,
}

/// User of a relation.
#[derive(Debug, Clone)]
struct User {
    name: String,
    password: Secret,
}

impl Valkey {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let there = TOOLS.into_iter().find(|program| Path::new("/usr/bin").join(program).is_file());
        let program = tool::find(Tool { program: there.unwrap_or(TOOL.program), ..TOOL }, host.ui)?;
        let place = Place::make(VALKEY.title, &host.dir, &USERS)?;
        let password = accounts::password().map_err(file("draw a password"))?;
        place.write("settings", &settings_of(&password))?;
        host.ui.step(if there == Some(TOOLS[0]) { "starting Valkey" } else { "starting Redis in place of Valkey" });
        let process = serve(&program, &place, &password, host)?;
        Ok(Self { program, place, process, password, users: Accounts::default(), certificate: None })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(&format!("{}-primary", VALKEY.app)), host.port(PORT), way_in(&self.place.dir))
    }

    /// The user of a relation, made on first use.
    fn user(&mut self, id: RelationId) -> Result<User, Error> {
        let server = (socket(&self.place.dir), &self.password);
        self.users.have(id, || {
            let password = accounts::password().map_err(file("draw a password"))?;
            let user = User { name: format!("relation-{id}"), password };
            admit(&server.0, server.1, &user)?;
            Ok(user)
        })
    }

    /// Turns TLS on again, and makes the users anew: the server keeps both in memory.
    fn restore(&self) -> Result<(), Error> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| self.turn_tls_on(certificate))?;
        self.users.all().try_for_each(|user| admit(&socket(&self.place.dir), &self.password, user))
    }
}

impl Serve for Valkey {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("Valkey ended; starting it again, without its data");
        self.process = serve(&self.program, &self.place, &self.password, host)?;
        self.restore()?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for user in self.users.take_gone(relations) {
            command(&socket(&self.place.dir), &self.password, &["ACL", "DELUSER", &user.name])?;
        }
        let endpoint = self.way(host).place();
        Ok(answers(relations, |Relation { view, .. }| {
            let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let user = self.user(view.id)?;
            let server = valkey::Valkey {
                username: user.name.into(),
                password: user.password,
                endpoints: vec![endpoint.clone()],
                read_only_endpoints: Vec::new(),
                sentinel_endpoints: Vec::new(),
                mode: None,
                version: None,
                tls: self.certificate.is_some(),
                tls_ca: self.certificate.as_ref().map(|certificate| certificate.ca.clone()),
            };
            Ok(Some(provider::answer(view, &request, &server)))
        }))
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        let server = (socket(&self.place.dir), &self.password);
        self.users.renew(|user| {
            let password = accounts::password().map_err(file("draw a password"))?;
            let user = User { password, ..user.clone() };
            admit(&server.0, server.1, &user)?;
            command(&server.0, server.1, &["CLIENT", "KILL", "USER", &user.name])?;
            Ok::<_, Error>(user)
        })?;
        Ok(true)
    }

    fn certify(&mut self, certificate: Option<&ServerCertificate>, host: &Host<'_>) -> Result<(), Error> {
        if self.certificate.take().is_some() {
            self.turn_tls_off()?;
        }
        if let Some(certificate) = certificate {
            if let Err(error) = self.turn_tls_on(certificate) {
                // Its port for clients without TLS is closed.
                self.turn_tls_off()?;
                return Err(error);
            }
            self.certificate = Some(certificate.clone());
        }
        host.ui.step(&super::tls::told(VALKEY.title, certificate.is_some()));
        Ok(())
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("valkey.sock")
}

/// The socket that leads clients into its network.
fn way_in(dir: &Path) -> PathBuf {
    dir.join("clients.sock")
}

/// Settings: a unix socket, for us, and a network of its own, for clients, since it speaks TLS there alone; nothing on disk, and
/// a password of ours for the user without a name.
fn settings_of(password: &Secret) -> String {
    let lines = [
        "bind 127.0.0.1",
        "port 6379",
        "unixsocket /mnt/server/valkey.sock",
        "save \"\"",
        "appendonly no",
        "daemonize no",
    ];
    format!("{}\nrequirepass {}\n", lines.join("\n"), password.expose())
}

/// Starts the server, and waits until it answers.
fn serve(program: &Path, place: &Place, password: &Secret, host: &Host<'_>) -> Result<Process, process::Error> {
    let ways_in = vec![(way_in(&place.dir), SocketAddrV4::new(Ipv4Addr::LOCALHOST, PORT))];
    let spec = Spec { network: Network::Own, ways_in, ..place.spec(program, ["/mnt/server/settings"]) };
    let mut process = place.start(&spec, None)?;
    let socket = socket(&place.dir);
    process.wait(START, host.ui, || ask(&socket, password, &["PING"]).ok().filter(|answer| answer == "+PONG"))?;
    Ok(process)
}

/// Makes a user on the server.
fn admit(socket: &Path, password: &Secret, user: &User) -> Result<(), Error> {
    let own = format!(">{}", user.password.expose());
    command(socket, password, &["ACL", "SETUSER", &user.name, "reset", "on", &own, "~*", "&*", "+@all", "-@admin"])
}

/// Has the server run a command.
fn command(socket: &Path, password: &Secret, words: &[&str]) -> Result<(), Error> {
    let answer = ask(socket, password, words).map_err(file("talk to the server"))?;
    if answer.starts_with('-') {
        return Err(Error::Server(format!("{} refuses {}: {answer}", VALKEY.title, words[..2].join(" ")).into()));
    }
    Ok(())
}

/// The first line of the answer to a command, by its first user. The words have no blanks.
fn ask(socket: &Path, password: &Secret, words: &[&str]) -> io::Result<String> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(&stream).lines();
    let mut answer = String::new();
    for command in [format!("AUTH {}", password.expose()), words.join(" ")] {
        (&stream).write_all(format!("{command}\r\n").as_bytes())?;
        answer = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    }
    Ok(answer)
}
