"""`stagelight corpus build`: a manifest out of documentation, as a server takes it."""

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Command

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drained")]

MARKDOWN = """---
title: Webhooks
---
# Verifying `X-Signature` headers

Every request is [signed](./sign.md).

## Retries

```python
# no heading, but a comment
```

## Retries

Twice.

The old way
-----------

## Rotate keys, **safely** {#rotate}
"""
SPHINX = """<html><head><title>Tasks</title></head><body><nav><h2 id="no">Menu</h2></nav>
<section id="tasks"><h1>Tasks<a class="headerlink" href="#tasks">¶</a></h1><p>A task is retried.</p>
<section id="acks-late"><h2>The <code>acks_late</code> option</h2><p>Acknowledged<br>late.</p>
<h3>No link leads here</h3><p>Still late.</p></section></section>
<h2 id="by-itself">By itself</h2><script>var x = "<h2 id='s'>no</h2>";</script></body></html>
"""
INVENTORY = (
    b"# Sphinx inventory version 2\n# Project: Celery\n# Version: 5\n# The rest is compressed.\n"
    + zlib.compress(
        b"celery.app.task.Task py:class 1 reference/task.html#$ -\n"
        b"Task py:class 1 reference/task.html#celery.app.task.Task -\n"
        b"tasks std:doc -1 tasks.html Tasks\n"
        b"late-acks std:label -1 tasks.html#acks-late Acknowledging late\n"
    )
)


def lines(done: Any) -> dict[str, dict[str, Any]]:
    """The lines that were written, by anchor."""
    assert done.code == 0, done.said
    found = [json.loads(line) for line in done.out.splitlines()]
    return {line["anchor"]: line for line in found}


@pytest.fixture
def docs(stagelight: Command) -> Path:
    """A folder of two products."""
    folder = stagelight.folder / "docs"
    for name in ("hooks/guide", "tasks", "_build"):
        (folder / name).mkdir(parents=True)
    (folder / "hooks" / "guide" / "webhooks.md").write_text(MARKDOWN)
    (folder / "tasks" / "user-guide.html").write_text(SPHINX)
    (folder / "_build" / "left.md").write_text("# Left out")
    (folder / "tasks" / "notes.txt").write_text("# Left out")
    return folder


def test_each_section_that_a_link_can_lead_to_is_a_line(stagelight: Command, docs: Path) -> None:
    found = lines(stagelight("corpus", "build", docs, "--base-url", "https://docs.example.com/"))
    assert list(found) == [
        "doc_hooks-guide-webhooks#verifying-x-signature-headers",
        "doc_hooks-guide-webhooks#retries",
        "doc_hooks-guide-webhooks#retries-1",
        "doc_hooks-guide-webhooks#the-old-way",
        "doc_hooks-guide-webhooks#rotate",
        "doc_tasks-user-guide#tasks",
        "doc_tasks-user-guide#acks-late",
        "doc_tasks-user-guide#by-itself",
    ]
    first = found["doc_hooks-guide-webhooks#verifying-x-signature-headers"]
    assert (first["product"], first["title"]) == ("hooks", "Verifying X-Signature headers")
    assert first["path"] == "https://docs.example.com/hooks/guide/webhooks.md#verifying-x-signature-headers"
    assert first["entities"] == ["X-Signature"]
    assert found["doc_hooks-guide-webhooks#rotate"]["title"] == "Rotate keys, safely"
    late = found["doc_tasks-user-guide#acks-late"]
    assert (late["product"], late["title"], late["entities"]) == ("tasks", "The acks_late option", ["acks_late"])
    assert found["doc_tasks-user-guide#tasks"]["title"] == "Tasks"


def test_the_hash_is_of_the_sections_words_and_not_of_their_setting(stagelight: Command, docs: Path) -> None:
    before = lines(stagelight("corpus", "build", docs))
    page = docs / "hooks" / "guide" / "webhooks.md"
    page.write_text(MARKDOWN.replace("Every request", "Every\n  request").replace("Twice.", "Three times."))
    after = lines(stagelight("corpus", "build", docs))
    changed = [anchor for anchor in before if before[anchor]["source_hash"] != after[anchor]["source_hash"]]
    assert changed == ["doc_hooks-guide-webhooks#retries-1"]


def test_an_inventory_of_sphinx_gives_its_names_as_entities(stagelight: Command) -> None:
    path = stagelight.file("objects.inv", INVENTORY)
    found = lines(stagelight("corpus", "build", path, "--product", "celery"))
    assert found == {
        "doc_reference-task#celery.app.task.Task": {
            "anchor": "doc_reference-task#celery.app.task.Task",
            "product": "celery",
            "path": "reference/task.html#celery.app.task.Task",
            "title": "celery.app.task.Task",
            "entities": ["celery.app.task.Task", "Task"],
        },
        "doc_tasks#acks-late": {
            "anchor": "doc_tasks#acks-late",
            "product": "celery",
            "path": "tasks.html#acks-late",
            "title": "Acknowledging late",
        },
    }


def test_what_was_built_is_pushed_with_where_moved_anchors_lead(stagelight: Command, docs: Path) -> None:
    moved = "# old, new\ndoc_hooks-signing#top doc_hooks-guide-webhooks#rotate\n"
    moves = stagelight.file("moves.txt", moved)
    built = stagelight("corpus", "build", docs, "--redirects", moves, "-o", "manifest.jsonl")
    assert (built.code, built.out) == (0, b"")
    pushed = stagelight("corpus", "push", "manifest.jsonl", "--version", "1")
    assert (pushed.code, b"9 anchors" in pushed.out) == (0, True)
    [line] = [
        json.loads(x) for x in Path(stagelight.folder / "manifest.jsonl").read_text().splitlines() if "redir" in x
    ]
    assert (line["redirect_to"], line["product"]) == ("doc_hooks-guide-webhooks#rotate", "hooks")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["docs", "--anchor", "doc_{product}"], "would both be doc_hooks: see --anchor"),
        (["docs", "--anchor", "{nothing}"], "it may hold {page}, {id} and {product}"),
        (["docs/hooks/guide"], "give --product"),
        (["docs/_build/nowhere"], "neither a folder nor a file"),
        (["docs/tasks/notes.txt"], "no Sphinx inventory"),
        (["docs", "--redirects", "loose.txt"], "loose.txt: line 1"),
    ],
)
def test_what_cannot_be_built_is_said(stagelight: Command, docs: Path, arguments: list[str], words: str) -> None:
    stagelight.file("loose.txt", "doc_a#b doc_c#d\n")
    done = stagelight("corpus", "build", *arguments)
    assert (done.code, words in done.said) == (2, True), done.said


def test_it_needs_no_server(stagelight: Command, docs: Path) -> None:
    done = stagelight("corpus", "build", docs, STAGELIGHT_URL="nonsense", STAGELIGHT_KEY="")
    assert done.code == 0
