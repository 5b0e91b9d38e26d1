"""Trace requests made field by field, as the wire format allows them and SDKs do not: repeated, reordered, mistyped."""

import random

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
UNKNOWN = 90
TEXTS = (b"", b"a", "ключ".encode(), b"x" * 130, b"llm.model_name", b"\xff")
IDS = (b"", bytes(16), b"i" * 8, b"i" * 16)
NUMBERS = (0, 1, 2, 3, 7, 127, 128, 2**31, 2**32 + 1, 2**63, 2**64 - 1)
DOUBLES = (bytes(8), b"\0\0\0\0\0\0\xe0?", b"\0\0\0\0\0\0\xf8\x7f", b"\0\0\0\0\0\0\xf0\x7f", b"\xff" * 8)
SHAPES: dict[str, tuple[tuple[int, int, str], ...]] = {  # (field, type, what it holds)
    "request": ((1, BYTES, "group"),),
    "group": ((1, BYTES, "resource"), (2, BYTES, "scoped"), (3, BYTES, "text")),
    "resource": ((1, BYTES, "pair"), (2, VARINT, "")),
    "scoped": ((1, BYTES, "scope"), (2, BYTES, "span"), (3, BYTES, "text")),
    "scope": ((1, BYTES, "text"), (2, BYTES, "text"), (3, BYTES, "pair"), (4, VARINT, "")),
    "span": (
        (1, BYTES, "trace id"), (2, BYTES, "span id"), (3, BYTES, "text"), (4, BYTES, "id"), (5, BYTES, "text"),
        (6, VARINT, ""), (7, FIXED64, ""), (8, FIXED64, ""), (9, BYTES, "pair"), (9, BYTES, "pair"), (10, VARINT, ""),
        (11, BYTES, "event"), (12, VARINT, ""), (13, BYTES, "link"), (14, VARINT, ""), (15, BYTES, "status"),
        (16, FIXED32, ""),
    ),
    "status": ((2, BYTES, "text"), (3, VARINT, "")),
    "pair": ((1, BYTES, "text"), (2, BYTES, "value")),
    "event": ((1, FIXED64, ""), (2, BYTES, "text"), (3, BYTES, "pair")),
    "link": ((1, BYTES, "trace id"), (2, BYTES, "span id"), (4, BYTES, "pair")),
    "array": ((1, BYTES, "value"),),
}  # fmt: skip
VALUES = ((1, BYTES, "text"), (2, VARINT, ""), (3, VARINT, ""), (4, FIXED64, ""), (5, BYTES, "array"), (7, BYTES, "id"))


class Maker:
    """Messages by chance; `oddity` is how often a field is not as an SDK writes it."""

    def __init__(self, seed: int, oddity: float) -> None:
        self.chance = random.Random(seed)
        self.oddity = oddity

    def message(self, shape: str, depth: int = 0) -> bytes:
        """A message of that shape, or the value of a field."""
        if shape == "text":
            texts = TEXTS if self._odd() else TEXTS[:-1]  # the last is no UTF-8
            return self.chance.choice(texts)
        if shape in ("trace id", "span id", "id"):
            size = {"trace id": 16, "span id": 8}.get(shape, 0)
            return self.chance.choice(IDS) if self._odd() or not size else self.chance.randbytes(size)
        if shape == "value":
            given = [self.chance.choice(VALUES)] * self.chance.choice((1, 1, 1, 1, 0))
            fields = given + [self.chance.choice(VALUES)] * self._odd()
        else:
            fields = [field for field in SHAPES[shape] for _ in range(self._times(shape))]
        return b"".join(self._field(*field, depth) for field in fields)

    def _times(self, shape: str) -> int:
        if shape in ("request", "array"):
            return self.chance.choice((0, 1, 2))
        return 2 if self._odd() else self.chance.choice((1, 1, 1, 0))

    def _odd(self) -> bool:
        return self.chance.random() < self.oddity

    def _field(self, number: int, kind: int, shape: str, depth: int) -> bytes:
        held = self.message(shape, depth + 1) if shape and depth < 12 else b""
        if self._odd():
            kind = self.chance.choice((VARINT, FIXED64, BYTES, FIXED32))
        if self._odd():
            number = UNKNOWN
        return varint(number << 3 | kind) + self._payload(kind, held)

    def _payload(self, kind: int, held: bytes) -> bytes:
        if kind == VARINT:
            return varint(self.chance.choice(NUMBERS), padded=self._odd())
        if kind == BYTES:
            return varint(len(held)) + held
        return self.chance.choice(DOUBLES)[: 8 if kind == FIXED64 else 4]


def varint(number: int, *, padded: bool = False) -> bytes:
    """As the wire format has it; padded with a byte that says nothing, which is allowed."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    if padded and len(out) < 9:
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)
