#!/bin/bash
# The charm runs this before it starts the services, and again when the database changes.
exec java -jar *.jar migrate
