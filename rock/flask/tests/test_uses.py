"""What the guestbook does with its integrations, as far as it needs no server of theirs; and without them."""

import http.server
import io
import threading

import pytest

PNG = b"\x89PNG\r\n\x1a\nof a picture"


@pytest.fixture
def servers():
    """Starts servers of HTTP that answer each request with `text`; `asked` collects what they were asked for."""
    running = []

    def start(text):
        asked = []

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def signed_in(client, name):
    with client.session_transaction() as session:
        session["person"] = name


def test_a_browser_is_told_what_could_be_integrated(client, monkeypatch):
    monkeypatch.setenv("SMTP_HOST", "mail.example.com")
    page = client.get("/", headers={"Accept": "text/html"}).text
    assert "1 of 13 integrations are in use" in page
    assert "webcharm integrate rabbitmq" in page and "webcharm integrate smtp" not in page
    uses = client.get("/uses").json
    assert uses["smtp"] and not uses["redis"]


def test_a_cache_that_does_not_answer_costs_only_the_count(client, monkeypatch):
    from app import cache

    monkeypatch.setenv("REDIS_DB_HOSTNAME", "127.0.0.1")
    monkeypatch.setenv("REDIS_DB_PORT", "1")
    assert cache.address() == "REDIS_DB"
    assert client.get("/").text == "Hello from Flask!\n"


def test_an_entry_stays_if_nobody_can_be_told(book, client, monkeypatch, caplog):
    monkeypatch.setenv("RABBITMQ_CONNECT_STRING", "amqp://a:b@127.0.0.1:1/%2F?connection_attempts=1")
    assert client.post("/", data={"author": "Alan", "line": "alone"}).status_code == 303
    assert "Alan: alone\n" in client.get("/").text
    assert "somebody was not told" in caplog.text


def test_the_worker_hears_of_an_entry(book):
    with book.connect(autocommit=True) as connection:
        notices = book.notices(connection, 30)
        next(notices)
        book.add("Alan", "two words")
        # Ends with the notice; without it pytest would wait for 30 seconds, and the count would be the same.
        next(notices)
        assert book.count(connection)


def test_a_picture_needs_a_bucket_and_is_one(book, client):
    from app import pictures

    def send(content):
        return client.post("/", data={"line": "see", "picture": (io.BytesIO(content), "a.png")})

    without = send(PNG)
    assert without.status_code == 400 and "integrate s3" in without.text
    assert len(book.latest(10).entries) == 2, "the line waits for its picture"
    assert pictures.kind(PNG) == "image/png"
    for wrong, why in [(b"<script>", "PNG, JPEG or GIF"), (PNG + bytes(pictures.LARGEST), "at most 1000000 bytes")]:
        with pytest.raises(ValueError, match=why):
            pictures.keep(wrong)
    assert client.get("/pictures/none").status_code == 404


def test_the_motto_comes_through_the_proxy_once(client, monkeypatch, servers):
    (proxy, asked), (direct, _) = servers("A motto\nand more"), servers("not this way")
    monkeypatch.setitem(client.application.config, "MOTTO_URL", "http://outside.invalid/motto")
    monkeypatch.setenv("http_proxy", proxy)
    for _ in range(2):
        assert client.get("/").text == "Hello from Flask!\n“A motto”\n"
    assert asked == ["http://outside.invalid/motto"]
    monkeypatch.delenv("http_proxy")
    monkeypatch.setitem(client.application.config, "MOTTO_URL", direct)
    assert "“not this way”" in client.get("/").text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/", "http://["])
def test_a_motto_that_cannot_be_fetched_is_left_out(client, monkeypatch, url):
    monkeypatch.setitem(client.application.config, "MOTTO_URL", url)
    assert client.get("/").text == "Hello from Flask!\n"


def test_a_line_is_no_header_of_the_mail(monkeypatch):
    from app import mail

    monkeypatch.setenv("SMTP_DOMAIN", "example.com")
    message = mail.composed("owner@example.com", "A line", "Ada:\r\nBcc: x")
    assert (message["From"], message["Bcc"]) == ("guestbook@example.com", None)
    assert message.get_content() == "Ada:\nBcc: x\n"


def test_nobody_signs_in_without_a_provider(client):
    for method, path, name in [("get", "/login/oidc", "oidc"), ("get", "/login/saml", "saml"), ("post", "/saml", "saml")]:
        answer = getattr(client, method)(path)
        assert answer.status_code == 503 and f"integrate {name}" in answer.text


def test_who_is_signed_in_is_the_author_and_signs_out(book, client):
    signed_in(client, "ada")
    client.post("/", data={"author": "Grace", "line": "by me"})
    assert "(signed in as ada)\nada: by me\n" in client.get("/").text
    assert client.post("/logout").status_code == 303
    assert "signed in" not in client.get("/").text


def test_nobody_removes_an_entry_without_permission(book, client, monkeypatch):
    from app import permission

    assert client.post("/entries/1/remove").status_code == 503
    monkeypatch.setenv("FGA_HTTP_API_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("FGA_STORE_ID", "s")
    assert permission.store() == "http://127.0.0.1:1/stores/s"
    assert client.post("/entries/1/remove").status_code == 401
    signed_in(client, "ada")
    monkeypatch.setattr(permission, "may_remove", lambda person, number: (person, number) == ("ada", 2))
    assert client.post("/entries/1/remove").status_code == 403
    assert client.post("/entries/2/remove").status_code == 303
    assert [entry.id for entry in book.latest(10).entries] == [1]


def test_a_name_is_one_word_to_openfga():
    from app import permission

    assert permission.fact("a:b c@d", "author", 7) == {
        "user": "user:a%3Ab%20c%40d",
        "relation": "author",
        "object": "entry:7",
    }


def test_likes_need_a_database_of_their_own(client):
    answer = client.post("/entries/1/like")
    assert answer.status_code == 503 and "integrate mysql" in answer.text


def test_a_journal_that_does_not_answer_costs_only_the_note(book, client, monkeypatch, caplog):
    from app import journal

    assert "integrate mongodb" in client.get("/journal").text
    monkeypatch.setenv("MONGODB_DB_CONNECT_STRING", "mongodb://127.0.0.1:1/")
    monkeypatch.setenv("MONGODB_DB_NAME", "guestbook")
    monkeypatch.setattr(journal, "PATIENCE", 0.01)
    assert client.post("/", data={"author": "Alan", "line": "alone"}).status_code == 303
    assert "Alan: alone\n" in client.get("/").text
    assert "without a note" in caplog.text


def test_each_request_is_a_span(monkeypatch):
    import flask
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from app import spans

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318")
    app = flask.Flask("traced")
    spans.add_to(app)
    app.add_url_rule("/page/<name>", view_func=lambda name: name)
    answer = app.test_client().get("/page/a")
    app.test_client().get("/nowhere")
    one, other = exporter.get_finished_spans()
    assert (one.name, one.attributes["http.response.status_code"]) == ("GET /page/<name>", 200)
    assert (other.name, other.attributes["http.response.status_code"]) == ("GET unknown", 404)
    assert f"{one.context.trace_id:032x}" in answer.headers["Server-Timing"]
