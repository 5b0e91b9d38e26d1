"""What pages show of a trace, without a browser and without a store."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django import forms
from django.test.html import parse_html

from tracing.judging.verdicts import Row
from tracing.pages import text_view
from tracing.pages.answer_view import claim_counts, marked_answer
from tracing.pages.check_words import check_words
from tracing.pages.fields import ManyChoices
from tracing.pages.journey_csv import journey_csv
from tracing.pages.journey_view import journey, named_by
from tracing.pages.span_view import natural, reading_order, span_page
from tracing.pages.strip_view import strip
from tracing.pages.trace_view import budget, citation_lines, cuts
from tracing.pages.verdict_view import evidence_lines, noticed, rests_on, told, unseen
from tracing.pages.way_view import way
from tracing.records import (
    Candidate,
    Check,
    Citation,
    Claim,
    Context,
    Expectation,
    Lane,
    LaneHit,
    Observed,
    Slot,
    StageRecord,
    Trace,
    Verdict,
)
from tracing.stages import Stage
from tracing.templatetags.stagelight import when

SECOND = 1_000_000_000


def trace(**change: object) -> Trace:
    return replace(Trace(trace_id="a" * 32, started_ns=10 * SECOND, ended_ns=12 * SECOND), **change)


def chunk(name: str, survived: bool | None = True, **change: object) -> Candidate:
    return Candidate(chunk_id=name, survived=survived)._replace(**change)


def dropped(name: str, anchor: str) -> Candidate:
    return chunk(name, False, anchor=anchor, dropped_at="rerank")


class TestTheJourney:
    def test_puts_kept_chunks_first_in_the_order_the_reranker_gave_them(self) -> None:
        found = journey(
            trace(
                candidates=(
                    chunk("dropped", False, rerank_rank=3, dropped_at="rerank", dropped_why="top_k"),
                    chunk("second", rerank_rank=2),
                    chunk("first", rerank_rank=1),
                )
            )
        )
        assert [row.candidate.chunk_id for row in found.kept] == ["first", "second"]
        assert [row.fate for row in found.dropped] == ["dropped at rerank: not in the top 2"]

    def test_names_the_top_only_where_the_reranker_passed_its_first_ones_on(self) -> None:
        passed = (chunk("a", rerank_rank=1), chunk("c", rerank_rank=3))
        dropped = chunk("b", False, rerank_rank=2, dropped_at="rerank", dropped_why="top_k")
        assert journey(trace(candidates=(*passed, dropped))).dropped[0].fate == "dropped at rerank: not in the top"

    def test_folds_dropped_chunks_beyond_the_first_and_says_how_many(self) -> None:
        many = tuple(chunk(f"c{n}", False, fused_rank=n) for n in range(1, 31))
        found = journey(trace(candidates=many))
        assert (len(found.dropped), found.folded, found.dropped_total) == (3, 27, 30)
        assert journey(trace(candidates=many), show_all=True).folded == 0

    def test_never_folds_an_expected_chunk_and_says_where_it_was_lost(self) -> None:
        many = tuple(chunk(f"c{n}", False, fused_rank=n, anchor=f"doc#{n}", dropped_at="rerank") for n in range(1, 31))
        found = journey(trace(candidates=many), expected=[29])
        assert [row.candidate.anchor for row in found.lost] == ["doc#30"]
        assert (found.lost[0].lost_at, found.lost[0].marked) == ("rerank", "expected; lost here")
        assert (found.other_dropped, found.dropped_total) == (29, 30)

    def test_loses_nothing_with_a_chunk_whose_page_is_kept_by_another(self) -> None:
        candidates = (chunk("a1", anchor="doc#a"), dropped("a2", "doc#a"), dropped("b", "doc#b"))
        found = journey(trace(candidates=candidates), expected=[0, 1, 2], named=[1], lost={"doc#c": "retrieve"})
        assert (found.lost, found.absent) == ((), ())
        assert [row.candidate.chunk_id for row in found.kept] == ["a1"]
        assert [(row.marked, row.lost_at, row.note) for row in found.dropped] == [
            ("", None, "another chunk of an expected page"),
            ("", None, "expected too; another expected page was kept"),
        ]

    def test_loses_each_page_of_those_that_are_all_required(self) -> None:
        candidates = (chunk("a1", anchor="doc#a"), dropped("a2", "doc#a"), dropped("b", "doc#b"))
        both = Expectation("answer", ("doc#a", "doc#b", "doc#c"), all_required=True)
        lost = {"doc#b": "rerank", "doc#c": "retrieve"}
        found = journey(trace(candidates=candidates), expected=[0, 1, 2], lost=lost, expectation=both)
        assert [(row.candidate.chunk_id, row.marked) for row in found.lost] == [("b", "expected; lost here")]
        assert [one.anchor for one in found.absent] == ["doc#c"]

    def test_lights_the_chunks_that_a_line_of_evidence_begins_with_and_no_others(self) -> None:
        many = tuple(chunk(f"c{n}", False, anchor=f"doc#{n}", dropped_at="rerank") for n in range(1, 31))
        subject = trace(candidates=many)
        named = named_by(subject, ["doc#3: lexical rank 2, reranked 23rd, 8 kept", "what lies between: not seen"])
        assert named == {2}
        found = journey(subject, named=named)
        assert [row.marked for row in found.lost] == ["lost here, says the verdict"]
        long = trace(candidates=(chunk("c", anchor="x" * 300),))
        assert named_by(long, [f"{'x' * 199}…: kept"]) == {0}

    @pytest.mark.parametrize(
        ("ids", "ends"),
        [
            (("doc#a~6", "doc#a~4"), ["6", "4"]),
            (("chunk-010", "chunk-011"), ["010", "011"]),
            (("9f1c", "9f2d"), ["9f1c", "9f2d"]),
            (("doc#a~", "doc#a~1"), ["doc#a~", "1"]),
            (("a1", "a1"), ["", ""]),
        ],
    )
    def test_tells_the_chunks_of_one_anchor_apart(self, ids: tuple[str, ...], ends: list[str]) -> None:
        same = tuple(chunk(name, anchor="doc#a", title="A") for name in ids)
        found = journey(trace(candidates=(*same, chunk("doc#b~1", anchor="doc#b"), chunk("x"), chunk("y"))))
        assert [row.end for row in sorted(found.kept, key=lambda row: row.place)] == [*ends, "", "", ""]

    def test_has_a_row_for_an_expected_anchor_that_is_no_candidate(self) -> None:
        found = journey(
            trace(candidates=(chunk("c", anchor="doc#c"),)), lost={"doc#gone": "retrieve", "doc#c": "rerank"}
        )
        assert [(one.anchor, one.stage, one.words) for one in found.absent] == [("doc#gone", "retrieve", "in no list")]

    def test_never_counts_a_chunk_of_unknown_survival_as_kept_or_dropped(self) -> None:
        found = journey(trace(candidates=(chunk("who knows", None),)))
        assert (len(found.kept), len(found.unsure), found.dropped_total) == (0, 1, 0)
        assert found.unsure[0].fate == "not known whether it reached the prompt"

    @pytest.mark.parametrize(
        ("source", "note"),
        [("declared", ""), ("prompt", "found in the prompt's text"), ("inferred", "inferred from the last list seen")],
    )
    def test_says_how_survival_is_known(self, source: str, note: str) -> None:
        assert journey(trace(candidates=(chunk("c", survived_source=source),))).kept[0].note == note

    def test_shows_how_far_the_reranker_moved_a_chunk(self) -> None:
        rows = journey(
            trace(
                candidates=(
                    chunk("up", fused_rank=9, rerank_rank=1),
                    chunk("alone", hits=(LaneHit("vector", 1, 0.9),), rerank_rank=4),
                    chunk("unknown", rerank_rank=5),
                )
            )
        ).kept
        assert [row.move for row in rows] == [8, -3, None]

    def test_has_a_column_for_each_lane_declared_or_only_seen_and_its_best_rank(self) -> None:
        hits = (LaneHit("vector", 7, 0.1, round=1), LaneHit("vector", 2, 0.4, round=2), LaneHit("lexical", 3, 21.0))
        found = journey(trace(candidates=(chunk("c", hits=hits), chunk("d", hits=hits[2:]))))
        assert found.lanes == ("vector", "lexical")
        assert [hit and hit.rank for hit in found.kept[0].hits] == [2, 3]
        assert found.kept[1].hits[0] is None

    def test_numbers_the_citations_of_a_chunk_by_id_or_else_by_anchor(self) -> None:
        citations = (
            Citation(chunk_id="c", status="false"),
            Citation(anchor="doc#x"),
            Citation(chunk_id="other", anchor="doc#x"),
        )
        row = journey(trace(candidates=(chunk("c", anchor="doc#x"),), citations=citations)).kept[0]
        assert [(cited.number, cited.doubtful) for cited in row.citations] == [(1, True), (2, False)]
        assert row.citations[0].words == "wrong product"


class TestTheJourneyAsCsv:
    def test_has_a_line_for_each_chunk_with_every_lane_and_stage(self) -> None:
        hits = (LaneHit("vector", 3, 0.8), LaneHit("lexical", 1, 23.6))
        subject = trace(candidates=(chunk("a", hits=hits, fused_rank=2, rerank_rank=14), chunk("b", None)))
        head, first, second = csv.reader(journey_csv(subject, expected=[0]).splitlines())
        line = dict(zip(head, first, strict=True))
        assert (line["chunk_id"], line["vector rank"], line["lexical score"]) == ("a", "3", "23.6")
        assert (line["expected"], line["rerank_rank"], line["survived"]) == ("true", "14", "true")
        assert dict(zip(head, second, strict=True))["survived"] == ""

    def test_holds_no_formula_that_a_spreadsheet_would_run(self) -> None:
        hostile = chunk("=cmd|' /C calc'!A0", title='@SUM(1)\n"x",y', anchor="+1", hits=(LaneHit("-lane", 1, -0.5),))
        head, line = csv.reader(io.StringIO(journey_csv(trace(candidates=(hostile,)))))
        assert [cell[0] for cell in (line[0], line[1], line[3], head[5])] == ["'"] * 4
        assert line[6] == "-0.5"


class TestTheVerdict:
    def test_leads_from_its_evidence_to_the_row_or_the_citation_that_it_begins_with(self) -> None:
        subject = trace(candidates=(chunk("c", anchor="doc#a"),), citations=(Citation(anchor="doc#cited"),))
        lines = evidence_lines(
            subject,
            journey(subject, lost={"doc#lost": "index"}),
            ["doc#a: reranked 14th", "cited doc#cited is of celery", "doc#lost: not in the index", "else"],
        )
        assert [(line.before, line.name, line.link, line.rest) for line in lines] == [
            ("", "doc#a", "#row-0", ": reranked 14th"),
            ("cited ", "doc#cited", "#citation-1", " is of celery"),
            ("", "doc#lost", "#absent-1", ": not in the index"),
            ("", "", "", "else"),
        ]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({}, "the answer"),
            ({"answer": "Yes."}, "what was retrieved"),
            ({"answer": "Hello!", "outcome": "direct"}, ""),
            ({"answer": "Yes.", "lanes": (Lane("vector"), Lane("lexical"))}, ""),
            ({"answer": "Yes.", "lanes": (Lane("vector", returned=4),)}, "what was retrieved"),
            ({"answer": "Yes.", "candidates": (chunk("a"),)}, "the prompt"),
            ({"answer": "Yes.", "candidates": (chunk("a"),), "observed": Observed(context="declared")}, ""),
        ],
    )
    def test_says_what_was_not_seen_of_an_answer_without_a_verdict(self, change: dict[str, object], said: str) -> None:
        assert unseen(trace(**change)) == said

    def test_names_the_checks_behind_a_flag_and_leaves_out_what_it_says_itself(self) -> None:
        checks = (Check("score_margin", 0.0006, 0.002, False), Check("depth", 9, 8, False))
        subject = trace(stages=(StageRecord("rerank", checks=checks),))
        assert noticed(subject, None, ["check_failed:rerank", "slow:embed"]) == (
            ("check_failed:rerank", "rerank: score margin 0.0006, needs 0.002"),
            ("check_failed:rerank", "rerank: depth 9, at most 8"),
            ("slow:embed", "embed was slow"),
        )
        blamed = Verdict("rerank", "dropped", "gold", "certain", "rerank.dropped", 1)
        assert noticed(subject, blamed, ["check_failed:rerank"]) == ()

    @pytest.mark.parametrize(
        ("stage", "fault", "said"),
        [
            ("generate", "error", []),
            ("generate", "timeout", []),
            ("generate", "incomplete", ["ended_in_error"]),
            ("resolve", "entity_missed", ["ended_in_error"]),
            ("resolve", "bad_rewrite", ["no_entities", "ended_in_error"]),
        ],
    )
    def test_notices_nothing_that_gainsays_it_or_that_most_traces_have(
        self, stage: str, fault: str, said: list[str]
    ) -> None:
        verdict = Verdict(stage, fault, "mechanical", "certain", "r", 1)
        assert [flag for flag, _ in noticed(trace(), verdict, ["no_entities", "ended_in_error"])] == said
        assert noticed(trace(), None, ["no_entities"]) == ()

    @pytest.mark.parametrize("fault", ["budget_drop", "truncated", "dedupe_drop"])
    def test_is_not_noticed_once_more_as_no_failure(self, fault: str) -> None:
        verdict = Verdict("context", fault, "gold", "certain", f"context.{fault}", 1)
        flags = ["budget_drop", "truncated", "dedupe_drop"]
        assert [flag for flag, _ in noticed(trace(), verdict, flags)] == [flag for flag in flags if flag != fault]
        raised = Verdict("embed", "error", "mechanical", "certain", "any.error", 1)
        assert [flag for flag, _ in noticed(trace(), raised, ["error:embed", "error:route"])] == ["error:route"]

    def test_says_what_it_rests_on(self) -> None:
        verdict = Verdict("rerank", "dropped", "gold", "certain", "rerank.dropped", 1)
        assert rests_on(verdict) == "from the lists and what was expected"

    def test_tells_the_same_verdict_once_since_it_was_first_said(self) -> None:
        dropped = Verdict("rerank", "dropped", "gold", "certain", "rerank.dropped", 1)
        missed = Verdict("retrieve", "miss", "gold", "certain", "retrieve.miss", 1)
        said = [Row(dropped, 5, person="mara"), Row(dropped, 4), Row(dropped, 3), Row(missed, 2), Row(dropped, 1)]
        assert [(row.at_ns, row.person) for row in told(said)] == [(5, "mara"), (3, ""), (2, ""), (1, "")]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check("latency", 3.5, 2, False), "latency 3.5, at most 2"),
        (Check("share", 0.333333, 0.33333, False), "share 0.333333, at most 0.33333"),
        (Check("schema", "no title", None, False), "schema did not pass (no title)"),
        (Check("exact", 2, 2, False), "exact did not pass (2)"),
        (Check("refusal_gate", passed=False), "refusal gate did not pass"),
        (Check("_", passed=False), "a check did not pass"),
    ],
)
def test_a_check_is_said_in_words(check: Check, words: str) -> None:
    assert check_words(check) == words


def facts(stage: Stage, subject: Trace) -> tuple[str, ...]:
    return next(cell.facts for cell in strip(subject) if cell.stage is stage)


class TestTheStrip:
    def test_always_shows_all_stages_in_causal_order(self) -> None:
        assert [cell.stage for cell in strip(trace())] == list(Stage)
        assert {cell.state for cell in strip(trace())} == {"unseen"}

    def test_marks_the_blamed_stage_and_its_symptoms(self) -> None:
        verdict = Verdict(
            "rerank", "dropped", "gold", "certain", "rerank.dropped", 1, symptoms=("validate.false_anchor",)
        )
        cells = {cell.stage: cell for cell in strip(trace(), verdict)}
        assert [stage.label for stage, cell in cells.items() if cell.blamed] == ["rerank"]
        assert cells[Stage.VALIDATE].symptom

    def test_adds_up_rounds_and_shows_the_worst_state(self) -> None:
        records = (
            StageRecord("retrieve", round=1, duration_ms=100, cost_usd=0.1),
            StageRecord("retrieve", round=2, duration_ms=300, status="timeout", error="deadline"),
        )
        cell = next(cell for cell in strip(trace(stages=records)) if cell.stage is Stage.RETRIEVE)
        assert (cell.duration_ms, cell.cost_usd, cell.state, cell.error) == (400, 0.1, "timeout", "deadline")
        assert "2 rounds" in cell.facts
        assert cell.share == 200

    def test_names_a_check_that_did_not_pass_with_its_value_and_its_threshold(self) -> None:
        checks = (Check("score_margin", 0.001, 0.002, False), Check("passed", 1, 0, True))
        assert facts(Stage.RERANK, trace(stages=(StageRecord("rerank", checks=checks),))) == (
            "score margin 0.001, needs 0.002",
        )

    def test_names_the_first_of_many_checks(self) -> None:
        checks = tuple(Check(f"c{number}", passed=False) for number in range(5))
        told = facts(Stage.VALIDATE, trace(stages=(StageRecord("validate", checks=checks),)))
        assert told == ("c0 did not pass", "c1 did not pass", "c2 did not pass", "2 more checks did not pass")

    def test_calls_a_question_rewritten_only_where_its_words_are_others(self) -> None:
        assert facts(Stage.RESOLVE, trace(query="Why is it so?", rewritten=("Why is  it so?\n",))) == ()
        assert facts(Stage.RESOLVE, trace(query="Why is it so?", rewritten=("why so",))) == ("rewritten",)

    def test_counts_what_each_lane_returned_a_dead_one_included(self) -> None:
        hits = (LaneHit("vector", 1, 0.9),)
        lanes = (Lane("lexical"), Lane("vector", returned=19), Lane("vector", round=2, returned=1))
        assert facts(Stage.RETRIEVE, trace(lanes=lanes, candidates=(chunk("c", hits=hits),))) == (
            "1 chunk",
            "lexical 0, vector 20",
        )
        seen = tuple(chunk(name, hits=(LaneHit(name, 1, None),)) for name in "abcdef")
        assert facts(Stage.RETRIEVE, trace(candidates=seen)) == ("6 chunks", "a 1, b 1, c 1, d 1, 2 more lanes")
        assert facts(Stage.RETRIEVE, trace()) == ()

    def test_draws_no_more_than_the_whole_for_parallel_rounds_or_a_trace_of_no_length(self) -> None:
        record = StageRecord("embed", duration_ms=9_000)
        assert max(cell.share for cell in strip(trace(stages=(record,)))) == 1000
        assert max(cell.share for cell in strip(trace(stages=(record,), ended_ns=10 * SECOND))) == 0


class TestTheRestOfTheTrace:
    def test_links_references_to_citations_that_exist_and_no_others(self) -> None:
        parts = marked_answer("So it is [1]. Not [3].", 2).parts
        assert [(part.text, part.number) for part in parts] == [("So it is ", None), ("[1]", 1), (". Not [3].", None)]

    def test_marks_each_claim_in_the_answer_across_space_and_references(self) -> None:
        claims = (
            Claim("It runs once, in one line.", "supported", "c"),
            Claim("Pass weak=False.", "contradicted"),
            Claim("Said nowhere.", "unsupported"),
        )
        found = marked_answer("It runs  once,\nin one [1] line [2]. Pass weak=False.", 2, claims, {"c": 7})
        marked = [(part.text, part.claim.support if part.claim else "", part.link) for part in found.parts]
        assert marked == [
            ("It runs  once,\nin one ", "supported", "#row-7"), ("[1]", "", ""), (" line ", "supported", "#row-7"),
            ("[2]", "", ""), (".", "", ""), (" ", "", ""), ("Pass weak=False.", "contradicted", ""),
        ]  # fmt: skip
        assert "".join(part.text for part in found.parts) == "It runs  once,\nin one [1] line [2]. Pass weak=False."
        assert [claim.text for claim in found.elsewhere] == ["Said nowhere."]

    def test_never_marks_a_word_twice(self) -> None:
        found = marked_answer("one two three", 0, (Claim("one two", "supported"), Claim("two three", "unsupported")))
        assert [part.text for part in found.parts] == ["one two", " three"]
        assert [claim.text for claim in found.elsewhere] == ["two three"]

    def test_counts_claims_in_words(self) -> None:
        claims = (Claim("a", "unsupported"), Claim("b", "supported"), Claim("c", "supported"))
        assert claim_counts(claims) == (("supported", 2), ("not supported", 1))

    def test_says_a_citations_status_in_words(self) -> None:
        lines = citation_lines(trace(citations=(Citation(status="false"), Citation(status="ok"))))
        assert [(line.words, line.tone) for line in lines] == [("a page of another product", "bad"), ("ok", "good")]
        other = trace(product="django", citations=(Citation(status="false", product="celery"),))
        assert citation_lines(other)[0].words == "a page of celery, routed to django"

    def test_says_that_a_citation_is_of_none_of_the_chunks(self) -> None:
        cited = (Citation(anchor="doc#a"), Citation(chunk_id="b"), Citation(anchor="doc#elsewhere"))
        subject = trace(candidates=(chunk("x", anchor="doc#a"), chunk("b")), citations=cited)
        assert [line.retrieved for line in citation_lines(subject)] == [True, True, False]
        assert all(line.retrieved for line in citation_lines(trace(citations=cited)))

    def test_lays_slots_side_by_side_on_the_budget(self) -> None:
        slots = budget(trace(context=Context(1000, 500, (Slot("docs", 600, 400), Slot("history", 200, 100)))))
        assert [(slot.left, slot.width) for slot in slots] == [(0, 400), (400, 100)]

    def test_draws_a_context_without_slots_as_one(self) -> None:
        assert [(slot.left, slot.width) for slot in budget(trace(context=Context(1000, 250)))] == [(0, 250)]
        assert budget(trace()) == ()

    def test_counts_what_the_context_stage_cut(self) -> None:
        taken = chunk("a", False, dropped_at="context", dropped_why="budget")
        assert cuts(trace(candidates=(taken, chunk("b", False, dropped_at="rerank", dropped_why="top_k")))) == (
            ("cut by the budget", 1),
        )

    def test_draws_a_line_for_each_chunk_that_has_a_rank_where_there_is_a_way_to_see(self) -> None:
        subject = trace(
            candidates=(
                chunk("a", fused_rank=1, rerank_rank=2),
                chunk("b", False, fused_rank=2, rerank_rank=1),
                chunk("c", False, fused_rank=3, rerank_rank=3),
                chunk("d", False),
            )
        )
        drawn = way(subject, journey(subject))
        assert drawn is not None
        assert [(line.tone, line.d) for line in drawn.lines] == [
            ("", "M0,75L1000,6M0,144L1000,144"),
            ("kept", "M0,6L1000,75"),
        ]
        assert way(trace(), journey(trace())) is None

    def test_leads_each_lane_to_the_fused_list_and_breaks_the_line_at_a_lane_that_did_not_find_it(self) -> None:
        first = (LaneHit("lexical", 1, None),)
        both = (LaneHit("lexical", 2, None), LaneHit("vector", 1, None))
        last = (LaneHit("vector", 3, None),)
        subject = trace(
            candidates=(chunk("a", hits=first, fused_rank=3), chunk("b", hits=both, fused_rank=2),
                        chunk("c", hits=last, fused_rank=1), chunk("d", False, hits=last))
        )  # fmt: skip
        drawn = way(subject, journey(subject))
        assert drawn is not None and drawn.labels == ("lexical", "vector", "fused")
        of_a, of_b = "M0,6L486,73M514,77L1000,144", "M0,75L486,75M514,75L1000,75M500,6L1000,75"
        of_c, no_line_of_d = "M500,144L1000,6", ""
        assert [line.d for line in drawn.lines] == [of_c + of_b + of_a + no_line_of_d]
        assert {(dot.tone, dot.d) for dot in drawn.dots} == {
            ("kept", "M500,144L500,144M0,75L0,75M500,6L500,6M0,6L0,6"),
            ("", "M500,144L500,144"),
        }

    def test_draws_what_was_lost_in_the_hue_of_the_stage_that_lost_it(self) -> None:
        ranked = tuple(chunk(f"c{n}", False, fused_rank=n, rerank_rank=n, dropped_at="rerank") for n in (1, 2, 3))
        subject = trace(candidates=ranked)
        drawn = way(subject, journey(subject, expected=[1]))
        assert drawn is not None
        assert [(line.tone, line.stage, line.d.count("M")) for line in drawn.lines] == [
            ("", "", 2),
            ("lost", "rerank", 1),
        ]


class Outline:
    """A span's row, as the store's would be."""

    def __init__(self, span_id: str, parent_id: str, start_ns: int, end_ns: int) -> None:
        self.span_id, self.parent_id, self.name, self.status = span_id, parent_id, span_id, 0
        self.start_ns, self.end_ns = start_ns, end_ns


class TestTheSpanTree:
    def test_is_depth_first_by_start_whatever_the_order_of_arrival(self) -> None:
        spans = [
            Outline("late", "root", 5, 6),
            Outline("deep", "early", 3, 4),
            Outline("early", "root", 2, 5),
            Outline("root", "", 1, 9),
        ]
        assert [(span.span_id, depth) for span, depth in reading_order(spans)] == [
            ("root", 0), ("early", 1), ("deep", 2), ("late", 1),
        ]  # fmt: skip

    def test_shows_orphans_and_circles_once_each(self) -> None:
        spans = [
            Outline("orphan", "gone", 1, 2),
            Outline("a", "b", 3, 4),
            Outline("b", "a", 4, 5),
            Outline("own", "own", 6, 7),
        ]
        assert sorted(span.span_id for span, _ in reading_order(spans)) == ["a", "b", "orphan", "own"]

    def test_sorts_attributes_by_the_numbers_in_their_names(self) -> None:
        names = ["d.10.id", "d.2.id", "a", "d.0.id", "d.1.score", "d.1.id", "d.02.id", f"d.{'9' * 9000}", ""]
        assert sorted(names, key=natural) == [
            "", "a", "d.0.id", "d.1.id", "d.1.score", "d.2.id", "d.02.id", "d.10.id", f"d.{'9' * 9000}",
        ]  # fmt: skip

    def test_comes_in_pages(self) -> None:
        spans = [Outline(f"{n:05}", f"{n - 1:05}" if n else "", n, 20_000) for n in range(10_000)]
        first = span_page(spans, stages={})
        assert (len(first.rows), first.total, first.following) == (200, 10_000, 200)
        assert span_page(spans, stages={}, offset=9_900).following is None


@pytest.mark.parametrize(
    ("form", "written"), [("short", ">9 Nov 20:19:17 UTC<"), ("full", ">2026-11-09 20:19:17 UTC<")]
)
def test_a_time_is_written_day_first_as_the_script_writes_it(form: str, written: str) -> None:
    assert written in when(datetime(2026, 11, 9, 20, 19, 17, tzinfo=UTC), form)


class TestTextFromTraces:
    def test_shows_control_characters_and_takes_direction_marks_out(self) -> None:
        assert text_view.shown("a\x00b\x1b[31m\u202etxt.exe") == "a␀b␛[31mtxt.exe"
        assert text_view.shown("line\r\nnext\tcell") == "line\nnext\tcell"

    def test_survives_lone_surrogates(self) -> None:
        assert text_view.shown("a\ud800b") == "a?b"
        assert text_view.plain_bytes("a\ud800b") == b"a?b"

    def test_in_part_ends_with_a_whole_word_and_an_ellipsis(self) -> None:
        assert text_view.excerpt("one two", 7) == "one two"
        assert text_view.excerpt("one two three", 9) == "one two…"
        assert text_view.excerpt("one two three", 7) == "one two…"
        assert text_view.excerpt("one two three", 8) == "one two…"
        assert text_view.excerpt("W" * 20, 5) == "WWWWW…"

    def test_of_many_lines_shows_the_first(self) -> None:
        assert text_view.first_lines("a\nb\n", 3) == "a\nb\n"
        assert text_view.first_lines("a\n" * 200, 2) == "a\na\n…"

    @pytest.mark.parametrize(
        ("milliseconds", "words"),
        [
            (None, "–"),
            (0.42, "0.4 ms"),
            (2092, "2,092 ms"),
            (12_340, "12.3 s"),
            (61_000, "1 min 1 s"),
            (7_260_000, "2 h 1 min"),
        ],
    )
    def test_writes_durations_in_milliseconds_under_ten_seconds(self, milliseconds: float | None, words: str) -> None:
        assert text_view.duration(milliseconds) == words

    @pytest.mark.parametrize(
        ("dollars", "words"), [(0.0155, "$0.0155"), (12.5, "$12.50"), (0.00001, "<$0.0001"), (0.0, "$0.00")]
    )
    def test_writes_money_with_its_currency(self, dollars: float, words: str) -> None:
        assert text_view.money(dollars) == words

    @pytest.mark.parametrize(
        ("value", "words"),
        [(1e300, "1e+300"), (23.61, "23.6"), (0.8251, "0.83"), (0.0164, "0.016"), (-0.5, "-0.50"), (0.00001, "1e-05")],
    )
    def test_writes_scores_as_sent_at_a_readable_length(self, value: float, words: str) -> None:
        assert text_view.score(value) == words


@pytest.mark.parametrize("chosen", ["", "rerank.dropped", "of another", '"><script>'])
def test_a_select_of_many_choices_is_the_one_that_django_writes(chosen: str) -> None:
    choices = [("", "Choose…"), ('a"<', "<b>It's</b>"), ("rerank", [("rerank.dropped", "dropped & gone")])]
    attrs = {"id": "id_what", "required": True, "disabled": False, "aria-describedby": "x<"}
    written = [widget(choices=choices).render("what", chosen, attrs) for widget in (ManyChoices, forms.Select)]
    assert parse_html(written[0]) == parse_html(written[1])
