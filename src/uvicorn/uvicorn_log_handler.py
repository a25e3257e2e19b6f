# Uvicorn names the classes of this file in its logging configuration, which stands beside it.
import asyncio
import weakref

ACCESS_LOGGER = "uvicorn.access"


def current_task():
    """Return the task that runs, if any does."""
    try:
        return asyncio.current_task()
    except RuntimeError:  # outside of the event loop
        return None


class TraceIds:
    """Notes on each record the ids of its span.

    What the server says of a request after the application's last word comes when the span is over: then it's the last
    span of the same task, which serves one request and no other.
    """

    def __init__(self):
        self.last = weakref.WeakKeyDictionary()

    def filter(self, record):
        """Let every record through."""
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
    """Return what an access record tells, of its arguments: client, method, path with query, HTTP's version, status."""
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
    """Writes a record as JSON."""

    def format(self, record):
        """Return the record's line."""
        is_access = record.name == ACCESS_LOGGER and isinstance(record.args, tuple)
        attributes = access_attributes(record.args) if is_access else {}
        return json_line(record, self.body(record), getattr(record, "trace_ids", {}), attributes)

    @staticmethod
    def body(record):
        """Return the record's text, whatever its arguments may be."""
        try:
            return record.getMessage()
        except Exception:  # whatever an application's format makes of its values
            return str(record.msg)
