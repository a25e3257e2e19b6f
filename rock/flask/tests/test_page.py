"""The pages without a database."""


def test_everything_but_a_browser_gets_lines(client):
    response = client.get("/")
    assert response.mimetype == "text/plain"
    assert response.text == "Hello from Flask!\n"
    assert client.get("/", headers={"Accept": "*/*"}).mimetype == "text/plain"


def test_a_browser_gets_a_page_that_says_what_is_missing(client):
    response = client.get("/", headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
    assert response.mimetype == "text/html"
    assert "integrate postgresql" in response.text


def test_the_greeting_is_escaped(client):
    client.application.config["GREETING"] = "<b>Ahoy"
    try:
        assert "&lt;b&gt;Ahoy" in client.get("/", headers={"Accept": "text/html"}).text
        assert client.get("/").text == "<b>Ahoy\n"
    finally:
        del client.application.config["GREETING"]


def test_nobody_can_sign_without_a_database(client):
    response = client.post("/", data={"line": "hello"})
    assert response.status_code == 503
    assert "integrate postgresql" in response.text


def test_env_shows_options_and_no_secret(client, monkeypatch):
    monkeypatch.setenv("FLASK_PAGE_SIZE", "7")
    monkeypatch.setenv("FLASK_SECRET_KEY", "hush")
    monkeypatch.setenv("POSTGRESQL_DB_PASSWORD", "hush")
    response = client.get("/env")
    assert response.json["FLASK_PAGE_SIZE"] == "7"
    assert "hush" not in response.text


def test_visits_are_counted_for_each_browser(client):
    assert [client.get("/visits").json["visits"] for _ in range(3)] == [1, 2, 3]


def test_the_load_balancer_is_answered(client):
    assert client.get("/health").json == {"status": "ok"}
