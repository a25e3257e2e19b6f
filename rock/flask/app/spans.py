"""A span for each request. The charm's settings of gunicorn export it, to where OTEL_EXPORTER_OTLP_ENDPOINT says."""

import os

import flask


def add_to(app):
    """Begin and end a span with each request, if spans are exported."""
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        app.before_request(begin)
        app.after_request(describe)
        app.teardown_request(end)


def begin():
    """Begin the span of this request. Its name is that of the route, which has no visitor's text in it."""
    from opentelemetry import trace

    request = flask.request
    name = f"{request.method} {request.url_rule or 'unknown'}"
    flask.g.span = trace.get_tracer(__name__).start_as_current_span(name, kind=trace.SpanKind.SERVER)
    span = flask.g.span.__enter__()
    span.set_attribute("http.request.method", request.method)
    span.set_attribute("url.path", request.path)


def describe(response):
    """Note the status, and tell the browser which trace it is: its developer tools show it."""
    from opentelemetry import trace

    span = trace.get_current_span()
    span.set_attribute("http.response.status_code", response.status_code)
    ids = span.get_span_context()
    response.headers["Server-Timing"] = f'traceparent;desc="00-{ids.trace_id:032x}-{ids.span_id:016x}-01"'
    return response


def end(error):
    """End the span of this request."""
    span = flask.g.pop("span", None)
    if span:
        span.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
