//! MongoDB, by FerretDB, which speaks its protocol on SQLite: a user for each relation, in the database that the relation requests.
//!
//! FerretDB checks who a user is, and not what that user may do: one that has signed in can use every database.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::mongodb;
use juju::{RelationId, Role, Secret};
use serde_json::{Value, json};

use super::accounts::{self, Accounts};
use super::database::{self, User};
use super::go::Program;
use super::process::{self, Place, Process};
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon;
use crate::pod::Neighbor;
use crate::ui::Ui;

/// FerretDB as MongoDB.
pub(super) const MONGODB: Provider = Provider {
    name: "mongodb",
    title: "FerretDB",
    app: "mongodb-k8s",
    endpoint: "database",
    interface: mongodb::INTERFACE,
    source: Source::Go(&PROGRAM),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Mongodb::start(host)?)),
};

/// The server, and the tool that makes its users. The last release that needs no PostgreSQL.
const PROGRAM: Program = Program {
    module: "github.com/FerretDB/FerretDB",
    version: "v1.24.2",
    folders: &["cmd/ferretdb", "cmd/accounts"],
    added: &[
        ("cmd/accounts/main.go", include_str!("mongodb/accounts.go")),
        // It refuses to start without this file, which its own releases have.
        ("build/version/version.txt", "v1.24.2\n"),
    ],
};

/// Users that root runs it as.
const USERS: [&str; 1] = ["nobody"];

/// Port of MongoDB in a cluster.
const PORT: u16 = 27017;

/// Name of our own user.
const ADMINISTRATOR: &str = "webcharm";

/// Database of our own user.
const ADMIN: &str = "admin";

/// Settings: a unix socket and no network, nothing told to others, and users with passwords of their own.
const SETTINGS: [&str; 11] = [
    "--handler=sqlite",
    "--sqlite-url=file:/mnt/server/data/",
    "--state-dir=/mnt/server",
    "--listen-addr=",
    "--listen-unix=/mnt/server/mongodb.sock",
    "--debug-addr=-",
    "--telemetry=disable",
    "--log-level=ERROR",
    "--test-enable-new-auth",
    "--setup-username=webcharm",
    "--setup-database=admin",
];

/// Variable with our own user's password.
const PASSWORD: &str = "FERRETDB_SETUP_PASSWORD";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// Limit of one use of the tool.
const TOOL_LIMIT: Duration = Duration::from_secs(60);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(MONGODB.title, what)
}

/// A running FerretDB and the accounts in it.
#[derive(Debug)]
struct Mongodb {
    programs: PathBuf,
    place: Place,
    password: Secret,
    process: Process,
    users: Accounts<User>,
}

impl Mongodb {
    fn start(host: &Host<'_>) -> Result<Self, Error> {
        let programs = PROGRAM.have(host.ui)?;
        let place = Place::make(MONGODB.title, &host.dir, &USERS)?;
        let data = place.dir.join("data");
        std::fs::create_dir(&data).and_then(|()| place.give(&data)).map_err(file("make a folder"))?;
        let password = accounts::password().map_err(file("draw a password"))?;
        host.ui.step("starting FerretDB in place of MongoDB");
        let process = serve(&programs, &place, &password)?;
        let mut started = Self { programs, place, password, process, users: Accounts::default() };
        started.wait(host.ui)?;
        Ok(started)
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.unit(0), host.port(PORT), socket(&self.place.dir))
    }

    /// Waits until it answers our own user.
    fn wait(&mut self, ui: &Ui) -> Result<(), process::Error> {
        let socket = socket(&self.place.dir);
        self.process.wait(START, ui, || std::os::unix::net::UnixStream::connect(&socket).ok()).map(drop)?;
        self.command(ADMIN, "ping", &json!(1), &json!({}), ui)
    }

    /// Has the server run the command `name`, with a value and arguments.
    fn command(
        &self,
        database: &str,
        name: &str,
        value: &Value,
        arguments: &Value,
        ui: &Ui,
    ) -> Result<(), process::Error> {
        let server = "%2Fmnt%2Fserver%2Fmongodb.sock";
        let uri = format!("mongodb://{ADMINISTRATOR}:{}@{server}/?authSource={ADMIN}", self.password.expose());
        let command = json!({"database": database, "name": name, "value": value, "arguments": arguments});
        let todo = json!({"uri": uri, "commands": [command]});
        let path = self.place.write("todo.json", &todo.to_string())?;
        let mut spec = self.place.spec(&program("accounts"), ["/mnt/server/todo.json"]);
        spec.programs = Some(self.programs.clone());
        self.place.start(&spec, None)?.called("FerretDB's tool for accounts").wait_for_end(TOOL_LIMIT, ui)?;
        std::fs::remove_file(path).map_err(file("remove a file"))
    }

    /// The user of a relation, created on first use.
    fn user(&mut self, id: RelationId, database: &str, ui: &Ui) -> Result<User, Error> {
        if let Some(user) = self.users.get(id) {
            return Ok(user.clone());
        }
        let (name, password) = (format!("relation-{id}"), accounts::password().map_err(file("draw a password"))?);
        let arguments = json!({"pwd": password.expose(), "roles": []});
        self.command(database, "createUser", &json!(name), &arguments, ui)?;
        self.users.have(id, || Ok(User { database: database.to_owned(), name, password }))
    }
}

impl Serve for Mongodb {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("FerretDB ended; starting it again");
        self.process = serve(&self.programs, &self.place, &self.password)?;
        self.wait(host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for User { database, name, .. } in self.users.take_gone(relations) {
            self.command(&database, "dropUser", &json!(name), &json!({}), host.ui)?;
        }
        let way = self.way(host);
        Ok(answers(relations, |Relation { view, .. }| {
            let Some(request) = database::request(view)? else { return Ok(None) };
            let name = request.database();
            check(name).map_err(|why| database::refused_name(view, &request, why))?;
            let account = self.user(view.id, name, host.ui)?.account(&way, None);
            Ok(Some(request.answer(view, &account)))
        }))
    }

    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let mut users = std::mem::take(&mut self.users);
        let renewed = users.renew(|user| {
            let password = accounts::password().map_err(file("draw a password"))?;
            let arguments = json!({"pwd": password.expose()});
            self.command(&user.database, "updateUser", &json!(user.name), &arguments, host.ui)?;
            Ok::<_, process::Error>(User { password, ..user.clone() })
        });
        self.users = users;
        Ok(renewed.map(|()| true)?)
    }
}

/// Refuses a name that FerretDB can't give a database.
fn check(database: &str) -> Result<(), &'static str> {
    let is_good = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
    if !(1..=63).contains(&database.len()) || !database.bytes().all(is_good) {
        return Err("a database's name has 1 to 63 letters, digits, hyphens and underscores");
    }
    if [ADMIN, "config", "local"].contains(&database) { Err("it is a database of MongoDB's own") } else { Ok(()) }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("mongodb.sock")
}

fn program(name: &str) -> PathBuf {
    Path::new(daemon::PROGRAMS).join(name)
}

fn serve(programs: &Path, place: &Place, password: &Secret) -> Result<Process, process::Error> {
    // It is missing the first time; a server that was killed leaves it.
    let _ = std::fs::remove_file(socket(&place.dir));
    let mut spec = place.spec(&program("ferretdb"), SETTINGS);
    spec.programs = Some(programs.to_owned());
    spec.variables = [(PASSWORD.to_owned(), password.expose().to_owned())].into();
    place.start(&spec, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_a_plain_name_of_its_own() {
        assert!(["flask-k8s", "Shop_2", "a"].into_iter().all(|name| check(name).is_ok()));
        let long = "a".repeat(64);
        assert!(
            ["", "a b", "a.b", "a/b", "$x", "admin", "local", "config", &long].iter().all(|name| check(name).is_err())
        );
    }

    #[test]
    fn the_settings_name_our_own_user() {
        assert!(SETTINGS.contains(&format!("--setup-username={ADMINISTRATOR}").as_str()));
        assert!(SETTINGS.contains(&format!("--setup-database={ADMIN}").as_str()));
    }
}
