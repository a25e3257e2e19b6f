from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("author", models.CharField(max_length=40)),
                ("line", models.CharField(max_length=280)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-id"], "verbose_name_plural": "entries"},
        ),
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entries", models.PositiveBigIntegerField(default=0)),
                ("words", models.PositiveBigIntegerField(default=0)),
                ("at", models.DateTimeField(auto_now=True)),
            ],
        ),
    ]
