"""An application without a framework that answers, makes spans and fails."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

trace.set_tracer_provider(TracerProvider())


async def answer(send, text):
    """Answer with this text."""
    body = text.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope, receive, send):
    """Serve a request."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/traced":
        with trace.get_tracer("test").start_as_current_span("a-traced-request") as span:
            await answer(send, format(span.get_span_context().trace_id, "032x"))
    elif scope["path"] == "/late":
        with trace.get_tracer("test").start_as_current_span("a-request-that-fails-late") as span:
            await answer(send, format(span.get_span_context().trace_id, "032x"))
        raise KeyError("the end")
    else:
        await answer(send, "plain")
