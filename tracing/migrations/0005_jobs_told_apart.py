import time

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracing', '0004_human_verdicts'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='failed',
            field=models.PositiveIntegerField(default=0, help_text='of those done, how many could not be judged'),
        ),
        migrations.AddField(
            model_name='job',
            name='failures',
            field=models.JSONField(default=dict, help_text='the first of those: trace id -> why'),
        ),
        migrations.AddField(
            model_name='job',
            name='until_ns',
            field=models.BigIntegerField(default=time.time_ns, help_text='what arrives later is not its business'),
        ),
        migrations.AlterField(
            model_name='job',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, help_text='that failed since it last got on'),
        ),
        migrations.AlterField(
            model_name='job',
            name='status',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=10),
        ),
        migrations.AlterField(
            model_name='job',
            name='total',
            field=models.PositiveIntegerField(help_text='none until it is counted', null=True),
        ),
    ]
