# The logger that also counts requests for statsd. Gunicorn takes it by itself only if no other logger is asked for.
from gunicorn.instrument.statsd import Statsd

# Under these keys an access record carries its data along, and a request's environ the ids of its span.
ACCESS = "webcharm.access"
TRACE_IDS = "webcharm.trace-ids"


class TraceIds:
    """WSGI middleware that notes the span that is active as the response starts.

    When the access record is written, the span is over. Its ids go into the environ, which no other request shares.
    """

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        def start(*args, **kwargs):
            environ[TRACE_IDS] = active_trace_ids()
            return start_response(*args, **kwargs)

        return self.app(environ, start)


def post_worker_init(worker):
    """Put the middleware around the application, once the worker has loaded it."""
    if opentelemetry_trace is not None:
        worker.wsgi = TraceIds(worker.wsgi)


def status_code(status):
    """Return the number in what a response calls its status (`200 OK`, 200), or the status where there is none."""
    text = status.decode("latin-1") if isinstance(status, bytes) else str(status)
    try:
        return int(text.split(None, 1)[0])
    except (IndexError, ValueError):
        return text


def url_path(environ):
    """Return the path as text: WSGI hands it on as bytes in a str. A refused request has none but in the URI."""
    path = environ.get("PATH_INFO")
    if path is None:
        path = environ.get("RAW_URI", "").partition("?")[0]
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def access_attributes(resp, environ, request_time):
    """Return what an access record tells besides its text."""
    optional = {
        "url.query": environ.get("QUERY_STRING"),
        "client.address": environ.get("REMOTE_ADDR"),
        "http.request.header.x-request-id": environ.get("HTTP_X_REQUEST_ID"),
    }
    return {
        "http.request.method": environ.get("REQUEST_METHOD"),
        "url.path": url_path(environ),
        "http.response.status_code": status_code(resp.status),
        "duration_ms": round(request_time.total_seconds() * 1000, 3),
        **{name: value for name, value in optional.items() if value},
    }


def access_text(attributes, protocol):
    """Return the text of an access record whose format can't be rendered."""
    client = attributes.get("client.address", "-")
    request = "{} {} {}".format(attributes["http.request.method"], attributes["url.path"], protocol)
    return '{} - "{}" {}'.format(client, request, attributes["http.response.status_code"])


class JsonFormatter(Formatter):
    """Writes a record as JSON."""

    def format(self, record):
        """Return the record's line."""
        access = record.args.get(ACCESS) if isinstance(record.args, dict) else None
        ids, attributes = (access["ids"], access["attributes"]) if access else (active_trace_ids(), {})
        return json_line(record, self.body(record, access), ids, attributes)

    @staticmethod
    def body(record, access):
        """Return the record's text, whatever its format may be."""
        try:
            return record.getMessage()
        except Exception:  # whatever a format of the author's makes of its values
            return access["text"] if access else str(record.msg)


class JsonLogger(Statsd):
    """Gunicorn's logger with statsd, which writes JSON."""

    def setup(self, cfg):
        """Give every handler of the server's our formatter."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(JsonFormatter())

    def atoms(self, resp, req, environ, request_time):
        """Return what a format can name, and with it what the formatter needs."""
        attributes = access_attributes(resp, environ, request_time)
        text = access_text(attributes, environ.get("SERVER_PROTOCOL"))
        access = {"attributes": attributes, "ids": environ.get(TRACE_IDS, {}), "text": text}
        return {**super().atoms(resp, req, environ, request_time), ACCESS: access}


logger_class = JsonLogger
