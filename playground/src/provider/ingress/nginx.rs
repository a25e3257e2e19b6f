//! The program nginx: started in the pods' network, configured, and asked whether it follows its configuration.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rock::tool::{self, Tool};

use super::super::Host;
use super::super::process::{self, Error, Place, Process};
use super::INGRESS;
use super::config::{Route, config, socket, sockets};
use crate::daemon::{self, Network};
use crate::ui::Ui;

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["www-data", "nobody"];

pub(super) const TOOL: Tool = Tool { program: "nginx", package: "nginx-light" };

/// Limit of the time until it follows a new configuration.
const PATIENCE: Duration = Duration::from_secs(20);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    process::file(INGRESS.title, what)
}

/// A running nginx.
#[derive(Debug)]
pub(super) struct Nginx {
    program: PathBuf,
    place: Place,
    network: u32,
    process: Process,
    revision: u64,
}

impl Nginx {
    /// Starts it without a route. Connections on `listener` are brought to it.
    pub(super) fn start(host: &Host<'_>, listener: &TcpListener) -> Result<Self, Error> {
        let program = tool::find(TOOL, host.ui)?;
        let place = Place::make(INGRESS.title, &host.dir, &USERS)?;
        fs::write(place.dir.join("nginx.conf"), config(&[], 0)).map_err(file("write the configuration"))?;
        host.ui.step("starting nginx");
        let process = serve(&program, &place, host.network, listener)?;
        let mut nginx = Self { program, place, network: host.network, process, revision: 0 };
        nginx.wait(host.ui)?;
        Ok(nginx)
    }

    /// True if it runs, in that network.
    pub(super) fn is_running_in(&mut self, network: u32) -> bool {
        self.network == network && !self.process.has_ended()
    }

    /// Starts another process with the same configuration.
    pub(super) fn restart(&mut self, network: u32, listener: &TcpListener, ui: &Ui) -> Result<(), Error> {
        // Sockets that a killed process left prevent the start.
        for socket in sockets(self.revision) {
            let _ = fs::remove_file(self.place.dir.join(socket));
        }
        self.process = serve(&self.program, &self.place, network, listener)?;
        self.network = network;
        self.wait(ui)
    }

    /// Configures it for `routes`, and waits until it follows them.
    pub(super) fn lead_to(&mut self, routes: &[Route], ui: &Ui) -> Result<(), Error> {
        let text = config(routes, self.revision + 1);
        fs::write(self.place.dir.join("nginx.conf"), text).map_err(file("write the configuration"))?;
        self.revision += 1;
        if self.process.reload().is_err() {
            // It has ended; the next process reads the same file.
            return Ok(());
        }
        self.wait(ui)
    }

    fn lead_through(&self, socket: &Path) -> io::Result<()> {
        let new = self.place.dir.join("nginx.sock.new");
        symlink(socket, &new)?;
        fs::rename(new, door(&self.place.dir))
    }

    /// Waits until the current revision answers on its socket, and has connections brought to that one.
    fn wait(&mut self, ui: &Ui) -> Result<(), Error> {
        let socket = self.place.dir.join(socket(self.revision));
        let client = http_client::on_socket(&socket);
        self.process.wait(PATIENCE, ui, || client.get("http://nginx/").send().ok())?;
        self.lead_through(&socket).map_err(file("change the socket"))
    }
}

/// The link to the socket to which connections are brought.
fn door(dir: &Path) -> PathBuf {
    dir.join("nginx.sock")
}

fn serve(program: &Path, place: &Place, network: u32, listener: &TcpListener) -> Result<Process, Error> {
    let mut spec = place.spec(program, ["-p", daemon::HOME, "-c", "/mnt/server/nginx.conf", "-e", "stderr"]);
    spec.network = Network::Of(network);
    spec.socket = Some(door(&place.dir));
    place.start(&spec, Some(listener))
}
