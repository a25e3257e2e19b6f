"""Migrate the database: run every file in migrations/ once, in the order of their names.

    python3 -m app.migrate

A migration and its record are one transaction, and a lock admits one unit at a time, so the program can be stopped at
any point and run again on any unit.
"""

import pathlib

from . import entries, likes

MIGRATIONS = pathlib.Path(__file__).parent / "migrations"

# Number of the lock; other programs of this database must not use the same.
LOCK = 8_151_623


def migrate(connection):
    """Run what hasn't been run, and return its names."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())")
    done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    new = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in done]
    for path in new:
        connection.execute(path.read_text())
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", (path.name,))
    return [path.name for path in new]


def main():
    """Migrate the databases the charm named."""
    if likes.database():
        likes.migrate()
    if not entries.database():
        print("no database, nothing to migrate")
        return
    with entries.connect() as connection:
        names = migrate(connection)
    print(f"migrated: {', '.join(names)}" if names else "nothing new to migrate")


if __name__ == "__main__":
    main()
