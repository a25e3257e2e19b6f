"""A small Flask application that shows what its charm gave it."""

import os

import flask

app = flask.Flask(__name__)
app.config.from_prefixed_env()

# What /env may show. A secret is not in the list, and never will be.
SHOWN = (
    "APP_BASE_URL",
    "FLASK_APPLICATION_ROOT",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "FLASK_GREETING",
    "FLASK_PAGE_SIZE",
    "FLASK_PERMANENT_SESSION_LIFETIME",
    "FLASK_PREFERRED_URL_SCHEME",
    "FLASK_SESSION_COOKIE_SECURE",
)


@app.get("/")
def greet():
    """Say what the option `greeting` says."""
    greeting = app.config.get("GREETING", "Hello from Flask!")
    return f"{greeting}\n", {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/env")
def env():
    """Show the variables that are safe to show."""
    return {name: os.environ[name] for name in SHOWN if name in os.environ}


@app.get("/visits")
def visits():
    """Count this browser's visits in a signed cookie, which takes the secret key."""
    count = flask.session["visits"] = flask.session.get("visits", 0) + 1
    return {"visits": count}


@app.get("/health")
def health():
    """Answer the load balancer."""
    return {"status": "ok"}
