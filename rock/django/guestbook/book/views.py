"""The guestbook's pages."""

import os

from django.conf import settings
from django.forms import modelform_factory
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from .models import Count, Entry

# Variables that /env shows. Never add a secret.
SHOWN = (
    "DJANGO_ALLOWED_HOSTS",
    "DJANGO_BASE_URL",
    "DJANGO_DEBUG",
    "DJANGO_GREETING",
    "DJANGO_PAGE_SIZE",
    "POSTGRESQL_DB_HOSTNAME",
    "POSTGRESQL_DB_NAME",
    "POSTGRESQL_DB_PORT",
)

EntryForm = modelform_factory(Entry, fields=["author", "line"])


# Visitors of this page are not logged in, so a forged request gains no rights.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request):
    """Show the latest entries, and take a new one."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        # Relative, so that it also works behind a proxy that serves the application below a path.
        return HttpResponse(status=303, headers={"Location": "./"})
    entries = Entry.objects.all()[: max(settings.PAGE_SIZE, 1)]
    context = {"greeting": settings.GREETING, "form": form, "entries": entries, "count": Count.objects.get(pk=1)}
    return render(request, "book/page.html", context, status=400 if request.method == "POST" else 200)


@require_GET
def env(_):
    """Show the variables that are safe to show."""
    return JsonResponse({name: os.environ[name] for name in SHOWN if name in os.environ})


@require_GET
def health(_):
    """Answer the load balancer, without a request to the database."""
    return JsonResponse({"status": "ok"})
