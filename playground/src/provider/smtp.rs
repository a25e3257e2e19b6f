//! Mail: a server that takes every message and keeps it as a file.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::smtp::{self, Auth, Security, Smtp, provider};
use juju::Role;
use rock::tool::{self, Tool};

use super::process::{self, Place, Process};
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon::Network;
use crate::pod::Neighbor;
use crate::ui::Ui;

/// A sink for mail.
pub(super) const SMTP: Provider = Provider {
    name: "smtp",
    title: "aiosmtpd",
    app: "smtp-integrator",
    endpoint: "smtp",
    interface: smtp::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Sink::start(host)?)),
};

const TOOL: Tool = Tool { program: "aiosmtpd", package: "python3-aiosmtpd" };

/// Users that root runs it as.
const USERS: [&str; 1] = ["nobody"];

/// Port of mail.
const PORT: u16 = 25;

/// Folder of the messages in the server's folder, in the form of a Maildir: they are in `new`.
const MAIL: &str = "mail";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// A running sink.
#[derive(Debug)]
struct Sink {
    program: PathBuf,
    place: Place,
    process: Process,
}

impl Sink {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let program = tool::find(TOOL, host.ui)?;
        let place = Place::make(SMTP.title, &host.dir, &USERS)?;
        host.ui.step("starting a mail server");
        let process = serve(&program, &place, host.ui)?;
        host.ui.step(&format!("mail arrives as files in {}", place.dir.join(MAIL).join("new").display()));
        Ok(Self { program, place, process })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(SMTP.app), host.port(PORT), socket(&self.place.dir))
    }
}

impl Serve for Sink {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("the mail server ended; starting it again");
        self.process = serve(&self.program, &self.place, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let Neighbor { name, port, .. } = self.way(host);
        let server = Smtp {
            host: name,
            port,
            user: None,
            password: None,
            auth: Auth::None,
            security: Security::None,
            domain: Some("example.com".to_owned()),
            skip_ssl_verify: false,
            sender: Some("shop@example.com".to_owned()),
            recipients: Vec::new(),
        };
        Ok(answers(relations, |relation| Ok(Some(provider::answer(&relation.view, &server)))))
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("smtp.sock")
}

/// Starts the server, and waits until it greets.
fn serve(program: &Path, place: &Place, ui: &Ui) -> Result<Process, process::Error> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, PORT);
    let listen = address.to_string();
    let folder = format!("{}/{MAIL}", crate::daemon::HOME);
    let arguments = ["--nosetuid", "--listen", &listen, "--class", "aiosmtpd.handlers.Mailbox", &folder];
    let mut spec = place.spec(program, arguments);
    spec.network = Network::Own;
    spec.ways_in = vec![(socket(&place.dir), address)];
    let mut process = place.start(&spec, None)?;
    process.wait(START, ui, || greets(&socket(&place.dir)))?;
    Ok(process)
}

/// Reads the beginning of a server's greeting, which is `220` (RFC 5321, 4.3.1).
fn greets(socket: &Path) -> Option<()> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).ok()?;
    (answer == *b"220").then_some(())
}
