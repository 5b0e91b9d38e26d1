"""Read the documentation pages out of the downloaded archives."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from demo.corpus.docstrings import docstrings

NOT_PROSE = re.compile(
    r"/(releases|internals|history|templates|sec|_theme|_ext|includes|images|man)/|(^|/)(changes|changelog|whatsnew-\S+|license|"
    r"requirements|glossary|copyright|spelling\S*|contents|authors|contributing|contributors|documentation)\.(rst|md|txt)$"
)
AUTO = re.compile(r"^(\s*)\.\. auto(class|function|method|exception|decorator)::\s*([\w.]+)", re.MULTILINE)


def pages(archive: Path) -> Iterator[tuple[str, str, str]]:
    """(product, path, text), with the docstrings that the page's `autoclass` lines ask for."""
    product = archive.name.split("-")[0]
    with tarfile.open(archive) as opened:
        files = [member for member in opened if member.isfile()]
        texts = {member.name.split("/", 1)[1]: member for member in files if _is_prose(member.name)}
        known: dict[str, str] = {}
        if product != "django":
            sources = [member for member in files if _is_source(member.name, product)]
            for member in sources:
                known.update(_by_suffix(_read(opened, member)))
        for name, member in sorted(texts.items()):
            yield product, name.split("/", 1)[1], _with_docstrings(_read(opened, member), known)


def _read(opened: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    stream = opened.extractfile(member)
    return stream.read().decode("utf-8", "replace") if stream else ""


def _is_prose(name: str) -> bool:
    inside = name.split("/", 1)[-1]
    return (
        inside.startswith("docs/") and inside.endswith((".rst", ".md", ".txt")) and not NOT_PROSE.search(inside.lower())
    )


def _is_source(name: str, product: str) -> bool:
    return bool(re.match(rf"[^/]+/(src/)?{product}/", name)) and name.endswith(".py") and "/test" not in name


def _by_suffix(source: str) -> dict[str, str]:
    return dict(docstrings(source))


def _with_docstrings(page: str, known: dict[str, str]) -> str:
    def expand(match: re.Match[str]) -> str:
        parts = match[3].split(".")
        text = known.get(".".join(parts[-2:])) or known.get(parts[-1]) or ""
        body = "\n".join(f"{match[1]}   {line}" if line else "" for line in text.splitlines())
        if match[2] in ("class", "exception"):
            body += _members(parts[-1], match[1], known)
        return f"{match[0]}\n\n{body}\n" if body else match[0]

    return AUTO.sub(expand, page) if known else page


def _members(name: str, indent: str, known: dict[str, str]) -> str:
    """What `:members:` would have shown: each method with the first paragraph of its docstring."""
    methods = [(key, text.split("\n\n")[0]) for key, text in known.items() if key.startswith(f"{name}.")]
    return "".join(f"\n\n{indent}.. method:: {key}\n\n{indent}   {' '.join(text.split())}" for key, text in methods)
