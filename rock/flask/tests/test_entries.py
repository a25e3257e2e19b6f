"""The guestbook in a real PostgreSQL, which TEST_DATABASE names."""

import pytest


def test_the_migrations_make_tables_with_rows(book, client):
    lines = client.get("/").text.splitlines()
    assert lines[0] == "Hello from Flask!"
    assert lines[1].startswith("Grace: ") and lines[2].startswith("Ada: ")


def test_a_second_migration_changes_nothing(book):
    from app import migrate

    with book.connect() as connection:
        assert migrate.migrate(connection) == []
    assert len(book.latest(10).entries) == 2


def test_who_signs_is_led_back_and_read(book, client):
    response = client.post("/", data={"author": "Alan", "line": " <i>We can only see a short distance ahead. "})
    assert (response.status_code, response.location) == (303, "./")
    assert "Alan: <i>We can only see a short distance ahead.\n" in client.get("/").text
    assert "&lt;i&gt;We can" in client.get("/", headers={"Accept": "text/html"}).text


def test_the_page_has_its_size(book, client, monkeypatch):
    monkeypatch.setitem(client.application.config, "PAGE_SIZE", 1)
    assert len(client.get("/").text.splitlines()) == 3


@pytest.mark.parametrize("data", [{"line": ""}, {"line": "x" * 281}, {"line": "x", "author": "x" * 41}, {"line": "\0"}])
def test_what_is_no_entry_is_refused(book, client, data):
    assert client.post("/", data=data).status_code == 400
    assert len(book.latest(10).entries) == 2


def test_the_worker_counts_once_for_each_change(book):
    with book.connect(autocommit=True) as connection:
        assert book.count(connection)
        assert not book.count(connection)
        assert book.latest(10).counted == 2
        book.add("Alan", "two words")
        assert book.count(connection)
    counted = book.latest(10)
    assert (counted.counted, counted.entries[0].author) == (3, "Alan")
