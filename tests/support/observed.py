"""An application that shows its worker, can answer late, and makes spans."""

import os
import sys
import time

from flask import Flask

try:
    from opentelemetry import trace
except ImportError:
    trace = None

app = Flask(__name__)


def note(name):
    """Append the process id to a shared file."""
    try:
        with open(f"/charm/container/{name}", "a") as file:
            file.write(f"{os.getpid()}\n")
    except OSError:
        pass


if "--check-config" not in sys.argv:
    note("workers")


@app.route("/")
def index():
    """Show the worker's class and process id."""
    gevent = sys.modules.get("gevent.monkey")
    patched = gevent is not None and gevent.is_module_patched("socket")
    return f"{'gevent' if patched else 'sync'} {os.getpid()}\n"


@app.route("/slow")
def slow():
    """Answer once the test makes the file `late`."""
    note("slow")
    while not os.path.exists("/charm/container/late"):
        time.sleep(0.01)
    return "late\n"


@app.route("/traced")
def traced():
    """Show the trace's id."""
    return format(trace.get_current_span().get_span_context().trace_id, "032x") + "\n"


def spans(application):
    """Make a span of each request to /traced."""

    def serve(environ, start_response):
        if environ["PATH_INFO"] != "/traced":
            return application(environ, start_response)
        with trace.get_tracer("observed").start_as_current_span("a-traced-request"):
            return application(environ, start_response)

    return serve


app.wsgi_app = spans(app.wsgi_app)
