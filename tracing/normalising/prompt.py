"""Which chunks are in the prompt as sent, found by their text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice

from tracing.dialects.messages import asked_at
from tracing.first_places import first_places

_SHORTEST_ID = 8
_SHORTEST_NUMBERED = 5
_FIGURE = re.compile(r"\d")
_SHORTEST = 16  # a shorter text can be in a prompt by chance
_FIRST = 64  # characters of a chunk that are looked for in one pass with those of all others
_HEAD = 200  # characters that say it is this chunk, and where no more of it stands there, that the rest was cut off
_MOST_TRIES = 8
_MOST_WORK = 2_000_000_000  # characters looked through; some 0.3 s


class Presence:
    """Where each chunk's text stands in the prompts; says nothing at all where none of them was found."""

    def __init__(self, prompt: str, texts: Mapping[str, str | None]) -> None:
        self._found: dict[str, tuple[int, int]] = {}
        self._partial: set[str] = set()
        self._sought = texts
        self._by_id = False
        self._prompt = prompt
        self._quoted = "\\" in prompt and ("\\n" in prompt or '\\"' in prompt)  # as JSON, which tools give back
        if not prompt:
            return
        if len(texts) * len(prompt) > _MOST_WORK:
            texts = self._sought = dict(islice(texts.items(), _MOST_WORK // len(prompt)))
        for chunk_id, text in texts.items():
            if not text and (place := _named_in(prompt, chunk_id)) is not None:
                self._found[chunk_id] = place
        self._look_for({chunk_id: text for chunk_id, text in texts.items() if text})
        # Ids are a weaker sign than texts: they count where no text was sent at all.
        self._by_id = bool(self._found) and not any(texts.values())

    def _look_for(self, texts: Mapping[str, str]) -> None:
        """Most chunks are not in the prompt: their first characters tell, of all of them at once."""
        bare = [(chunk_id, _bare(text)) for chunk_id, text in texts.items()]
        sought = [(chunk_id, text, text[:_FIRST]) for chunk_id, text in bare if len(text) >= _SHORTEST]
        firsts = list({first: None for _, _, first in sought})
        places = {first: place for first, (place, _) in zip(firsts, first_places(self._prompt, firsts), strict=True)}
        for chunk_id, text, first in sought:
            if places[first] >= 0 or self._quoted:
                place = self._find(chunk_id, text, places[first])
                if place is not None:
                    self._found[chunk_id] = place

    def _find(self, chunk_id: str, text: str, start: int) -> tuple[int, int] | None:
        """Where the chunk stands, no earlier than `start`, below 0 where its first characters stand nowhere."""
        prompt, head = self._prompt, text[:_HEAD]
        at = first = prompt.find(head, start) if start >= 0 else -1
        for _ in range(_MOST_TRIES):
            if at < 0:
                break
            if prompt.startswith(text, at):
                return at, at + len(text)
            at = prompt.find(head, at + 1)
        if first < 0 and self._quoted:
            return _find_quoted(prompt, text)
        if first >= 0 and len(text) >= 2 * _HEAD:
            self._partial.add(chunk_id)
            return first, first + _HEAD
        return None

    def of(self, chunk_id: str) -> bool | None:
        """True or false where the prompt tells, else None."""
        if not self._found:
            return None
        if chunk_id in self._found:
            return True
        text = self._sought.get(chunk_id)
        if self._by_id:
            return False if _is_telling(chunk_id) else None
        return False if text and len(text.strip()) >= _SHORTEST else None

    def is_partial(self, chunk_id: str) -> bool:
        """True where only the beginning of the chunk is in the prompt."""
        return chunk_id in self._partial

    def position(self, chunk_id: str) -> int | None:
        """Where in the prompt the chunk begins."""
        place = self._found.get(chunk_id)
        return place[0] if place else None

    @property
    def extent(self) -> tuple[int, int] | None:
        """From the first chunk's beginning to the last one's end."""
        if not self._found:
            return None
        start, end = min(start for start, _ in self._found.values()), max(end for _, end in self._found.values())
        return start, asked_at(self._prompt, end) if self._by_id else end


def _bare(text: str) -> str:
    return text.strip() if text[0].isspace() or text[-1].isspace() else text


def _find_quoted(prompt: str, text: str) -> tuple[int, int] | None:
    for only_ascii in (False, True):
        quoted = json.dumps(text, ensure_ascii=only_ascii)[1:-1]
        if quoted != text and (at := prompt.find(quoted)) >= 0:
            return at, at + len(quoted)
    return None


def _is_telling(chunk_id: str | None) -> bool:
    """True for an id that does not stand in a text by chance: no plain word or number, and long or with a figure."""
    if not chunk_id or chunk_id.isalnum():
        return False
    return len(chunk_id) >= _SHORTEST_ID or (len(chunk_id) >= _SHORTEST_NUMBERED and bool(_FIGURE.search(chunk_id)))


def _named_in(prompt: str, chunk_id: str | None) -> tuple[int, int] | None:
    """Where the id of a chunk stands by itself, and not as a part of a longer one."""
    if chunk_id is None or not _is_telling(chunk_id):
        return None
    at = prompt.find(chunk_id)
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        end = at + len(chunk_id)
        if not _is_word(prompt[at - 1 : at]) and not _is_word(prompt[end : end + 1]):
            return at, end
        at = prompt.find(chunk_id, end)
    return None


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "-") if character else False
