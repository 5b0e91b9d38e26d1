"""Docstrings: what `autoclass` would have put into a page, and the whole corpus where nothing can be downloaded."""

import ast
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {"django": "django", "celery": "celery", "kombu": "kombu", "click": "click", "anthropic": "anthropic"}
LONGEST_FILE = 200_000


def docstrings(source: str) -> Iterator[tuple[str, str]]:
    """(name, text) for classes, methods and functions that are public and say something."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    yield from _inside(module, "")


def _inside(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, str]]:
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        text = ast.get_docstring(child, clean=False)
        if text and len(text) > 60:
            yield f"{prefix}{child.name}", inspect.cleandoc(text)
        if isinstance(child, ast.ClassDef):
            yield from _inside(child, f"{child.name}.")


def installed_pages() -> Iterator[tuple[str, str, str]]:
    """(product, path, text as a page) for each module of the installed packages that has docstrings."""
    for product, package in PACKAGES.items():
        spec = importlib.util.find_spec(package)
        for root in (spec.submodule_search_locations or []) if spec else []:
            for file in sorted(Path(root).rglob("*.py")):
                page = _page(file, file.relative_to(root)) if file.stat().st_size < LONGEST_FILE else ""
                if page:
                    yield product, str(file.relative_to(root)), page


def _page(file: Path, path: Path) -> str:
    found = list(docstrings(file.read_text(encoding="utf-8", errors="replace")))
    title = ".".join(path.with_suffix("").parts)
    parts = [f"{title}\n{'=' * len(title)}\n"] + [f"{name}\n{'-' * len(name)}\n\n{text}\n" for name, text in found]
    return "\n".join(parts) if found else ""
