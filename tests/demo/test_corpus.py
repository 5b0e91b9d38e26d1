"""Pages become sections with anchors, chunks and identifiers."""

from demo.corpus import moves
from demo.corpus.chunks import CHUNK_CHARACTERS, identifiers, read_page
from demo.corpus.docstrings import docstrings, installed_pages
from demo.corpus.download import pinned
from demo.corpus.library import Corpus, manifest_lines
from demo.corpus.sections import parse_page, plain

RST = """
.. _guide:

=====
Guide
=====

.. contents:: :local:

The first words, with :ref:`a link <else>` and ``code``.

.. setting:: WIDGET_SIZE

``WIDGET_SIZE``
---------------

Default: ``3``. Long enough to be kept as a section.

.. image:: x.png
   :alt: nothing to read

Usage
-----

::

    size = 3

Usage
-----

.. function:: make_widget(size)

   Makes one, of the size that was asked for.
"""


def test_rst_sections_have_unique_anchors_and_levels():
    sections = parse_page(RST, is_markdown=False)
    assert [(one.anchor, one.level) for one in sections] == [
        ("guide", 0),
        ("widget-size", 1),
        ("usage", 1),
        ("usage-2", 1),
    ]


def test_what_stands_before_a_title_belongs_to_it():
    guide, widget, *_ = parse_page(RST, is_markdown=False)
    assert "WIDGET_SIZE" in widget.defines
    assert "WIDGET_SIZE" not in guide.defines
    assert not any("setting::" in line for line in guide.lines)


def test_silent_directives_go_with_their_bodies():
    text = "\n".join(line for one in parse_page(RST, is_markdown=False) for line in one.lines)
    assert "nothing to read" not in text
    assert "contents" not in text
    assert "a link" in text


def test_markdown_titles_inside_fences_are_code():
    sections = parse_page("# Top\n\ntext\n\n```python\n# not a title\n```\n\n## Deeper {#x}\n\nmore", is_markdown=True)
    assert [one.title for one in sections] == ["Top", "Deeper {#x}"]


def test_roles_and_links_become_words():
    assert plain(":class:`~a.b.Widget` {meth}`run` `site <http://x>`_ [words](url) **bold** ``x``") == (
        "a.b.Widget run site words bold x"
    )


def test_only_names_that_are_no_english_word_are_identifiers():
    found = identifiers(["make_widget", "run", "a.b.RunWidget", "date"], "About CACHE_TIMEOUT and sync")
    assert {"make_widget", "RunWidget", "CACHE_TIMEOUT"} <= set(found)
    assert not {"run", "date", "sync"} & set(found)


def test_long_sections_are_cut_between_paragraphs():
    page = "Title\n=====\n\n" + "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(12))
    (place, chunks), *_ = read_page("celery", "userguide/tasks.rst", page)
    assert place.anchor == "doc_celery-userguide-tasks#title"
    assert len(chunks) > 1
    assert all(len(chunk.text) <= 2 * CHUNK_CHARACTERS for chunk in chunks)
    assert {chunk.anchor for chunk in chunks} == {place.anchor}
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


def test_every_pin_is_a_sha256():
    archives = pinned()
    assert len(archives) == 9
    assert all(len(digest) == 64 for digest in archives.values())


def test_docstrings_of_installed_packages_stand_in_offline():
    product, path, text = next(installed_pages())
    assert text.splitlines()[1].startswith("=")
    assert list(read_page(product, path, text))


def test_private_and_silent_things_have_no_docstring_here():
    said = f'"""{"x" * 70}"""'
    source = f"class A:\n    {said}\n    def _b(self):\n        {said}\n    def c(self):\n        pass\n"
    assert [name for name, _ in docstrings(source)] == ["A"]


def test_a_move_leaves_redirects_for_some_pages_only(corpus: Corpus):
    before = {place.anchor for place in moves.places_before(corpus, [])}
    after, redirects = moves.places_after(corpus)
    anchors = {place.anchor for place in after}
    assert set(corpus.places) <= anchors
    assert set(redirects) <= before
    assert all(moves.former(target) == source for source, target in redirects.items())
    assert len(manifest_lines(after, redirects)) == len(after)
