"""The questions are many, mixed, and their anchors exist."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import demo
from demo.corpus.library import cached_file, load_corpus
from demo.questions import FILE, choose_questions, load_questions

KINDS = {
    "plain",
    "short",
    "long",
    "typo",
    "identifier",
    "colliding",
    "cross",
    "wrong_product",
    "unanswerable",
    "greeting",
}
COLLIDING = ("signal", "session", "context", "request", "task", "command", "rout", "retry")


def test_ids_are_unique_and_in_order():
    ids = [question.id for question in load_questions()]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"q\d{3}", one) for one in ids)


def test_there_are_enough_of_each_kind():
    questions = load_questions()
    kinds = Counter(question.kind for question in questions)
    assert len(questions) >= 150
    assert set(kinds) == KINDS
    assert kinds["unanswerable"] >= 15
    assert kinds["greeting"] >= 8
    assert kinds["wrong_product"] >= 8
    assert len({question.question for question in questions}) == len(questions)


@pytest.mark.parametrize("word", COLLIDING)
def test_colliding_words_are_asked_of_several_products(word):
    asked = {question.product for question in load_questions() if word in question.question.lower()}
    assert len(asked - {None}) >= 2


def test_only_answers_have_anchors_and_all_of_them_do():
    for question in load_questions():
        assert question.behaviour in ("answer", "refuse", "direct")
        assert bool(question.anchors) == (question.behaviour == "answer"), question.id
        assert all(re.fullmatch(r"doc_[a-z0-9-]+#[a-z0-9-]+", anchor) for anchor in question.anchors), question.id
        if question.product and question.anchors:
            assert any(anchor.startswith(f"doc_{question.product}-") for anchor in question.anchors), question.id


def test_every_line_has_the_same_fields():
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    assert {tuple(line) for line in lines} == {("id", "question", "behaviour", "anchors", "product", "intent", "kind")}


def test_questions_can_be_chosen():
    assert [question.id for question in choose_questions("q002,q001")] == ["q001", "q002"]
    assert len(choose_questions("7")) == 7
    with pytest.raises(SystemExit):
        choose_questions("q999")


def test_the_expected_anchors_exist_in_the_corpus():
    folder = Path(demo.__file__).parent.parent / "var" / "corpus"
    if not cached_file(folder).is_file():
        pytest.skip("the corpus was not fetched here: `python -m demo.check` fetches it and checks")
    corpus = load_corpus(folder)
    missing = [anchor for question in load_questions() for anchor in question.anchors if anchor not in corpus.places]
    assert not missing
