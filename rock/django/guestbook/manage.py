#!/usr/bin/env python3
"""Django's own commands: `migrate`, which the charm runs, `createsuperuser`, `test`, and our `count`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guestbook.settings")
    execute_from_command_line(sys.argv)
