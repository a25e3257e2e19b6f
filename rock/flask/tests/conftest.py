import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
# The tests use only the database that TEST_DATABASE names.
os.environ.pop("POSTGRESQL_DB_CONNECT_STRING", None)


@pytest.fixture
def client():
    import app

    app.app.config.update(TESTING=True, SECRET_KEY="of the tests")
    return app.app.test_client()


@pytest.fixture
def book(monkeypatch):
    """A database with only the migrations' tables."""
    address = os.environ.get("TEST_DATABASE")
    if not address:
        pytest.skip("TEST_DATABASE names no PostgreSQL")
    monkeypatch.setenv("POSTGRESQL_DB_CONNECT_STRING", address)
    from app import entries, migrate

    with entries.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        migrate.migrate(connection)
    return entries
