"""axe on every page, in light and in dark; no page scrolls sideways on a telephone; the policy refuses nothing."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import Sender
from tests.e2e import made
from tests.e2e.conftest import Visitor
from tests.tracing.stored import a_trace, candidate, keep, keep_marks, trace_id
from tracing.judging import attribute
from tracing.models import Membership, Project
from tracing.pages import signin
from tracing.records import Context

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PAGES = (
    "/p/atlas/traces",
    "/p/atlas/traces?q=has:fault&to=2030-01-01",
    "/p/atlas/traces?q=prodct:x",
    "/p/atlas/traces?q=product:nothing",
    f"/p/atlas/traces?selected={made.FULL}&live=1",
    f"/p/atlas/traces/{made.FULL}?dropped=all&spans=1&q=feedback:down&from=30d",
    f"/p/atlas/traces/{made.HOSTILE}",
    f"/p/atlas/traces/{made.BARE}",
    f"/p/atlas/traces/{made.FAILED}",
    f"/p/atlas/traces/{made.UNSURE}",
    f"/p/atlas/traces/{made.FULL}/chunk?id=chunk-000",
    f"/p/atlas/traces/{'0' * 32}",
    "/p/atlas/start/",
    "/p/atlas/corpus/",
    "/p/atlas/ingest/",
    "/p/atlas/jobs/?q=stage:rerank",
    "/p/atlas/settings/",
    "/p/atlas/settings/keys/",
    "/p/atlas/settings/members/",
    "/p/no-such-project/",
    "/p/atlas/settings/keys/create",
    "/accounts/once/void/",
    "/accounts/logout/",
    "/accounts/password/",
)


def breaches(page: Page) -> list[Any]:
    """What axe finds on a page once it is whole: what was waited for may be there before the rest."""
    page.wait_for_load_state()
    return list(Axe().run(page).response["violations"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visit: Callable[..., Visitor], scheme: str) -> None:
    visitor = visit(scheme=scheme)
    found: dict[str, list[Any]] = {}
    for path in PAGES:
        told = [
            (breach["id"], breach["help"], [node["html"][:200] for node in breach["nodes"][:3]])
            for breach in breaches(visitor.open(path))
        ]
        if told:
            found[path] = told
    assert not found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_what_asks_first_and_on_what_tells_of_an_ended_session(
    visit: Callable[..., Visitor], people: dict[str, Any], scheme: str
) -> None:
    Membership.objects.filter(user=people["theo"]).update(role="owner")
    visitor = visit(scheme=scheme)
    visitor.open("/p/atlas/settings/members/").get_by_role("button", name="Remove mara").click()
    expect(visitor.page.get_by_role("heading", name="Leave Atlas?")).to_be_visible()
    assert not breaches(visitor.page)
    page = visitor.open(f"/accounts/once/{signin.token(people['theo'])}/")
    expect(page.get_by_role("button", name="Go on as theo")).to_be_visible()
    assert not breaches(page)
    page = visitor.open(f"/p/atlas/traces/{made.FULL}")
    page.context.clear_cookies()
    page.locator('[data-chunk="chunk-000"] a[data-unfold]').click()
    expect(page.locator("#problem")).to_be_visible()
    assert not breaches(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_password_that_is_refused(
    visit: Callable[..., Visitor], people: dict[str, Any], scheme: str
) -> None:
    people["theo"].set_unusable_password()
    people["theo"].save()
    page = visit("theo", scheme=scheme).open("/p/atlas/settings/")
    page.locator(".bar .menu > summary").get_by_text("theo").click()
    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("New password", exact=True).fill("password")
    page.get_by_label("New password confirmation").fill("password")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("too common")
    assert not breaches(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_what_answers_cite(visit: Callable[..., Visitor], sender: Sender, scheme: str) -> None:
    line = json.dumps({"anchor": "doc#a", "product": "django", "path": "a.md"})
    sender.put("/api/v1/corpus/manifest", line, version="1", effective_at="2026-01-01")
    keep(a_trace(1, started_ns=time.time_ns() - 10**9), anchors="ok", false_anchor=False)
    page = visit(scheme=scheme).open("/p/atlas/corpus/")
    expect(page.locator("#rates .preview a").first).to_be_visible()
    assert not breaches(page)


def test_axe_finds_nothing_on_the_way_in_nor_in_the_keys(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open("/p/atlas/traces")
    page.keyboard.press("?")
    assert not breaches(page)
    page.context.clear_cookies()
    assert not breaches(visitor.open("/accounts/login/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_refusal_and_of_an_error(
    visit: Callable[..., Visitor], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit("vera", scheme=scheme, width=390)
    page = visitor.open("/p/atlas/traces")
    page.evaluate(
        """() => { const form = document.querySelector("[data-theme-form]").cloneNode(true);
                  form.removeAttribute("data-theme-form"); form.action = "/p/atlas/corpus/look";
                  document.body.append(form); form.submit(); }"""
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do that here")
    assert not breaches(page)

    def broken(**asked: Any) -> None:
        raise RuntimeError("a slip of ours")

    monkeypatch.setattr("tracing.views.listing.queries.trace_page", broken)
    page = visitor.open("/p/atlas/traces")
    expect(page.get_by_role("heading", level=1)).to_have_text("Something broke on our side")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "960px"
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert not breaches(page)


@pytest.mark.parametrize("width", [390, 1920])
def test_on_a_telephone_or_a_projector_no_page_scrolls_sideways_no_script_fails_and_the_policy_refuses_nothing(
    visit: Callable[..., Visitor], width: int
) -> None:
    visitor = visit(width=width)
    wide = {}
    for path in PAGES:
        page = visitor.open(path)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[path] = over
    assert not wide
    complaints = [words for words in visitor.complaints if "status of 4" not in words]  # of pages that are to be 404
    assert complaints == []


def test_an_answer_without_a_break_is_as_tall_as_its_frame(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    chunk = candidate("c1", "doc#long", text="z" * 20_000, survived=True, survived_source="declared")
    long = a_trace(1, answer="x" * 20_000, context=Context(text="y" * 20_000), candidates=(chunk,))
    keep(long)
    keep_marks(long, version=2, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = visitor.open(f"/p/atlas/traces/{trace_id(1)}")
    assert page.locator(".answer .claim.unsupported").count() == 1
    assert page.evaluate("document.documentElement.scrollHeight") < 2500
    kerning = "getComputedStyle(document.querySelector('.answer .text')).fontKerning"
    assert page.evaluate(kerning) == "none"  # with kerning Chromium shapes the word once a line


def test_hostile_text_never_runs(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for path in (f"/p/atlas/traces?selected={made.HOSTILE}", f"/p/atlas/traces/{made.HOSTILE}?spans=1"):
        page = visitor.open(path)
        for opened, link in enumerate(page.locator("a[data-unfold]").all()[:3], start=1):
            link.click()
            expect(page.locator("tr.opened")).to_have_count(opened)
        assert page.title() != "owned"
        assert page.locator("img").count() == 0
        assert page.locator("main script").count() == 0
