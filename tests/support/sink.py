"""Stand in for two Lokis: append what is pushed to ports 3100 and 3101 to a file, a line of JSON for each request."""

import http.server
import json
import threading

PUSHED = "/charm/container/pushed"


class Sink(http.server.BaseHTTPRequestHandler):
    """Accept a push."""

    def do_POST(self):
        """Serve a request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(PUSHED, "a", encoding="utf-8") as pushed:
            pushed.write(json.dumps({"port": self.server.server_port, "path": self.path, "streams": body["streams"]}) + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Print nothing: a service's output is pushed too."""


servers = [http.server.ThreadingHTTPServer(("127.0.0.1", port), Sink) for port in (3100, 3101)]
loops = [threading.Thread(target=server.serve_forever) for server in servers]
for loop in loops:
    loop.start()
with open("/charm/container/listening", "a", encoding="utf-8") as listening:
    listening.write("3100 and 3101\n")
# From Python 3.12 on, no thread starts once the main one has ended.
for loop in loops:
    loop.join()
