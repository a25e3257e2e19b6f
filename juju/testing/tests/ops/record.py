#!/usr/bin/env python3
"""Makes scenarios, runs them with the testing library of ops, and prints one JSON object a line.

Run it again with `python3 -m venv V && V/bin/pip install 'ops[testing]'` and
`PYTHONHASHSEED=1 V/bin/python record.py > recorded.jsonl`. The scenarios depend on the seed alone; of two secrets with one
label, ops takes the one that is first by their hashes, hence the variable. `golden.rs` does the same and compares.
"""

import json
import os
import random
import sys

import ops
import scenario
from ops import testing

SEED = 12
META = {
    "name": "web",
    "containers": {"app": {}},
    "requires": {"db": {"interface": "pg"}, "one": {"interface": "pg", "limit": 1}},
    "provides": {"site": {"interface": "http"}},
    "peers": {"ring": {"interface": "ring"}},
    "extra-bindings": {"admin": {}},
    "storage": {"data": {"type": "filesystem", "multiple": {"range": "0-2"}}},
}
CONFIG = {"options": {"port": {"type": "int", "default": 8000}, "name": {"type": "string"}}}
ACTIONS = {
    "greet": {
        "params": {"whom": {"type": "string", "default": "world"}, "times": {"type": "integer"}},
        "required": ["times"],
        "additionalProperties": False,
    }
}
SECRETS = [f"9m4e2mr0ui3e8a215n{number:02}" for number in range(10)]
PORTS = ["80/tcp", "443/tcp", "53/udp", "icmp"]


class Interpreter(ops.CharmBase):
    """Charm that runs the steps of a scenario."""

    steps: list = []
    results: list = []
    handled: list = []

    def __init__(self, framework):
        super().__init__(framework)
        for name in self.on.events():
            if not name.startswith("collect_"):
                framework.observe(getattr(self.on, name), self._on_event)

    def _on_event(self, event):
        Interpreter.handled.append(name_of(event))
        for step in Interpreter.steps:
            if step[0] == "defer":
                if name_of(event) in step[1:]:
                    event.defer()
                continue
            try:
                value = getattr(self, f"_do_{step[0]}")(event, *step[1:])
                Interpreter.results.append({"ok": value})
            except Exception as error:  # The kind of a refusal is a result.
                Interpreter.results.append({"error": type(error).__name__})
        if ["fail"] in Interpreter.steps:
            raise RuntimeError("the charm fails")

    def _relation(self, event, number, endpoint):
        relation = getattr(event, "relation", None)
        if relation is not None and relation.id == number:
            return relation
        return self.model.get_relation(endpoint, number)

    def _do_fail(self, event):
        return None

    def _do_get_app(self, event, number, endpoint, whose):
        relation = self._relation(event, number, endpoint)
        return dict(relation.data[self.app if whose == "ours" else relation.app])

    def _do_get_unit(self, event, number, endpoint, unit):
        relation = self._relation(event, number, endpoint)
        return dict(relation.data[self.model.get_unit(unit)])

    def _do_set_app(self, event, number, endpoint, key, value):
        self._relation(event, number, endpoint).data[self.app][key] = value

    def _do_set_unit(self, event, number, endpoint, key, value):
        self._relation(event, number, endpoint).data[self.unit][key] = value

    def _do_units(self, event, number, endpoint):
        return sorted(unit.name for unit in self._relation(event, number, endpoint).units)

    def _do_ids(self, event, endpoint):
        return sorted(relation.id for relation in self.model.relations[endpoint])

    def _do_relation(self, event, endpoint):
        relation = self.model.get_relation(endpoint)
        return relation.id if relation else None

    def _do_leader(self, event):
        return self.unit.is_leader()

    def _do_config(self, event, key):
        return self.config.get(key)

    def _do_status(self, event, kind, message):
        self.unit.status = ops.StatusBase.from_name(kind, message)

    def _do_app_status(self, event, kind, message):
        self.app.status = ops.StatusBase.from_name(kind, message)

    def _do_open(self, event, port):
        number, _, protocol = port.partition("/")
        self.unit.open_port(protocol or number, int(number) if protocol else None)

    def _do_close(self, event, port):
        number, _, protocol = port.partition("/")
        self.unit.close_port(protocol or number, int(number) if protocol else None)

    def _do_ports(self, event):
        return sorted(shown(port) for port in self.unit.opened_ports())

    def _do_version(self, event, version):
        self.unit.set_workload_version(version)

    def _do_planned(self, event):
        return self.app.planned_units()

    def _do_network(self, event, binding):
        return str(self.model.get_binding(binding).network.ingress_address)

    def _secret(self, ref):
        return self.model.get_secret(**ref)

    def _do_secret_add(self, event, owner, label, content):
        owner = self.app if owner == "app" else self.unit
        owner.add_secret(content, label=label)

    def _do_secret_get(self, event, ref, mode):
        secret = self._secret(ref)
        return secret.peek_content() if mode == "peek" else secret.get_content(refresh=mode == "refresh")

    def _do_secret_set(self, event, ref, content):
        self._secret(ref).set_content(content)

    def _do_secret_grant(self, event, ref, number, endpoint):
        self._secret(ref).grant(self._relation(event, number, endpoint))

    def _do_secret_revoke(self, event, ref, number, endpoint):
        self._secret(ref).revoke(self._relation(event, number, endpoint))

    def _do_secret_remove(self, event, ref):
        self._secret(ref).remove_all_revisions()

    def _do_secret_info(self, event, ref):
        return self._secret(ref).get_info().label

    def _do_storage_list(self, event, name):
        return len(self.model.storages[name])

    def _do_storage_request(self, event, name, count):
        self.model.storages.request(name, count)

    def _do_action_params(self, event):
        return dict(event.params)

    def _do_action_set(self, event, key, value):
        event.set_results({key: value})

    def _do_action_fail(self, event, message):
        event.fail(message)

    def _do_action_log(self, event, message):
        event.log(message)


def name_of(event):
    return event.handle.kind.removesuffix("_action") if isinstance(event, ops.ActionEvent) else event.handle.kind


def shown(port):
    return port.protocol if port.port is None else f"{port.port}/{port.protocol}"


# Scenarios.


class Maker:
    """Random parts of scenarios."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def choice(self, options):
        return self.random.choice(options)

    def coin(self):
        return self.random.random() < 0.5

    def bag(self, most=2):
        keys = self.random.sample(["a", "b", "c"], self.random.randint(0, most))
        return {key: self.choice(["1", "2", "long value"]) for key in sorted(keys)}

    def relation(self, number, endpoint, units=None):
        units = self.random.randint(0, 2) if units is None else units
        relation = {
            "id": number,
            "endpoint": endpoint,
            "local_app": self.bag(),
            "local_unit": self.bag(),
            "remote_app": {} if endpoint == "ring" else self.bag(),
            "units": {str(unit + (endpoint == "ring")): self.bag() for unit in range(units)},
        }
        if endpoint != "ring":
            relation["app"] = "pg" if endpoint in ("db", "one") else "proxy"
        return relation

    def scenario(self, relations=(), **more):
        base = {
            "leader": self.coin(),
            "planned_units": 1,
            "config": {},
            "relations": list(relations),
            "secrets": [],
            "ports": [],
            "networks": {},
            "runs": [],
        }
        return {**base, **more}

    def access(self, relation):
        """A read or write of one bucket."""
        number, endpoint = relation["id"], relation["endpoint"]
        remote = relation.get("app", "web")
        key, value = self.choice(["a", "b", "c"]), self.choice(["1", "2", "3", ""])
        return self.choice(
            [
                ["get_app", number, endpoint, "ours"],
                ["get_app", number, endpoint, "theirs"],
                ["get_unit", number, endpoint, "web/0"],
                ["get_unit", number, endpoint, f"{remote}/{self.random.randint(0, 2)}"],
                ["set_app", number, endpoint, key, value],
                ["set_unit", number, endpoint, key, value],
                ["units", number, endpoint],
                ["ids", endpoint],
            ]
        )

    def accesses(self, relations, most=5):
        return [self.access(self.choice(relations)) for _ in range(self.random.randint(1, most))]


def plain(name):
    return {"kind": name}


def databags(make):
    relations = [make.relation(1, "db"), make.relation(2, "ring"), make.relation(3, "site")]
    relation = make.choice(relations)
    units = list(relation["units"])
    kinds = ["config-changed", "update-status", "relation-created", "relation-changed"]
    if units:
        kinds += ["relation-joined", "relation-changed"]
    kind = make.choice(kinds)
    event = plain(kind)
    if kind.startswith("relation"):
        event["relation"] = relation["id"]
        if kind == "relation-joined" or (kind == "relation-changed" and units):
            event["unit"] = int(make.choice(units))
    steps = make.accesses(relations)
    if make.random.random() < 0.1:
        steps.append(["fail"])
    return make.scenario(relations, runs=[{"event": event, "steps": steps}])


def endings(make):
    endpoint = make.choice(["db", "site"])
    relation = make.relation(4, endpoint, units=make.choice([0, 1, 2]))
    others = [make.relation(5, "ring", units=1)]
    if relation["units"] and make.coin():
        unit = int(make.choice(list(relation["units"])))
        event = {"kind": "relation-departed", "relation": 4, "unit": unit}
    else:
        event = {"kind": "relation-broken", "relation": 4}
        relation["units"] = {}
    steps = [["units", 4, endpoint], ["ids", endpoint], ["relation", endpoint]]
    steps += make.accesses([relation, others[0]], most=4)
    return make.scenario([relation] + others, runs=[{"event": event, "steps": steps}])


def secrets(make):
    relation = make.relation(6, "db", units=1)
    given = []
    for number, owner in enumerate(make.random.sample(["other", "app", "unit"], make.random.randint(1, 3))):
        one = {"password": "one"}
        secret = {"id": SECRETS[number], "owner": owner, "tracked": one, "latest": make.choice([one, {"password": "two"}])}
        if make.coin():
            secret["label"] = f"label-{owner}"
        given.append(secret)

    def ref():
        secret = make.choice(given)
        if "label" in secret and make.coin():
            return {"label": secret["label"]}
        return make.choice([{"id": "secret:" + secret["id"]}] * 4 + [{"label": "nope"}, {"id": "secret:" + SECRETS[9]}])

    def step():
        return make.choice(
            [
                ["secret_get", ref(), make.choice(["tracked", "peek", "refresh"])],
                ["secret_get", ref(), make.choice(["tracked", "peek", "refresh"])],
                ["secret_set", ref(), {"password": make.choice(["three", "four"])}],
                ["secret_grant", ref(), 6, "db"],
                ["secret_revoke", ref(), 6, "db"],
                ["secret_add", make.choice(["app", "unit"]), make.choice(["new", "label-app"]), {"password": "fresh"}],
                ["secret_info", ref()],
                ["secret_remove", ref()],
            ]
        )

    runs = [{"event": plain("config-changed"), "steps": [step() for _ in range(make.random.randint(1, 4))]}]
    if make.coin():
        runs.append({"event": plain("update-status"), "steps": [["secret_get", ref(), "tracked"]]})
    return make.scenario([relation], secrets=given, runs=runs)


def deferrals(make):
    relation = make.relation(7, "db", units=1)
    events = [plain("start"), plain("config-changed"), plain("update-status"), {"kind": "relation-changed", "relation": 7, "unit": 0}]
    names = ["start", "config_changed", "update_status", "db_relation_changed"]
    runs = []
    for _ in range(make.random.randint(2, 4)):
        event = make.choice(events)
        steps = [["defer", *make.random.sample(names, make.random.randint(0, 3))], ["status", "active", event["kind"]]]
        runs.append({"event": event, "steps": steps})
    return make.scenario([relation], defers=True, runs=runs)


def actions(make):
    params = make.choice([{"times": 2}, {"times": 2, "whom": "you"}, {}, {"times": "two"}, {"times": 1, "nope": 1}])
    steps = [["action_params"]]
    for _ in range(make.random.randint(0, 3)):
        steps.append(
            make.choice(
                [
                    ["action_set", make.choice(["text", "a.b", "a.c", "Bad", "stdout", "with_underscore"]), "value"],
                    ["action_fail", make.choice(["no", "still no"])],
                    ["action_log", "a line"],
                ]
            )
        )
    name = "greet" if make.random.random() < 0.9 else "nope"
    return make.scenario(runs=[{"event": {"kind": "action", "name": name, "params": params}, "steps": steps}])


def wrong_names(make):
    relation = make.relation(8, "db", units=1)
    relations = [relation]
    kind = make.random.randint(0, 7)
    event, steps, config, networks = plain("config-changed"), [["ids", "db"]], {}, {}
    if kind == 0:
        relations.append(make.relation(8, "site", units=1))
    elif kind == 1:
        relations.append({**make.relation(9, "db", units=1), "endpoint": "nope"})
    elif kind == 2:
        event = {"kind": "relation-joined", "relation": 8, "unit": 7}
    elif kind == 3:
        config = make.choice([{"prot": 1}, {"port": "many"}, {"port": 9000}, {"name": 3}])
        steps = [["config", "port"], ["config", "name"]]
    elif kind == 4:
        networks = {make.choice(["nope", "admin", "db"]): "192.0.2.9"}
    elif kind == 5:
        relations += [make.relation(9, "one", units=1), make.relation(10, "one", units=1)]
        steps = [["relation", "one"], ["ids", "one"]]
    elif kind == 6:
        relations.append(make.relation(9, "db", units=1))
        steps = [["relation", "db"], ["ids", "db"]]
    else:
        steps = [["ids", make.choice(["nope", "dbb"])], ["relation", make.choice(["nope", "one"])]]
    return make.scenario(relations, config=config, networks=networks, runs=[{"event": event, "steps": steps}])


def ports(make):
    steps = []
    for _ in range(make.random.randint(1, 4)):
        port = make.choice([*PORTS, "0/tcp", "70000/tcp"])
        steps.append([make.choice(["open", "open", "close"]), port])
    opened = make.random.sample(PORTS, make.random.randint(0, 2))
    return make.scenario(ports=opened, runs=[{"event": plain("config-changed"), "steps": [*steps, ["ports"]]}])


def networks(make):
    relation = make.relation(11, "db", units=1)
    given = {name: f"192.0.2.{make.random.randint(1, 99)}" for name in ["db", "admin", "juju-info"] if make.coin()}
    names = make.random.sample(["db", "site", "ring", "admin", "juju-info", "nope"], 3)
    planned = make.random.randint(1, 4)
    steps = [["network", name] for name in names] + [["planned"]]
    return make.scenario([relation], networks=given, planned_units=planned, runs=[{"event": plain("start"), "steps": steps}])


def statuses(make):
    steps = [["leader"]]
    for _ in range(make.random.randint(1, 4)):
        kind = make.choice(["active", "blocked", "waiting", "maintenance", "error", "unknown"])
        steps.append([make.choice(["status", "app_status"]), kind, make.choice(["", "why"])])
    steps.append(["version", make.choice(["1.2", "latest"])])
    if make.random.random() < 0.2:
        steps.append(["fail"])
    event = plain(make.choice(["start", "install", "stop", "leader-elected", "upgrade-charm", "update-status"]))
    return make.scenario(runs=[{"event": event, "steps": steps}])


def storages(make):
    steps = [make.choice([["storage_list", "data"], ["storage_list", "nope"], ["storage_request", "data", 1],
                          ["storage_request", "data", 3], ["storage_request", "nope", 1]]) for _ in range(2)]
    return make.scenario(runs=[{"event": plain("config-changed"), "steps": steps}])


CATEGORIES = [
    (databags, 55), (endings, 25), (secrets, 40), (deferrals, 20), (actions, 20),
    (wrong_names, 24), (ports, 14), (networks, 10), (statuses, 16), (storages, 10),
]


# The run with ops.


def network(name, address):
    bind = testing.BindAddress([testing.Address(address)])
    return testing.Network(name, [bind], ingress_addresses=[address], egress_subnets=[f"{address}/32"])


def relation_of(given):
    common = {
        "endpoint": given["endpoint"], "id": given["id"],
        "local_app_data": given["local_app"], "local_unit_data": given["local_unit"],
    }
    units = {int(number): bag for number, bag in given["units"].items()}
    if "app" not in given:
        return testing.PeerRelation(**common, peers_data=units)
    return testing.Relation(
        **common, remote_app_name=given["app"], remote_app_data=given["remote_app"], remote_units_data=units,
    )


def secret_of(given):
    owner = None if given["owner"] == "other" else given["owner"]
    return testing.Secret(
        given["tracked"], latest_content=given["latest"], id="secret:" + given["id"], owner=owner, label=given.get("label"),
    )


def port_of(text):
    number, _, protocol = text.partition("/")
    if not protocol:
        return testing.ICMPPort()
    return testing.TCPPort(int(number)) if protocol == "tcp" else testing.UDPPort(int(number))


def state_of(given):
    return testing.State(
        leader=given["leader"], planned_units=given["planned_units"], config=given["config"],
        relations={relation_of(one) for one in given["relations"]},
        secrets={secret_of(one) for one in given["secrets"]},
        opened_ports={port_of(one) for one in given["ports"]},
        networks={network(name, address) for name, address in given["networks"].items()},
        containers={testing.Container("app", can_connect=True)},
    )


def event_of(context, state, given):
    kind = given["kind"]
    if kind == "action":
        return context.on.action(given["name"], params=given["params"])
    make = getattr(context.on, kind.replace("-", "_"))
    if not kind.startswith("relation"):
        return make()
    relation = next(one for one in state.relations if one.id == given["relation"])
    return make(relation, **({"remote_unit": given["unit"]} if "unit" in given else {}))


def status(value):
    return None if value.name == "unknown" else f"{value.name}: {value.message}"


def seen(context, state, events):
    bags = {str(one.id): {"app": dict(one.local_app_data), "unit": dict(one.local_unit_data)} for one in state.relations}
    secrets = [
        {
            "label": one.label, "owner": one.owner, "latest": one.latest_content,
            "tracked": None if one.owner else one.tracked_content,
            "grants": sorted(one.remote_grants),
        }
        for one in state.secrets
    ]
    return {
        "handled": events,
        "bags": bags,
        "unit_status": status(state.unit_status),
        "app_status": status(state.app_status),
        "ports": sorted(shown(port) for port in state.opened_ports),
        "secrets": sorted(secrets, key=lambda one: [json.dumps(one[key]) for key in ("label", "owner", "latest")]),
        "version": state.workload_version,
    }


def run(given):
    """The outcome of each run; the first one that is refused is the last."""
    outcomes = []
    random.seed(SEED)  # The ids of new secrets.
    try:
        context = testing.Context(Interpreter, meta=META, config=CONFIG, actions=ACTIONS, app_name="web", unit_id=0)
        state = state_of(given)
    except Exception as error:
        return [{"refused": type(error).__name__}]
    for one in given["runs"]:
        Interpreter.steps, Interpreter.results, Interpreter.handled = one["steps"], [], []
        outcome = {}
        try:
            state = context.run(event_of(context, state, one["event"]), state)
        except testing.ActionFailed as error:
            outcome["action_failed"] = error.message
            state = error.state
        except Exception as error:
            outcomes.append({"refused": type(error).__name__, "steps": Interpreter.results})
            return outcomes
        outcome |= {"steps": Interpreter.results, **seen(context, state, Interpreter.handled)}
        if one["event"]["kind"] == "action":
            outcome["action_results"] = context.action_results or {}
            outcome["action_log"] = context.action_logs
        outcomes.append(outcome)
    return outcomes


def main():
    if os.environ.get("PYTHONHASHSEED") != "1":
        return "record.py: set PYTHONHASHSEED=1, or equal labels of secrets are found in another order each time"
    make = Maker(SEED)
    print(json.dumps({"ops": ops.__version__, "seed": SEED}))
    for category, count in CATEGORIES:
        for number in range(count):
            given = {"id": f"{category.__name__}-{number:02}", **category(make)}
            print(json.dumps({**given, "outcomes": run(given)}, sort_keys=True))


if __name__ == "__main__":
    sys.exit(main())
