# The application's spans go to the tracing backend, where OTEL_EXPORTER_OTLP_ENDPOINT says.
import sys


def post_fork(server, worker):
    """Have the worker export spans from just before it loads the application.

    Then the exporter's thread is the worker's own, and gevent, if it's used, has patched everything: HTTPS fails in
    whatever was imported before that.
    """
    load_wsgi = worker.load_wsgi

    def load():
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
        load_wsgi()

    worker.load_wsgi = load


# The check starts no worker: a rock without the packages shall fail there, not when it serves.
if "--check-config" in sys.argv:
    import opentelemetry.exporter.otlp.proto.http.trace_exporter
    import opentelemetry.sdk.trace.export
