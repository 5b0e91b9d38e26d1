"""The filter grammar: what it takes, what it refuses, and that its text survives a round trip."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tracing.filters import LONGEST, Condition, Filter, FilterError, documentation, parse
from tracing.filters.fields import BY_NAME, FIELDS, WORDS, Field, Holds
from tracing.filters.values import ORDERED, Between, Compare, Equal, Exact, Moment, Number, Prefix, Present, Value, Word

PROMISED = """
stage fault kind certainty flag outcome confidence groundedness judged feedback anchor product intent shape
entity lane chunk retrieved kept cited dropped env release prompt index model surface variant session user run item cost
latency first_token tokens cache attempts error warning signal meta"""


def only(text: str) -> Condition:
    conditions = parse(text).conditions
    assert len(conditions) == 1
    return conditions[0]


def refused(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse(text)
    return caught.value


def test_the_example_of_the_interface_reads_as_six_conditions() -> None:
    text = 'stage:rerank fault:dropped groundedness:<0.7 feedback:down product:atlas -env:shadow "signing secret"'
    assert str(parse(text)) == text
    assert [c.name for c in parse(text).conditions] == [
        "stage",
        "fault",
        "groundedness",
        "feedback",
        "product",
        "env",
        "",
    ]


def test_every_field_of_the_interface_is_there() -> None:
    assert set(PROMISED.split()) <= {field.name for field in FIELDS}


def test_every_field_is_documented() -> None:
    written = (Path(settings.BASE_DIR) / "docs" / "filters.md").read_text()
    assert documentation() in written


def test_names_and_aliases_belong_to_one_field_each() -> None:
    names = [name for field in FIELDS for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names)) == len(BY_NAME)


def test_the_names_of_the_json_are_aliases() -> None:
    assert str(parse("environment:prod duration_ms:>5 session_id:s query_shape:other")) == (
        "env:prod latency:>5 session:s shape:other"
    )


def test_the_names_within_the_jsons_objects_are_aliases() -> None:
    written = "versions.release:r versions.prompt:p versions.index:i versions.corpus:c Verdict.stage:rerank has:verdict"
    assert str(parse(written)) == "release:r prompt:p index:i corpus:c stage:rerank has:fault"
    assert refused("versions.relase:r").suggestion == "release"
    assert refused("versions:r").suggestion != "index"


def test_a_minus_negates_and_brackets_hold_alternatives() -> None:
    condition = only("-product:(atlas OR borealis*)")
    assert condition.negated
    assert condition.values == (Exact("atlas"), Prefix("borealis"))


def test_what_stands_in_quotes_has_no_meaning_of_its_own() -> None:
    assert only(r'product:"a \"b\" OR (c)*"').values == (Exact('a "b" OR (c)*'),)
    assert only('"stage:rerank"').values == (Exact("stage:rerank"),)
    assert only('product:"new atlas"*').values == (Prefix("new atlas"),)


def test_numbers_are_compared_ranged_or_equal() -> None:
    assert only("cost:>=0.5").values == (Compare(">=", Number(0.5)),)
    assert only("attempts:2..3").values == (Between(Number(2), Number(3)),)
    assert only("tokens:(<5 OR 7)").values == (Compare("<", Number(5)), Equal(Number(7)))


def test_durations_have_units() -> None:
    assert only("latency:>1.5s").values == (Compare(">", Number(1500)),)
    assert only("first_token:200ms..2s").values == (Between(Number(200), Number(2000)),)


def test_times_are_days_moments_or_how_long_ago() -> None:
    assert only("time:2026-11-20").values == (Equal(Moment(1_795_132_800 * 10**9, day=True)),)
    assert only("time:>=24h").values == (Compare(">=", Moment(86_400 * 10**9, ago=True)),)
    precise = only("time:>2026-11-20T01:00:00.000000001+01:00").values[0]
    assert precise == Compare(">", Moment(1_795_132_800 * 10**9 + 1))


def test_confidence_is_a_number_or_a_word() -> None:
    assert only("confidence:(high OR <0.2)").values == (Word("high"), Compare("<", Number(0.2)))


def test_anchor_is_a_status_or_an_anchor() -> None:
    assert only("anchor:false").values == (Word("false"),)
    assert only("anchor:doc_flask#sessions").values == (Exact("doc_flask#sessions"),)
    assert only('anchor:"false"').values == (Exact("false"),)


def test_signals_and_metadata_are_named() -> None:
    assert only("signal.helpful:>0.5").key == "helpful"
    assert only("meta.team.name:red").key == "team.name"
    assert only("-has:meta.team").values == (Present(),)
    assert only("has:signal").key == ""


@pytest.mark.parametrize(
    ("text", "field", "suggestion"),
    [
        ("prodct:atlas", "prodct", "product"),
        ("has:wrning", "wrning", "warning"),
        ("from:7d", "from", "time:>=7d"),
        ("until:2026-11-20", "until", "time:<=2026-11-20"),
        ("until:2026-11-20T10:00:00Z", "until", "time:<2026-11-20T10:00:00Z"),
        ("-from:7d", "from", "-time:>=7d"),
        ("to:(2026-11-20 OR 2026-11-21)", "to", None),
        ("to:tomorrow", "to", None),
        ("stage:rerink", "stage", "rerank"),
        ("fault:droped", "fault", "dropped"),
        ("feedback:dwn", "feedback", "down"),
        ("anchor:flase", "anchor", "false"),
        ("confidence:0.9..0.1", "confidence", "0.1..0.9"),
        ("confidence:hgh", "confidence", "high"),
        ("confidence:Midle", "confidence", "middle"),
        ("confidence:sure", "confidence", None),
        ("latency:5s..1s", "latency", "1s..5s"),
        ("time:2026-11-20..2026-11-10", "time", "2026-11-10..2026-11-20"),
        ("signal.x:3..1", "signal.x", "1..3"),
        ("latency:fast", "latency", None),
        ("latency:>2sec", "latency", ">2s"),
        ("latency:1sec..2min", "latency", "1s..2m"),
        ("latency:2x4sec", "latency", None),
        ("time:yesterday", "time", "24h"),
        ("product:*", "product", "has:product"),
        ("fault:none", "fault", "-has:fault"),
        ("-run_id:*", "run_id", "-has:run"),
        ("meta.team:*", "meta.team", "has:meta.team"),
        ("product:(* OR a)", "product", None),
        ("*", "q", None),
        ("stage:-rerank", "stage", "-stage:rerank"),
        ("confidence:-high", "confidence", "-confidence:high"),
        ("-stage:-rerank", "stage", None),
        ("stage:(-rerank OR context)", "stage", None),
        ('product:"at', "product", 'product:"at"'),
        ("product:(a OR b", "product", "product:(a OR b)"),
        ("stage.x:rerank", "stage.x", "stage"),
        ("product: atlas", "product", None),
        ("cost:nan", "cost", None),
        ("time:2026-13-40", "time", None),
        ("time:1969-12-31", "time", None),
        ("product:>5", "product", '">5"'),
        ("product:at*las", "product", '"at*las"'),
    ],
)
def test_what_cannot_be_read_names_the_field_and_what_may_be_meant(
    text: str, field: str, suggestion: str | None
) -> None:
    error = refused(text)
    assert (error.field, error.suggestion) == (field, suggestion)
    assert error.message


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("env:prod product:* word", "env:prod has:product word"),
        ("word -run:* env:prod", "word -has:run env:prod"),
        ("word stage:None env:prod", "word -has:stage env:prod"),
        ("stage:-rerank env:prod", "-stage:rerank env:prod"),
        ("env:prod latency:>2sec", "env:prod latency:>2s"),
        ("-from:7d env:prod", "-time:>=7d env:prod"),
        ("stage:(rerink OR context) env:prod", "stage:(rerank OR context) env:prod"),
        ("prodct:prodct prodct", "product:prodct prodct"),
        ("-has:wrning wrning", "-has:warning wrning"),
        ("a NOT env:prod", "a -env:prod"),
        ("to:(2026-11-20 OR 2026-11-21)", None),
        ("word *", None),
    ],
)
def test_what_may_be_meant_stands_where_the_error_was_and_leaves_the_rest(text: str, meant: str | None) -> None:
    assert refused(text).meant == meant
    if meant:
        assert parse(meant)


@pytest.mark.parametrize(
    "text", ["a OR b", "product:(a b)", "()", "product:()", "x(y", "???", "signal:5", "has:(a OR b)"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    assert refused(text).message


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("NOT stage:rerank", "-stage:rerank"),
        ("env:prod NOT word", "env:prod -word"),
        ("stage:rerank AND env:prod", "stage:rerank env:prod"),
        ("stage:rerank AND NOT env:prod", "stage:rerank -env:prod"),
        ("stage:rerank OR stage:context", "stage:(rerank OR context)"),
        ("env:a stage:rerank OR stage:context OR stage:index", "env:a stage:(rerank OR context OR index)"),
        ("stage:rerank OR env:prod", None),
        ("NOT -stage:rerank", None),
        ("stage:rerank OR NOT stage:context", None),
        ("stage:rerank NOT", None),
        ("SQL NOT NULL env:prod", None),
        ("SQL AND NOT NULL env:prod", "SQL -NULL env:prod"),
        ("has:error OR has:fault", None),
        ("a OR b", None),
        ("latency:>2 s", "latency:>2s"),
        ("first_token:1ms..2 s word", "first_token:1ms..2s word"),
        ("duration_ms:>1.5 h", "duration_ms:>1.5h"),
        ("stage=rerank", "stage:rerank"),
        ('"stage=rerank" word Stage==rerank env:prod', '"stage=rerank" word stage:rerank env:prod'),
        ("latency>=2s", "latency:>=2s"),
        ("word stage :rerank env:prod", "word stage:rerank env:prod"),
        ("groundedness<0.5 word", "groundedness:<0.5 word"),
    ],
)
def test_a_word_that_means_something_elsewhere_is_refused_with_what_was_meant(
    text: str, suggestion: str | None
) -> None:
    error = refused(text)
    assert (error.field, error.suggestion) == ("q", suggestion)
    if suggestion:
        assert parse(suggestion)


@pytest.mark.parametrize(
    "text",
    [
        '"NOT" stage:rerank', '"AND" env:prod', "not stage:rerank and env:prod", "or stage:rerank", "do NOT retry",
        "salt AND pepper", 'latency:>2 "s"', "latency:>2ms s", "cost:>2 s", "latency:>2 seconds",
        '"NOT stage:rerank" env:prod', "stage:rerank -NOT",
        '"stage=rerank"', "timeout=30", "a=b env:prod", "signal=5", "stage=", "x.stage=rerank",
        "a :rerank", ":rerank",
    ],
)  # fmt: skip
def test_quotes_lower_case_and_words_alone_stay_words(text: str) -> None:
    assert parse(text)


def test_a_filter_is_bounded() -> None:
    assert "2,000 characters" in refused("a" * (LONGEST + 1)).message
    assert "50 conditions" in refused(" ".join("a" * 51)).message
    assert "100 values" in refused(f"product:({' OR '.join('a' * 101)})").message
    assert refused("(" * 1000).message


def test_control_characters_are_refused() -> None:
    assert "control character" in refused("a\x00b").message
    assert "control character" in refused("a\ud800b").message


def test_a_filter_can_be_extended_and_reduced() -> None:
    asked = parse("env:prod product:atlas")
    assert str(asked.including("product", "new one")) == 'env:prod product:atlas product:"new one"'
    assert str(asked.including("env", "prod")) == "env:prod product:atlas"
    assert str(asked.without("product")) == "env:prod"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and not re.search(r"^\s|\s$", text)
)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: Number(float(f"{x:.6f}") + 0.0))
MOMENTS = st.one_of(
    st.integers(0, 2**62).map(Moment),
    st.integers(1, 10**5).map(lambda days: Moment(days * 86_400 * 10**9, ago=True)),
    st.integers(0, 90_000).map(lambda days: Moment(days * 86_400 * 10**9, day=True)),
)


def bounds(of: st.SearchStrategy[Number] | st.SearchStrategy[Moment]) -> st.SearchStrategy[Value]:
    compared: st.SearchStrategy[Value] = st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), of)
    return compared | st.builds(Equal, of).filter(
        lambda value: isinstance(value.bound, Number) or value.bound.ago or value.bound.day
    )


def values(field: Field) -> st.SearchStrategy[Value]:
    found: st.SearchStrategy[Value] = st.nothing()
    if field.words:
        found |= st.sampled_from(field.words).map(Word)
    if field.holds is Holds.TIME:
        return found | bounds(MOMENTS)
    if field.holds is Holds.MILLISECONDS:
        return bounds(NUMBERS.map(lambda number: Number(abs(number.value))))
    if field.holds in ORDERED:
        return found | bounds(NUMBERS)
    if field.holds is Holds.SEARCH:
        words = TEXT.filter(lambda text: re.search(r"[0-9A-Za-z\x80-\U0010ffff]", text))
        return words.map(Exact) | words.map(Prefix)
    if field.words:
        return found
    return TEXT.map(Exact) | TEXT.map(Prefix)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from((WORDS, *FIELDS)))
    key = draw(st.from_regex(r"[a-z_]{1,8}(\.[a-z]{1,3})?", fullmatch=True)) if field.keyed else ""
    if field is not WORDS and draw(st.booleans()):
        return Condition(field, (Present(),), key, draw(st.booleans()))
    most = 1 if field is WORDS else 3
    return Condition(field, tuple(draw(st.lists(values(field), min_size=1, max_size=most))), key, draw(st.booleans()))


@pytest.mark.parametrize(
    "asked", ["latency:<0.00005", "latency:>999999999999h", "latency:5e-05s", "latency:1.5s..2e3s"]
)
def test_a_duration_of_any_size_reads_as_it_is_written(asked: str) -> None:
    assert parse(str(parse(asked))) == parse(asked)


@given(st.lists(conditions(), max_size=5))
def test_the_text_of_a_filter_reads_as_the_same_filter(found: list[Condition]) -> None:
    asked = Filter(tuple(found))
    assert parse(str(asked)) == asked


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    try:
        asked = parse(text)
    except FilterError as error:
        assert error.message
    else:
        assert parse(str(asked)) == asked
