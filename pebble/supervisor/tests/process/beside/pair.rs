//! Our supervisor and a real Pebble, asked the same.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use super::explained::explanation;
use super::normal::normal;
use super::request::{Answer, PATIENCE, Request, get, text};
use crate::daemon::Daemon;
use crate::{root, tls};

/// Two daemons with the same layer, and the differences of their answers so far.
pub(super) struct Pair {
    ours: Daemon,
    real: Daemon,
    ports: Option<[SocketAddr; 2]>,
    /// Ports of HTTPS, with those of HTTP.
    secured: Option<[SocketAddr; 2]>,
    asked: usize,
    explained: usize,
    differences: String,
}

/// Runs a scene on fresh daemons, and fails at its end if an answer differed without an explanation.
pub(super) fn scene(name: &str, layer: &str, play: impl FnOnce(&mut Pair)) {
    let Some(mut pair) = Pair::start(layer, false) else { return };
    play(&mut pair);
    pair.settle(name);
}

/// [`scene`] with daemons that serve HTTP and HTTPS too.
pub(super) fn scene_with_http(name: &str, layer: &str, play: impl FnOnce(&mut Pair)) {
    let Some(mut pair) = Pair::start(layer, true) else { return };
    play(&mut pair);
    pair.settle(name);
}

/// Both texts around their first difference.
fn excerpts(ours: &str, real: &str) -> (String, String) {
    let same = ours.chars().zip(real.chars()).take_while(|(one, other)| one == other).count();
    let excerpt = |text: &str| text.chars().skip(same.saturating_sub(80)).take(300).collect();
    (excerpt(ours), excerpt(real))
}

fn free_port() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

impl Pair {
    fn start(layer: &str, http: bool) -> Option<Pair> {
        let program = testkit::needs_named("PEBBLE_BINARY").filter(|_| testkit::needs_root())?;
        let ports = http.then(|| [free_port(), free_port()]);
        let secured = http.then(|| [free_port(), free_port()]);
        let start = |program: &Path, index: usize| {
            let address = ports.map(|ports| format!("--http={}", ports[index]));
            let other = secured.map(|ports| format!("--https={}", ports[index]));
            let arguments: Vec<&str> =
                ["--hold"].into_iter().chain(address.as_deref()).chain(other.as_deref()).collect();
            root::start_program(program, layer, &arguments)
        };
        let ours = start(Path::new(env!("CARGO_BIN_EXE_pebble")), 0)?;
        let real = start(&program, 1)?;
        Some(Pair { ours, real, ports, secured, asked: 0, explained: 0, differences: String::new() })
    }

    /// Root directories of both.
    pub(super) fn roots(&self) -> [&Path; 2] {
        [&self.ours, &self.real].map(|daemon| daemon.folder.path())
    }

    /// Asks both, compares, and returns our answer. A change that the request begins is waited for and compared too.
    pub(super) fn ask(&mut self, request: &Request) -> Answer {
        let answers = [&self.ours, &self.real].map(|daemon| request.send(&daemon.socket()));
        self.compare(request, &answers);
        if let Some(change) = answers[0].json()["change"].as_str() {
            if request.line.ends_with("/v1/exec") {
                self.ask(&text(format!("/v1/changes/{change}"), r#"{"action":"abort"}"#));
            }
            self.ask(&get(format!("/v1/changes/{change}/wait?timeout=20s")));
        }
        let [ours, _] = answers;
        ours
    }

    /// Asks both all requests.
    pub(super) fn ask_all(&mut self, requests: impl IntoIterator<Item = Request>) {
        for request in requests {
            self.ask(&request);
        }
    }

    /// Asks both over HTTP.
    pub(super) fn ask_http(&mut self, request: &Request) {
        let ports = self.ports.expect("the scene serves HTTP");
        let answers = ports.map(|port| {
            let stream = TcpStream::connect(port).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            request.exchange(stream)
        });
        self.compare(request, &answers);
    }

    /// Asks both over HTTPS with this certificate.
    pub(super) fn ask_https(&mut self, request: &Request, own: tls::Pair) {
        let ports = self.secured.expect("the scene serves HTTPS");
        let answers = ports.map(|port| request.exchange(tls::connect(port, Some(own)).unwrap()));
        self.compare(request, &answers);
    }

    fn compare(&mut self, request: &Request, answers: &[Answer; 2]) {
        self.asked += 1;
        let [mut ours, mut real] = [normal(&answers[0]), normal(&answers[1])];
        for ports in self.ports.into_iter().chain(self.secured) {
            ours = ours.replace(&ports[0].to_string(), "<address>");
            real = real.replace(&ports[1].to_string(), "<address>");
        }
        if ours == real {
            return;
        }
        if explanation(request, &ours, &real).is_some() {
            self.explained += 1;
            return;
        }
        let (ours, real) = excerpts(&ours, &real);
        writeln!(self.differences, "\n{}\n  ours {ours:?}\n  real {real:?}", request.shown()).unwrap();
    }

    fn settle(self, name: &str) {
        let Pair { asked, explained, differences, .. } = self;
        let count = differences.matches("\n  real ").count();
        let summary = format!("{name}: {asked} requests, {explained} explained, {count} unexplained");
        eprintln!("{summary}");
        assert!(differences.is_empty(), "{summary}{differences}");
    }
}
