"""Lists and objects as Python prints them, read back by way of JSON: in time that grows with the text alone."""

import re

import orjson

from tracing.dialects.values import json_of
from tracing.records import Value

_PYTHON = re.compile(
    r"""'(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+)'|"(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+)"|-?\b(?P<word>None|True|False|nan|inf)\b"""
    r"""|(?P<opens>\()|(?P<closes>,?\))|(?P<open>['"])""",
    re.DOTALL,
)
_AS_JSON = {"None": "null", "True": "true", "False": "false", "nan": "null", "inf": "null"}
_ESCAPED = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def printed(value: str) -> Value:
    """A list or an object as Python prints it, read back; None where it is something else."""
    try:
        found: Value = json_of(_PYTHON.sub(_as_json, value))
    except ValueError:
        return None
    return found if isinstance(found, list | dict) else None


def _as_json(part: re.Match[str]) -> str:
    if part.lastgroup == "word":
        return _AS_JSON[part["word"]]
    if part.lastgroup == "opens":
        return "["
    if part.lastgroup == "closes":
        return "]"
    if part.lastgroup == "open":
        raise ValueError("a text is not closed")
    inner = part[0][1:-1]
    return orjson.dumps(_ESCAPED.sub(_unescaped, inner) if "\\" in inner else inner).decode()


def _unescaped(part: re.Match[str]) -> str:
    said = part[1]
    if len(said) == 1:
        return _LETTERS.get(said, said)
    point = int(said[1:], 16)
    return chr(point) if point < 0xD800 or 0xDFFF < point <= 0x10FFFF else "\ufffd"
