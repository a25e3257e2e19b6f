"""The entries in PostgreSQL: all of the guestbook's SQL but its migrations."""

import os
from typing import Annotated

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, StringConstraints

# Channel on which a new entry is announced to the worker.
CHANNEL = "entries"

Author = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00]*$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=280, pattern=r"^[^\x00]*$")]


class Entry(BaseModel):
    """A visitor's line."""

    author: Author = "somebody"
    line: Line


class Counts(BaseModel):
    """The worker's counts."""

    entries: int
    words: int


def database():
    """The database's address, or None."""
    return os.environ.get("POSTGRESQL_DB_CONNECT_STRING")


def connect(**options):
    """Connect to the database, which must be there."""
    return psycopg.connect(database(), connect_timeout=5, **options)


def latest(number):
    """Read the last entries, newest first, and the counts."""
    with connect() as connection:
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            cursor.execute("SELECT author, line FROM entries ORDER BY id DESC LIMIT %s", (max(number, 1),))
            found = cursor.fetchall()
        with connection.cursor(row_factory=class_row(Counts)) as cursor:
            return found, cursor.execute("SELECT entries, words FROM counts").fetchone()


def add(entry):
    """Add an entry, and tell the worker."""
    with connect() as connection:
        connection.execute("INSERT INTO entries (author, line) VALUES (%s, %s)", (entry.author, entry.line))
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
