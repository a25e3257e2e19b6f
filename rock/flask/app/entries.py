"""The entries in PostgreSQL: all of the guestbook's SQL but its migrations."""

import dataclasses
import os

import psycopg
from psycopg.rows import class_row

LONGEST_AUTHOR = 40
LONGEST_LINE = 280

# Channel on which a new entry is announced to the worker.
CHANNEL = "entries"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A visitor's line."""

    id: int
    author: str
    line: str
    # Name of the picture that came with it, or None.
    picture: str | None


@dataclasses.dataclass(frozen=True)
class Book:
    """The latest entries, newest first, and the worker's counts."""

    entries: list[Entry]
    counted: int
    words: int


def database():
    """The database's address, or None."""
    return os.environ.get("POSTGRESQL_DB_CONNECT_STRING")


def verification():
    """Options by which a server with TLS is verified: its name, and its authority. None for a server without."""
    authority = os.environ.get("POSTGRESQL_DB_TLS_CA_FILE")
    return {"sslmode": "verify-full", "sslrootcert": authority} if authority else {}


def connect(**options):
    """Connect to the database, which must be there."""
    return psycopg.connect(database(), connect_timeout=5, **verification(), **options)


def latest(number):
    """Read the book's last entries."""
    with connect() as connection:
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            cursor.execute("SELECT id, author, line, picture FROM entries ORDER BY id DESC LIMIT %s", (max(number, 1),))
            found = cursor.fetchall()
        counted, words = connection.execute("SELECT entries, words FROM counts").fetchone()
    return Book(found, counted, words)


def check(author, line):
    """Raise ValueError, with a message for its author, if it is no entry."""
    if not 0 < len(line) <= LONGEST_LINE:
        raise ValueError(f"A line has 1 to {LONGEST_LINE} characters; this one has {len(line)}.")
    if len(author) > LONGEST_AUTHOR:
        raise ValueError(f"A name has at most {LONGEST_AUTHOR} characters.")
    if "\0" in author + line:
        raise ValueError("There is a zero byte in it.")


def add(author, line, picture=None):
    """Add an entry, and return its number. Raises ValueError as `check` does."""
    check(author, line)
    new = "INSERT INTO entries (author, line, picture) VALUES (%s, %s, %s) RETURNING id"
    with connect() as connection:
        (number,) = connection.execute(new, (author, line, picture)).fetchone()
        connection.execute(f"NOTIFY {CHANNEL}")
    return number


def exists(number):
    """True if there is an entry with this number."""
    with connect() as connection:
        return connection.execute("SELECT FROM entries WHERE id = %s", (number,)).rowcount > 0


def remove(number):
    """Remove an entry, and return the name of its picture, or None."""
    with connect() as connection:
        found = connection.execute("DELETE FROM entries WHERE id = %s RETURNING picture", (number,)).fetchone()
        connection.execute(f"NOTIFY {CHANNEL}")
    return found and found[0]


def notices(connection, patience):
    """Yield None at once, after each notice of a change, and after `patience` seconds without one.

    A notice can get lost with a connection.
    """
    connection.execute(f"LISTEN {CHANNEL}")
    while True:
        yield None
        for _ in connection.notifies(timeout=patience, stop_after=1):
            pass


def count(connection):
    """Count lines and words anew. Returns true if a count has changed."""
    changed = connection.execute(
        """
        WITH now AS (
            SELECT count(*) AS entries,
                   coalesce(sum(array_length(regexp_split_to_array(trim(line), '\\s+'), 1)), 0) AS words
            FROM entries
        )
        UPDATE counts SET entries = now.entries, words = now.words, at = now()
        FROM now WHERE (counts.entries, counts.words) IS DISTINCT FROM (now.entries, now.words)
        """
    )
    return changed.rowcount > 0
