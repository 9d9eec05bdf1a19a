import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0004_standing_holds'),
        ('orders', '0017_proposals'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderquestion',
            name='branch',
            field=models.ForeignKey(db_index=False, help_text='Where what is offered is promised; empty: where the order is packed.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch'),
        ),
    ]
