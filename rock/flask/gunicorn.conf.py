# What gunicorn does until the charm writes its own configuration over this one.
bind = ["0.0.0.0:8000"]
chdir = "/flask/app"
accesslog = "-"
errorlog = "-"
