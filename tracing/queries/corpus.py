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
