"""Cut a page of reStructuredText or Markdown into titled sections, one anchor each."""

import re
from dataclasses import dataclass, field

UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.:_<>])\1{2,}\s*$")
DIRECTIVE = re.compile(r"^(\s*)\.\.\s+([\w:-]+)::\s*(.*)$")
LABEL = re.compile(r"^\.\. _.*:\s*$|^\([\w-]+\)=\s*$")
MARKDOWN_TITLE = re.compile(r"^(#{1,5})\s+(.*?)\s*#*$")
DEFINITIONS = frozenset(
    [
        "class",
        "function",
        "method",
        "attribute",
        "data",
        "exception",
        "decorator",
        "setting",
        "signal",
        "autoclass",
        "autofunction",
        "automethod",
        "autoexception",
        "autodecorator",
        "autoattribute",
        "autodata",
        "autosetting",
        "classmethod",
        "staticmethod",
        "property",
        "module",
        "django-admin",
        "django-admin-option",
        "templatetag",
        "templatefilter",
        "fieldlookup",
        "option",
        "event",
    ]
)
AHEAD = frozenset(
    {"setting", "templatetag", "templatefilter", "fieldlookup", "signal", "django-admin", "event", "index"}
)
SILENT = frozenset(
    [
        "contents",
        "toctree",
        "highlight",
        "currentmodule",
        "index",
        "image",
        "figure",
        "include",
        "literalinclude",
        "automodule",
        "default-role",
        "module",
        "sectionauthor",
        "moduleauthor",
        "versionadded",
        "versionchanged",
        "testsetup",
        "doctest",
        "rst-class",
        "click:run",
    ]
)


@dataclass
class Section:
    title: str
    level: int
    anchor: str
    lines: list[str] = field(default_factory=list)
    defines: list[str] = field(default_factory=list)


def slugify(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plain(text).lower()).strip("-") or "section"


def plain(text: str) -> str:
    """Without the markup of roles, links, literals and substitutions."""
    text = re.sub(r":[\w:+.-]+:`([^`<]*?)\s*<([^`>]+)>`", r"\1", text)
    text = re.sub(r":[\w:+.-]+:`[~!]?([^`]+)`", lambda match: match[1].lstrip("~!"), text)
    text = re.sub(r"\{[\w:+.-]+\}`([^`<]*?)\s*<([^`>]+)>`", r"\1", text)
    text = re.sub(r"\{[\w:+.-]+\}`[~!]?([^`]+)`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^`>]+>`_{0,2}", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    text = re.sub(r"``([^`]+)``|`([^`]+)`_{0,2}", lambda match: match[1] or match[2], text)
    return re.sub(r"\*\*([^*]+)\*\*|(?<!\w)\*([^*\s][^*]*)\*", lambda match: match[1] or match[2], text)


def parse_page(text: str, is_markdown: bool) -> list[Section]:
    lines = text.expandtabs(4).splitlines()
    titles = _markdown_titles(lines) if is_markdown else _rst_titles(lines)
    sections: list[Section] = []
    used: dict[str, int] = {}
    for position, (line, after, title, level) in enumerate(titles):
        slug = slugify(title)
        used[slug] = used.get(slug, 0) + 1
        anchor = slug if used[slug] == 1 else f"{slug}-{used[slug]}"
        end = titles[position + 1][0] if position + 1 < len(titles) else len(lines)
        start_of_prelude = _prelude_start(lines, line)
        prelude = lines[start_of_prelude:line]
        if sections:
            kept = len(sections[-1].lines) - len(prelude)
            sections[-1].lines = sections[-1].lines[: max(kept, 0)]
        section = Section(title=plain(title), level=level, anchor=anchor, lines=lines[after:end])
        section.defines = [name for entry in prelude for name in _defined(entry)]
        sections.append(section)
    for section in sections:
        section.defines += [name for entry in section.lines for name in _defined(entry)]
        section.lines = _prose(section.lines)
    return sections


def _prelude_start(lines: list[str], title_line: int) -> int:
    """Labels and `.. setting::` lines that stand before a title belong to it."""
    start = title_line
    while start > 0:
        above = lines[start - 1]
        directive = DIRECTIVE.match(above)
        if above.strip() and not LABEL.match(above) and not (directive and directive[2] in AHEAD):
            break
        start -= 1
    return start


def _rst_titles(lines: list[str]) -> list[tuple[int, int, str, int]]:
    """(first line, line after, title, level): a level a style of underline, in the order of their first use."""
    titles: list[tuple[int, int, str, int]] = []
    styles: list[str] = []
    for number in range(1, len(lines)):
        under, title = UNDERLINE.match(lines[number]), lines[number - 1].rstrip()
        overlined = number > 1 and lines[number - 2].rstrip() == lines[number].rstrip()
        if not under or not _is_title(title, lines[number].rstrip(), overlined):
            continue
        if number > 1 and lines[number - 2].strip() and not overlined and not LABEL.match(lines[number - 2]):
            continue
        style = under[1] * (2 if overlined else 1)
        if style not in styles:
            styles.append(style)
        titles.append((number - 2 if overlined else number - 1, number + 1, title.strip(), styles.index(style)))
    return titles


def _is_title(title: str, underline: str, overlined: bool) -> bool:
    if not title or UNDERLINE.match(title) or title.startswith(".. ") or len(underline) < len(title.strip()) - 2:
        return False
    return overlined or title[0] != " "


def _markdown_titles(lines: list[str]) -> list[tuple[int, int, str, int]]:
    titles, fenced = [], False
    for number, line in enumerate(lines):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        match = None if fenced else MARKDOWN_TITLE.match(line)
        if match:
            titles.append((number, number + 1, match[2], len(match[1]) - 1))
    return titles


def _defined(line: str) -> list[str]:
    directive = DIRECTIVE.match(line)
    if not directive or directive[2].split(":")[-1] not in DEFINITIONS or directive[2] == "module":
        return []
    return [re.split(r"[(\s=]", directive[3].strip(), maxsplit=1)[0]] if directive[3].strip() else []


def _prose(lines: list[str]) -> list[str]:
    """Drop what a reader does not read: labels, silent directives with their bodies, options, fences."""
    kept: list[str] = []
    skip_deeper_than: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if skip_deeper_than is not None and (not line.strip() or indent > skip_deeper_than):
            continue
        skip_deeper_than = None
        directive = DIRECTIVE.match(line)
        if directive and directive[2] in SILENT:
            skip_deeper_than = len(directive[1])
        elif directive:
            name = directive[2].split(":")[-1]
            kept.append(f"{directive[1]}{directive[3]}" if name in DEFINITIONS or name in ("note", "warning") else "")
        elif not (LABEL.match(line) or line.lstrip().startswith((".. ", "```", ":::", ":param-", "---"))):
            kept.append(plain(line))
    return kept
