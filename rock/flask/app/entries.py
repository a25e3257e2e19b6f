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

    author: str
    line: str


@dataclasses.dataclass(frozen=True)
class Book:
    """The latest entries, newest first, and the worker's counts."""

    entries: list[Entry]
    counted: int
    words: int


def database():
    """The database's address, or None."""
    return os.environ.get("POSTGRESQL_DB_CONNECT_STRING")


def connect(**options):
    """Connect to the database, which must be there."""
    return psycopg.connect(database(), connect_timeout=5, **options)


def latest(number):
    """Read the book's last entries."""
    with connect() as connection:
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            cursor.execute("SELECT author, line FROM entries ORDER BY id DESC LIMIT %s", (max(number, 1),))
            found = cursor.fetchall()
        counted, words = connection.execute("SELECT entries, words FROM counts").fetchone()
    return Book(found, counted, words)


def add(author, line):
    """Add an entry. Raises ValueError with a message for its author if it isn't valid."""
    if not 0 < len(line) <= LONGEST_LINE:
        raise ValueError(f"A line has 1 to {LONGEST_LINE} characters; this one has {len(line)}.")
    if len(author) > LONGEST_AUTHOR:
        raise ValueError(f"A name has at most {LONGEST_AUTHOR} characters.")
    if "\0" in author + line:
        raise ValueError("There is a zero byte in it.")
    with connect() as connection:
        connection.execute("INSERT INTO entries (author, line) VALUES (%s, %s)", (author, line))
        connection.execute(f"NOTIFY {CHANNEL}")


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
