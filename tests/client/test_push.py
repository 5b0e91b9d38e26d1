"""`stagelight corpus push`, `corpus index push` and `expectations push`."""

import gzip
from typing import Any

import pytest

from tests.client.conftest import Command
from tests.client.files import jsonl
from tests.conftest import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drained")]


def entry(anchor: str, **more: Any) -> dict[str, Any]:
    """One line of a manifest."""
    return {"anchor": anchor, "product": "atlas", "path": f"/{anchor}"} | more


def test_a_manifest_is_pushed_and_says_how_it_differs(stagelight: Command, sender: Sender) -> None:
    first = stagelight.file("one.jsonl", jsonl(entry("a"), entry("b")))
    done = stagelight("corpus", "push", first, "--version", "5.1", "--effective-at", "2026-11-01T00:00:00Z")
    assert (done.code, done.out.decode()) == (
        0,
        "manifest 5.1: 2 anchors, in force from 2026-11-01T00:00:00.000000Z\n",
    )
    second = stagelight.file("two.jsonl.gz", gzip.compress(jsonl(entry("a"), entry("c")).encode()))
    said = stagelight("corpus", "push", second, "--version", "5.2").out.decode()
    assert "against 5.1: 1 added, 1 removed, 0 moved, 0 changed, 0 redirected" in said
    assert "  added: c\n" in said
    known = sender.get("/api/v1/corpus/manifests").json()["manifests"]
    assert [one["version"] for one in known] == ["5.2", "5.1"]


def test_without_a_version_the_content_names_it(stagelight: Command, sender: Sender) -> None:
    path = stagelight.file("one.jsonl", jsonl(entry("a")))
    assert stagelight("corpus", "push", path).code == stagelight("corpus", "push", path).code == 0
    [known] = sender.get("/api/v1/corpus/manifests").json()["manifests"]
    assert known["version"].startswith("sha256-")


def test_a_manifest_with_a_bad_line_is_not_taken_and_the_line_is_named(stagelight: Command, sender: Sender) -> None:
    path = stagelight.file("one.jsonl", jsonl(entry("a"), {"anchor": "b"}))
    done = stagelight("corpus", "push", path, "--version", "1")
    assert (done.code, "line 2: product is missing" in done.said) == (2, True)
    assert sender.get("/api/v1/corpus/manifests").json()["manifests"] == []


def test_an_index_is_pushed(stagelight: Command) -> None:
    path = stagelight.file("index.jsonl", jsonl({"chunk_id": "1", "anchor": "a"}, {"chunk_id": "2", "anchor": "a"}))
    done = stagelight("corpus", "index", "push", path, "--version", "i1")
    assert (done.code, done.out) == (0, b"index i1: 2 chunks of 1 anchors\n")


def test_expectations_are_taken_line_by_line(stagelight: Command) -> None:
    lines = jsonl({"query": "How?", "behaviour": "answer", "anchors": ["a"]}, {"query": "Why?", "behaviour": "guess"})
    done = stagelight("expectations", "push", "-", input=lines.encode())
    assert (done.code, done.out) == (1, b"1 taken, 1 not\n")
    assert "-: line 2: " in done.said
