//! Output and exit code of each tool, over one small model.

use super::*;
use crate::model::{Addresses, Model, endpoint};
use juju::{CharmFiles, Databag, Entity, Event, RelationEvent, RelationKind, Role, UnitName};

const METADATA: &str = "name: web\nrequires: {db: {interface: pg}}\npeers: {ring: {interface: ring}}\n";
const CONFIG: &str =
    "options: {port: {type: int, default: 8000}, name: {type: string}, text: {type: string, default: 'a: <b>'}}\n";

/// `web/0`, the leader, in a relation (1) with `pg/0` and a peer relation (0); a hook about `pg/0` has begun.
struct World {
    model: Model,
    hook: crate::HookId,
}

impl World {
    fn new() -> World {
        let mut model = Model::with_uuid("test", "11111111-2222-4333-8444-555555555555");
        model.deploy("web", CharmFiles::parse(METADATA, CONFIG, "").unwrap(), 1).unwrap();
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
        let unit = UnitName::new("web", 0);
        model.set_addresses(&UnitName::new("pg", 0), Addresses::of("10.1.1.10")).unwrap();
        model.set_addresses(&unit, Addresses::of("10.1.1.1")).unwrap();
        model.attach_resource("web", "image", "/resources/image.yaml").unwrap();
        let id = model.integrate("web", "pg").unwrap();
        model.set_databag(id, &Entity::App("pg".into()), &Databag::from_iter([("endpoints", "h:1")])).unwrap();
        while let Some(event) = model.next_event(&unit) {
            let hook = model.begin(&unit, event).unwrap();
            model.finish(&hook, true).unwrap();
        }
        let event = Event::Relation(RelationEvent {
            kind: RelationKind::Changed,
            endpoint: "db".into(),
            id,
            app: Some("pg".into()),
            unit: Some(UnitName::new("pg", 0)),
            departing: None,
        });
        let hook = model.begin(&unit, event).unwrap();
        World { model, hook }
    }

    /// Runs a command line; the text after `<<` is standard input.
    fn call(&mut self, line: &str) -> Answer {
        let (line, input) = line.split_once(" << ").unwrap_or((line, ""));
        let mut words = line.split(' ').map(str::to_owned);
        let tool = words.next().unwrap();
        let args: Vec<String> = words.collect();
        let files = Files::from([("-".to_owned(), Ok(input.to_owned()))]);
        let mut transaction = self.model.transaction(self.hook.as_str()).unwrap();
        invoke(&mut transaction, &tool, &args, &files)
    }
}

#[track_caller]
fn check(table: &[(&str, i32, &str)]) {
    let mut world = World::new();
    for (line, exit, wanted) in table {
        let answer = world.call(line);
        let said = if answer.exit == 0 { &answer.stdout } else { &answer.stderr };
        assert_eq!((answer.exit, said.as_str()), (*exit, *wanted), "{line}");
    }
}

#[test]
fn config_and_leadership() {
    check(&[
        ("config-get", 0, "port: 8000\ntext: 'a: <b>'\n"),
        ("config-get --format=json", 0, "{\"port\":8000,\"text\":\"a: \\u003cb\\u003e\"}\n"),
        ("config-get --all --format=json", 0, "{\"name\":null,\"port\":8000,\"text\":\"a: \\u003cb\\u003e\"}\n"),
        ("config-get port", 0, "8000\n"),
        ("config-get name", 0, ""),
        ("config-get name --format json", 0, "null\n"),
        ("config-get a b", 2, "ERROR unrecognized args: [\"b\"]\n"),
        ("config-get --nope", 2, "ERROR flag provided but not defined: --nope\n"),
        ("config-get --format xml", 2, "ERROR unknown format \"xml\"\n"),
        ("is-leader", 0, "True\n"),
        ("is-leader --format=json", 0, "true\n"),
    ]);
}

#[test]
fn relations() {
    check(&[
        ("relation-ids db", 0, "db:1\n"),
        ("relation-ids", 0, "db:1\n"),
        ("relation-ids ring --format json", 0, "[\"ring:0\"]\n"),
        ("relation-ids none --format json", 0, "[]\n"),
        ("relation-list", 0, "pg/0\n"),
        ("relation-list -r db:1 --format json", 0, "[\"pg/0\"]\n"),
        ("relation-list -r 1 --app", 0, "pg\n"),
        ("relation-list -r 0 --app", 0, "web\n"),
        ("relation-list -r ring:1", 2, "ERROR invalid value \"1\" for option -r: relation not found\n"),
        ("relation-list -r 9", 2, "ERROR invalid value \"9\" for option -r: relation not found\n"),
        ("relation-list -r x", 2, "ERROR invalid value \"x\" for option -r: invalid relation id\n"),
        ("relation-get private-address", 0, "10.1.1.10\n"),
        ("relation-get --app - --format json", 0, "{\"endpoints\":\"h:1\"}\n"),
        ("relation-get - pg/0 --app", 0, "endpoints: h:1\n"),
        ("relation-get nope pg", 0, ""),
        ("relation-get nope pg --format json", 0, "null\n"),
        ("relation-get - other", 1, "ERROR permission denied\n"),
        ("relation-get -r 0", 2, "ERROR no unit or application specified\n"),
        ("relation-set a=1 b= egress-subnets=", 0, ""),
        (
            "relation-get - web/0 --format json",
            0,
            "{\"a\":\"1\",\"ingress-address\":\"10.1.1.1\",\"private-address\":\"10.1.1.1\"}\n",
        ),
        ("relation-set --app --file - << {\"k\": \"v\", \"n\": 8080}", 0, ""),
        ("relation-get - web", 0, "k: v\n\"n\": \"8080\"\n"),
        (
            "relation-set --file - << [1]",
            1,
            "ERROR yaml: unmarshal errors:\n  a map of strings is expected in line 1\n",
        ),
        ("relation-set --file /nope", 1, "ERROR open /nope: no such file or directory\n"),
        ("relation-set bad", 2, "ERROR expected \"key=value\", got \"bad\"\n"),
        ("relation-set =hunter2", 2, "ERROR expected \"key=value\", got \"=***\"\n"),
        ("relation-model-get", 0, "uuid: 11111111-2222-4333-8444-555555555555\n"),
    ]);
}

#[test]
fn status_ports_state_and_version() {
    check(&[
        ("status-get", 0, "unknown\n"),
        ("status-set active all good", 0, ""),
        ("status-get --format json", 0, "{\"message\":\"all good\",\"status\":\"active\"}\n"),
        ("status-get --include-data", 0, "message: all good\nstatus: active\nstatus-data: {}\n"),
        ("status-set --application blocked", 0, ""),
        (
            "status-set error x",
            2,
            "ERROR invalid status \"error\", expected one of [maintenance blocked waiting active]\n",
        ),
        ("status-set", 2, "ERROR invalid args, require <status> [message] [data]\n"),
        ("open-port 8000", 0, ""),
        ("open-port 80-90/udp", 0, ""),
        ("open-port icmp", 0, ""),
        ("opened-ports", 0, "80-90/udp\n8000/tcp\nicmp\n"),
        ("opened-ports --endpoints", 0, "80-90/udp (*)\n8000/tcp (*)\nicmp (*)\n"),
        ("close-port 8000/tcp", 0, ""),
        ("opened-ports --format=json", 0, "[\"80-90/udp\",\"icmp\"]\n"),
        ("open-port 0", 2, "ERROR port must be in the range [1, 65535]; got \"0\"\n"),
        ("open-port x", 2, "ERROR expected <port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp; got \"x\"\n"),
        ("open-port", 2, "ERROR no port or range specified\n"),
        ("state-set a=b c=d=e", 0, ""),
        ("state-get", 0, "a: b\nc: d=e\n"),
        ("state-get c", 0, "d=e\n"),
        ("state-get none", 0, ""),
        ("state-get --strict none", 1, "ERROR \"none\" not found\n"),
        ("state-delete a", 0, ""),
        ("state-get - --format json", 0, "{\"c\":\"d=e\"}\n"),
        ("application-version-set 1.2", 0, ""),
        ("application-version-set", 2, "ERROR no version specified\n"),
        ("juju-log -l DEBUG --  -a message", 0, ""),
        ("juju-log", 2, "ERROR no message specified\n"),
    ]);
}

#[test]
fn networks_and_the_rest() {
    let whole = "{\"bind-addresses\":[{\"addresses\":[{\"address\":\"10.1.1.1\",\"cidr\":\"\",\"hostname\":\"\",\"value\":\"10.1.1.1\"}],\"interface-name\":\"\",\"mac-address\":\"\"}],\"egress-subnets\":[\"10.1.1.1/32\"],\"ingress-addresses\":[\"10.1.1.1\"]}\n";
    let goal = "relations:\n    db:\n        pg:\n            since: 2026-01-01 00:00:00Z\n            status: joined\n        pg/0:\n            since: 2026-01-01 00:00:00Z\n            status: active\nunits:\n    web/0:\n        since: 2026-01-01 00:00:00Z\n        status: active\n";
    check(&[
        ("network-get db --format json", 0, whole),
        ("network-get db --bind-address", 0, "10.1.1.1\n"),
        (
            "network-get db -r 1 --egress-subnets --ingress-address",
            0,
            "egress-subnets:\n    - 10.1.1.1/32\ningress-address: 10.1.1.1\n",
        ),
        ("network-get nope", 1, "ERROR no network config found for binding \"nope\"\n"),
        ("unit-get private-address", 0, "10.1.1.1\n"),
        ("unit-get public-address", 0, "10.1.1.1\n"),
        ("unit-get other", 2, "ERROR unknown setting \"other\"\n"),
        ("goal-state", 0, goal),
        ("resource-get image", 0, "/resources/image.yaml"),
        ("resource-get none", 1, "ERROR could not download resource: resource \"none\" not found\n"),
        ("storage-list --format json", 0, "[]\n"),
        ("storage-get", 2, "ERROR no storage instance specified\n"),
        ("storage-get -s data/7", 2, "ERROR invalid value \"data/7\" for option -s: storage not found\n"),
        ("storage-add", 2, "ERROR storage add requires a storage directive\n"),
        ("storage-add data=x", 2, "ERROR cannot parse storage count \"data=x\"\n"),
        ("storage-add data", 1, "ERROR cannot add storage to unit: storage \"data\" not found\n"),
        ("credential-get", 1, "ERROR cannot access cloud credentials\n"),
        ("juju-reboot --now", 1, "ERROR juju-reboot is not supported on k8s\n"),
        ("action-get", 1, "ERROR not running an action\n"),
        ("action-set a=b", 1, "ERROR not running an action\n"),
        ("action-fail", 1, "ERROR not running an action\n"),
        ("action-log x", 1, "ERROR not running an action\n"),
        ("no-such-tool", 1, "ERROR no such tool as \"no-such-tool\"\n"),
    ]);
}

#[test]
fn secrets() {
    let mut world = World::new();
    let id = world.call("secret-add password=one other#base64=dHdv --label key").stdout.trim().to_owned();
    let bare = id.strip_prefix("secret:").unwrap().to_owned();
    let mut check = |line: &str, exit: i32, wanted: &str| {
        let answer = world.call(&line.replace("ID", &id));
        let said = if answer.exit == 0 { &answer.stdout } else { &answer.stderr };
        assert_eq!((answer.exit, said.as_str()), (exit, wanted.replace("BARE", &bare).as_str()), "{line}");
    };
    check("secret-get ID --format=json", 0, "{\"other\":\"two\",\"password\":\"one\"}\n");
    check("secret-get --label key other", 0, "two\n");
    check("secret-get ID none", 1, "ERROR secret key \"none\" not found\n");
    check("secret-get ID --peek --refresh", 2, "ERROR specify one of --refresh or --peek but not both\n");
    check("secret-get", 2, "ERROR require either a secret URI or label\n");
    check("secret-get nonsense", 2, "ERROR secret URI \"nonsense\" not valid\n");
    check("secret-get cccccccccccccccccccc", 1, "ERROR secret \"cccccccccccccccccccc\" not found\n");
    check("secret-set ID password=new --rotate daily", 0, "");
    check("secret-get ID password", 0, "one\n");
    check("secret-get ID password --refresh", 0, "new\n");
    check(
        "secret-info-get ID --format json",
        0,
        "{\"BARE\":{\"label\":\"key\",\"owner\":\"application\",\"revision\":2,\"rotation\":\"daily\"}}\n",
    );
    check("secret-grant ID -r db:1", 0, "");
    check(
        "secret-info-get --label key",
        0,
        "BARE:\n    access:\n        - role: view\n          scope: relation-db\n          target: application-pg\n    label: key\n    owner: application\n    revision: 2\n    rotation: daily\n",
    );
    check("secret-revoke ID --relation 1", 0, "");
    check("secret-ids", 0, "BARE\n");
    check("secret-remove ID --revision x", 2, "ERROR invalid revision \"x\"\n");
    check("secret-remove ID", 0, "");
    check("secret-ids --format json", 0, "[]\n");
    check("secret-add", 2, "ERROR missing secret value or filename\n");
    check("secret-add no=1", 2, "ERROR key \"no\" not valid\n");
    check("secret-add key=1 --owner me", 2, "ERROR secret owner \"me\" not valid\n");
    check("secret-add key=1 --rotate now", 2, "ERROR rotate policy \"now\" not valid\n");
    check("secret-add key#zip=1", 2, "ERROR unknown modifier \"zip\"\n");
}

#[test]
fn an_output_file_is_the_clients_to_write() {
    let answer = World::new().call("is-leader --output here --format json");
    assert_eq!((answer.stdout.as_str(), answer.output.as_deref()), ("true\n", Some("here")));
}

#[test]
fn every_call_is_recorded_without_its_values() {
    let mut world = World::new();
    for line in ["relation-set k=hunter2", "secret-add key=hunter2", "state-set k=hunter2", "config-get --nope"] {
        world.call(line);
    }
    let hook = world.hook.clone();
    let finished = world.model.finish(&hook, true).unwrap();
    assert!(!format!("{:?}", finished.calls).contains("hunter2"));
    assert_eq!(finished.calls.iter().map(|call| call.exit).collect::<Vec<_>>(), [0, 0, 0, 2]);
    assert_eq!(finished.counts()["secret-add"], 1);
}

#[test]
fn the_table_is_sorted_and_names_each_tool_once() {
    let names: Vec<&str> = hook_tools().collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    assert_eq!(names.len(), 38);
    assert!(is_hook_tool("config-get") && !is_hook_tool("webcharm"));
}

#[test]
fn storage_is_listed_read_and_asked_for() {
    let metadata = "name: web\nstorage: {data: {type: filesystem, location: /srv, multiple: {range: 1-2}}}";
    let mut model = Model::new("test");
    model.deploy("web", CharmFiles::parse(metadata, "", "").unwrap(), 1).unwrap();
    let unit = UnitName::new("web", 0);
    let attached = model.next_event(&unit).unwrap();
    let hook = model.begin(&unit, attached).unwrap();
    let mut world = World { model, hook };
    for (line, exit, wanted) in [
        ("storage-list", 0, "data/0\n"),
        ("storage-list nope --format json", 0, "[]\n"),
        ("storage-get", 0, "kind: filesystem\nlocation: /srv/data-0\n"),
        ("storage-get -s data/0 location", 0, "/srv/data-0\n"),
        ("storage-get -s data/0 size", 2, "ERROR invalid storage attribute \"size\"\n"),
        ("storage-add data", 0, ""),
        (
            "storage-add data=2",
            1,
            "ERROR cannot add storage to unit: storage \"data\": at most 2 instances supported, 4 specified\n",
        ),
    ] {
        let answer = world.call(line);
        assert_eq!((answer.exit, answer.stdout + &answer.stderr), (exit, wanted.to_owned()), "{line}");
    }
    let World { mut model, hook } = world;
    model.finish(&hook, true).unwrap();
    assert_eq!(model.storages(&unit).unwrap(), ["data/0", "data/1"]);
}
