"""The task queue: doorbells over durable rows, so that a lost message loses no work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("stagelight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
