"""The number of times the page was read, in Redis or Valkey."""

import functools
import logging
import os

KEY = "views"

log = logging.getLogger(__name__)


def address():
    """The variables' common prefix, or None. Redis comes first."""
    prefixes = ("REDIS_DB", "VALKEY_DB")
    return next((prefix for prefix in prefixes if os.environ.get(f"{prefix}_HOSTNAME")), None)


@functools.cache
def client(prefix):
    """The client of a server, with its connections."""
    import redis

    def variable(name):
        return os.environ.get(f"{prefix}_{name}")

    return redis.Redis(
        host=variable("HOSTNAME"),
        port=int(variable("PORT") or 6379),
        username=variable("USERNAME"),
        password=variable("PASSWORD"),
        socket_timeout=5,
        # A server with TLS is verified: its name, and its authority.
        ssl=bool(variable("TLS_CA_FILE")),
        ssl_ca_certs=variable("TLS_CA_FILE"),
    )


def count_view():
    """Count one more view. Returns the number of views, or None if the cache doesn't answer: the page does without."""
    import redis

    try:
        return client(address()).incr(KEY)
    except redis.RedisError as error:
        log.warning("cannot count a view: %s", error)
        return None
