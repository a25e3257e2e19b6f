# Log records as lines of JSON, in OpenTelemetry's log data model.
import datetime
import json
import traceback
from logging import Formatter

try:
    from opentelemetry import trace as opentelemetry_trace
except ImportError:
    opentelemetry_trace = None

SEVERITIES = {"WARNING": "WARN", "CRITICAL": "FATAL"}


def active_trace_ids():
    """Return the ids of the active span. Empty without a span, or without opentelemetry in the rock."""
    if opentelemetry_trace is None:
        return {}
    span = opentelemetry_trace.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    return {"traceId": format(span.trace_id, "032x"), "spanId": format(span.span_id, "016x")}


def exception_attributes(error):
    """Return the attributes of an exception."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    return {
        "exception.type": module + kind.__qualname__,
        "exception.message": str(error),
        "exception.stacktrace": "".join(traceback.format_exception(kind, error, error.__traceback__)),
    }


def json_line(record, body, ids, attributes):
    """Return the line of a record with this text, its span's ids and attributes."""
    when = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
    line = {
        "timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "severityText": SEVERITIES.get(record.levelname, record.levelname),
        "body": body,
        **ids,
        "attributes": {"logger.name": record.name, **attributes},
    }
    if record.exc_info and record.exc_info[1] is not None:
        line["attributes"].update(exception_attributes(record.exc_info[1]))
    return json.dumps(line, default=str)


