"""The example for a documentation repository's CI: its own commands, run in order, end in a manifest on the server."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings

from tests.client.conftest import Command
from tests.conftest import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drained")]
EXAMPLE = Path(settings.BASE_DIR) / "deploy" / "docs-ci.yml"


def test_a_merge_pushes_what_can_be_cited_now(stagelight: Command, sender: Sender) -> None:
    commands = re.findall(r"- run: stagelight (.+)", EXAMPLE.read_text())
    assert len(commands) == 2
    (stagelight.folder / "docs").mkdir()
    page = stagelight.folder / "docs" / "signing.md"
    for commit, text in (
        ("c0ffee", "# Signing\n\nSign.\n"),
        ("decade", "# Signing\n\nSign.\n\n## Rotate\n\nRotate.\n"),
    ):
        page.write_text(text)
        for command in commands:
            done = stagelight(*shlex.split(command.replace("${{ github.sha }}", commit)))
            assert done.code == 0, done.said
    newest, first = sender.get("/api/v1/corpus/manifests").json()["manifests"]
    assert (newest["version"], newest["anchors"], newest["against"], newest["added"]) == ("decade", 2, "c0ffee", 1)
    assert first["anchors"] == 1
    found = sender.get("/api/v1/corpus/anchors", q="rotate").json()["anchors"]
    assert [(each["anchor"], each["product"]) for each in found] == [("doc_signing#rotate", "webhooks")]
