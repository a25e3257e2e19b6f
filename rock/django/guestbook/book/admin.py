"""Admin pages of a superuser, whom the action create-superuser makes."""

from django.contrib import admin

from .models import Entry

admin.site.register(Entry)
