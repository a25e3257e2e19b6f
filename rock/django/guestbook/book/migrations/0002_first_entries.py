from django.db import migrations

FIRST = [
    ("Ada", "The engine weaves algebraic patterns as the loom weaves flowers and leaves."),
    ("Grace", "A ship in port is safe, but that is not what ships are built for."),
]


def add(apps, _):
    entry = apps.get_model("book", "Entry")
    for author, line in FIRST:
        entry.objects.create(author=author, line=line)
    apps.get_model("book", "Count").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
