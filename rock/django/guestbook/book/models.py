"""Tables of the guestbook."""

from django.db import models


class Entry(models.Model):
    """A visitor's line."""

    author = models.CharField(max_length=40)
    line = models.CharField(max_length=280)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"

    def __str__(self):
        return f"{self.author}: {self.line}"


class Count(models.Model):
    """The worker's counts, in the one row with the key 1."""

    entries = models.PositiveBigIntegerField(default=0)
    words = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    @classmethod
    def renew(cls):
        """Count anew. Returns true if a count has changed."""
        lines = Entry.objects.values_list("line", flat=True)
        counted = {"entries": len(lines), "words": sum(len(line.split()) for line in lines)}
        return cls.objects.filter(pk=1).exclude(**counted).update(**counted) > 0
