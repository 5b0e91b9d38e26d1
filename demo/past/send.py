"""Live the fortnight again with shifted clocks, and send it in the order in which it happened."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from demo.corpus.moves import former, has_moved, renamed
from demo.faults import find_fault
from demo.page.server import wait_until
from demo.past.plan import FIRST_RELEASE, SECOND_RELEASE, Story, Visit, visits
from demo.past.signals import Told, thumbs
from demo.pipeline.assistant import Assistant
from demo.pipeline.turn import Conditions, Turn
from demo.push import index_before, push_expectations, push_manifests, version_before
from demo.questions import Question, load_questions
from demo.settings import Settings
from demo.telemetry.clock import PastClock
from demo.telemetry.provider import Collector
from demo.telemetry.sender import Sender
from demo.telemetry.server import Server
from demo.workshop import Library, append_truths, prepare, rehearse, truth_of

SEED = "stagelight"
TRACES_A_REQUEST = 20
SECONDS_TO_STORE = 10
RERANKERS = {FIRST_RELEASE: "cross-features-2", SECOND_RELEASE: "cross-features-3.1"}


def story_of(settings: Settings) -> Story:
    """The fortnight before the demo was first started here: started again, it sends the same one."""
    file = settings.demo_dir / "past.json"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"until": datetime.now(UTC).replace(microsecond=0).isoformat()}), encoding="utf-8")
    return Story(datetime.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["until"]))


def conditions_at(story: Story, library: Library, visit: Visit) -> Conditions:
    release = story.release(visit.at)
    moved, rebuilt = visit.at >= story.pages_moved, visit.at >= story.index_rebuilt
    versions = {
        "reranker": "cross-features-3" if story.is_bad(visit.at) else RERANKERS[release],
        "corpus": library.corpus.version if moved else version_before(library),
        "index": library.index.version if rebuilt else index_before(library),
    }
    return Conditions(rename=None if rebuilt else renamed, versions=versions)


def as_indexed(question: Question, library: Library) -> Question:
    """The question with the anchors that its pages had before the index was rebuilt."""
    places = [library.corpus.places[anchor] for anchor in question.anchors if anchor in library.corpus.places]
    old = tuple(former(place.anchor) if has_moved(place.product, place.path) else place.anchor for place in places)
    return replace(question, anchors=old)


def relive(library: Library, story: Story, collector: Collector, seed: str = SEED) -> Iterator[Told]:
    """Answer every visit; spans gather in the collector, and whoever iterates sends them."""
    assistants = {release: library.assistant(collector, release) for release in RERANKERS}
    clean: dict[tuple[str, bool], Turn] = {}
    sessions: dict[str, list[tuple[str, str]]] = {}
    for visit in visits(story, load_questions(), seed):
        rebuilt = visit.at >= story.index_rebuilt
        asked = visit.question if rebuilt else as_indexed(visit.question, library)
        known = (asked.id, rebuilt)
        if known not in clean:
            clean[known] = rehearse(library, asked.question, rename=None if rebuilt else renamed)
        history = sessions.setdefault(visit.session, [])
        turn = Turn(
            asked.question,
            list(history),
            visit.session,
            visit.user,
            visit.surface,
            visit.key,
            conditions=conditions_at(story, library, visit),
        )
        yield _answer(assistants[story.release(visit.at)], visit, asked, turn, clean[known])
        history.append((asked.question, turn.answer))


def _answer(assistant: Assistant, visit: Visit, asked: Question, turn: Turn, clean: Turn) -> Told:
    assistant.telemetry.clock = PastClock(int(visit.at.timestamp() * 1e9), visit.key)
    injection = None
    if visit.fault:
        injection = prepare(assistant, clean, find_fault(visit.fault), asked.anchors, asked.behaviour)
    assistant.ask(turn, injection, visit.key)
    return Told(visit, turn, truth_of(turn, clean, asked, injection))


def send_past(settings: Settings, library: Library, say: Callable[[str], None] = print) -> int:
    """Traces sent. Sent twice, it is the same fortnight with the same ids."""
    story, collector, sender = story_of(settings), Collector(), Sender(settings.url, settings.key)
    server, started = Server(settings.url, settings.key), time.monotonic()
    first_at, moved_at = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (story.since, story.pages_moved))
    pushed = push_manifests(server, library, first_at, moved_at)
    pushed["expectations"] = push_expectations(server, library)
    say(f"past: {_taken(pushed)}")
    planned = sum(1 for _ in visits(story, load_questions(), SEED))
    told = []
    for one in relive(library, story, collector):
        told.append(one)
        if len(told) % TRACES_A_REQUEST == 0:
            sender.send(collector.take())
        if len(told) % 200 == 0:
            say(f"past: {len(told)} of {planned} traces sent, up to {one.visit.at:%d %b}")
    sender.send(collector.take())
    said = thumbs(told, story.until, SEED)
    status = server.post_signals(said)
    append_truths(settings.truth_file, [one.truth for one in told])
    _compare(server)
    down = sum(1 for signal in said if signal["value"] == "down")
    say(
        f"past: {len(told)} traces of 14 days in {time.monotonic() - started:.0f} s; {sender.acked_spans} spans "
        f"acknowledged, {sender.rejected_spans} rejected, {sender.retries} retries; {down} thumbs down, "
        f"{len(said) - down} up{'' if status < 300 else f', which were refused (HTTP {status})'}"
    )
    return len(told)


def _compare(server: Server) -> None:
    """Again: the corpus was compared with the answers when it was pushed, and there was none yet."""
    wait_until(lambda: server.waiting() == 0, SECONDS_TO_STORE)
    server.call("POST", "/api/v1/corpus/compare")


def _taken(pushed: dict[str, int]) -> str:
    taken = [name for name, status in pushed.items() if status < 300]
    refused = [f"{name} (HTTP {status})" for name, status in pushed.items() if status >= 300]
    waiting = f"; not taken by this server yet: {', '.join(refused)}" if refused else ""
    return f"pushed {', '.join(taken) or 'nothing'}{waiting}"
