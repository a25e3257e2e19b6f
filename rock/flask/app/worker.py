"""The service `counter-worker`: counts the guestbook's lines and words, anew after each change.

It hears of changes from the queue, if there is one, else from the database.

    python3 -m app.worker
"""

import logging
import time

from . import entries, queue

# Seconds after which the worker looks without having heard of a change.
PATIENCE = 30

# Pause before the next try at a database or queue that doesn't answer, in seconds.
RETRY = 2

log = logging.getLogger("counter-worker")


def work():
    """Count, and count anew after each change, until a connection breaks."""
    with entries.connect(autocommit=True) as connection:
        news = queue.numbers(PATIENCE) if queue.address() else entries.notices(connection, PATIENCE)
        for number in news:
            if entries.count(connection):
                log.info("counted anew" if number is None else f"counted anew: the queue told of entry {number}")


def main():
    """Work for ever. The charm restarts this program when the database or the queue changes."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if not entries.database():
        log.info("no database, nothing to count")
    while True:
        try:
            if entries.database():
                work()
        except Exception as error:  # Each client has errors of its own.
            log.warning("%s: %s; trying again in %s s", type(error).__name__, error, RETRY)
        time.sleep(RETRY)


if __name__ == "__main__":
    main()
