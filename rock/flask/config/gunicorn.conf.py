"""Settings of gunicorn until the charm writes its own file over this one."""

bind = ["0.0.0.0:8000"]
chdir = "/flask/app"
statsd_host = "localhost:9125"
