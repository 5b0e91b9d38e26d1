"""How well does the healthy pipeline answer? `python -m demo.check`; `--verbose` names what fails."""

import argparse
from collections import Counter

from demo.pipeline.turn import Turn
from demo.questions import Question, load_questions
from demo.settings import load_settings
from demo.workshop import Library, met, open_library, rehearse


def missing_anchors(library: Library) -> dict[str, list[str]]:
    """Expected anchors that the corpus does not have, by question."""
    absent = {
        question.id: [anchor for anchor in question.anchors if anchor not in library.corpus.places]
        for question in load_questions()
    }
    return {question: anchors for question, anchors in absent.items() if anchors}


def count(tally: Counter[str], question: Question, turn: Turn) -> None:
    expected = set(question.anchors)
    tally["asked"] += 1
    tally["met"] += met(turn, question)
    tally[f"{question.behaviour}: asked"] += 1
    tally[f"{question.behaviour}: met"] += met(turn, question)
    if question.behaviour == "answer":
        tally["expected anchor in a lane"] += any(item.chunk.anchor in expected for item in turn.candidates.values())
        tally["expected anchor survived"] += bool(expected & turn.survivors)
        tally["expected anchor cited"] += bool(expected & turn.cited)
        tally["routed to the expected product"] += question.product == turn.product
    if question.intent:
        tally["intent labelled"] += 1
        tally["intent right"] += question.intent == turn.intent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.check", description=__doc__)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    library = open_library(load_settings())
    tally: Counter[str] = Counter()
    for question in load_questions():
        turn = rehearse(library, question.question)
        count(tally, question, turn)
        if options.verbose and not met(turn, question):
            print(f"{question.id} {question.behaviour} -> {turn.outcome} at {turn.confidence}: {question.question}")
    for name, number in tally.items():
        print(f"{number:5}  {name}")
    absent = missing_anchors(library)
    if absent:
        raise SystemExit(f"expected anchors that do not exist: {absent}")


if __name__ == "__main__":
    main()
