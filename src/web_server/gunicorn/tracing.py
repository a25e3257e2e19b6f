# Export of the application's spans to OTEL_EXPORTER_OTLP_ENDPOINT.
import sys


def post_fork(server, worker):
    """Set up the export of spans in the worker, just before it loads the application.

    The exporter's thread must start after the fork. Modules must be imported after gevent patched the standard
    library, since HTTPS fails in those imported earlier.
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


# The check starts no worker. Import the packages here, so that it fails if the rock lacks them.
if "--check-config" in sys.argv:
    import opentelemetry.exporter.otlp.proto.http.trace_exporter
    import opentelemetry.sdk.trace.export
