"""A guestbook: visitors leave lines and read the latest.

The charm sets variables: options as FLASK_…, the database as POSTGRESQL_DB_…. Without a database it only greets.
"""

import os

import flask

from . import entries

NO_DATABASE = "Entries need a database, and there is none yet: webcharm integrate postgresql"

# Variables that /env shows. Never add a secret.
SHOWN = (
    "FLASK_APPLICATION_ROOT",
    "FLASK_BASE_URL",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "FLASK_GREETING",
    "FLASK_PAGE_SIZE",
    "FLASK_PERMANENT_SESSION_LIFETIME",
    "FLASK_PREFERRED_URL_SCHEME",
    "FLASK_SESSION_COOKIE_SECURE",
    "POSTGRESQL_DB_HOSTNAME",
    "POSTGRESQL_DB_NAME",
    "POSTGRESQL_DB_PORT",
)

app = flask.Flask(__name__)
app.config.from_prefixed_env()


@app.get("/")
def show():
    """Greet, and show the latest entries: as a page to browsers, as lines to other clients."""
    greeting = app.config.get("GREETING", "Hello from Flask!")
    book = entries.latest(int(app.config.get("PAGE_SIZE", 10))) if entries.database() else None
    if flask.request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        return flask.render_template("page.html", greeting=greeting, book=book, no_database=NO_DATABASE)
    lines = [greeting]
    if book is not None:
        lines += [f"{entry.author}: {entry.line}" for entry in book.entries]
        lines += [f"({book.counted} lines, {book.words} words by the worker's count)"]
    return "\n".join(lines) + "\n", {"Content-Type": "text/plain; charset=utf-8"}


@app.post("/")
def write():
    """Add an entry, and lead back to the page."""
    if not entries.database():
        return f"{NO_DATABASE}\n", 503
    author = flask.request.form.get("author", "").strip() or "somebody"
    line = flask.request.form.get("line", "").strip()
    try:
        entries.add(author, line)
    except ValueError as error:
        return f"{error}\n", 400
    # Relative, so that it also works behind a proxy that serves the application below a path.
    return flask.redirect("./", 303)


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
    """Answer the load balancer, without a request to the database."""
    return {"status": "ok"}
