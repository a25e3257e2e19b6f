# Classes that uvicorn-log-config.json, in the same folder, refers to.
import asyncio
import weakref

ACCESS_LOGGER = "uvicorn.access"


def current_task():
    """Return the running task, or None outside of an event loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


class TraceIds:
    """Filter that adds the span's ids to each record.

    The span has ended when the server writes the last records of a request. They get the task's last span: a task
    serves a single request.
    """

    def __init__(self):
        self.last = weakref.WeakKeyDictionary()

    def filter(self, record):
        """Add the ids and accept the record."""
        task = current_task()
        record.trace_ids = active_trace_ids()
        if task is None:
            return True
        if record.trace_ids or record.name == ACCESS_LOGGER:
            self.last[task] = record.trace_ids
        else:
            record.trace_ids = self.last.get(task, {})
        return True


def access_attributes(args):
    """Return the attributes of an access record: client, method, path, query and status, from its arguments."""
    client, method, target, _, status = (*args, None, None, None, None, None)[:5]
    path, _, query = str(target or "").partition("?")
    attributes = {
        "http.request.method": method,
        "url.path": path,
        "url.query": query,
        "client.address": str(client or "").rpartition(":")[0],
        "http.response.status_code": status,
    }
    return {name: value for name, value in attributes.items() if value not in (None, "")}


class JsonFormatter(Formatter):
    """Formats a record as a line of JSON."""

    def format(self, record):
        """Return the line."""
        is_access = record.name == ACCESS_LOGGER and isinstance(record.args, tuple)
        attributes = access_attributes(record.args) if is_access else {}
        return json_line(record, self.body(record), getattr(record, "trace_ids", {}), attributes)

    @staticmethod
    def body(record):
        """Return the record's text, or its unformatted message if the arguments don't fit."""
        try:
            return record.getMessage()
        except Exception:  # a format of the application may raise any error
            return str(record.msg)
