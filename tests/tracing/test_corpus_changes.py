"""Whatever the order in which versions are pushed, each time has exactly what its own version says."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracing import store
from tracing.corpus import manifests
from tracing.corpus.lines import KINDS, STILL, Entry, Interval, anchors_of, changes, difference
from tracing.models import Project
from tracing.queries import manifest_changes

ANCHORS = st.sampled_from("abcde")
ENTRIES = st.builds(Entry, st.sampled_from(("x", "y")), st.sampled_from(("1", "2")), source_hash=st.sampled_from("hi"))
LISTS = st.dictionaries(ANCHORS, ENTRIES, max_size=5)
REDIRECTED = st.dictionaries(
    ANCHORS,
    st.builds(
        Entry, st.sampled_from(("x", "y")), st.sampled_from(("1", "2")),
        source_hash=st.sampled_from(("", "h", "i", "j")), redirect_to=st.sampled_from(("", "", "a", "b")),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip
PUSHES = st.lists(st.tuples(st.integers(1, 6), LISTS), min_size=1, max_size=8)

Rows = dict[tuple[str, int], Interval]


def in_force(rows: Rows, at: int) -> dict[str, Interval]:
    return anchors_of([row for row in rows.values() if row.since <= at < row.until])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(PUSHES)
def test_every_time_has_what_its_version_says(pushes: list[tuple[int, dict[str, Entry]]]) -> None:
    rows: Rows = {}
    said: dict[int, dict[str, Entry]] = {}
    for at, entries in pushes:
        until = min((other for other in said if other > at), default=STILL)
        for row in changes(in_force(rows, at), entries, at, until):
            rows[row.anchor, row.since] = row
        said[at] = entries
    for at, entries in said.items():
        assert {anchor: row.entry for anchor, row in in_force(rows, at).items()} == entries
    assert not in_force(rows, 0)


@given(LISTS, LISTS)
def test_a_difference_names_what_changed_once_and_nothing_else(
    before: dict[str, Entry], after: dict[str, Entry]
) -> None:
    found = difference(before, after)
    named = [part for kind in KINDS for name in getattr(found, kind) for part in name.split(" → ")]
    assert sorted(named) == sorted(a for a in {*before, *after} if before.get(a) != after.get(a))


@pytest.mark.usefixtures("clean_store")
@settings(suppress_health_check=list(HealthCheck), max_examples=25, deadline=None)
@given(st.lists(REDIRECTED, min_size=2, max_size=3))
def test_what_can_be_browsed_is_what_was_counted(project: Project, lists: list[dict[str, Entry]]) -> None:
    for table in ("anchors", "manifests"):
        store.command(f"TRUNCATE TABLE {table}")
    for number, entries in enumerate(lists):
        pushed = manifests.push(project, str(number), entries, 1_000 + number, "a test")
        found = manifest_changes(project=project.slug, at_ns=pushed.effective_ns)
        shown = [
            (one.kind, f"{one.before} → {one.anchor}" if one.kind == "moved" and one.before in "abcde" else one.anchor)
            for one in found
        ]
        counted = [(kind, anchor) for kind in KINDS for anchor in getattr(pushed.difference, kind)]
        assert sorted(shown) == sorted(counted)
