"""A guestbook's API. The charm sets variables: options as APP_…, the database as POSTGRESQL_DB_…"""

import os
import time

import prometheus_client
from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from . import entries as book

NO_DATABASE = "entries need a database, and there is none yet: webcharm integrate postgresql"

# Variables that /env shows. Never add a secret.
SHOWN = (
    "APP_BASE_URL",
    "APP_GREETING",
    "APP_PAGE_SIZE",
    "METRICS_PATH",
    "METRICS_PORT",
    "POSTGRESQL_DB_HOSTNAME",
    "POSTGRESQL_DB_NAME",
    "POSTGRESQL_DB_PORT",
    "UVICORN_LOG_LEVEL",
    "UVICORN_PORT",
    "WEB_CONCURRENCY",
)

# The names that the charm's dashboard asks for; those of prometheus-fastapi-instrumentator, too.
REQUESTS = prometheus_client.Counter("http_requests", "Requests answered", ["method", "status"])
DURATION = prometheus_client.Histogram("http_request_duration_seconds", "Duration of requests", ["method"])

app = FastAPI(title="Guestbook")


class Page(BaseModel):
    """The guestbook's first page. Without a database there are no entries, but a hint."""

    greeting: str
    entries: list[book.Entry] | None = None
    counts: book.Counts | None = None
    hint: str | None = None


@app.middleware("http")
async def measure(request: Request, proceed):
    """Count and time requests for Prometheus."""
    begun = time.perf_counter()
    response = await proceed(request)
    DURATION.labels(request.method).observe(time.perf_counter() - begun)
    REQUESTS.labels(request.method, response.status_code).inc()
    return response


@app.get("/", response_model_exclude_none=True)
def page() -> Page:
    """Greet, and show the latest entries."""
    greeting = os.environ.get("APP_GREETING", "Hello from FastAPI!")
    if not book.database():
        return Page(greeting=greeting, hint=NO_DATABASE)
    found, counts = book.latest(int(os.environ.get("APP_PAGE_SIZE", "10")))
    return Page(greeting=greeting, entries=found, counts=counts)


@app.post("/", status_code=201)
def sign(entry: book.Entry) -> book.Entry:
    """Add an entry."""
    if not book.database():
        raise HTTPException(503, NO_DATABASE)
    book.add(entry)
    return entry


@app.get("/env")
def env() -> dict[str, str]:
    """Show the variables that are safe to show."""
    return {name: os.environ[name] for name in SHOWN if name in os.environ}


@app.get("/health")
def health() -> dict[str, str]:
    """Answer the load balancer, without a request to the database."""
    return {"status": "ok"}


@app.get(os.environ.get("METRICS_PATH", "/metrics"), include_in_schema=False)
def metrics() -> Response:
    """Show the metrics for Prometheus, at the charm's path."""
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)
