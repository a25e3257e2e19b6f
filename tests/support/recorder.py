"""Print what a web server sends to its observers: statsd packets on port 9125, spans by OTLP over HTTP on port 4318."""

import http.server
import re
import socket
import threading


class Spans(http.server.BaseHTTPRequestHandler):
    """Accept spans and print the words in them; for a TLS client print only its hello."""

    def handle(self):
        """Serve a connection."""
        if self.request.recv(1, socket.MSG_PEEK) == b"\x16":
            print("a client hello", flush=True)
        else:
            super().handle()

    def do_POST(self):
        """Serve a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        words = [word.decode() for word in re.findall(rb"[a-z][a-z0-9./-]{3,}", body)]
        print("spans", self.path, *words, flush=True)
        self.send_response(200)
        self.end_headers()


def packets():
    """Print every packet."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("localhost", 9125))
    while True:
        print("statsd", server.recv(4096).decode(), flush=True)


threading.Thread(target=packets, daemon=True).start()
http.server.ThreadingHTTPServer(("localhost", 4318), Spans).serve_forever()
