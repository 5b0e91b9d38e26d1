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
    """What a version said of an anchor, and what the one before it did; empty where it was not there."""

    anchor: str
    kind: str
    before: str
    after: str


MOST_CHANGES = 300


def manifest_changes(*, project: str, at_ns: int) -> tuple[Change, ...]:
    """What came into force at that time, by anchor; at most 300."""
    rows = store.rows(
        "SELECT anchor, countIf(until = {at:Int64}) > 0 AS was, countIf(since = {at:Int64}) > 0 AS is,"
        " anyIf(path, until = {at:Int64}) AS path_before, anyIf(path, since = {at:Int64}) AS path_after,"
        " anyIf(redirect_to, until = {at:Int64}) AS to_before, anyIf(redirect_to, since = {at:Int64}) AS to_after,"
        " anyIf(product, until = {at:Int64}) AS product_before, anyIf(product, since = {at:Int64}) AS product_after"
        " FROM anchors FINAL WHERE project = {project:String} AND since < until"
        " AND (since = {at:Int64} OR until = {at:Int64}) GROUP BY anchor ORDER BY was, is, anchor LIMIT {most:UInt32}",
        project=project,
        at=at_ns,
        most=MOST_CHANGES,
    )
    return tuple(_change(*row) for row in rows)


def _change(anchor: str, was: bool, is_there: bool, *said: str) -> Change:
    path_before, path_after, to_before, to_after, product_before, product_after = said
    if is_there and to_after and to_after != to_before:
        return Change(anchor, "redirected", path_before, to_after)
    if not was or not is_there:
        return Change(anchor, "added" if is_there else "removed", path_before, path_after)
    moved = (path_before, product_before) != (path_after, product_after)
    return Change(anchor, "moved" if moved else "changed", path_before, path_after)
