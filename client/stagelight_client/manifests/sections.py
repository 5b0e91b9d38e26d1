"""Titled sections of a page: the id that a link to one ends with, its title, its text, and the names in its title."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_GIVEN_ID = re.compile(r"\s*\{#([\w.:-]+)[^}]*\}\s*$")
_CODE = re.compile(r"`+([^`]+)`+")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_MARKS = re.compile(r"[*~]+|<[^>]+>")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_HOLDERS = ("section", "div", "article", "dt")
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_UNREAD = ("script", "style", "nav", "head")


@dataclass(slots=True)
class Section:
    """What one link of a page leads to."""

    id: str
    title: str
    text: str = ""
    names: list[str] = field(default_factory=list)


def markdown(text: str) -> Iterator[Section]:
    """The sections under headings, with the ids that GitHub gives them, or those that `{#id}` does."""
    section: Section | None = None
    used: dict[str, int] = {}
    lines: list[str] = []
    fence = ""
    for line in text.expandtabs(4).splitlines():
        fence = _fence(line, fence)
        raw = None if fence else _heading(line, lines)
        if raw is None:
            lines.append(line)
            continue
        if section:
            section.text = "\n".join(lines)
            yield section
        section, lines = _section(raw, used), []
    if section:
        section.text = "\n".join(lines)
        yield section


def _fence(line: str, fence: str) -> str:
    """The fence of the code that the line is in, or opens; empty outside of code."""
    mark = _FENCE.match(line)
    if not mark:
        return fence
    if not fence:
        return mark[1]
    closes = line.strip().startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _heading(line: str, before: list[str]) -> str | None:
    """A heading's text; one that is underlined stands in the line before."""
    match = _HEADING.match(line)
    if match:
        return match[1]
    if _UNDERLINE.match(line) and before and before[-1].strip() and (len(before) < 2 or not before[-2].strip()):
        return before.pop().strip()
    return None


def _section(raw: str, used: dict[str, int]) -> Section:
    given = _GIVEN_ID.search(raw)
    raw = _GIVEN_ID.sub("", raw)
    title = _MARKS.sub("", _CODE.sub(r"\1", _LINK.sub(r"\1", raw))).strip()
    id_ = given[1] if given else _NOT_IN_SLUG.sub("", title.lower()).replace(" ", "-")
    count = used.get(id_, 0)
    used[id_] = count + 1
    return Section(f"{id_}-{count}" if count else id_, title, names=_CODE.findall(raw))


def html(text: str) -> Iterator[Section]:
    """The sections under headings that have an id, or that are the first in an element with one, as Sphinx has it."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    yield from parser.sections


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[Section] = []
        self._open: list[tuple[str, str]] = []
        self._heading: Section | None = None
        self._code: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs).get("id") or ""
        if tag in _HEADINGS and not self._unread():
            self._heading = Section(own or self._holder(), "")
        elif tag == "code" and self._heading:
            self._code = []
        if tag not in _VOID:
            self._open.append((tag, own))

    def handle_endtag(self, tag: str) -> None:
        if all(tag != name for name, _ in self._open):
            return
        while self._open.pop()[0] != tag:
            pass
        if tag == "code" and self._heading and self._code is not None:
            self._heading.names.append("".join(self._code))
            self._code = None
        if tag in _HEADINGS and self._heading:
            self._heading.title = " ".join(self._heading.title.replace("¶", "").split())
            if self._heading.id:
                self.sections.append(self._heading)
            self._heading = None

    def handle_data(self, data: str) -> None:
        if self._unread():
            return
        if self._code is not None:
            self._code.append(data)
        if self._heading:
            self._heading.title += data
        elif self.sections:
            self.sections[-1].text += data

    def _unread(self) -> bool:
        return any(tag in _UNREAD for tag, _ in self._open)

    def _holder(self) -> str:
        """The id of the element whose first heading this is."""
        for tag, id_ in reversed(self._open):
            if tag in _HOLDERS and id_:
                return "" if any(section.id == id_ for section in self.sections) else id_
        return ""
