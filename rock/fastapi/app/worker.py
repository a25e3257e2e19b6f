"""The service `counter-worker`: counts the guestbook's lines and words, anew after each new entry.

    python3 -m app.worker
"""

import logging
import time

import psycopg

from . import entries

# Seconds after which the worker looks without a notice: a notice can get lost with a connection.
PATIENCE = 30

# Pause before the next try at a database that doesn't answer, in seconds.
RETRY = 2

log = logging.getLogger("counter-worker")


def work():
    """Count until the connection breaks."""
    with entries.connect(autocommit=True) as connection:
        connection.execute(f"LISTEN {entries.CHANNEL}")
        while True:
            if entries.count(connection):
                log.info("counted anew")
            # Ends after the first notice, or after PATIENCE.
            for _ in connection.notifies(timeout=PATIENCE, stop_after=1):
                pass


def main():
    """Work for ever. The charm restarts this program when the database changes."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if not entries.database():
        log.info("no database, nothing to count")
    while True:
        try:
            if entries.database():
                work()
        except psycopg.Error as error:
            log.warning("%s; trying again in %s s", error, RETRY)
        time.sleep(RETRY)


if __name__ == "__main__":
    main()
