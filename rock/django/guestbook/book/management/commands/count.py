"""Count the guestbook's lines and words: once, or as the service `counter-worker` for ever."""

import logging
import time

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from book.models import Count

log = logging.getLogger("counter-worker")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--forever", action="store_true", help="go on, looking once a second")

    def handle(self, *, forever, **_):
        while True:
            self.count()
            if not forever:
                return
            time.sleep(1)

    def count(self):
        try:
            if Count.renew():
                self.stdout.write("counted anew")
        except Error as error:
            # Try again later: the migration may not have run, or the database may be unreachable.
            log.warning("cannot count: %s", error)
            close_old_connections()
