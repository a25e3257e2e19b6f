//! What the identity providers have in common: Node on a unix socket, and one address for browsers and pods.
//!
//! Browsers resolve each name below `localhost` to this machine, and a pod's `hosts` file has the server's name, so the same URL
//! leads both to the server: an issuer's URL must be the same for the two.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use super::npm::{Installed, Package};
use super::process::{self, Place, Process};
use super::{Error, Host};
use crate::daemon;
use crate::pod::Neighbor;
use crate::pod::way::Way;

/// Users that root runs it as.
const USERS: [&str; 1] = ["nobody"];

/// The people and the form that both providers have.
const PEOPLE: &str = include_str!("identity/people.mjs");

/// Name of the file with the people.
const PEOPLE_FILE: &str = "people.mjs";

/// Name of the script.
const SCRIPT: &str = "server.mjs";

/// Name of the socket.
const SOCKET: &str = "identity.sock";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// A running identity provider.
#[derive(Debug)]
pub(super) struct Identity {
    title: &'static str,
    installed: Installed,
    /// Its folder.
    pub(super) place: Place,
    process: Option<Process>,
    door: Door,
}

/// Its address, for browsers and pods.
#[derive(Debug)]
struct Door {
    _way: Way,
    name: String,
    port: u16,
}

impl Door {
    /// Opens a free port of this machine, which leads to the server's socket.
    fn open(host: &Host<'_>, place: &Place) -> Result<Self, process::Error> {
        let title = host.provider.title;
        let (port, listener) = process::listen(title)?;
        let way = Way::open(listener, place.dir.join(SOCKET)).map_err(file(title, "listen on a port"))?;
        Ok(Self { _way: way, name: format!("{}.localhost", host.provider.app), port })
    }

    fn url(&self) -> String {
        format!("http://{}:{}", self.name, self.port)
    }
}

impl Identity {
    /// Starts `script`, which needs `package`, after the files were written. It is ready when `page` is there.
    pub(super) fn start(
        host: &Host<'_>,
        package: &Package,
        script: &str,
        files: &[(&str, &str)],
        page: &str,
    ) -> Result<Self, Error> {
        let title = host.provider.title;
        let installed = package.have(host.ui)?;
        let place = Place::make(title, &host.dir, &USERS)?;
        for (name, text) in [(PEOPLE_FILE, PEOPLE), (SCRIPT, script)].iter().chain(files) {
            place.write(name, text)?;
        }
        symlink(format!("{}/node_modules", daemon::PROGRAMS), place.dir.join("node_modules"))
            .map_err(file(title, "make a link"))?;
        let door = Door::open(host, &place)?;
        host.ui.step(&format!("starting {title}"));
        let process = serve(&installed, &place, &door.url(), page, host)?;
        host.ui.step(&format!("{} knows the people ada and grace; each one's password is the name", door.url()));
        Ok(Self { title, installed, place, process: Some(process), door })
    }

    /// Its address, for browsers and pods, without a slash at its end.
    pub(super) fn url(&self) -> String {
        self.door.url()
    }

    /// The way to it from a pod.
    pub(super) fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(self.door.name.clone(), self.door.port, self.place.dir.join(SOCKET))
    }

    /// Starts it again if it has ended, with its keys. Returns true if it had.
    pub(super) fn revive(&mut self, page: &str, host: &Host<'_>) -> Result<bool, Error> {
        if self.process.as_mut().is_some_and(|process| !process.has_ended()) {
            return Ok(false);
        }
        host.ui.step(&format!("{} ended; starting it again, without its sessions", self.title));
        self.restart(&self.url(), page, host)?;
        Ok(true)
    }

    /// Moves it to another port, with its keys; its sessions end, since they are with the address before. Returns its address.
    pub(super) fn relocate(&mut self, page: &str, host: &Host<'_>) -> Result<Vec<String>, Error> {
        let door = Door::open(host, &self.place)?;
        self.restart(&door.url(), page, host)?;
        self.door = door;
        Ok(vec![self.url()])
    }

    /// Starts it again without a file, which it makes anew; its sessions end.
    pub(super) fn renew(&mut self, name: &str, page: &str, host: &Host<'_>) -> Result<(), Error> {
        fs::remove_file(self.place.dir.join(name)).map_err(file(self.title, "remove a file"))?;
        self.restart(&self.url(), page, host)
    }

    /// Starts another process at `url`, after the end of the one before. If that fails, [`Identity::revive`] starts one.
    fn restart(&mut self, url: &str, page: &str, host: &Host<'_>) -> Result<(), Error> {
        self.process = None;
        self.process = Some(serve(&self.installed, &self.place, url, page, host)?);
        Ok(())
    }

    /// The text of a file in its folder.
    pub(super) fn read(&self, name: &str) -> Result<String, process::Error> {
        fs::read_to_string(self.place.dir.join(name)).map_err(file(self.title, "read a file"))
    }
}

fn file(title: &'static str, what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(title, what)
}

/// Starts the server, and waits until it has the page.
fn serve(
    installed: &Installed,
    place: &Place,
    url: &str,
    page: &str,
    host: &Host<'_>,
) -> Result<Process, process::Error> {
    let inside = |name: &str| format!("{}/{name}", daemon::HOME);
    let mut spec = place.spec(&installed.node, [inside(SCRIPT), url.to_owned(), inside(SOCKET)]);
    spec.programs = Some(installed.folder.clone());
    let socket: PathBuf = place.dir.join(SOCKET);
    let mut process = place.start(&spec, None)?;
    let (client, page) = (http_client::on_socket(&socket), format!("{url}{page}"));
    process.wait(START, host.ui, || client.get(&page).send().ok().filter(|answer| answer.status().is_success()))?;
    Ok(process)
}
