//! RabbitMQ: the user and the virtual host that a relation requests.
//!
//! It listens on TCP alone and starts a port mapper of Erlang's, so it has a network of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::rabbitmq::{
    self, PORT, Request,
    provider::{self, Account},
};
use juju::{RelationId, Role, Secret};
use rock::tool::{self, Tool};

use super::accounts::{self, Accounts};
use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon::{Network, Spec};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// RabbitMQ.
pub(super) const RABBITMQ: Provider = Provider {
    name: "rabbitmq",
    title: "RabbitMQ",
    app: "rabbitmq-k8s",
    endpoint: "amqp",
    interface: rabbitmq::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    start: |host| Ok(Box::new(Rabbitmq::start(host)?)),
};

const TOOL: Tool = Tool { program: "rabbitmq-server", package: "rabbitmq-server" };

/// Folder of the programs themselves: those on the path change the user first.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// Users that root runs it as, by preference.
const USERS: [&str; 2] = ["rabbitmq", "nobody"];

/// Variables of the server and its tools.
const VARIABLES: [(&str, &str); 8] = [
    ("RABBITMQ_NODENAME", "webcharm@localhost"),
    ("RABBITMQ_CONF_ENV_FILE", "/mnt/server/environment"),
    ("RABBITMQ_CONFIG_FILE", "/mnt/server/rabbitmq"),
    ("RABBITMQ_ADVANCED_CONFIG_FILE", "/mnt/server/advanced"),
    ("RABBITMQ_ENABLED_PLUGINS_FILE", "/mnt/server/plugins"),
    ("RABBITMQ_MNESIA_BASE", "/mnt/server/data"),
    ("RABBITMQ_LOG_BASE", "/mnt/server/log"),
    ("RABBITMQ_LOGS", "-"),
];

/// Settings: the one user that there is at first can do nothing from outside, and nothing is done for a full disk.
const SETTINGS: &str = "listeners.tcp.1 = 127.0.0.1:5672\nloopback_users.guest = true\ndefault_permissions.configure = ^$\n\
    default_permissions.read = ^$\ndefault_permissions.write = ^$\ndisk_free_limit.absolute = 1MB\n";

/// Limit of a start.
const START: Duration = Duration::from_secs(180);

/// Limit of one use of its tool, which starts an Erlang of its own.
const TOOL_LIMIT: Duration = Duration::from_secs(300);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(RABBITMQ.title, what)
}

/// A running RabbitMQ and the users in it.
#[derive(Debug)]
struct Rabbitmq {
    place: Place,
    process: Process,
    users: Accounts<(Request, Secret)>,
}

impl Rabbitmq {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        tool::find(TOOL, host.ui)?;
        let place = Place::make(RABBITMQ.title, &host.dir, &USERS)?;
        for (name, text) in [("rabbitmq.conf", SETTINGS), ("plugins", "[].\n")] {
            place.write(name, text)?;
        }
        host.ui.step("starting RabbitMQ (some ten seconds)");
        let process = serve(&place, host.ui)?;
        Ok(Self { place, process, users: Accounts::default() })
    }

    /// The interface tells no port.
    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(&format!("{}-endpoints", RABBITMQ.app)), PORT, socket(&self.place.dir))
    }

    /// The password of the user that a relation requests, who is created on first use.
    fn user(&mut self, id: RelationId, request: &Request, ui: &Ui) -> Result<Secret, Error> {
        let (place, network) = (&self.place, self.process.network());
        let (_, password) = self.users.have(id, || {
            let password = accounts::password().map_err(file("draw a password"))?;
            evaluate(place, network, &creation(request, &password), ui)?;
            Ok::<_, process::Error>((request.clone(), password))
        })?;
        Ok(password)
    }

    /// True if another relation has this user.
    fn is_taken(&self, username: &str) -> bool {
        self.users.all().any(|(request, _)| request.username == username)
    }
}

impl Serve for Rabbitmq {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("RabbitMQ ended; starting it again");
        self.process = serve(&self.place, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for (request, _) in self.users.take_gone(relations) {
            if !self.is_taken(&request.username) {
                evaluate(&self.place, self.process.network(), &removal(&request.username), host.ui)?;
            }
        }
        let hostname = self.way(host).name;
        Ok(answers(relations, |Relation { view, .. }| {
            let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let password = self.user(view.id, &request, host.ui)?;
            let account = Account { unit_hostname: hostname.clone(), hostname: hostname.clone(), password };
            Ok(Some(provider::answer(view, &account)))
        }))
    }

    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let (place, network) = (&self.place, self.process.network());
        self.users.renew(|(request, _)| {
            let password = accounts::password().map_err(file("draw a password"))?;
            evaluate(place, network, &creation(request, &password), host.ui)?;
            Ok::<_, process::Error>((request.clone(), password))
        })?;
        Ok(true)
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("amqp.sock")
}

fn spec(place: &Place, program: &str, arguments: &[&str], network: Network) -> Spec {
    let mut spec = place.spec(&Path::new(PROGRAMS).join(program), arguments.iter().copied());
    spec.variables = VARIABLES.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    spec.network = network;
    spec
}

/// Starts the server, and waits until it greets as a broker does.
fn serve(place: &Place, ui: &Ui) -> Result<Process, process::Error> {
    let mut spec = spec(place, "rabbitmq-server", &[], Network::Own);
    let address = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, PORT);
    spec.ways_in = vec![(socket(&place.dir), address)];
    let mut process = place.start(&spec, None)?;
    process.wait(START, ui, || greets(&socket(&place.dir)))?;
    Ok(process)
}

/// Sends the head of AMQP 0-9-1; a broker answers with a frame of the method channel.
///
/// Source: <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, 4.2.2 and 4.2.3
fn greets(socket: &Path) -> Option<()> {
    use std::io::{Read, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"AMQP\0\0\x09\x01").ok()?;
    let mut answer = [0; 1];
    stream.read_exact(&mut answer).ok()?;
    (answer == [1]).then_some(())
}

/// Has the server evaluate Erlang, from a file: a process's arguments can be read by everybody.
fn evaluate(place: &Place, network: Network, text: &str, ui: &Ui) -> Result<(), process::Error> {
    let path = place.write("evaluate.erl", text)?;
    let tool = spec(place, "rabbitmqctl", &["eval_file", "/mnt/server/evaluate.erl"], network);
    place.start(&tool, None)?.called("RabbitMQ's rabbitmqctl").wait_for_end(TOOL_LIMIT, ui)?;
    fs::remove_file(&path).map_err(file("remove a file"))
}

/// Erlang that makes the user, or gives it a new password, and the virtual host, in which it may do everything.
fn creation(request: &Request, password: &Secret) -> String {
    let [user, vhost, password] = [&request.username, &request.vhost, password.expose()].map(binary);
    format!(
        "User = {user}, Vhost = {vhost}, Password = {password}, Us = <<\"webcharm\">>, All = <<\".*\">>,\n\
         case rabbit_auth_backend_internal:lookup_user(User) of\n\
         {{ok, _}} -> rabbit_auth_backend_internal:change_password(User, Password, Us);\n\
         _ -> rabbit_auth_backend_internal:add_user(User, Password, Us)\n\
         end,\n\
         case rabbit_vhost:exists(Vhost) of true -> ok; false -> rabbit_vhost:add(Vhost, Us) end,\n\
         rabbit_auth_backend_internal:set_permissions(User, Vhost, All, All, All, Us).\n"
    )
}

/// Erlang that removes the user, whose connections end with it.
fn removal(username: &str) -> String {
    format!("rabbit_auth_backend_internal:delete_user({}, <<\"webcharm\">>).\n", binary(username))
}

/// A text as Erlang's binary, by the numbers of its bytes.
fn binary(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    format!("<<{}>>", bytes.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_no_code() {
        let request = Request { username: "a\">>, halt().".to_owned(), vhost: "/".to_owned() };
        let text = creation(&request, &"p".into());
        assert!(
            !text.contains("halt") && text.contains("Vhost = <<47>>") && text.contains("Password = <<112>>"),
            "{text}"
        );
        assert_eq!(removal("ab"), "rabbit_auth_backend_internal:delete_user(<<97,98>>, <<\"webcharm\">>).\n");
    }
}
