"""A request's headers, read so that where its body ends is sure.

A proxy in front that finds another end than this server would take what one sender sent for another's request: what
RFC 9112 lets a server guess at is refused.
"""

import re
from typing import Any

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_ONCE = (b"Content-Length", b"Host")
_FRAMING = b"Transfer-Encoding"


def read_headers(stream: Any, protocol: str) -> dict[bytes, bytes]:
    """By name, in title case, up to the empty line; raises ValueError with the words for the sender."""
    found: dict[bytes, bytes] = {}
    while (line := stream.readline()) != b"\r\n":
        _add(found, line)
    if wrong := _wrong_framing(found, protocol):
        raise ValueError(wrong)
    for name in (b"Expect", b"Connection"):  # cheroot compares them by letter
        if name in found:
            found[name] = _as_cheroot_knows_it(found[name])
    return found


def _add(found: dict[bytes, bytes], line: bytes) -> None:
    if not line.endswith(b"\r\n"):
        raise ValueError("The headers end in the middle, or a line of them ends without CR and LF.")
    given, colon, value = line[:-2].partition(b":")
    if not colon or not _NAME.fullmatch(given):
        raise ValueError("A header is not one line of a name, a colon and a value.")
    value = value.strip(b" \t")
    if _CONTROL.search(value):
        raise ValueError("A header holds a character that no header can hold.")
    name = given.title()
    if name in found and name in _ONCE:
        raise ValueError(f"{name.decode()} is given twice.")
    if name not in found:
        found[name] = value
    elif name == _FRAMING or found[name] != value:  # what is said twice alike is said once
        found[name] += (b"; " if name == b"Cookie" else b", ") + value


def _wrong_framing(headers: dict[bytes, bytes], protocol: str) -> str:
    length, encoding = headers.get(b"Content-Length"), headers.get(_FRAMING)
    if length is not None and not length.isdigit():
        return "Content-Length is not a number."
    if encoding is None:
        return ""
    if length is not None:
        return "Content-Length and Transfer-Encoding are both given: send one of them."
    if protocol != "HTTP/1.1":
        return "Transfer-Encoding is of HTTP/1.1 alone: send Content-Length."
    return "" if encoding.lower() == b"chunked" else "Transfer-Encoding is not chunked, once."


def _as_cheroot_knows_it(value: bytes) -> bytes:
    words = [word.strip(b" \t").lower() for word in value.split(b",")]
    for word, known in ((b"close", b"close"), (b"keep-alive", b"Keep-Alive"), (b"100-continue", b"100-continue")):
        if word in words:
            return known
    return value
