"""As much of protobuf's wire format as is needed to cut a message into its parts and to put parts together."""

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """These bytes are no message."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: `data` is its content where its type has a length, `whole` the field as it is written."""

    number: int
    type: int
    data: memoryview
    whole: memoryview


def varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """(the number at a place, the place behind it); raises WireError."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError("a number breaks off")


def written(number: int) -> bytes:
    """A number as it is written."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(number: int, *parts: bytes | memoryview) -> bytes:
    """A field that holds a message of these parts."""
    body = b"".join(parts)
    return written(number << 3 | LENGTH) + written(len(body)) + body


def fields(data: bytes | memoryview) -> Iterator[Field]:
    """The fields of a message, in their order; raises WireError."""
    view, at = memoryview(data), 0
    while at < len(view):
        begin = at
        tag, at = varint(view, at)
        number, kind = tag >> 3, tag & 7
        start = at
        if kind == VARINT:
            _, at = varint(view, at)
        elif kind == FIXED64:
            at += 8
        elif kind == FIXED32:
            at += 4
        elif kind == LENGTH:
            size, start = varint(view, at)
            at = start + size
        else:
            raise WireError(f"a field of the unknown type {kind}")
        if not number or at > len(view):
            raise WireError("a field breaks off")
        yield Field(number, kind, view[start:at], view[begin:at])
