"""Paths and their views."""

from django.contrib import admin
from django.urls import path

from book import views

urlpatterns = [
    path("", views.page),
    path("env", views.env),
    path("health", views.health),
    path("admin/", admin.site.urls),
]
