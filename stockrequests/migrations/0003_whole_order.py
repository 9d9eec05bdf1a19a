"""Indexes in the whole order of the lists, so that a plan made for anybody walks them too."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [("stockrequests", "0001_squashed_0002_list_indexes")]

    operations = [
        AddIndexConcurrently(
            model_name="stockrequest",
            index=models.Index(
                fields=["branch", "-created_at", "-id"], name="stock_request_of_branch"
            ),
        ),
        AddIndexConcurrently(
            model_name="stockrequest",
            index=models.Index(
                fields=["requested_by", "-created_at", "-id"], name="stock_request_of"
            ),
        ),
        RemoveIndexConcurrently(model_name="stockrequest", name="stock_request_branch"),
        RemoveIndexConcurrently(model_name="stockrequest", name="stock_request_by"),
    ]
