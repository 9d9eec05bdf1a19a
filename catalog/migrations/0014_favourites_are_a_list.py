"""What the heart keeps is a list now: `lists` has taken it over."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_large_lists'),
        ('lists', '0002_favourites'),
    ]

    operations = [
        migrations.DeleteModel(
            name='WishlistItem',
        ),
    ]
