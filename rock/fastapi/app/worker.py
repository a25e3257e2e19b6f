"""The service `counter-worker`: counts the guestbook's lines and words, again whenever somebody has added one.

    python3 -m app.worker
"""

import logging
import time

import psycopg

from . import entries

# A notice can get lost with a connection: after so many seconds the worker looks by itself.
PATIENCE = 30

# How long to leave a database alone that doesn't answer.
RETRY = 2

log = logging.getLogger("counter-worker")


def work():
    """Count until the connection breaks."""
    with entries.connect(autocommit=True) as connection:
        connection.execute(f"LISTEN {entries.CHANNEL}")
        while True:
            if entries.count(connection):
                log.info("counted anew")
            # Ends after the first notice, or when patience does.
            for _ in connection.notifies(timeout=PATIENCE, stop_after=1):
                pass


def main():
    """Work for ever. The charm starts this anew when there is another database."""
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
