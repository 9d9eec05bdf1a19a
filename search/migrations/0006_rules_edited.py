from django.db import migrations, models


def edited(apps, schema_editor):
    """The trail knows which of the rules that came with the shop were edited since."""
    entries = apps.get_model("audit", "AuditEntry").objects.filter(entity_type="search_rule")
    rules = apps.get_model("search", "SearchRule").objects.filter(source="SEED")
    for rule in rules.iterator(chunk_size=500):
        last = entries.filter(entity_id=rule.pk).order_by("-created_at").first()
        if last is not None:
            type(rule).objects.filter(pk=rule.pk).update(edited_at=last.created_at)


class Migration(migrations.Migration):

    dependencies = [("search", "0005_documents_filled"), ("audit", "0004_large_lists")]

    operations = [
        migrations.AddField(
            model_name="searchrule",
            name="edited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(edited, migrations.RunPython.noop),
    ]
