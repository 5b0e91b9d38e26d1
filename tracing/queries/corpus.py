"""What can be cited: a page of the anchors in force, searched."""

from dataclasses import dataclass

from tracing import store

MOST_ANCHORS = 500


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that can be cited."""

    anchor: str
    product: str
    path: str
    title: str
    source_hash: str
    redirect_to: str
    entities: list[str]


def anchors(*, project: str, at_ns: int, text: str = "", product: str = "", limit: int = 50) -> tuple[Anchor, ...]:
    """The anchors in force at a time that hold the text in their id, title, path or names; the nearest ids first."""
    rows = store.rows(
        "SELECT anchor, product, path, title, source_hash, redirect_to, entities FROM anchors FINAL"
        " WHERE project = {project:String} AND since <= {at:Int64} AND until > {at:Int64}"
        " AND ({product:String} = '' OR product = {product:String}) AND ({text:String} = ''"
        " OR positionCaseInsensitiveUTF8(anchor, {text:String}) > 0"
        " OR positionCaseInsensitiveUTF8(title, {text:String}) > 0"
        " OR positionCaseInsensitiveUTF8(path, {text:String}) > 0"
        " OR arrayExists(name -> positionCaseInsensitiveUTF8(name, {text:String}) > 0, entities))"
        " ORDER BY anchor != {text:String}, NOT startsWith(anchor, {text:String}), anchor LIMIT {limit:UInt32}",
        project=project,
        at=at_ns,
        text=text,
        product=product,
        limit=min(limit, MOST_ANCHORS),
    )
    return tuple(Anchor(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Change:
    """What a version said of an anchor, and what the one before it did; empty where it was not there.

    Of one that moved to another anchor, `before` is the anchor that it was.
    """

    anchor: str
    kind: str
    before: str
    after: str


MOST_CHANGES = 500
SAID = "(product, path, title, source_hash, redirect_to, entities)"
CHANGED = f"""changed AS (
    SELECT anchor, countIf(until = {{at:Int64}}) > 0 AS was, countIf(since = {{at:Int64}}) > 0 AS stands,
        anyIf({SAID}, until = {{at:Int64}}) AS old, anyIf({SAID}, since = {{at:Int64}}) AS new
    FROM anchors FINAL
    WHERE project = {{project:String}} AND since < until AND (since = {{at:Int64}} OR until = {{at:Int64}})
    GROUP BY anchor HAVING NOT (was AND stands AND old = new))"""
RENAMED = """renamed AS (
    SELECT left.anchor AS old_anchor, right.anchor AS new_anchor
    FROM (SELECT any(anchor) AS anchor, old.4 AS hash FROM changed
        WHERE was AND NOT stands AND old.4 != '' AND old.5 = '' GROUP BY hash HAVING count() = 1) AS left
    INNER JOIN (SELECT any(anchor) AS anchor, new.4 AS hash FROM changed
        WHERE stands AND NOT was AND new.4 != '' AND new.5 = '' GROUP BY hash HAVING count() = 1) AS right
    ON left.hash = right.hash)"""
KIND = """multiIf(renamed.old_anchor != '', 'moved', NOT stands, 'removed',
        new.5 != '' AND new.5 != old.5, 'redirected', NOT was, 'added',
        (old.2, old.1) != (new.2, new.1), 'moved', 'changed')"""


def manifest_changes(
    *, project: str, at_ns: int, kind: str = "", text: str = "", after: str = "", limit: int = 100
) -> tuple[Change, ...]:
    """How the version that came into force then differs from the one before it: by anchor, those of a kind that hold
    the text, after an anchor. The same kinds as `corpus.lines.difference` counts."""
    rows = store.rows(
        f"WITH {CHANGED}, {RENAMED} SELECT anchor, {KIND} AS kind,"
        " if(renamed.old_anchor != '', renamed.old_anchor, old.2) AS before,"
        " if(kind = 'redirected', new.5, new.2) AS after"
        " FROM changed LEFT JOIN renamed ON renamed.new_anchor = changed.anchor"
        " WHERE anchor NOT IN (SELECT old_anchor FROM renamed) AND anchor > {after:String}"
        " AND ({kind:String} = '' OR kind = {kind:String}) AND ({text:String} = ''"
        " OR positionCaseInsensitiveUTF8(anchor, {text:String}) > 0"
        " OR positionCaseInsensitiveUTF8(before, {text:String}) > 0"
        " OR positionCaseInsensitiveUTF8(after, {text:String}) > 0)"
        " ORDER BY anchor LIMIT {limit:UInt32}",
        project=project,
        at=at_ns,
        kind=kind,
        text=text,
        after=after,
        limit=min(limit, MOST_CHANGES),
    )
    return tuple(Change(*row) for row in rows)
