# Base class that also counts requests for statsd. Gunicorn selects it by itself only if no logger class is configured.
from gunicorn.instrument.statsd import Statsd

# Keys of an access record's data, and of the span's ids in a request's environ.
ACCESS = "webcharm.access"
TRACE_IDS = "webcharm.trace-ids"


class TraceIds:
    """WSGI middleware that stores the ids of the span that is active when the response starts.

    The span has ended when gunicorn writes the access record. Each request has an environ of its own for the ids.
    """

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        def start(*args, **kwargs):
            environ[TRACE_IDS] = active_trace_ids()
            return start_response(*args, **kwargs)

        return self.app(environ, start)


def post_worker_init(worker):
    """Wrap the application in the middleware after the worker loaded it."""
    if opentelemetry_trace is not None:
        worker.wsgi = TraceIds(worker.wsgi)


def status_code(status):
    """Return the number in a response's status (200 for `200 OK`), or the status as text if it has none."""
    text = status.decode("latin-1") if isinstance(status, bytes) else str(status)
    try:
        return int(text.split(None, 1)[0])
    except (IndexError, ValueError):
        return text


def url_path(environ):
    """Return the path as text. WSGI has its bytes in a str; a refused request has it in the raw URI only."""
    path = environ.get("PATH_INFO")
    if path is None:
        path = environ.get("RAW_URI", "").partition("?")[0]
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def access_attributes(resp, environ, request_time):
    """Return the attributes of an access record."""
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
    """Return the default text of an access record, for a format that fails."""
    client = attributes.get("client.address", "-")
    request = "{} {} {}".format(attributes["http.request.method"], attributes["url.path"], protocol)
    return '{} - "{}" {}'.format(client, request, attributes["http.response.status_code"])


class JsonFormatter(Formatter):
    """Formats a record as a line of JSON."""

    def format(self, record):
        """Return the line."""
        access = record.args.get(ACCESS) if isinstance(record.args, dict) else None
        ids, attributes = (access["ids"], access["attributes"]) if access else (active_trace_ids(), {})
        return json_line(record, self.body(record, access), ids, attributes)

    @staticmethod
    def body(record, access):
        """Return the record's text, or a default if its format fails."""
        try:
            return record.getMessage()
        except Exception:  # a format of the application may raise any error
            return access["text"] if access else str(record.msg)


class JsonLogger(Statsd):
    """Gunicorn's logger with statsd and records in JSON."""

    def setup(self, cfg):
        """Set the JSON formatter in every handler of the server."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(JsonFormatter())

    def atoms(self, resp, req, environ, request_time):
        """Return the values for the access log format, and the data for the JSON formatter."""
        attributes = access_attributes(resp, environ, request_time)
        text = access_text(attributes, environ.get("SERVER_PROTOCOL"))
        access = {"attributes": attributes, "ids": environ.get(TRACE_IDS, {}), "text": text}
        return {**super().atoms(resp, req, environ, request_time), ACCESS: access}


logger_class = JsonLogger
