"""What a user may set, run or make is documented, and what is documented exists."""

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
APPS = ("tracing", "review", "dashboards")
SETTING = re.compile(r"\benv(?:\.\w+)?\(\s*\"(\w+)\"")
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
TARGET = re.compile(r"^([a-z][\w-]*):", re.MULTILINE)
MAKE = re.compile(r"(?:`|^\s*(?:\$ )?)make ([a-z][\w-]*)", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z]\w*)")
MODULE = re.compile(r"\$\(RUN\) -m ([\w.]+)|python -m ([a-z_]+\.[\w.]+)")


def text(*names: str) -> str:
    """The text of these files, as far as they exist."""
    return "\n".join((ROOT / name).read_text() for name in names if (ROOT / name).exists())


def readme() -> str:
    if not (ROOT / "README.md").exists():
        pytest.fail("README.md is not there")
    return text("README.md")


def pages() -> str:
    """All that is written for users."""
    files = ["README.md", "CONTRIBUTING.md", "deploy/README.md", *_under("docs", "*.md")]
    return text(*files)


def _under(folder: str, pattern: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / folder).glob(pattern))]


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def own_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app in APPS}


def test_every_setting_is_in_the_readme() -> None:
    missing = set(SETTING.findall(text("config/settings.py"))) - set(ROW.findall(readme()))
    assert not missing, f"README.md lacks a row '| `NAME` | …' for: {listed(missing)}"


def test_every_setting_in_the_readme_exists() -> None:
    unknown = set(ROW.findall(readme())) - set(SETTING.findall(text("config/settings.py")))
    assert not unknown, f"README.md has rows for what config/settings.py does not read: {listed(unknown)}"


def test_every_command_is_mentioned() -> None:
    found = pages()
    missing = {name for name in own_commands() if not re.search(rf"\b{name}\b", found)}
    assert not missing, f"neither README.md nor docs/ mentions: {listed(missing)}"


@pytest.mark.parametrize("source", ["the pages", "Makefile", "deploy", "ci"])
def test_every_command_that_is_mentioned_exists(source: str) -> None:
    found = {
        "the pages": pages,
        "Makefile": lambda: text("Makefile"),
        "deploy": lambda: text(*_under("deploy", "**/*.*")),
        "ci": lambda: text(*_under(".github/workflows", "*.yml"), *_under(".ci", "*")),
    }[source]()
    unknown = set(MANAGE.findall(found)) - set(get_commands())
    assert not unknown, f"{source}: there is no `manage.py` command {listed(unknown)}"


def test_every_make_target_that_is_mentioned_exists() -> None:
    unknown = set(MAKE.findall(pages())) - set(TARGET.findall(text("Makefile")))
    assert not unknown, f"the Makefile has no target {listed(unknown)}"


def test_every_make_target_is_mentioned() -> None:
    targets = set(TARGET.findall(text("Makefile")))
    assert targets, "the Makefile has no targets that can be read"
    missing = targets - set(MAKE.findall(pages()))
    assert not missing, f"neither README.md, CONTRIBUTING.md nor docs/ mentions `make` {listed(missing)}"


def test_every_module_that_is_run_exists() -> None:
    named = {a or b for a, b in MODULE.findall(text("Makefile") + pages())}
    missing = {name for name in named if not _exists(name)}
    assert not missing, f"the Makefile or a page runs modules that are not there: {listed(missing)}"


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_every_check_is_documented() -> None:
    ids = set(re.findall(r"stagelight\.[EW]\d{3}", text(*_under("tracing", "checks.py"))))
    assert ids
    missing = {each for each in ids if each not in pages()}
    assert not missing, f"neither README.md nor docs/ explains the checks {listed(missing)}"
