//! OpenFGA: the store that a relation requests, and a token of the relation's own.
//!
//! OpenFGA reads its tokens at its start alone, so each new relation starts it again; its stores are in a file. A store outlives its
//! relation, as with the charm of a cluster.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::Url;
use interfaces::openfga::{self, Store, provider};
use juju::{Role, Secret};
use serde::Deserialize;
use serde_json::json;

use super::accounts::{self, Accounts};
use super::go::Program;
use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon::{self, Network, Spec};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// OpenFGA.
pub(super) const OPENFGA: Provider = Provider {
    name: "openfga",
    title: "OpenFGA",
    app: "openfga-k8s",
    endpoint: "openfga",
    interface: openfga::INTERFACE,
    source: Source::Go(&PROGRAM),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Openfga::start(host)?)),
};

const PROGRAM: Program =
    Program { module: "github.com/openfga/openfga", version: "v1.22.1", folders: &["cmd/openfga"], added: &[] };

/// Users that root runs it as.
const USERS: [&str; 1] = ["nobody"];

/// Port of the HTTP API.
const HTTP: u16 = 8080;

/// Port of the gRPC API.
const GRPC: u16 = 8081;

/// Each port with its socket.
const SOCKETS: [(u16, &str); 2] = [(HTTP, "http.sock"), (GRPC, "grpc.sock")];

/// Settings of the stores' file.
const STORES: [&str; 2] = ["--datastore-engine=sqlite", "--datastore-uri=file:/mnt/server/stores.db"];

/// Settings of the server.
const SETTINGS: [&str; 7] = [
    "--http-addr=127.0.0.1:8080",
    "--grpc-addr=127.0.0.1:8081",
    "--authn-method=preshared",
    "--playground-enabled=false",
    "--metrics-enabled=false",
    "--profiler-enabled=false",
    "--log-level=error",
];

/// Variable with the tokens that are taken.
const TOKENS: &str = "OPENFGA_AUTHN_PRESHARED_KEYS";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(OPENFGA.title, what)
}

/// A running OpenFGA with the tokens of the relations.
#[derive(Debug)]
struct Openfga {
    programs: PathBuf,
    place: Place,
    token: Secret,
    process: Process,
    tokens: Accounts<Secret>,
}

/// A store, as the HTTP API tells of it.
#[derive(Deserialize)]
struct Known {
    id: String,
}

/// Stores of a name.
#[derive(Deserialize)]
struct List {
    stores: Vec<Known>,
}

impl Openfga {
    fn start(host: &Host<'_>) -> Result<Self, Error> {
        let programs = PROGRAM.have(host.ui)?;
        let place = Place::make(OPENFGA.title, &host.dir, &USERS)?;
        host.ui.step("starting OpenFGA");
        let mut arguments = vec!["migrate", "--log-level=error"];
        arguments.extend(STORES);
        let migration = spec(&programs, &place, &arguments);
        place.start(&migration, None)?.called("OpenFGA's migration").wait_for_end(START, host.ui)?;
        let token = accounts::password().map_err(file("draw a token"))?;
        let process = serve(&programs, &place, &[&token], host.ui)?;
        Ok(Self { programs, place, token, process, tokens: Accounts::default() })
    }

    /// The ways to the two APIs, as in [`SOCKETS`].
    fn apis(&self, host: &Host<'_>) -> [Neighbor; 2] {
        SOCKETS.map(|(port, socket)| host.way(host.service(OPENFGA.app), host.port(port), self.place.dir.join(socket)))
    }

    /// Starts the server with the tokens that are taken now.
    fn restart(&mut self, ui: &Ui) -> Result<(), process::Error> {
        let tokens: Vec<_> = std::iter::once(&self.token).chain(self.tokens.all()).collect();
        self.process = serve(&self.programs, &self.place, &tokens, ui)?;
        Ok(())
    }

    /// The id of the store with this name, which is made on first use.
    fn store(&self, name: &str) -> Result<String, Error> {
        let client = http_client::on_socket(&self.place.dir.join(SOCKETS[0].1));
        let token = format!("Bearer {}", self.token.expose());
        let failed = |error: http_client::Error| Error::Server(error.into());
        let list = client.get(format!("http://openfga/stores?name={name}")).header("authorization", &token);
        let list: List = parsed(&list.send().and_then(http_client::Response::text).map_err(failed)?)?;
        if let Some(known) = list.stores.into_iter().next() {
            return Ok(known.id);
        }
        let make = client.post("http://openfga/stores").header("authorization", &token);
        let make = make.body(json!({"name": name}).to_string());
        Ok(parsed::<Known>(&make.send().and_then(http_client::Response::text).map_err(failed)?)?.id)
    }
}

fn published([http, grpc]: &[Neighbor; 2], store_id: String, token: Secret) -> Store {
    let at = |api: &Neighbor| Url::from(format!("http://{}", api.place()));
    Store { store_id, token: Some(token), grpc_api_url: at(grpc), http_api_url: at(http) }
}

impl Serve for Openfga {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        self.apis(host).into()
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("OpenFGA ended; starting it again");
        self.restart(host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let (mut is_news, apis) = (!self.tokens.take_gone(relations).is_empty(), self.apis(host));
        let given = answers(relations, |Relation { view, .. }| {
            let Some(name) = requested(view.id, provider::read(view))? else { return Ok(None) };
            if !is_name(&name) {
                let why = "a store's name has 3 to 64 letters, digits, hyphens and underscores".to_owned();
                return Err(Error::Refused { relation: view.id, key: "store_name".to_owned(), why });
            }
            let token = self.tokens.have(view.id, || {
                is_news = true;
                accounts::password().map_err(file("draw a token"))
            })?;
            Ok(Some(provider::answer(view, &published(&apis, self.store(&name)?, token))))
        });
        if is_news {
            self.restart(host.ui)?;
        }
        Ok(given)
    }

    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        self.tokens.renew(|_| accounts::password().map_err(file("draw a token")))?;
        self.restart(host.ui)?;
        Ok(true)
    }
}

/// True for a name that OpenFGA gives a store, and that is itself in a URL.
fn is_name(name: &str) -> bool {
    (3..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Server(format!("OpenFGA answers: {text}").into()))
}

fn spec(programs: &Path, place: &Place, arguments: &[&str]) -> Spec {
    let program = Path::new(daemon::PROGRAMS).join("openfga");
    let mut spec = place.spec(&program, arguments.iter().copied());
    spec.programs = Some(programs.to_owned());
    spec
}

/// Starts the server, and waits until it serves. The sockets of an earlier one lead nowhere from now on, so that it can't be taken for
/// this one.
fn serve(programs: &Path, place: &Place, tokens: &[&Secret], ui: &Ui) -> Result<Process, process::Error> {
    let mut arguments = vec!["run"];
    arguments.extend(SETTINGS.iter().chain(&STORES));
    let mut spec = spec(programs, place, &arguments);
    let tokens: Vec<_> = tokens.iter().map(|token| token.expose()).collect();
    spec.variables = [(TOKENS.to_owned(), tokens.join(","))].into();
    spec.network = Network::Own;
    for (port, name) in SOCKETS {
        let socket = place.dir.join(name);
        // It is missing the first time.
        let _ = std::fs::remove_file(&socket);
        spec.ways_in.push((socket, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)));
    }
    let mut process = place.start(&spec, None)?;
    let client = http_client::on_socket(&place.dir.join(SOCKETS[0].1));
    let is_up = || client.get("http://openfga/healthz").send().ok().filter(|answer| answer.status().is_success());
    process.wait(START, ui, is_up)?;
    Ok(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_s_name_is_itself_in_a_url() {
        assert!(["app-store", "flask-k8s", "Shop_2"].into_iter().all(is_name));
        assert!(["", "ab", "a b c", "a&name=b", &"x".repeat(65)].into_iter().all(|name| !is_name(name)));
    }
}
