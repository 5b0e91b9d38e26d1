"""`write_docs`: the pages of docs/ that are made from the code, so that they cannot fall behind it."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracing import checks
from tracing.stages import Fault, Stage

DOCS = Path(settings.BASE_DIR) / "docs"
CHECK = re.compile(r"(?P<id>[EW]\d{3}): (?P<why>.+)")


def checks_page() -> str:
    """The system checks, by id."""
    found = []
    for check in checks.ALL:
        told = CHECK.match(check.__doc__ or "")
        if told is None:
            raise ValueError(f"{check.__name__} does not begin its docstring with an id")
        found.append((told["id"], f"| `stagelight.{told['id']}` | {told['why']} |"))
    rows = "\n".join(row for _, row in sorted(found))
    return (
        "# System checks\n\n`manage.py check`, and every start, looks for settings that do not go together.\n\n"
        f"| id | why |\n|---|---|\n{rows}\n"
    )


def faults_page() -> str:
    """The stages in their order, and what can go wrong in each."""
    parts = ["# Stages and faults\n\nIn causal order: of two faults, the earlier stage is the cause.\n"]
    for stage in Stage:
        rows = "\n".join(f"| `{f.label}` | {f.words} |" for f in Fault if f.stage in (stage, None))
        parts.append(f"## {stage.label}\n\n{stage.question}\n\n| fault | holds when |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


PAGES = {"checks.md": checks_page, "faults.md": faults_page}


class Command(BaseCommand):
    """Write them."""

    help = "Write the pages of docs/ that are made from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        """One file a page."""
        for name, page in PAGES.items():
            (DOCS / name).write_text(page())
            self.stdout.write(f"docs/{name}")
