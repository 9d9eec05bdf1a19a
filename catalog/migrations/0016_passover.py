"""What may be eaten on Passover."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0015_counted_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='passover',
            field=models.CharField(blank=True, choices=[('KOSHER', 'kosher for Passover'), ('KITNIYOT', 'kitniyot'), ('NOT', 'chametz')], help_text='Chametz is neither shown nor sold on Passover.', max_length=8, null=True, verbose_name='Passover'),
        ),
    ]
