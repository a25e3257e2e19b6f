//! Requirers of version 1 of the data interfaces, with real servers: a request in a list, credentials in secrets.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::integration::has_postgresql;
use crate::pgbouncer::psql;
use crate::support::{Desk, write_program};

/// Asks for a database, signs in with the answer's credentials and with those before, and says in its status how that went.
const CHARM: &str = r#"#!/usr/bin/python3
import json, os, pathlib, subprocess

def tool(*words):
    return subprocess.run(words, text=True, check=True, stdout=subprocess.PIPE).stdout

def signs_in(user, password):
    host, _, port = response["endpoints"].partition(":")
    place = {"user": user, "password": password, "host": host, "port": port, "name": "shop"}
    words = [word.format(**place) for word in CLIENT]
    ran = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PGPASSWORD": password})
    return ran.stdout.strip() if ran.returncode == 0 else "refused" if REFUSAL in ran.stderr else ran.stderr.strip()

event = os.environ["JUJU_DISPATCH_PATH"].split("/")[-1]
if event == "database-relation-created":
    fields = {"extra-user-roles": ROLES, "extra-group-roles": None, "external-node-connectivity": False, "entity-type": None}
    request = {"resource": RESOURCE, "request-id": "d0c352f7d809734b", "salt": "xqbPuYzzl2iiKeyN", **fields}
    tool("relation-set", "-r", os.environ["JUJU_RELATION_ID"], "--app", "version=v1", "requests=" + json.dumps([request]))
elif event in ("database-relation-changed", "secret-changed"):
    relation = json.loads(tool("relation-ids", "database", "--format=json"))[0]
    bag = json.loads(tool("relation-get", "-r", relation, "--format=json", "--app", "-", SERVER + "/0"))
    if "requests" in bag:
        [response] = json.loads(bag["requests"])
        secret = lambda group: json.loads(tool("secret-get", response["secret-" + group], "--refresh", "--format=json"))
        user, kept = secret("user"), pathlib.Path("/var/lib/passwords")
        passwords = kept.read_text().split() if kept.exists() else []
        passwords += [user["password"]] if user["password"] not in passwords else []
        kept.write_text("\n".join(passwords))
        said = {
            "keys": sorted(bag),
            "fields": sorted(response),
            "id": response["request-id"],
            "seen": json.loads(bag["data"])[response["request-id"]]["resource"],
            "secret": sorted(user),
            "tls": secret("tls")["tls"],
            "user": user["username"],
            "signed-in": [signs_in(user["username"], password) for password in passwords],
        }
        tool("status-set", "active", json.dumps(said))
"#;

/// A server and how its clients sign in.
struct Server {
    name: &'static str,
    app: &'static str,
    interface: &'static str,
    /// A client's command that prints who has signed in, and where.
    client: Vec<String>,
    /// The server's words for another password.
    refusal: &'static str,
    /// Fields of the secret with the user.
    secret: &'static [&'static str],
    /// Name of the user in the first relation.
    user: &'static str,
}

impl Server {
    fn postgresql() -> Self {
        let uri = "postgresql://{user}@{host}:{port}/{name}";
        let psql = psql().unwrap();
        let words = [psql.to_str().unwrap(), uri, "-wAtc", "SELECT session_user || ' in ' || current_database()"];
        Self {
            name: "postgresql",
            app: "postgresql-k8s",
            interface: "postgresql_client",
            client: words.map(str::to_owned).into(),
            refusal: "password authentication failed",
            secret: &["password", "uris", "username"],
            user: "relation_0",
        }
    }

    fn mysql() -> Self {
        let query = "SELECT CONCAT(SUBSTRING_INDEX(USER(), '@', 1), ' in ', DATABASE())";
        let words = ["/usr/bin/mariadb", "-u{user}", "-p{password}", "-h{host}", "-P{port}", "-NBe", query, "{name}"];
        Self {
            name: "mysql",
            app: "mysql-k8s",
            interface: "mysql_client",
            client: words.map(str::to_owned).into(),
            refusal: "Access denied for user",
            secret: &["password", "username"],
            user: "relation-0",
        }
    }

    /// A project whose charm asks this server for a database and for roles.
    fn project(&self, desk: &Desk, resource: &str, roles: Option<&str>) -> PathBuf {
        let folder = desk.path().join("requirer");
        fs::create_dir_all(folder.join("files")).unwrap();
        let charmcraft = format!(
            "name: requirer\ntype: charm\nsummary: Asks\ndescription: Asks.\nbase: ubuntu@24.04\nplatforms: {{amd64: }}\n\
             parts: {{files: {{plugin: dump, source: files}}}}\nrequires: {{database: {{interface: {}, optional: true}}}}\n",
            self.interface
        );
        fs::write(folder.join("charmcraft.yaml"), charmcraft).unwrap();
        let json = |value: Value| value.to_string();
        let constants = [
            ("CLIENT", json(self.client.clone().into())),
            ("REFUSAL", json(self.refusal.into())),
            ("RESOURCE", json(resource.into())),
            ("ROLES", roles.map_or_else(|| "None".to_owned(), |roles| json(roles.into()))),
            ("SERVER", json(self.app.into())),
        ];
        let constants: String = constants.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        let script = CHARM.replacen("\n\n", &format!("\n\n{constants}\n"), 1);
        write_program(&folder.join("dispatch"), &script);
        folder
    }

    fn up(&self, desk: &Desk, resource: &str, roles: Option<&str>) {
        desk.ok(&["up", self.project(desk, resource, roles).to_str().unwrap(), "--detach"]);
    }
}

/// What the charm said last.
fn said(desk: &Desk) -> Value {
    let status = &desk.status()["applications"]["requirer"]["units"]["requirer/0"]["workload-status"];
    let message = status["message"].as_str().unwrap();
    serde_json::from_str(message).unwrap_or_else(|_| panic!("{status}: {}", desk.run(&["debug-log"]).out))
}

fn a_requirer_signs_in_and_follows_a_rotation(desk: &Desk, server: &Server) {
    server.up(desk, "shop", None);
    desk.ok(&["integrate", server.name]);
    let first = said(desk);
    let welcome = format!("{} in shop", server.user);
    assert_eq!(first["keys"], serde_json::json!(["data", "requests", "version"]), "nothing in clear: {first}");
    let fields = ["endpoints", "request-id", "resource", "salt", "secret-tls", "secret-user", "version"];
    assert_eq!(first["fields"], serde_json::json!(fields));
    assert_eq!((&first["id"], &first["seen"]), (&"d0c352f7d809734b".into(), &"shop".into()));
    assert_eq!((&first["secret"], &first["tls"]), (&serde_json::json!(server.secret), &"false".into()));
    assert_eq!((&first["user"], &first["signed-in"]), (&server.user.into(), &serde_json::json!([welcome])));

    desk.ok(&["rotate", server.name]);
    let second = said(desk);
    assert_eq!(second["signed-in"], serde_json::json!(["refused", welcome]), "the new password alone: {second}");
    desk.ok(&["move", server.name]);
    let third = said(desk);
    assert_eq!((&third["user"], &third["signed-in"]), (&second["user"], &second["signed-in"]), "at its new place");

    desk.ok(&["remove-relation", "requirer", server.name]);
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn postgresql_answers_a_requirer_of_version_1() {
    if has_postgresql() {
        a_requirer_signs_in_and_follows_a_rotation(&Desk::new(), &Server::postgresql());
    }
}

#[test]
fn mysql_answers_a_requirer_of_version_1() {
    if testkit::needs(Path::new("/usr/sbin/mariadbd").exists(), "MariaDB (Debian's package mariadb-server)") {
        a_requirer_signs_in_and_follows_a_rotation(&Desk::new(), &Server::mysql());
    }
}

/// Asks for a bucket as the published library does, without a name for it, and says in its status what it was given.
const BUCKET_CHARM: &str = r#"#!/usr/bin/python3
import json, os, subprocess

def tool(*words):
    return subprocess.run(words, text=True, check=True, stdout=subprocess.PIPE).stdout

event = os.environ["JUJU_DISPATCH_PATH"].split("/")[-1]
if event == "s3-relation-created":
    asked = 'requested-secrets=["access-key", "secret-key"]'
    tool("relation-set", "-r", os.environ["JUJU_RELATION_ID"], "--app", asked)
elif event == "s3-relation-joined":
    tool("relation-set", "-r", os.environ["JUJU_RELATION_ID"], "--app", "version=1", "bucket=", "path=")
elif event in ("s3-relation-changed", "secret-changed"):
    relation = json.loads(tool("relation-ids", "s3", "--format=json"))[0]
    bag = json.loads(tool("relation-get", "-r", relation, "--format=json", "--app", "-", "s3-integrator/0"))
    if "secret-extra" in bag:
        keys = json.loads(tool("secret-get", bag.pop("secret-extra"), "--refresh", "--format=json"))
        tool("status-set", "active", json.dumps({"bag": bag, "keys": keys}))
"#;

#[test]
fn a_bucket_is_given_to_a_requirer_of_version_1_that_names_none() {
    let desk = Desk::new();
    let server = Server { interface: "s3", ..Server::mysql() };
    let folder = server.project(&desk, "", None);
    let file = folder.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("{database:", "{s3:")).unwrap();
    write_program(&folder.join("dispatch"), BUCKET_CHARM);
    desk.ok(&["up", folder.to_str().unwrap(), "--detach"]);
    desk.ok(&["integrate", "s3"]);
    let first = said(&desk);
    let bag = first["bag"].as_object().unwrap();
    assert_eq!((&bag["version"], &bag["bucket"]), (&"1".into(), &"requirer".into()), "{first}");
    assert!(!bag.contains_key("secret-key") && !bag.contains_key("data"), "{first}");
    desk.ok(&["rotate", "s3"]);
    let second = said(&desk);
    assert_eq!(second["keys"]["access-key"], first["keys"]["access-key"]);
    assert_ne!(second["keys"]["secret-key"], first["keys"]["secret-key"]);
    desk.ok(&["down"]);
}

#[test]
fn a_request_of_version_1_that_can_not_be_served_is_refused_by_its_key() {
    if !has_postgresql() {
        return;
    }
    for (resource, roles, why) in
        [("template1", None, "that name is PostgreSQL's own"), ("shop", Some("webcharm"), "it has a role")]
    {
        let desk = Desk::new();
        Server::postgresql().up(&desk, resource, roles);
        let ran = desk.run(&["integrate", "postgresql"]);
        let told = format!("error: relation 0: the application's \"requests\" can't be served: {why}");
        assert!(ran.code == Some(1) && ran.err.contains(&told), "{ran:?}");
        desk.ok(&["down"]);
    }
}
