"""Pages of docs/ that are made from the code."""

import re

import pytest

from tracing.dialects import rag
from tracing.management.commands.write_docs import DOCS, LANGUAGES, PAGES
from tracing.pages.snippets import FOLDER, SNIPPETS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_made_from_the_code_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run `make docs`"


def test_every_snippet_stands_on_a_page() -> None:
    pages = "".join((DOCS / name).read_text() for name in ("instrument.md", "rag-attributes.md"))
    files = {path.name for path in FOLDER.iterdir() if path.suffix in LANGUAGES}
    assert files == set(re.findall(r"<!-- snippets/([\w.-]+) -->", pages)) == {each.file for each in SNIPPETS}


def test_a_snippet_on_the_first_run_page_is_installed_as_the_docs_say() -> None:
    pages = (DOCS / "instrument.md").read_text() + (DOCS / "rag-attributes.md").read_text()
    for snippet in SNIPPETS:
        told = [snippet.install] if snippet.slug != "rag" else snippet.install.split()[2:]
        assert [each for each in told if each not in pages] == []


def test_every_attribute_of_ours_is_documented() -> None:
    documented = re.findall(r"^\| `rag\.(\w+)` \|", (DOCS / "rag-attributes.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(rag.NAMES)
