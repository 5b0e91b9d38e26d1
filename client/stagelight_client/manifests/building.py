"""The lines of a manifest: what is found in a folder or in a Sphinx inventory, and where moved anchors lead."""

import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from stagelight_client.errors import DONE, StopError
from stagelight_client.manifests.sections import Section, html, markdown
from stagelight_client.server import say

ANCHOR = "doc_{page}#{id}"
READERS = {".md": markdown, ".markdown": markdown, ".html": html, ".htm": html}
INVENTORY = b"# Sphinx inventory version 2\n"
_ENTRY = re.compile(r"(.+?)\s+([\w-]+:[\w-]+)\s+(-?\d+)\s+(\S*)\s+(.*)")
_NOT_IN_PAGE = re.compile(r"[^a-z0-9]+")

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How anchors and paths are made. Without a product, the first folder of a page's path is its product."""

    product: str = ""
    anchor: str = ANCHOR
    base: str = ""

    def line(self, page: PurePosixPath, id_: str, title: str, source_hash: str = "", names: Iterable[str] = ()) -> Line:
        """One line of the manifest."""
        product = self.product or (page.parts[0] if len(page.parts) > 1 else "")
        if not product:
            raise StopError(f"{page} lies in no folder that could name its product: give --product")
        slug = _NOT_IN_PAGE.sub("-", str(page.with_suffix("")).lower()).strip("-")
        try:
            anchor = self.anchor.format(page=slug, id=id_, product=product)
        except (KeyError, IndexError, ValueError) as error:
            raise StopError(f"--anchor {self.anchor!r}: it may hold {{page}}, {{id}} and {{product}}") from error
        line = {"anchor": anchor, "product": product, "path": f"{self.base}{page}#{id_}", "title": title}
        entities = list(dict.fromkeys(name for name in names if name.strip()))
        return (
            line | ({"source_hash": source_hash} if source_hash else {}) | ({"entities": entities} if entities else {})
        )


def build(place: Path, plan: Plan, *, redirects: Path | None, to: str) -> int:
    """Write the manifest of a folder, or of a Sphinx inventory, to a file or to standard output."""
    lines: dict[str, Line] = {}
    for line in _inventory(place, plan) if place.is_file() else _folder(place, plan):
        before = lines.setdefault(line["anchor"], line)
        if before is not line:
            raise StopError(f"{before['path']} and {line['path']} would both be {line['anchor']}: see --anchor")
    if not lines:
        raise StopError(f"{place} holds no {', '.join(READERS)} with a heading, and is no Sphinx inventory")
    if redirects:
        lines |= {line["anchor"]: line for line in _redirects(redirects, lines)}
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines.values())
    if to == "-":
        sys.stdout.write(text)
    else:
        Path(to).write_text(text, encoding="utf-8")
    say(f"{len(lines):,} anchors")
    return DONE


def _folder(folder: Path, plan: Plan) -> Iterator[Line]:
    if not folder.is_dir():
        raise StopError(f"{folder} is neither a folder nor a file")
    for path in sorted(folder.rglob("*")):
        read = READERS.get(path.suffix.lower())
        page = PurePosixPath(path.relative_to(folder).as_posix())
        if read is None or any(part.startswith((".", "_")) for part in page.parts):
            continue
        for section in read(path.read_text(encoding="utf-8", errors="replace")):
            yield plan.line(page, section.id, section.title, hash_of(section), section.names)


def hash_of(section: Section) -> str:
    """Of the title and the text, however their spaces and lines are set."""
    return hashlib.sha256(" ".join(f"{section.title} {section.text}".split()).encode()).hexdigest()[:16]


def _inventory(path: Path, plan: Plan) -> Iterator[Line]:
    """A line a place; all names that lead there are its entities."""
    data = path.read_bytes()
    if not data.startswith(INVENTORY):
        raise StopError(f"{path} is no Sphinx inventory of version 2")
    try:
        text = zlib.decompress(data.split(b"\n", 4)[4]).decode()
    except (IndexError, zlib.error, UnicodeDecodeError) as error:
        raise StopError(f"{path} is damaged: {error}") from error
    found: dict[str, tuple[str, list[str]]] = {}
    for entry in filter(None, map(_ENTRY.match, text.splitlines())):
        name, role, _, uri, shown = entry.groups()
        place = uri[:-1] + name if uri.endswith("$") else uri
        title, names = found.setdefault(place, (name if shown == "-" else shown, []))
        if not role.startswith("std:"):
            names.append(name)
    for place, (title, names) in found.items():
        page, _, id_ = place.partition("#")
        if id_:
            yield plan.line(PurePosixPath(page), id_, title, names=names)


def _redirects(path: Path, lines: dict[str, Line]) -> Iterator[Line]:
    """An old anchor and the one that it leads to, a pair a line."""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        pair = text.split()
        if not pair or pair[0] == "#":
            continue
        if len(pair) != 2 or pair[1] not in lines:
            raise StopError(f"{path}: line {number}: it is an old anchor and one that exists, with a space between")
        old, new = pair
        if old in lines:
            raise StopError(f"{path}: line {number}: {old} exists: it cannot lead elsewhere")
        yield {"anchor": old, "product": lines[new]["product"], "path": lines[new]["path"], "redirect_to": new}
