"""The number of people who like an entry, in MySQL."""

import os

TABLE = "CREATE TABLE IF NOT EXISTS likes (entry bigint PRIMARY KEY, people bigint NOT NULL)"


def database():
    """The database's name, or None."""
    return os.environ.get("MYSQL_DB_NAME")


def connect():
    """Connect to the database, which must be there."""
    import pymysql

    return pymysql.connect(
        host=os.environ["MYSQL_DB_HOSTNAME"],
        port=int(os.environ.get("MYSQL_DB_PORT") or 3306),
        user=os.environ["MYSQL_DB_USERNAME"],
        password=os.environ["MYSQL_DB_PASSWORD"],
        database=database(),
        connect_timeout=5,
        autocommit=True,
    )


def migrate():
    """Create the table if it isn't there."""
    with connect() as connection:
        connection.cursor().execute(TABLE)


def add(number):
    """Count one more for the entry with this number."""
    add_one = "INSERT INTO likes VALUES (%s, 1) ON DUPLICATE KEY UPDATE people = people + 1"
    with connect() as connection:
        connection.cursor().execute(add_one, (number,))


def of(numbers):
    """The number of people by the number of the entry, for those entries that somebody likes."""
    if not numbers:
        return {}
    with connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT entry, people FROM likes WHERE entry IN %s", (numbers,))
        return dict(cursor.fetchall())
