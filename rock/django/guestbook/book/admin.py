"""What a superuser may change: the action create-superuser makes one."""

from django.contrib import admin

from .models import Entry

admin.site.register(Entry)
