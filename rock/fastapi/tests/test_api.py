"""The API, without a database and with a real one."""

import pytest


def test_without_a_database_there_is_a_hint(client):
    page = client.get("/").json()
    assert page["greeting"] == "Hello from FastAPI!" and "integrate postgresql" in page["hint"]
    assert "entries" not in page
    assert client.post("/", json={"line": "x"}).status_code == 503


def test_env_shows_options_and_no_secret(client, monkeypatch):
    monkeypatch.setenv("APP_PAGE_SIZE", "7")
    monkeypatch.setenv("APP_SECRET_KEY", "hush")
    response = client.get("/env")
    assert response.json()["APP_PAGE_SIZE"] == "7" and "hush" not in response.text


def test_prometheus_and_the_load_balancer_are_answered(client):
    assert client.get("/health").json() == {"status": "ok"}
    metrics = client.get("/metrics").text
    assert 'http_requests_total{method="GET",status="200"}' in metrics
    assert 'http_request_duration_seconds_bucket{le="+Inf",method="GET"}' in metrics


def test_the_migrations_make_tables_with_rows(book, client):
    assert [entry["author"] for entry in client.get("/").json()["entries"]] == ["Grace", "Ada"]


def test_a_second_migration_changes_nothing(book):
    from app import migrate

    with book.connect() as connection:
        assert migrate.migrate(connection) == []


def test_an_entry_is_added_and_read(book, client, monkeypatch):
    monkeypatch.setenv("APP_PAGE_SIZE", "1")
    response = client.post("/", json={"author": "Alan", "line": " We can only see a short distance ahead. "})
    assert response.status_code == 201
    assert client.get("/").json()["entries"] == [{"author": "Alan", "line": "We can only see a short distance ahead."}]


@pytest.mark.parametrize("entry", [{}, {"line": " "}, {"line": "x" * 281}, {"line": "x", "author": ""}, {"line": "\0"}])
def test_what_is_no_entry_is_refused(book, client, entry):
    assert client.post("/", json=entry).status_code == 422


def test_the_worker_counts_once_for_each_change(book):
    with book.connect(autocommit=True) as connection:
        assert book.count(connection)
        assert not book.count(connection)
        book.add(book.Entry(line="two words"))
        assert book.count(connection)
    assert book.latest(1)[1].entries == 3
