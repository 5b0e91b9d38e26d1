"""The form of a project's anchors: what is taken, what it matches, and that no pattern holds up the server."""

import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracing import anchor_patterns
from tracing.attribution.case import DEFAULT_ANCHOR_PATTERN
from tracing.normalising.citations import citations_in

ORDINARY = (
    DEFAULT_ANCHOR_PATTERN,
    r"doc_\w+#[\w-]+",
    r"kb/\d+\w*|https://help\.\S+#\w+|\d{6,10}",
    r"(?i)kb-\d{,4}(?:\.\d+)*\Z",
    r"(?P<site>[^\W\d]+)\_[]\w/.-]+",
    r"\W?\w{1,200}#\w{1,200}",
)
EXPLODING = (r"(a+)+$", r"(a|a)*b", r"(a*)*b", r"(\w+\s?)*#", "a?" * 60 + "a" * 60, r"\w*" * 30 + "#", r"(.*a){20}#")


@pytest.mark.parametrize("pattern", EXPLODING)
def test_a_pattern_that_python_would_not_come_back_from_is_matched_at_once(pattern: str) -> None:
    answer = " ".join(["-" + "a" * 200 + "!-"] * 50 + ["a" * 290])
    assert anchor_patterns.refusal(pattern) is None
    assert citations_in(answer, (), (), pattern) == ()
    assert anchor_patterns.is_anchor(pattern, "a" * 499 + "!") is False


@pytest.mark.parametrize("pattern", ORDINARY)
@example(["é_1", "dé_é", "_é_1", "“_1", "漢_漢", "\N{NO-BREAK SPACE}_1", "é#é", "“é#é", " é#é"])
@given(words=st.lists(st.text("dockbh_#/-.1é“ 漢٣\n", max_size=12) | st.just("doc_é#b-1") | st.just("KB-12.3.4")))
def test_the_same_matches_as_pythons(pattern: str, words: list[str]) -> None:
    digits = {ord("٣"): "3"}  # a digit is one of ours, whatever the script of the letters
    words = [word.translate(digits) for word in words]
    compiled = re.compile(pattern)
    assert anchor_patterns.matches(pattern, words) == [compiled.fullmatch(word) is not None for word in words]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("doc_(", "no regular expression"),
        (r"(a+)\1", "back-references"),
        ("(?=doc).*", "look-arounds"),
        ("(?<!x)doc.*", "look-arounds"),
        ("a++", "repeats that give nothing back"),
        (r"\w{0,999}", "counts in braces"),
        (r"(\w{1,100}){1,10}", "counts in braces"),
        (r"(.?){0,1000}x", "counts in braces"),
        ("(((a{30}){30}){30})", "counts in braces"),
        (r"(?x) a", "RE2 does not take it"),
        ("a{99999999999999999999}", "no regular expression"),
    ],
)
def test_what_is_not_taken_says_why(pattern: str, said: str) -> None:
    assert said in (anchor_patterns.refusal(pattern) or "")
    assert anchor_patterns.usable(pattern) == ""
    assert anchor_patterns.matches(pattern, ["doc", "aa"]) == [False, False]


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("", 0),
        ("abc", 3),
        (r"\w{1,9}#", 10),
        ("a{3}", 3),
        ("a{2,}", 2),
        ("(ab){4}c", 9),
        ("((a{2}b){3}){4}", 36),
        ("[a{9}]{2}", 2),
    ],
)
def test_counts_make_parts(pattern: str, parts: int) -> None:
    assert anchor_patterns.parts(pattern) == parts


def test_the_larger_the_pattern_the_less_of_an_answer_is_matched() -> None:
    large = r"[\w.]{1,240}#[\w.]{1,240}"
    answer = " ".join(f"page.{number:04}#place" for number in range(1_000))
    assert anchor_patterns.most_characters(r"doc_\w+#[\w-]+") == 64_000
    assert anchor_patterns.most_characters(large) * anchor_patterns.parts(large) <= 1_000_000
    assert 100 < len(citations_in(answer, (), (), large)) < len(citations_in(answer, (), (), r"[\w.]+#[\w.]+"))


@given(pattern=st.text("ab\\wdZ_()[]{}|?*+.^$,019-é:=!<", max_size=30), words=st.lists(st.text("ab#é1")))
def test_any_pattern_is_refused_or_matched(pattern: str, words: list[str]) -> None:
    assert len(anchor_patterns.matches(pattern, words)) == len(words)
    assert anchor_patterns.usable(pattern) in (pattern, "")


def test_half_a_character_is_no_trouble() -> None:
    assert anchor_patterns.matches(".+", ["\ud800"]) == [True]


@pytest.mark.parametrize(("call", "library"), [("matches('a+', ['a'])", "pandas"), ("usable('')", "pyarrow")])
def test_no_more_is_loaded_than_is_needed(call: str, library: str) -> None:
    said = f"from tracing.anchor_patterns import matches, usable; {call}; import sys; print('{library}' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_is_no_letter_is_the_same_within_brackets_and_outside() -> None:
    characters = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x110000, 7))]
    letters = anchor_patterns.matches(r"[\w]", characters)
    assert anchor_patterns.matches(r"\W", characters) == [not letter for letter in letters]
    assert anchor_patterns.matches(r"[\W]", characters) == [not letter for letter in letters]
    assert anchor_patterns.matches(r"[^\W]", characters) == letters
