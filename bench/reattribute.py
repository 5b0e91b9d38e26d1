"""How long it takes to judge many traces anew, and whether pages answer meanwhile: `python -m bench.reattribute`.

The bars: 100,000 traces in 5 minutes; a page of the list within a second at the median.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

PROJECT = "bench"
EVERY_SECONDS = 1.0


def main() -> None:
    """Fill a store, judge everything in it twice, and time list pages meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="a directory that bench.reads filled; else a temporary one is")
    parser.add_argument("--once", action="store_true", help="leave the second run out")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stagelight-bench-") as temporary:
        directory = chosen.data or Path(temporary)
        if chosen.data is None or not (directory / "store").exists():
            fill = [sys.executable, "-m", "bench.reads", "--fill", "--data", str(directory), "--traces"]
            subprocess.run([*fill, str(chosen.traces)], check=True)
        os.environ |= {"STAGELIGHT_DATA_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ |= {"CLICKHOUSE_URL": f"chdb://{directory / 'store'}", "LOG_LEVEL": "error"}
        import django

        django.setup()
        for words in ("first, the lexical assessor reads each", "again, with assessments")[: 1 if chosen.once else 2]:
            _measure(words)


def _measure(words: str) -> None:
    from django.core.management import call_command

    from tracing import jobs, store
    from tracing.models import Job, Project

    call_command("migrate", interactive=False, verbosity=0)
    project, _ = Project.objects.get_or_create(slug=PROJECT, defaults={"name": PROJECT})
    job = jobs.ask(project, None, "", None, None)
    sys.setswitchinterval(0.002)

    def work() -> None:
        with store.closing():
            jobs.run_open()

    thread = threading.Thread(target=work)
    started, cpu = time.perf_counter(), time.process_time()
    thread.start()
    pages = _read_pages(project, thread)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    job = Job.objects.get(pk=job.pk)
    rate = job.done / seconds
    print(f"{words}: {job.status}, {job.done:,} of {job.total:,} in {seconds:.0f} s ({cpu:.0f} s CPU), {rate:,.0f}/s")
    if pages:
        print(f"  a page of the list meanwhile: median {statistics.median(pages):.2f} s, worst {max(pages):.2f} s")


def _read_pages(project: Any, thread: threading.Thread) -> list[float]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from tracing.models import Membership

    reader, _ = get_user_model().objects.get_or_create(username="reader")
    Membership.objects.get_or_create(project=project, user=reader)
    client = Client(HTTP_HOST="localhost")
    client.force_login(reader)
    took = []
    while thread.is_alive():
        before = time.perf_counter()
        assert client.get(f"/p/{PROJECT}/traces").status_code == 200
        took.append(time.perf_counter() - before)
        thread.join(EVERY_SECONDS)
    return took


if __name__ == "__main__":
    main()
