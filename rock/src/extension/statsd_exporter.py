#!/bin/python3
"""Stand in for Prometheus's statsd_exporter, which needs a Go tool chain to build.

Receives gunicorn's metrics by UDP or TCP and serves them under /metrics as the exporter does: counters, gauges, and
durations as summaries in seconds. It has the flags that the rock's service uses, and reads the mapping file as JSON.
"""

import argparse
import collections
import http.server
import json
import re
import socketserver
import threading

QUANTILES = (0.5, 0.9, 0.99)

# Number of a duration's latest values that make its quantiles.
KEPT = 1000

LINE = re.compile(r"(?P<name>[^:|]+):(?P<value>[-+0-9.eE]+)\|(?P<kind>c|g|ms|h|d)(?:\|@(?P<rate>[0-9.eE]+))?(?:\|#.*)?")


class Summary:
    """A duration's values."""

    def __init__(self):
        self.count, self.sum, self.latest = 0, 0.0, collections.deque(maxlen=KEPT)

    def add(self, value):
        self.count, self.sum = self.count + 1, self.sum + value
        self.latest.append(value)

    def quantile(self, quantile):
        return sorted(self.latest)[int(quantile * (len(self.latest) - 1))]


class Metrics:
    """The metrics received so far, by name and labels."""

    def __init__(self, mappings):
        rules = [(mapping["match"], mapping["name"], mapping.get("labels", {})) for mapping in mappings]
        self.rules = [(re.compile(re.escape(match).replace(r"\*", "([^.]*)")), name, labels) for match, name, labels in rules]
        self.lock = threading.Lock()
        self.kinds = {}
        self.values = {}

    def mapped(self, name):
        """The metric and labels of a name."""
        for pattern, metric, labels in self.rules:
            found = pattern.fullmatch(name)
            if found:
                filled = {key: re.sub(r"\$(\d)", lambda at: found[int(at[1])], value) for key, value in labels.items()}
                return metric, tuple(sorted(filled.items()))
        return re.sub(r"[^a-zA-Z0-9_]", "_", name), ()

    def receive(self, text):
        for line in text.splitlines():
            found = LINE.fullmatch(line.strip())
            if not found:
                continue
            try:
                self.add(found["name"], found["kind"], found["value"], float(found["rate"] or 1))
            except (ValueError, ZeroDivisionError):
                continue  # a number that is none

    def add(self, name, kind, text, rate):
        key, value = self.mapped(name), float(text)
        with self.lock:
            if self.kinds.setdefault(key[0], kind) != kind:
                return
            if kind == "c":
                self.values[key] = self.values.get(key, 0) + value / rate
            elif kind == "g":
                self.values[key] = self.values.get(key, 0) + value if text[0] in "+-" else value
            else:
                self.values.setdefault(key, Summary()).add(value / 1000 if kind == "ms" else value)

    def show(self):
        """All metrics in Prometheus's text format."""
        with self.lock:
            lines, names = [], sorted(self.kinds)
            for name in names:
                kind = {"c": "counter", "g": "gauge"}.get(self.kinds[name], "summary")
                lines.append(f"# TYPE {name} {kind}")
                for (metric, labels), value in sorted(self.values.items(), key=lambda item: item[0]):
                    if metric == name:
                        lines += lines_of(name, labels, value)
        return "\n".join(lines) + "\n"


def lines_of(name, labels, value):
    """The lines of one metric with one set of labels."""
    if not isinstance(value, Summary):
        return [f"{name}{shown(labels)} {value:g}"]
    quantiles = [(at, value.quantile(at)) for at in QUANTILES]
    lines = [f"{name}{shown((*labels, ('quantile', str(at))))} {found:g}" for at, found in quantiles]
    return [*lines, f"{name}_sum{shown(labels)} {value.sum:g}", f"{name}_count{shown(labels)} {value.count}"]


def shown(labels):
    return "{" + ",".join(f"{key}={json.dumps(value)}" for key, value in labels) + "}" if labels else ""


def servers(arguments, metrics):
    """The three servers: metrics by UDP, by TCP, and their page."""

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self):
            metrics.receive(self.request[0].decode("utf-8", "replace"))

    class Stream(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                metrics.receive(line.decode("utf-8", "replace"))

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = metrics.show().encode()
            self.send_response(200 if self.path == "/metrics" else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    socketserver.TCPServer.allow_reuse_address = True
    return [
        socketserver.UDPServer(arguments.udp, Datagram),
        socketserver.ThreadingTCPServer(arguments.tcp, Stream),
        http.server.ThreadingHTTPServer(arguments.web, Page),
    ]


def address(text):
    host, _, port = text.rpartition(":")
    return ("127.0.0.1" if host == "localhost" else host, int(port))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statsd.mapping-config", dest="mapping")
    parser.add_argument("--statsd.listen-udp", dest="udp", type=address, default=("", 9125))
    parser.add_argument("--statsd.listen-tcp", dest="tcp", type=address, default=("", 9125))
    parser.add_argument("--web.listen-address", dest="web", type=address, default=("", 9102))
    arguments = parser.parse_args()
    mappings = []
    if arguments.mapping:
        with open(arguments.mapping) as file:
            mappings = json.load(file)["mappings"]
    started = servers(arguments, Metrics(mappings))
    for server in started[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening", *(server.server_address[1] for server in started), flush=True)
    started[0].serve_forever()


if __name__ == "__main__":
    main()
