//! A proxy out of the cluster: Squid, with a user for each relation. Pods have no other way to this machine's network.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::http_proxy::{
    self,
    provider::{self, User, Verdict},
};
use juju::Role;
use rock::tool::{self, Tool};

use super::accounts::{self, Accounts};
use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// Squid.
pub(super) const HTTP_PROXY: Provider = Provider {
    name: "http-proxy",
    title: "Squid",
    app: "squid-forward-proxy",
    endpoint: "http-proxy",
    interface: http_proxy::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Squid::start(host)?)),
};

const TOOL: Tool = Tool { program: "squid", package: "squid" };

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["proxy", "nobody"];

/// Port of Squid in a cluster.
const PORT: u16 = 3128;

/// Name of the file with a line `user password` for each user.
const ACCOUNTS: &str = "accounts";

/// Program that Squid asks about users: a line of its input is `user password`, its answers are `OK` and `ERR`.
const CHECK: &str = "#!/bin/sh\nwhile read -r line; do\n    if grep -Fxq -- \"$line\" /mnt/server/accounts; then echo OK; else echo ERR; fi\ndone\n";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(HTTP_PROXY.title, what)
}

/// A running Squid and its users.
#[derive(Debug)]
struct Squid {
    program: PathBuf,
    place: Place,
    address: SocketAddrV4,
    process: Process,
    users: Accounts<User>,
}

impl Squid {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let program = tool::find(TOOL, host.ui)?;
        let place = Place::make(HTTP_PROXY.title, &host.dir, &USERS)?;
        let address = free(own_loopback(std::process::id())).map_err(file("find a free port"))?;
        for (name, text) in [("squid.conf", config(address).as_str()), ("check", CHECK), (ACCOUNTS, "")] {
            place.write(name, text)?;
        }
        host.ui.step("starting Squid");
        let process = serve(&program, &place, address, host.ui)?;
        Ok(Self { program, place, address, process, users: Accounts::default() })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(HTTP_PROXY.app), host.port(PORT), socket(&self.place.dir))
    }

    /// Writes the users' file. Squid asks anew about a user whose answer is older than a second.
    fn write_accounts(&self) -> Result<(), process::Error> {
        let lines = self
            .users
            .all()
            .map(|User { username, password }| format!("{} {}\n", username.expose(), password.expose()));
        self.place.write(ACCOUNTS, &lines.collect::<String>()).map(drop)
    }
}

impl Serve for Squid {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("Squid ended; starting it again");
        self.process = serve(&self.program, &self.place, self.address, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let mut is_news = !self.users.take_gone(relations).is_empty();
        let url = format!("http://{}/", self.way(host).place());
        let given = answers(relations, |Relation { view, .. }| {
            let Some(requests) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let user = self.users.have(view.id, || {
                is_news = true;
                let username = format!("relation-{}", view.id).into();
                accounts::password().map(|password| User { username, password })
            });
            let user = Some(user.map_err(file("draw a password"))?);
            let verdict = Verdict::Ready { url: url.clone(), user };
            Ok(Some(provider::answer(view, &requests, &verdict)))
        });
        if is_news {
            self.write_accounts()?;
        }
        Ok(given)
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        self.users.renew(|user| {
            let password = accounts::password().map_err(file("draw a password"))?;
            Ok::<_, process::Error>(User { username: user.username.clone(), password })
        })?;
        self.write_accounts()?;
        Ok(true)
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("squid.sock")
}

/// Address on the loopback that is this process's: Squid is in the machine's network, where 127.0.0.1:3128 may be another's. Its
/// last three bytes are the process's id, which has at most 22 bits.
fn own_loopback(process: u32) -> Ipv4Addr {
    let [_, high, middle, low] = process.to_be_bytes();
    Ipv4Addr::new(127, 128 | high, middle, low)
}

/// A free port of the address: the machine's own Squid may have 3128 on all addresses.
fn free(address: Ipv4Addr) -> io::Result<SocketAddrV4> {
    let listener = TcpListener::bind((address, 0))?;
    Ok(SocketAddrV4::new(address, listener.local_addr()?.port()))
}

/// Configuration: users only, any destination, nothing kept on disk.
fn config(address: SocketAddrV4) -> String {
    format!(
        "http_port {address}\n\
         auth_param basic program /bin/sh /mnt/server/check\n\
         auth_param basic children 2\n\
         auth_param basic credentialsttl 1 second\n\
         acl known proxy_auth REQUIRED\n\
         http_access allow known\n\
         http_access deny all\n\
         cache deny all\n\
         pid_filename none\n\
         access_log stdio:/dev/null\n\
         cache_log stdio:/dev/stderr\n\
         cache_store_log none\n\
         logfile_rotate 0\n\
         coredump_dir /mnt/server\n\
         shutdown_lifetime 0 seconds\n\
         pinger_enable off\n\
         visible_hostname proxy\n"
    )
}

/// Starts the server, and waits until it speaks HTTP.
fn serve(program: &Path, place: &Place, address: SocketAddrV4, ui: &Ui) -> Result<Process, process::Error> {
    let mut spec = place.spec(program, ["--foreground", "-N", "-f", "/mnt/server/squid.conf"]);
    spec.ways_in = vec![(socket(&place.dir), address)];
    let mut process = place.start(&spec, None)?;
    let client = http_client::on_socket(&socket(&place.dir));
    process.wait(START, ui, || client.get("http://squid/").send().ok())?;
    Ok(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_an_address_of_its_own_on_the_loopback() {
        assert_eq!(own_loopback(1), Ipv4Addr::new(127, 128, 0, 1));
        assert_eq!(own_loopback(4_194_304), Ipv4Addr::new(127, 192, 0, 0));
        assert!(own_loopback(4_194_304).is_loopback());
    }
}
