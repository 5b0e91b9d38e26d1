"""`write_docs`: the pages of docs/ that are made from the code, so that they cannot fall behind it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracing import checks
from tracing.exporting.flat import COLUMNS
from tracing.pages.snippets import written
from tracing.stages import Fault, Stage

DOCS = Path(settings.BASE_DIR) / "docs"
SNIPPET = re.compile(r"<!-- snippets/(?P<file>[\w.-]+) -->\n(?:```\w+\n.*?\n```\n)?", re.DOTALL)
LANGUAGES = {".py": "python", ".mjs": "js", ".sh": "sh"}
CHECK = re.compile(r"(?P<id>[EIW]\d{3}): (?P<why>.+)")


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


TYPES = {
    "text": "text",
    "texts": "list of texts",
    "time": "time",
    "number": "number",
    "whole": "whole number",
    "truth": "true or false",
}


def export_page() -> str:
    """How traces are exported, and the columns of a flat row."""
    rows = "\n".join(f"| `{column.name}` | {TYPES[column.type]} | {column.words} |" for column in COLUMNS)
    return (
        "# Exporting traces\n\n"
        "`stagelight export 'product:atlas feedback:down' --format csv -o atlas.csv`, or"
        " `GET /api/v1/traces/export?q=&from=&to=&format=` with a key that may read. The filter is that of the list"
        " ([filters.md](filters.md)); the oldest trace comes first; what began after the export did is not in it."
        " Pieces are sent as they are read, so a file may be of any length.\n\n"
        "- `jsonl`: each trace whole, a line a trace, as `GET /api/v1/traces/{trace_id}` gives it. `stagelight import`"
        " takes it back, with its signals (added to those that are there) and the client's own groundedness;"
        " verdicts, flags and assessments are made"
        " anew, and people's verdicts and expectations have endpoints of their own.\n"
        "- `csv`: one flat row a trace, UTF-8. Lists are JSON. A text that a spreadsheet would take for a formula, one"
        " that begins with `=`, `+`, `-`, `@`, a tab or a line break, has an apostrophe before it.\n"
        "- `parquet`: the same rows with types, times in UTC; texts are as they are.\n\n"
        "An export that breaks off in the middle is an error for the client, not a short file: `stagelight export`"
        " writes beside the file and renames it at the end. Two exports run at a time in one process.\n\n"
        f"## Columns\n\n| column | type | what it says |\n|---|---|---|\n{rows}\n"
    )


def included(name: str) -> str:
    """A page as it stands, with each block of code that follows a snippet's name made anew from its file."""

    def block(found: re.Match[str]) -> str:
        file = found["file"]
        return f"<!-- snippets/{file} -->\n```{LANGUAGES[Path(file).suffix]}\n{written(file)}\n```\n"

    return SNIPPET.sub(block, (DOCS / name).read_text())


PAGES: dict[str, Callable[[], str]] = {
    "checks.md": checks_page,
    "export.md": export_page,
    "faults.md": faults_page,
    "instrument.md": partial(included, "instrument.md"),
    "rag-attributes.md": partial(included, "rag-attributes.md"),
}


class Command(BaseCommand):
    """Write them."""

    help = "Write the pages of docs/ that are made from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        """One file a page."""
        for name, page in PAGES.items():
            (DOCS / name).write_text(page())
            self.stdout.write(f"docs/{name}")
