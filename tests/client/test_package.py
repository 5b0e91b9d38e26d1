"""The package stands alone, and all that it can do is documented."""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import stagelight_client
from stagelight_client.cli import parser
from stagelight_client.detect import FORMATS

PACKAGE = Path(stagelight_client.__file__).parent
ROOT = PACKAGE.parents[1]
PAGE = ROOT / "docs" / "command-line.md"


def imported() -> Iterator[str]:
    """The top of every module that the package imports."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield (node.module or "").partition(".")[0]


def commands(given: argparse.ArgumentParser, name: str = "stagelight") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command that does something, by all its words."""
    inner = [action for action in given._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name, given
    for action in inner:
        for word, each in action.choices.items():
            yield from commands(each, f"{name} {word}")


def test_it_imports_the_standard_library_alone() -> None:
    assert set(imported()) - {"stagelight_client"} <= set(sys.stdlib_module_names)


def test_every_command_and_every_format_is_documented() -> None:
    page = PAGE.read_text()
    missing = [name for name, _ in commands(parser()) if f"`{name}" not in page]
    missing += [name for name in FORMATS if f"| `{name}` |" not in page]
    assert not missing


def test_every_command_that_a_page_shows_exists_with_its_options() -> None:
    known = dict(commands(parser()))
    everywhere = {option for action in parser()._actions for option in action.option_strings}
    pages = [ROOT / "README.md", ROOT / "client" / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.*")]
    for page in pages:
        for shown in re.findall(r"(?:^|`|run: |& )(stagelight (?:[a-z]+ ?)+[^`\n|]*)", page.read_text(), re.MULTILINE):
            name = max((each for each in known if shown.startswith(each)), key=len, default="")
            assert name, f"{page.name}: {shown}"
            options = {option for action in known[name]._actions for option in action.option_strings}
            used = set(re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", shown))
            assert used <= options | everywhere, f"{page.name}: {shown}"
