"""`stagelight import`: a file's records, in requests of a bounded size, one after another, each answered for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stagelight_client.detect import detect
from stagelight_client.errors import BROKE_OFF, DONE, NOT_BEGUN, SOME_BAD, BadRecordError, BrokenFileError, StopError
from stagelight_client.progress import Progress
from stagelight_client.records import Format, Layout, Part, Problem, Record
from stagelight_client.server import Server, problem, say
from stagelight_client.sources import Source, opened
from stagelight_client.state import State
from stagelight_client.ways import MOST_BYTES, MOST_PARTS, WAYS, Refusal


@dataclass(slots=True)
class _Sender:
    """One request in the making; records before it are answered for."""

    server: Server
    state: State
    progress: Progress
    parts: list[Part] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    size: int = 0
    read: int = 0
    skipped: int = 0

    def add(self, part: Part, place: str) -> None:
        if self.parts and (
            part.way != self.parts[0].way or self.size + len(part.body) > MOST_BYTES or len(self.parts) >= MOST_PARTS
        ):
            self.flush()
        self.parts.append(part)
        self.places.append(place)
        self.size += len(part.body)

    def bad(self, place: str, why: str, count: int = 1) -> None:
        self.state.tally.bad += count
        self.progress.bad(place, why)

    def flush(self) -> None:
        """Send what is at hand; then all records that were read whole are answered for."""
        parts, places = self.parts, self.places
        self.parts, self.places, self.size = [], [], 0
        if parts:
            self._send(parts, places)
        tally = self.state.tally
        tally.records = self.read
        self.state.save()
        self.progress.now(tally)

    def _send(self, parts: Sequence[Part], places: Sequence[str]) -> None:
        """A request that is refused whole is halved until what is wrong with it stands alone."""
        way = WAYS[parts[0].way]
        answer = self.server.send("POST", way.path, way.body(parts), way.content_type)
        if answer.status < 300:
            refused = way.read(answer, parts)
            self.state.tally.sent += sum(part.count for part in parts) - sum(one.count for one in refused)
            for one in refused:
                self.bad(_place(places, one), one.why, one.count)
        elif answer.status not in (400, 413, 422):
            raise StopError(f"{self.server.url}{way.path} answered {answer.status}: {problem(answer)}", BROKE_OFF)
        elif len(parts) == 1:
            self.bad(places[0], problem(answer), parts[0].count)
        else:
            half = len(parts) // 2
            self._send(parts[:half], places[:half])
            self._send(parts[half:], places[half:])


def _place(places: Sequence[str], refusal: Refusal) -> str:
    if refusal.part is not None and refusal.part < len(places):
        return places[refusal.part]
    first, last = places[0], places[-1]
    return first if first == last else f"between {first} and {last}"


@dataclass(frozen=True, slots=True)
class Asked:
    """How files are to be imported."""

    format: str = ""
    again: bool = False
    quiet: bool = False


def import_files(server: Server, names: Sequence[str], asked: Asked) -> int:
    """Import one file after another; the worst exit code of them."""
    codes = [DONE]
    for name in names:
        try:
            with opened(name) as source:
                codes.append(_import(server, source, asked))
        except BrokenFileError as error:
            say(f"{name}: {error}")
            codes.append(SOME_BAD)
        except StopError as error:
            if error.code != NOT_BEGUN or len(names) == 1:
                raise
            say(str(error))
            codes.append(NOT_BEGUN)
    return max(codes)


def _import(server: Server, source: Source, asked: Asked) -> int:
    format_, layout = detect(source, asked.format)
    state = State.of(source, server, f"{format_.name} {layout}", again=asked.again)
    progress = Progress(source, asked.quiet, first=state.tally.sent)
    before = state.tally.records
    if before and not asked.quiet:
        progress.done(f"{before:,} records were sent before; going on behind them")
    sender = _Sender(server, state, progress, read=before)
    broken = _read(sender, source, format_, layout, before)
    tally = state.tally
    words = f"{tally.records:,} records, {tally.sent:,} {_things(format_)} sent, {tally.bad:,} bad"
    words += f", {tally.skipped:,} skipped (metrics)" if tally.skipped else ""
    if not asked.quiet:
        progress.done(f"done: {words}" if not broken else f"stopped: {words}. {broken}")
    return SOME_BAD if tally.bad or broken else DONE


def _read(sender: _Sender, source: Source, format_: Format, layout: Layout, before: int) -> str:
    """Send all records behind those that were sent before; returns why the rest cannot be read, if it cannot."""
    broken = ""
    try:
        for record in format_.records(source, layout):
            if record.number > before and not _take(sender, format_, record):
                broken = f"{record.place} is not finished: run it again when it is"
                break
    except BrokenFileError as error:
        broken = str(error)
        sender.progress.bad("the file", broken)
    sender.flush()
    return broken


def _take(sender: _Sender, format_: Format, record: Record) -> bool:
    """False for a last line that is still being written."""
    try:
        for made in format_.made(record):
            if isinstance(made, Part):
                sender.add(made, record.place)
            elif isinstance(made, Problem):
                sender.bad(record.place, made.why)
            else:
                sender.state.tally.skipped += 1
    except BadRecordError as error:
        if record.unfinished and record.number > 1:
            return False
        sender.bad(record.place, str(error))
    sender.read = record.number
    return True


def _things(format_: Format) -> str:
    return {"native": "traces", "langfuse": "events"}.get(format_.name, "spans")
