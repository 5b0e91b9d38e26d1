"""Whatever the order in which versions are pushed, each time has exactly what its own version says."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracing.corpus.lines import KINDS, STILL, Entry, Interval, anchors_of, changes, difference

ANCHORS = st.sampled_from("abcde")
ENTRIES = st.builds(Entry, st.sampled_from(("x", "y")), st.sampled_from(("1", "2")), source_hash=st.sampled_from("hi"))
LISTS = st.dictionaries(ANCHORS, ENTRIES, max_size=5)
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
