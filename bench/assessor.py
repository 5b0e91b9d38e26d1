"""How well do words alone tell? `python -m bench.assessor [FOLDER]`: in-sample figures on human-labelled sets.

The thresholds were chosen on these very rows, so these are in-sample figures; other sets decide. The data lie beside
the checkout, each with its SOURCE.txt, and are no part of the project.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.blame.tables import share
from tracing.attribution.case import Case
from tracing.attribution.engine import judge
from tracing.attribution.lexical import SUPPORTED, assess
from tracing.attribution.refusals import is_refusal
from tracing.records import Candidate, Citation, Expectation, LaneHit, Observed, Trace, Verdict

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
RESAMPLES = 500
SUPPORT = ("begin/begin_dev_wow", "begin/begin_test_wow", "faithdial_audit/faithdial_audit", "summedits/summedits")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if not folder.is_dir():
        raise SystemExit(f"no labelled sets at {folder}: name their folder")
    print(f"IN-SAMPLE. Lexical support against people's labels (cut {SUPPORTED}); interval: bootstrap, 95 %")
    for name in SUPPORT:
        pairs = [
            (1.0 if said is None else said, row["label_grounded"])
            for row in _rows(folder, name)
            if row["label_grounded"] is not None
            for said in [_assessed(row.get("question"), row["answer"], [row["context"] or ""]).groundedness]
        ]
        _say(name, pairs, SUPPORTED)
    print("Context sufficient: coverage of the question (relevance), against answerable or not")
    rows = [row for half in ("answerable", "unanswerable") for row in _rows(folder, f"clapnq_dev/clapnq_dev_{half}")]
    pairs = [
        (
            _assessed(row["question"], "-", [f"{one['title']} {one['text']}" for one in row["context"]]).relevance
            or 0.0,
            int(row["answerable"]),
        )
        for row in rows
    ]
    _say("clapnq_dev", pairs, 0.6)
    _refusals(folder)
    _alarms(folder)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _assessed(question: str | None, answer: str, passages: Iterable[str]) -> Any:
    chunks = tuple(Candidate(str(number), text=text, survived=True) for number, text in enumerate(passages))
    return assess(Trace("0" * 32, 0, 0, query=question, answer=answer, candidates=chunks, refused=False))


def _say(name: str, pairs: Sequence[tuple[float, int]], cut: float) -> None:
    scores, labels = np.array([one for one, _ in pairs]), np.array([label for _, label in pairs])
    dice = np.random.default_rng(1)
    samples = [dice.integers(0, len(labels), len(labels)) for _ in range(RESAMPLES)]
    for kind, measure in (("AUC", roc_auc_score), ("balanced accuracy", lambda y, s: _balanced(y, s >= cut))):
        low, high = np.percentile([measure(labels[one], scores[one]) for one in samples], [2.5, 97.5])
        print(f"  {name:<34} {kind:<18} {measure(labels, scores):.3f} [{low:.3f}, {high:.3f}]  n = {len(labels)}")


def _balanced(labels: Any, said: Any) -> float:
    return float((said[labels == 1].mean() + (~said[labels == 0]).mean()) / 2)


def _refusals(folder: Path) -> None:
    print("Refusals recognised")
    rows = _rows(folder, "delucionqa_refusal/delucionqa")
    refused = [row for row in rows if row["refusal"]]
    answered = [row for row in rows if not row["refusal"]]
    print(f"  delucionqa   found among refusals   {share(sum(is_refusal(r['answer']) for r in refused), len(refused))}")
    print(
        f"  delucionqa   claimed of answers     {share(sum(is_refusal(r['answer']) for r in answered), len(answered))}"
    )
    tasks = _rows(folder, "mtrag_un/mtrag_un_tasks")
    for label in ("UNANSWERABLE", "PARTIAL", "ANSWERABLE"):
        group = [row["target"][0] for row in tasks if row["answerability"] == label]
        print(f"  mtrag_un     {label.lower():<22} {share(sum(map(is_refusal, group)), len(group))}")


def _alarms(folder: Path) -> None:
    """Answers that people wrote or found good, the page that they rest on expected, in the prompt and cited."""
    print("A verdict on a good answer, gold known and nobody complaining (false alarms; bar 2 %)")
    for name in SUPPORT:
        good = [row for row in _rows(folder, name) if row["label_grounded"] == 1]
        _say_alarms(name, [(row.get("question"), row["answer"], [row["context"] or ""]) for row in good])
    answered = [row for row in _rows(folder, "clapnq_dev/clapnq_dev_answerable") if row["context"]]
    _say_alarms("clapnq", [(r["question"], r["answers"][0], [one["text"] for one in r["context"]]) for r in answered])
    tasks = [row for row in _rows(folder, "mtrag_un/mtrag_un_tasks") if row["answerability"] == "ANSWERABLE"]
    _say_alarms("mtrag_un", [(r["question"], r["target"][0], [one["text"] for one in r["contexts"]]) for r in tasks])


def _say_alarms(name: str, answers: Sequence[tuple[str | None, str, list[str]]]) -> None:
    found = [verdict for answer in answers if (verdict := _judged(*answer)) is not None]
    said = dict(Counter(verdict.fault for verdict in found))
    print(f"  {name:<34} {share(len(found), len(answers))} {said or ''}")


def _judged(question: str | None, answer: str, passages: Sequence[str]) -> Verdict | None:
    chunks = tuple(
        Candidate(
            chunk_id=f"doc_page#{number}",
            anchor=f"doc_page#{number}",
            text=text,
            hits=(LaneHit("search", number, None),),
            survived=True,
            survived_source="prompt",
            cited=number == 1,
        )
        for number, text in enumerate(passages, 1)
    )
    trace = Trace(
        trace_id="0" * 32,
        started_ns=0,
        ended_ns=1,
        rooted=True,
        query=question,
        answer=answer,
        candidates=chunks,
        observed=Observed(lanes="declared", context="inferred"),
        citations=(Citation(anchor="doc_page#1", chunk_id="doc_page#1"),),
    )
    expected = Expectation("answer", ("doc_page#1",))
    return judge(Case(trace, assessments=(assess(trace),), expectation=expected)).verdict


if __name__ == "__main__":
    main()
