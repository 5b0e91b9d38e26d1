"""Flags in words."""

import re
from pathlib import Path

import pytest

from tracing.pages.flag_words import WORDS, flag_words

TRACING = Path(__file__).parents[2] / "tracing"


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("no_entities", "no name was found in the question"),
        ("check_failed:rerank", "a check at rerank did not pass"),
        ("under_floor:my {lane}", "the best score of my {lane} is under its floor"),
        ("of_the_future:x", "of_the_future:x"),
        ("{0.__class__} {} {", "{0.__class__} {} {"),
    ],
)
def test_a_flag_is_said_in_words(flag: str, words: str) -> None:
    assert flag_words(flag) == words


@pytest.mark.parametrize("module", ["normalising/notes.py", "attribution/noticed.py"])
def test_every_flag_that_is_set_has_its_words(module: str) -> None:
    names = set(re.findall(r'\b(?:found|noticed)\.add\(f?"([a-z_]+)', (TRACING / module).read_text()))
    assert len(names) > 3
    assert names - {"unstaged_"} <= set(WORDS)
