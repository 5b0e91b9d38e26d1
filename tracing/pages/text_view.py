"""Text from traces, made fit to be shown: nothing invisible stays invisible, and nothing is longer than its place."""

import re

_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421, 0x0D: None}
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def shown(text: object, limit: int | None = None) -> str:
    """The text with control characters made visible, direction marks taken out, and cut at `limit` characters."""
    whole = text if isinstance(text, str) else str(text)
    piece = whole if limit is None else whole[:limit]
    plain = _BIDI.sub("", piece.translate(_CONTROLS))
    return plain.encode("utf-8", "replace").decode("utf-8")


def excerpt(text: object, limit: int) -> str:
    """The text fit to be shown; where it is longer than `limit`, its first whole words and an ellipsis."""
    whole = str(text)
    if len(whole) <= limit:
        return shown(whole)
    kept, edge = whole[:limit], whole[limit - 1 : limit + 1]
    ends_with_a_word = edge != "".join(edge.split())
    return shown(kept.rstrip() if ends_with_a_word else kept.rsplit(maxsplit=1)[0]) + "…"


def first_lines(text: str, most: int) -> str:
    """The text, or its first lines and a mark that there are more: what breaks its lines often takes no page."""
    lines = text.split("\n", most)
    return text if len(lines) <= most else "\n".join([*lines[:most], "…"])


def plain_bytes(text: str) -> bytes:
    """The whole text as it is, for a download; lone surrogates become question marks."""
    return text.encode("utf-8", "replace")


def duration(milliseconds: float | None) -> str:
    """Milliseconds under 10 s, then seconds, minutes and hours."""
    if milliseconds is None:
        return "–"
    if 0 < milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 10_000:
        return f"{milliseconds:,.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def money(dollars: float | None) -> str:
    """US dollars with as many places as make the figure mean something."""
    if dollars is None:
        return "–"
    return (
        f"${dollars:,.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}" if dollars >= 0.0001 else "<$0.0001"
    )


def score(value: float | None) -> str:
    """A score as sent, at three significant figures; never comparable across lanes."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100_000:
        return f"{value:.2g}"
    return (
        f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 0.1
        else f"{value:.3f}"
        if size >= 0.001
        else f"{value:.0e}"
    )
