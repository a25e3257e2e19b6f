#!/bin/sh
# The charm runs this before the application starts with another database or another release of the rock.
set -eu
exec python3 -m app.migrate
