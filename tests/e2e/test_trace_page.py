"""What the trace's page does by itself in a browser, and what it leaves alone."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.e2e import made
from tests.e2e.conftest import Visitor
from tests.tracing.stored import a_trace, keep, keep_marks, stage, trace_id
from tracing.judging import attribute
from tracing.models import Project

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


SUBJECT = a_trace(1, query="Why?", stages=(stage("rerank", status="timeout", error="no answer in 5 s"),))
PAGE = f"/p/atlas/traces/{trace_id(1)}"
JUST_SETTLED_NS = 61 * 10**9


def judge() -> None:
    keep_marks(SUBJECT, version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))


def test_a_page_that_waits_takes_its_verdict_in_without_loading_again(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    keep(SUBJECT, arrived_ns=time.time_ns() - JUST_SETTLED_NS)
    page = visitor.open(f"{PAGE}?q=product:celery")
    expect(page.locator("#verdict")).to_contain_text("Not judged yet")
    page.evaluate("window.stays = true")
    judge()
    expect(page.locator("#verdict")).to_contain_text("Broke at rerank", timeout=15_000)
    expect(page.locator("#announce")).to_contain_text("It has been judged.")
    expect(page.locator(".strip [data-blamed]")).to_have_count(1)
    expect(page.locator("#facts time").first).not_to_contain_text("UTC")
    assert page.evaluate("window.stays") and not visitor.complaints


def test_a_verdict_that_arrives_leaves_alone_what_somebody_types(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    keep(SUBJECT, arrived_ns=time.time_ns() - JUST_SETTLED_NS)
    page = visitor.open(PAGE)
    page.get_by_text("Say what went wrong").click()
    page.locator("#verdict textarea").click()
    page.keyboard.type("the reranker gave ")
    judge()
    expect(page.locator("#verdict")).to_contain_text("It has been judged.", timeout=15_000)
    page.keyboard.type("up")
    expect(page.locator("#verdict textarea")).to_have_value("the reranker gave up")
    expect(page.locator("#verdict")).not_to_contain_text("Broke at rerank")
    page.get_by_role("link", name="Load the page again").click()
    expect(page.locator("#verdict")).to_contain_text("Broke at rerank")


def test_a_verdict_that_is_begun_is_not_left_by_a_key_and_is_in_sight_after_going_back(
    visit: Callable[..., Visitor],
) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    page.get_by_text("Say what went wrong").click()
    begun = page.locator("#verdict textarea")
    begun.fill("the reranker gave up")
    begun.press("Escape")
    expect(begun).not_to_be_focused()
    for key in ("j", "k", "/", "g", "m", "t"):
        page.keyboard.press(key)
    expect(page.locator("#span-tree table")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/traces/{made.FULL}$"))
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page).to_have_url(re.compile(f"/traces/{made.HOSTILE}$"))
    page.go_back()
    expect(begun).to_be_visible()
    expect(begun).to_have_value("the reranker gave up")
    begun.fill("")
    begun.press("Escape")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/traces/{made.HOSTILE}$"))


@pytest.mark.parametrize("begin", ["note", "choice"])
def test_no_key_says_that_a_verdict_is_right_beside_another_that_is_begun(
    visit: Callable[..., Visitor], begin: str
) -> None:
    visitor = visit()
    keep(SUBJECT, arrived_ns=time.time_ns() - JUST_SETTLED_NS)
    judge()
    page = visitor.open(PAGE)
    page.get_by_text("No, it was something else").click()
    if begin == "note":
        page.locator("#verdict textarea").fill("the question was another")
    else:
        page.locator("#verdict select").select_option("retrieve.miss")
    page.locator(f"#verdict {'textarea' if begin == 'note' else 'select'}").blur()
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()  # so the key before it was heard
    expect(page.get_by_role("button", name="Right")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_failure_looks_like_one_whatever_the_hue_of_its_stage(visit: Callable[..., Visitor], scheme: str) -> None:
    visitor = visit(scheme=scheme)
    keep(replace(SUBJECT, stages=(stage("generate", status="error", error="overloaded"),)))
    keep_marks(SUBJECT, version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = visitor.open(PAGE)
    expect(page.locator("#verdict")).to_contain_text("Broke at generate")
    edge = page.locator("#verdict").evaluate("panel => getComputedStyle(panel).borderLeftColor")
    assert edge == page.locator(".strip span.bad").first.evaluate("words => getComputedStyle(words).color")
    dot, hue = "getComputedStyle(document.querySelector({}), '::before').backgroundColor", ".strip [data-blamed] b"
    assert page.evaluate(dot.format("'#verdict .what'")) == page.evaluate(dot.format(f"'{hue}'")) != edge


@pytest.mark.parametrize("support", ["unsupported", "contradicted"])
def test_a_claim_that_is_not_borne_out_looks_so_also_where_it_leads_to_its_chunk(
    visit: Callable[..., Visitor], support: str
) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    page.locator(".answer p").evaluate(
        "(line, support) => { line.innerHTML = `<a class='claim ${support}' href='#row-0'>No.</a>`; }", support
    )
    line = page.locator(".answer a.claim")
    assert line.evaluate("claim => getComputedStyle(claim).textDecorationStyle") == "wavy"
