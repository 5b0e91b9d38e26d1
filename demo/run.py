"""Ask many questions, a share of them broken: `python -m demo.run --fault rerank:reverse --share 0.2`."""

import argparse
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from demo.faults import REGISTRY, Fault, find_fault
from demo.pipeline.turn import Turn
from demo.push import push_expectations, push_gap, push_manifests
from demo.questions import Question, choose_questions
from demo.settings import load_settings
from demo.telemetry.clock import PastClock
from demo.telemetry.provider import Collector
from demo.telemetry.sender import Sender
from demo.telemetry.server import Server
from demo.workshop import Library, Truth, append_truths, ask_as, open_library

TRACES_A_REQUEST = 20
SPACING_SECONDS = 2


@dataclass(frozen=True)
class Plan:
    """What to ask. With `pair`, every injected question is asked clean as well, under the same seed."""

    questions: list[Question]
    faults: list[Fault]
    share: float
    seed: str
    pair: bool
    run_id: str | None = None

    def tasks(self) -> Iterator[tuple[Question, Fault | None]]:
        for number, question in enumerate(self.questions):
            struck = bool(self.faults) and is_struck(self.seed, question.id, self.share)
            if self.pair or not struck:
                yield question, None
            if struck:
                yield question, self.faults[number % len(self.faults)]


def is_struck(seed: str, question_id: str, share: float) -> bool:
    dice = int(hashlib.sha256(f"{seed}|{question_id}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return dice < share


def run(library: Library, plan: Plan, collector: Collector, until: float | None = None) -> Iterator[tuple[Turn, Truth]]:
    """Answer each task in turn; spans gather in the collector. Times end shortly before `until`."""
    assistant = library.assistant(collector)
    tasks = list(plan.tasks())
    start = (until or time.time()) - SPACING_SECONDS * len(tasks) - 15
    for number, (question, fault) in enumerate(tasks):
        key = f"{plan.seed}|{question.id}|{fault.key if fault else 'clean'}|{plan.run_id or ''}"
        assistant.telemetry.clock = PastClock(
            int((start + SPACING_SECONDS * number) * 1e9), f"{plan.seed}|{question.id}"
        )
        attributes = {"rag__run_id": plan.run_id, "rag__item_id": question.id} if plan.run_id else {}
        seed = f"{plan.seed}|{question.id}"
        yield ask_as(assistant, library, question, fault, key, seed=seed, attributes=attributes)


def send_run(library: Library, plan: Plan, sender: Sender) -> list[Truth]:
    collector, truths = Collector(), []
    for _turn, truth in run(library, plan, collector):
        truths.append(truth)
        if len(truths) % TRACES_A_REQUEST == 0:
            sender.send(collector.take())
    sender.send(collector.take())
    return truths


def main() -> None:
    options = _options()
    settings = load_settings(options.url, options.key_file)
    library = open_library(settings)
    faults = list(REGISTRY.values()) if options.fault == ["each"] else [find_fault(key) for key in options.fault]
    plan = Plan(choose_questions(options.questions), faults, options.share, options.seed, options.pair, options.run_id)
    server = Server(settings.url, settings.key)
    if options.push:
        print("pushed:", push_manifests(server, library, "2020-01-01T00:00:00Z", "2020-06-01T00:00:00Z"))
        print("expectations:", push_expectations(server, library, everything=True))
    if any(fault.key == "index:not_indexed" for fault in faults):
        struck = [task for task, fault in plan.tasks() if fault and fault.key == "index:not_indexed"]
        push_gap(server, library, (anchor for question in struck for anchor in question.anchors))
    sender = Sender(settings.url, settings.key)
    truths = send_run(library, plan, sender)
    append_truths(settings.truth_file, truths)
    injected = [truth for truth in truths if truth.fault]
    print(
        f"{len(truths)} traces, {len(injected)} with a fault; "
        f"{sender.acked_spans} spans acknowledged, {sender.retries} retries"
    )
    print(f"the truth is in {settings.truth_file}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=__doc__)
    parser.add_argument("--questions", default="all", help="all, a number, or ids separated by commas")
    parser.add_argument(
        "--fault", action="append", default=[], help="stage:name, may be repeated; `each` takes all in turn"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the questions, 0 to 1")
    parser.add_argument("--seed", default="run-1", help="the same seed gives the same traces and ids")
    parser.add_argument("--pair", action="store_true", help="ask every injected question clean as well")
    parser.add_argument("--run-id", help="mark the traces as an evaluation run's")
    parser.add_argument("--push", action="store_true", help="first push manifests, index inventories and expectations")
    parser.add_argument("--url")
    parser.add_argument("--key-file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
