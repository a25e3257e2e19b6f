# The application's spans go to the tracing backend, where OTEL_EXPORTER_OTLP_ENDPOINT says.
import sys


def tracer_provider():
    """Return what exports spans.

    The imports are here since under gevent HTTPS fails in whatever was imported before ssl was patched.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def post_fork(server, worker):
    """Have the worker export spans from just before it loads the application.

    Then the exporter's thread is the worker's own, and gevent, if it's used, has patched everything.
    """
    load_wsgi = worker.load_wsgi

    def load():
        from opentelemetry import trace

        trace.set_tracer_provider(tracer_provider())
        load_wsgi()

    worker.load_wsgi = load


# The check imports the application in no worker: a rock without the packages shall fail there, not when it serves.
if "--check-config" in sys.argv:
    tracer_provider().shutdown()
