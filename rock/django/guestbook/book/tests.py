"""The guestbook's own tests: `python3 manage.py test`, in PostgreSQL if variables name one, else in SQLite."""

import os
from unittest import mock

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.urls import set_script_prefix

from .models import Count, Entry


class Variables(SimpleTestCase):
    def test_env_shows_options_and_no_secret(self):
        variables = {"DJANGO_PAGE_SIZE": "7", "DJANGO_SECRET_KEY": "hush", "POSTGRESQL_DB_PASSWORD": "hush"}
        with mock.patch.dict(os.environ, variables):
            response = self.client.get("/env")
        self.assertEqual(response.json()["DJANGO_PAGE_SIZE"], "7")
        self.assertNotContains(response, "hush")

    def test_the_load_balancer_is_answered(self):
        self.assertEqual(self.client.get("/health").json(), {"status": "ok"})

    @override_settings(FORCE_SCRIPT_NAME="/model-shop")
    def test_links_keep_the_path_that_an_ingress_strips(self):
        # The test client doesn't set the prefix, the server's handler does.
        self.addCleanup(set_script_prefix, "/")
        headers = []
        environ = RequestFactory().get("/admin/").environ
        WSGIHandler()(environ, lambda status, said: headers.extend(said))
        self.assertEqual(dict(headers)["Location"], "/model-shop/admin/login/?next=/model-shop/admin/")


class Guestbook(TestCase):
    @override_settings(GREETING="<b>Ahoy")
    def test_the_greeting_is_escaped(self):
        self.assertContains(self.client.get("/"), "&lt;b&gt;Ahoy")

    def test_the_migrations_bring_entries(self):
        self.assertContains(self.client.get("/"), "A ship in port is safe")
        self.assertEqual(Entry.objects.count(), 2)

    def test_who_signs_is_led_back_and_read(self):
        response = self.client.post("/", {"author": "Alan", "line": "<i>We can only see a short distance ahead."})
        self.assertEqual((response.status_code, response["Location"]), (303, "./"))
        self.assertContains(self.client.get("/"), "&lt;i&gt;We can only see")

    def test_what_is_no_entry_is_refused(self):
        for data in ({"author": "Alan", "line": ""}, {"author": "", "line": "x"}, {"author": "A", "line": "x" * 281}):
            self.assertEqual(self.client.post("/", data).status_code, 400)
        self.assertEqual(Entry.objects.count(), 2)

    @override_settings(PAGE_SIZE=1)
    def test_the_page_has_its_size(self):
        self.assertNotContains(self.client.get("/"), "The engine weaves")

    def test_the_worker_counts_once_for_each_change(self):
        self.assertTrue(Count.renew())
        self.assertFalse(Count.renew())
        Entry.objects.create(author="Alan", line="two words")
        call_command("count")
        self.assertEqual(Count.objects.get().entries, 3)

    def test_the_admin_site_asks_who_is_there(self):
        self.assertEqual(self.client.get("/admin/").status_code, 302)
