"""The questions: what is asked, and what a right answer rests on."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "questions.jsonl"


@dataclass(frozen=True)
class Question:
    id: str
    question: str
    behaviour: str
    anchors: tuple[str, ...]
    product: str | None
    intent: str | None
    kind: str


def load_questions(file: Path = FILE) -> list[Question]:
    questions = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            raw = json.loads(line)
            questions.append(Question(**raw | {"anchors": tuple(raw["anchors"])}))
    return questions


def choose_questions(wanted: str) -> list[Question]:
    """`all`, a number of them, or ids separated by commas."""
    questions = load_questions()
    if wanted == "all":
        return questions
    if wanted.isdigit():
        return questions[: int(wanted)]
    ids = wanted.split(",")
    found = [question for question in questions if question.id in ids]
    if len(found) != len(set(ids)):
        raise SystemExit(f"unknown question id among {wanted}")
    return found
