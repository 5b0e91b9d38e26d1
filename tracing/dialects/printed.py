"""Lists and objects as Python prints them, read back by way of JSON: in time that grows with the text alone."""

import re

import orjson

from tracing.dialects.values import json_of
from tracing.records import Value

_PYTHON = re.compile(
    r"""(?P<text> '[^'\\]*+(?:\\.[^'\\]*+)*+' | "[^"\\]*+(?:\\.[^"\\]*+)*+" )
      | (?P<open> ['"] )
      | (?P<key> -?\b(?:\d++(?:\.\d++)?|None|True|False)(?=\s*+:) )
      | -?\b(?P<word> None|True|False|nan|inf )\b
      | (?P<tuple> \( )
      | (?P<end> ,?\) )""",
    re.DOTALL | re.VERBOSE,
)
_AS_JSON = {"None": "null", "True": "true", "False": "false", "nan": "null", "inf": "null"}
_ESCAPED = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def printed(value: str) -> Value:
    """A list or an object as Python prints it, read back; None where it is something else."""
    try:
        found: Value = json_of(_PYTHON.sub(_as_json, value))
    except (ValueError, TypeError):  # a text that is not closed, or that holds half a character
        return None
    return found if isinstance(found, list | dict) else None


def _as_json(part: re.Match[str]) -> str:
    match part.lastgroup:
        case "text":
            inner = part[0][1:-1]
            return orjson.dumps(_ESCAPED.sub(_unescaped, inner) if "\\" in inner else inner).decode()
        case "open":
            raise ValueError("a text is not closed")
        case "key":
            return f'"{part[0]}"'
        case "word":
            return _AS_JSON[part["word"]]
    return "[" if part.lastgroup == "tuple" else "]"


def _unescaped(part: re.Match[str]) -> str:
    said = part[1]
    if len(said) == 1:
        return _LETTERS.get(said, said)
    point = int(said[1:], 16)
    return chr(point) if point < 0xD800 or 0xDFFF < point <= 0x10FFFF else "\ufffd"
