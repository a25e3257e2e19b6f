"""Every call of ops' Pebble client, against the daemon whose socket is the first argument.

Prints the version of ops. A wrong answer is an exception. A method that is not called is one, too, so that a later ops with
more calls fails here.
"""

import datetime
import importlib.metadata
import io
import os
import sys

from ops import pebble

socket, folder = sys.argv[1:]
called = set()


class Client(pebble.Client):
    """The client, which notes the methods that are called from outside."""

    def __getattribute__(self, name):
        if not name.startswith("_") and callable(getattr(pebble.Client, name, None)):
            called.add(name)
        return super().__getattribute__(name)


def fails(kind, call, *arguments, **more):
    try:
        call(*arguments, **more)
    except kind as error:
        return error
    raise AssertionError(f"{call} must fail with {kind}")


client = Client(socket_path=socket)
assert client.get_system_info().version.startswith("v1.")
# Pebble has no warnings any more.
assert fails(pebble.APIError, client.get_warnings).code == 404
assert fails(pebble.APIError, client.ack_warnings, datetime.datetime.now(datetime.timezone.utc)).code == 404

layer = {
    "services": {
        "web": {"override": "replace", "command": "sleep 1000", "startup": "enabled", "environment": {"A": "1"}},
        "once": {"override": "replace", "command": "sh -c 'exit 3'"},
    },
    "checks": {
        "up": {"override": "replace", "level": "ready", "exec": {"command": "true"}},
        "off": {"override": "replace", "startup": "disabled", "tcp": {"port": 1}},
    },
    "log-targets": {"sink": {"override": "replace", "type": "loki", "location": "http://127.0.0.1:1", "services": ["once"]}},
}
client.add_layer("base", pebble.Layer(layer))
client.add_layer("base", {"services": {"web": {"override": "merge", "summary": "s"}}}, combine=True)
fails(pebble.APIError, client.add_layer, "base", "services: {}")
plan = client.get_plan()
assert plan.services["web"].summary == "s" and plan.log_targets["sink"].type == "loki"

assert client.get_change(client.autostart_services()).ready
assert [service.is_running() for service in client.get_services(["web", "once"])] == [False, True]
client.replan_services()
client.restart_services(["web"])
error = fails(pebble.ChangeError, client.start_services, ["once"])
assert "exited quickly with code 3" in str(error), error
stop = client.stop_services(["web"], timeout=0)
assert client.wait_change(stop).status == "Done"
client.start_services(["web"])
client.send_signal("SIGCONT", ["web"])
assert fails(pebble.APIError, client.send_signal, "SIGNOPE", ["web"]).code == 500
assert {change.kind for change in client.get_changes(pebble.ChangeState.ALL)} >= {"autostart", "replan", "restart", "stop"}
assert all("web" in change.summary for change in client.get_changes(pebble.ChangeState.ALL, "web") if change.kind != "replan")

assert [check.name for check in client.get_checks()] == ["off", "up"]
assert client.get_checks(level=pebble.CheckLevel.READY)[0].status == pebble.CheckStatus.UP
assert client.start_checks(["off"]) == ["off"] and client.stop_checks(["off", "up"]) == ["off", "up"]

path = os.path.join(folder, "made/by/ops")
client.make_dir(os.path.dirname(path), make_parents=True, permissions=0o750)
client.push(path, "text\n", permissions=0o600)
client.push(path + "2", io.BytesIO(bytes(range(256)) * 4096))
client.push(path + "3", b"", make_dirs=True)
assert client.pull(path).read() == "text\n"
assert client.pull(path + "2", encoding=None).read() == bytes(range(256)) * 4096
assert fails(pebble.PathError, client.pull, path + "9").kind == "not-found"
files = client.list_files(os.path.dirname(path))
assert [file.name for file in files] == ["ops", "ops2", "ops3"] and files[0].permissions == 0o600, files
assert client.list_files(os.path.dirname(path), pattern="*2")[0].size == 1 << 20
assert client.list_files(os.path.dirname(path), itself=True)[0].type is pebble.FileType.DIRECTORY
client.remove_path(os.path.join(folder, "made"), recursive=True)
assert fails(pebble.PathError, client.remove_path, path).kind == "not-found"

process = client.exec(["sh", "-c", "read line; echo got $line $A; echo err >&2; exit 0"], stdin="x\n", environment={"A": "b"})
assert process.wait_output() == ("got x b\n", "err\n")
process = client.exec(["sh", "-c", "trap 'exit 5' USR1; echo up; while :; do sleep 0.01; done"], timeout=50)
assert process.stdout.readline() == "up\n"
process.send_signal("SIGUSR1")
assert fails(pebble.ExecError, process.wait_output).exit_code == 5
process = client.exec(["cat"], stdin=io.StringIO("y" * 300_000), stdout=(out := io.StringIO()))
process.wait()
assert out.getvalue() == "y" * 300_000
process = client.exec(["tr", "a", "b"])
process.stdin.write("banana")
process.stdin.close()
assert process.wait_output() == ("bbnbnb", "")
assert "timed out" in str(fails(pebble.ChangeError, client.exec(["sleep", "1000"], timeout=0.1).wait))
assert client.exec(["pwd"], working_dir="/", combine_stderr=True).wait_output()[0] == "/\n"
fails(pebble.APIError, client.exec, ["no-such-program"])
begun = client.exec(["sleep", "1000"])
client.abort_change(next(change.id for change in client.get_changes() if change.kind == "exec"))
fails((pebble.ChangeError, pebble.ExecError), begun.wait)

notice = client.notify(pebble.NoticeType.CUSTOM, "example.com/a", data={"k": "v"})
assert client.get_notice(notice).last_data == {"k": "v"}
assert [one.id for one in client.get_notices(types=[pebble.NoticeType.CUSTOM], keys=["example.com/a"])] == [notice]
assert client.get_notices(users=pebble.NoticesUsers.ALL)

bob = pebble.Identity(access=pebble.IdentityAccess.READ, local=pebble.LocalIdentity(user_id=42))
client.replace_identities({"bob": bob})
assert client.get_identities() == {"bob": bob}
client.remove_identities({"bob"})
assert client.get_identities() == {}

public = {name for name in vars(pebble.Client) if not name.startswith("_") and callable(getattr(pebble.Client, name))}
assert public <= called, f"not called: {public - called}"
print(importlib.metadata.version("ops"))
