"""A guestbook: visitors leave lines and read the latest.

The charm sets variables: options as FLASK_…, the database as POSTGRESQL_DB_…. Without a database it only greets.
Each other integration adds something, in a module of its own: uses.py lists them.
"""

import logging
import os

import flask

from . import cache, entries, journal, likes, login, mail, motto, permission, pictures, queue, spans, uses

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

log = logging.getLogger(__name__)

app = flask.Flask(__name__)
app.jinja_env.trim_blocks = True
# Browsers send the session along with this site's own forms alone.
app.config.update(SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=pictures.LARGEST + 100_000)
app.config.from_prefixed_env()
login.add_to(app)
spans.add_to(app)


@app.get("/")
def show():
    """Greet, and show the latest entries: as a page to browsers, as lines to other clients."""
    book = entries.latest(int(app.config.get("PAGE_SIZE", 10))) if entries.database() else None
    page = {
        "greeting": app.config.get("GREETING", "Hello from Flask!"),
        "motto": motto.read(app.config.get("MOTTO_URL")),
        "book": book,
        "likes": likes.of([entry.id for entry in book.entries]) if book and likes.database() else {},
        "views": cache.count_view() if cache.address() else None,
        "person": login.person(),
    }
    if flask.request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        return flask.render_template("page.html", no_database=NO_DATABASE, uses=uses.all(), **page)
    return "".join(f"{line}\n" for line in as_lines(**page)), {"Content-Type": "text/plain; charset=utf-8"}


def as_lines(greeting, motto, book, likes, views, person):
    """The page as lines of text."""
    yield greeting
    if motto:
        yield f"“{motto}”"
    if person:
        yield f"(signed in as {person})"
    if book is not None:
        for entry in book.entries:
            liked = f" ({likes[entry.id]} like it)" if entry.id in likes else ""
            yield f"{entry.author}: {entry.line}{liked}"
        yield f"({book.counted} lines, {book.words} words by the worker's count)"
    if views is not None:
        yield f"(read {views} times)"


def back(path="./"):
    """Lead back to the page. Relative, so that it also works behind a proxy that serves the application below a path."""
    return flask.redirect(path, 303)


@app.post("/")
def write():
    """Add an entry, and lead back to the page."""
    if not entries.database():
        return f"{NO_DATABASE}\n", 503
    person = login.person()
    author = person or flask.request.form.get("author", "").strip() or "somebody"
    line = flask.request.form.get("line", "").strip()
    try:
        entries.check(author, line)
        picture = keep_picture(flask.request.files.get("picture"))
        number = entries.add(author, line, picture)
    except ValueError as error:
        return f"{error}\n", 400
    if person and permission.store():
        permission.grant(person, number)
    tell(number, author, line)
    note(author, "wrote", number)
    return back()


def keep_picture(file):
    """Keep a picture that came with a form. Returns its name, or None."""
    if not (file and file.filename):
        return None
    if not pictures.bucket():
        raise ValueError("Pictures need a bucket, and there is none yet: webcharm integrate s3")
    return pictures.keep(file.read())


def tell(number, author, line):
    """Tell the worker and the owner of an entry. It stays if one of them can't be told."""
    try:
        if queue.address():
            queue.announce(number)
        if mail.host():
            mail.send(app.config.get("OWNER", mail.OWNER), "A new line in the guestbook", f"{author}: {line}")
    except Exception:  # Each client has errors of its own.
        log.exception("entry %s was added, and somebody was not told", number)


def note(person, what, number):
    """Note in the journal who did what to an entry. It is done, with or without a note."""
    try:
        if journal.database():
            journal.add(person, what, number)
    except Exception:  # The client has errors of its own.
        log.exception("entry %s was changed without a note", number)


@app.post("/entries/<int:number>/like")
def like(number):
    """Count somebody who likes an entry."""
    if not likes.database():
        return "Likes need a database of their own: webcharm integrate mysql\n", 503
    if not (entries.database() and entries.exists(number)):
        return "There is no such entry.\n", 404
    likes.add(number)
    return back("../../")


@app.post("/entries/<int:number>/remove")
def remove(number):
    """Remove an entry, if OpenFGA says that the visitor may."""
    if not (entries.database() and permission.store()):
        return "Nobody may remove entries without OpenFGA: webcharm integrate openfga\n", 503
    person = login.person()
    if not person:
        return "Sign in first.\n", 401
    if not permission.may_remove(person, number):
        return f"{person} may not remove entry {number}.\n", 403
    picture = entries.remove(number)
    if picture and pictures.bucket():
        pictures.remove(picture)
    if queue.address():
        queue.announce(number)
    note(person, "removed", number)
    return back("../../")


@app.get("/pictures/<name>")
def picture(name):
    """Show a picture."""
    content = pictures.read(name) if pictures.bucket() else None
    if content is None:
        return "There is no such picture.\n", 404
    return content, {"Content-Type": pictures.kind(content), "X-Content-Type-Options": "nosniff"}


@app.get("/journal")
def shown_journal():
    """Show the latest notes."""
    if not journal.database():
        return "The journal needs a database of documents: webcharm integrate mongodb\n", 503
    return journal.latest()


@app.get("/uses")
def shown_uses():
    """Show for each integration whether it is in use."""
    return {use.name: use.is_in_use for use in uses.all()}


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
