"""A project's settings, keys and members: who may see them, who may change them, and how to take it back."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import Client

from tracing.models import Key, Membership, Project
from tracing.views import shown_once

pytestmark = pytest.mark.django_db
PAGES = ("settings/", "settings/keys/", "settings/members/")
ACTIONS = ("settings/save", "settings/keys/create", "settings/members/add")


@pytest.fixture
def mara(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["mara"])
    return client


def as_(people: dict[str, Any], name: str) -> Client:
    client = Client()
    client.force_login(people[name])
    return client


def settings(project: Project, **change: object) -> dict[str, object]:
    return {
        "name": project.name, "zone": "Europe/Zurich", "week_start": 1, "live_environments": "", "lane_floors": "",
        "slow_ms": "", "anchor_pattern": "", "shared_products": "", "answer_cut": 0.8, "suggest_cut": 0.5,
        "groundedness_cut": 0.7, **change,
    }  # fmt: skip


class TestWhoMaySeeThem:
    @pytest.mark.parametrize("page", PAGES)
    def test_members_of_any_role_may_read(self, people: dict[str, Any], page: str) -> None:
        assert [as_(people, name).get(f"/p/atlas/{page}").status_code for name in ("mara", "theo", "vera")] == [200] * 3

    @pytest.mark.parametrize("page", PAGES + ACTIONS)
    def test_to_an_outsider_the_project_does_not_exist(self, people: dict[str, Any], page: str) -> None:
        kim = as_(people, "kim")
        response = (kim.post if page in ACTIONS else kim.get)(f"/p/atlas/{page}")
        nothing = kim.get("/p/no-such-project/settings/")
        assert response.status_code == nothing.status_code == 404
        assert b"Atlas" not in response.content

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("name", ["theo", "vera"])
    def test_only_owners_may_change(self, people: dict[str, Any], action: str, name: str) -> None:
        response = as_(people, name).post(f"/p/atlas/{action}")
        assert response.status_code == 403
        assert "Only an owner" in response.content.decode()

    def test_whoever_is_refused_is_led_to_the_owners_names_within_the_project(self, people: dict[str, Any]) -> None:
        vera = as_(people, "vera")
        for action in ACTIONS:
            page = vera.post(f"/p/atlas/{action}").content.decode()
            assert '<a href="/p/atlas/settings/members/">members page</a> names the owners' in page
            assert '<nav aria-label="Pages">' in page
        nothing = as_(people, "kim").post("/p/atlas/settings/save")
        assert (nothing.status_code, b"members page" in nothing.content) == (404, False)

    @pytest.mark.parametrize("name", ["theo", "vera"])
    def test_others_read_the_projects_settings_as_text(self, people: dict[str, Any], name: str) -> None:
        Project.objects.update(products=["docs", "api"], week_start=7)
        page = as_(people, name).get("/p/atlas/settings/").content.decode()
        assert not re.findall("<(?:input|select|textarea)", page.split("<main")[1].split("</main>")[0])
        assert '<dt>The week starts on</dt><dd><span class="text">Sunday</span>' in page
        assert '<span class="text">docs\napi</span>' in page
        assert '<dt>Slow stages</dt><dd><span class="muted">not set</span>' in page

    @pytest.mark.parametrize(("name", "told"), [("theo", True), ("vera", False)])
    def test_a_key_is_spoken_of_only_where_one_is_shown(
        self, people: dict[str, Any], clean_store: None, name: str, told: bool
    ) -> None:
        assert ("The key below" in as_(people, name).get("/p/atlas/start/").content.decode()) == told

    @pytest.mark.parametrize("name", ["theo", "vera"])
    def test_the_page_offers_no_change_to_others(self, people: dict[str, Any], name: str) -> None:
        assert "Make the key" not in as_(people, name).get("/p/atlas/settings/keys/").content.decode()

    @pytest.mark.parametrize(
        ("action", "page"),
        [
            ("settings/keys/create", "settings/keys/"),
            ("settings/members/add", "settings/members/"),
            ("settings/save", "settings/"),
            ("jobs/ask", "jobs/"),
            ("views/save", "traces"),
            ("views/save?q=x", "traces?q=x"),
            ("views/1/delete", "traces"),
            ("settings/keys/1/revoke", "settings/keys/"),
            ("settings/keys/1/restore", "settings/keys/"),
            ("settings/members/1", "settings/members/"),
            ("settings/members/1/link", "settings/members/"),
            ("corpus/look", "corpus/"),
        ],
    )
    def test_an_action_that_is_opened_leads_to_the_page_with_its_form(
        self, mara: Client, action: str, page: str
    ) -> None:
        opened = mara.get(f"/p/atlas/{action}")
        assert opened["Location"] == f"/p/atlas/{page}"
        (told,) = get_messages(opened.wsgi_request)
        assert str(told) == "Nothing was saved; send it again."

    def test_an_action_of_another_method_is_refused_in_words(self, mara: Client) -> None:
        refused = mara.put("/p/atlas/settings/save")
        assert (refused.status_code, refused["Allow"]) == (405, "POST")
        assert "It was asked with PUT, and takes POST." in refused.content.decode()

    def test_what_was_sent_after_a_session_ended_is_said_to_be_lost(self, mara: Client) -> None:
        sent = Client().post("/p/atlas/settings/save", {"name": "Changed"})
        assert sent["Location"] == "/accounts/login/?next=/p/atlas/settings/save"
        back = mara.get("/p/atlas/settings/save", follow=True)
        assert back.redirect_chain == [("/p/atlas/settings/", 302)]
        assert "Nothing was saved; send it again." in back.content.decode()


class TestTheProjectsSettings:
    def test_are_kept(self, mara: Client, project: Project) -> None:
        data = settings(
            project,
            live_environments="prod\nlive, prod",
            lane_floors="vector = 0.35\nlexical=2",
            slow_ms="generate = 4000",
        )
        assert mara.post("/p/atlas/settings/save", data).status_code == 302
        project.refresh_from_db()
        assert project.zone == "Europe/Zurich"
        assert project.live_environments == ["prod", "live"]
        assert project.lane_floors == {"vector": 0.35, "lexical": 2.0}
        assert project.slow_ms == {"generate": 4000.0}

    def test_are_shown_as_they_were_typed(self, mara: Client, project: Project) -> None:
        mara.post("/p/atlas/settings/save", settings(project, lane_floors="vector = 0.35", shared_products="docs\napi"))
        page = mara.get("/p/atlas/settings/").content.decode()
        assert "vector = 0.35</textarea>" in page
        assert "docs\napi</textarea>" in page

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"lane_floors": "vector 0.35"}, "is not a name, an equals sign and a number"),
            ({"lane_floors": "vector = nan"}, "is not a name, an equals sign and a number"),
            ({"anchor_pattern": "doc_("}, "This is no regular expression"),
            ({"anchor_pattern": "(?=doc_).+"}, "look-arounds"),
            ({"suggest_cut": 0.9}, "must not be above &#x27;An answer from&#x27;"),
            ({"answer_cut": 1.2}, "less than or equal to 1.0"),
            ({"zone": "Atlantis/Sunken"}, "not one of the available choices"),
            ({"slow_ms": "rerunk = 300"}, "is no stage"),
            ({"slow_ms": "generate = -5"}, "The time of generate is below 0."),
            ({"name": "  "}, "This field is required"),
        ],
    )
    def test_say_what_is_wrong_and_change_nothing(
        self, mara: Client, project: Project, change: dict[str, object], said: str
    ) -> None:
        response = mara.post("/p/atlas/settings/save", settings(project, **{"name": "Changed", **change}))
        assert response.status_code == 422
        assert said in response.content.decode()
        project.refresh_from_db()
        assert project.name == "Atlas"

    def test_say_so_where_a_pattern_that_was_kept_before_is_not_used(self, mara: Client, project: Project) -> None:
        assert "is not used" not in mara.get("/p/atlas/settings/").content.decode()
        Project.objects.update(anchor_pattern=r"(a+)\1")
        assert "The anchor pattern is not used" in mara.get("/p/atlas/settings/").content.decode()


class TestKeys:
    def make(self, mara: Client, **change: object) -> str:
        data = {"name": "docs bot", "scopes": ["ingest"], **change}
        response = mara.post("/p/atlas/settings/keys/create", data, follow=True)
        assert response.redirect_chain == [("/p/atlas/settings/keys/", 302)], "a reload makes no second key"
        found = re.search(r"sl_[\w-]+", response.content.decode())
        assert found is not None
        return found[0]

    def test_are_shown_once_and_kept_hashed(self, mara: Client) -> None:
        secret = self.make(mara)
        key = Key.objects.get(hashed=Key.digest(secret))
        assert (key.scopes, key.person) == (["ingest"], None)
        assert secret not in mara.get("/p/atlas/settings/keys/").content.decode()

    def test_speak_for_a_person_where_asked(self, mara: Client, people: dict[str, Any]) -> None:
        secret = self.make(mara, personal="on", scopes=["review", "gate"])
        assert Key.objects.get(hashed=Key.digest(secret)).person == people["mara"]

    def test_need_a_scope(self, mara: Client) -> None:
        response = mara.post("/p/atlas/settings/keys/create", {"name": "nothing"})
        assert response.status_code == 422
        assert not Key.objects.exists()

    def test_are_revoked_and_work_again_after_undo(self, mara: Client, client: Client) -> None:
        secret = self.make(mara)
        key = Key.objects.get(hashed=Key.digest(secret))
        mara.post(f"/p/atlas/settings/keys/{key.pk}/revoke")
        key.refresh_from_db()
        assert key.revoked_at is not None
        assert "Undo" in mara.get("/p/atlas/settings/keys/").content.decode()
        mara.post(f"/p/atlas/settings/keys/{key.pk}/restore")
        key.refresh_from_db()
        assert key.revoked_at is None

    @pytest.mark.parametrize("name", ["theo", "vera"])
    def test_that_were_revoked_are_told_of_to_owners_alone(
        self, mara: Client, people: dict[str, Any], name: str
    ) -> None:
        self.make(mara)
        mara.post(f"/p/atlas/settings/keys/{Key.objects.get().pk}/revoke")
        assert "was revoked" in mara.get("/p/atlas/settings/keys/").content.decode()
        assert "docs bot" not in as_(people, name).get("/p/atlas/settings/keys/").content.decode()

    def test_of_another_project_can_not_be_revoked(self, mara: Client) -> None:
        other, _ = Key.issue(Project.objects.create(slug="other", name="Other"), "theirs", ["ingest"])
        assert mara.post(f"/p/atlas/settings/keys/{other.pk}/revoke").status_code == 404
        other.refresh_from_db()
        assert other.revoked_at is None


class TestMembers:
    def add(self, mara: Client, name: str) -> str:
        """The one-time link that somebody new gets."""
        data = {"username": name, "role": "viewer"}
        return self.link(mara.post("/p/atlas/settings/members/add", data, follow=True).content.decode())

    def link(self, page: str) -> str:
        found = re.search(r"/accounts/once/[^<\"]+/", page)
        assert found is not None
        return found[0]

    def another_link(self, mara: Client, name: str) -> str:
        membership = Membership.objects.get(user__username=name, project__slug="atlas")
        assert f"/settings/members/{membership.pk}/link" in mara.get("/p/atlas/settings/members/").content.decode()
        return self.link(mara.post(f"/p/atlas/settings/members/{membership.pk}/link", follow=True).content.decode())

    def test_of_a_new_name_get_an_account_and_a_link_that_signs_them_in(self, mara: Client) -> None:
        nina = Client()
        assert nina.post(self.add(mara, "nina"))["Location"] == "/p/atlas/"
        assert nina.get("/p/atlas/settings/").status_code == 200

    def test_of_a_known_name_get_no_link(self, mara: Client, people: dict[str, Any]) -> None:
        response = mara.post("/p/atlas/settings/members/add", {"username": "kim", "role": "member"}, follow=True)
        assert "/accounts/once/" not in response.content.decode()
        assert as_(people, "kim").get("/p/atlas/settings/").status_code == 200

    def test_who_signed_out_get_another_link_and_the_older_ones_are_void(self, mara: Client) -> None:
        Client().post(self.add(mara, "nina"))
        older, newer = self.another_link(mara, "nina"), self.another_link(mara, "nina")
        assert Client().post(older).status_code == 410
        assert Client().post(newer)["Location"] == "/p/atlas/"
        assert "/accounts/once/" not in mara.get("/p/atlas/settings/members/").content.decode(), "it is shown once"

    def test_what_is_shown_once_is_for_one_person_and_a_minute(self, mara: Client, people: dict[str, Any]) -> None:
        mara.post("/p/atlas/settings/members/add", {"username": "nina", "role": "viewer"})
        assert "/accounts/once/" not in json.dumps(dict(mara.session))
        carried = mara.cookies[shown_once.COOKIE]
        theo = as_(people, "theo")
        theo.cookies[shown_once.COOKIE] = carried.value
        assert "/accounts/once/" not in theo.get("/p/atlas/settings/members/").content.decode()
        assert (carried["path"], carried["max-age"]) == ("/p/atlas/settings/members/", shown_once.SECONDS)
        assert carried["httponly"] and carried["samesite"] == "Strict"

    def test_who_have_a_password_get_no_link_from_another(self, mara: Client, people: dict[str, Any]) -> None:
        path = f"/p/atlas/settings/members/{Membership.objects.get(user=people['theo']).pk}/link"
        assert mara.post(path).status_code == 403
        assert path not in mara.get("/p/atlas/settings/members/").content.decode()

    @pytest.mark.parametrize("name", ["theo", "vera"])
    def test_get_a_link_from_owners_alone(self, people: dict[str, Any], name: str) -> None:
        path = f"/p/atlas/settings/members/{Membership.objects.get(user=people['mara']).pk}/link"
        assert as_(people, name).post(path).status_code == 403
        assert "New sign-in link" not in as_(people, name).get("/p/atlas/settings/members/").content.decode()
        assert as_(people, "kim").post(path).status_code == 404
        assert as_(people, "mara").get(path).status_code != 200

    def test_get_no_link_without_a_csrf_token(self, people: dict[str, Any]) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(people["mara"])
        path = f"/p/atlas/settings/members/{Membership.objects.get(user=people['theo']).pk}/link"
        assert strict.post(path).status_code == 403

    def test_of_a_project_that_is_not_the_owners_get_no_link_that_would_open_it(
        self, mara: Client, people: dict[str, Any]
    ) -> None:
        people["kim"].set_unusable_password()
        people["kim"].save()
        other = Project.objects.create(slug="other", name="Other")
        Membership.objects.create(project=other, user=people["kim"], role="owner")
        mara.post("/p/atlas/settings/members/add", {"username": "kim", "role": "viewer"})
        path = f"/p/atlas/settings/members/{Membership.objects.get(user=people['kim'], project__slug='atlas').pk}/link"
        assert path not in mara.get("/p/atlas/settings/members/").content.decode()
        assert mara.post(path).status_code == 403
        Membership.objects.create(project=other, user=people["mara"], role="owner")
        assert mara.post(path).status_code == 302

    def test_who_are_added_again_in_another_role_keep_theirs_and_the_page_says_so(
        self, mara: Client, people: dict[str, Any]
    ) -> None:
        data = {"username": "theo", "role": "owner"}
        page = mara.post("/p/atlas/settings/members/add", data, follow=True).content.decode()
        assert "theo is a member already, as member, and stays one" in page
        assert Membership.objects.get(user=people["theo"]).role == "member"

    def test_are_removed_and_come_back_with_undo(self, mara: Client, people: dict[str, Any]) -> None:
        membership = Membership.objects.get(user=people["theo"])
        answer = mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": "remove"}, follow=True)
        assert answer.redirect_chain == [("/p/atlas/settings/members/", 302)], "a reload sends nothing again"
        assert "<b>theo</b> is no longer a member" in answer.content.decode()
        assert "is no longer a member" not in mara.get("/p/atlas/settings/members/").content.decode()
        assert as_(people, "theo").get("/p/atlas/settings/").status_code == 404
        mara.post("/p/atlas/settings/members/add", {"username": "theo", "role": "member"})
        assert as_(people, "theo").get("/p/atlas/settings/").status_code == 200

    @pytest.mark.parametrize("role", ["member", "remove"])
    def test_always_include_an_owner(self, mara: Client, people: dict[str, Any], role: str) -> None:
        membership = Membership.objects.get(user=people["mara"])
        response = mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": role}, follow=True)
        assert "make somebody else one first" in response.content.decode()
        assert Membership.objects.get(pk=membership.pk).role == "owner"

    @pytest.mark.parametrize(
        ("role", "asked", "said", "address"),
        [
            ("remove", "Leave Atlas?", "You are no longer a member of Atlas.", "/"),
            ("viewer", "Become a viewer of Atlas?", "mara is viewer now.", "/p/atlas/settings/members/"),
        ],
    )
    def test_who_are_the_owner_at_the_page_are_asked_before_they_step_down(
        self, mara: Client, people: dict[str, Any], role: str, asked: str, said: str, address: str
    ) -> None:
        Membership.objects.filter(user=people["theo"]).update(role="owner")
        own = Membership.objects.get(user=people["mara"])
        page = mara.post(f"/p/atlas/settings/members/{own.pk}", {"role": role}).content.decode()
        assert asked in page and "Only another owner can take that back." in page
        assert Membership.objects.get(user=people["mara"]).role == "owner"
        answer = mara.post(f"/p/atlas/settings/members/{own.pk}", {"role": role, "sure": "yes"}, follow=True)
        assert answer.redirect_chain == [(address, 302)]
        assert said in answer.content.decode() and "Undo" not in answer.content.decode()

    @pytest.mark.parametrize("role", ["owner", "king", ""])
    def test_are_given_no_role_that_there_is_none_of(self, mara: Client, people: dict[str, Any], role: str) -> None:
        Membership.objects.filter(user=people["theo"]).update(role="owner")
        own = Membership.objects.get(user=people["mara"])
        page = mara.post(f"/p/atlas/settings/members/{own.pk}", {"role": role}, follow=True).content.decode()
        assert "Nothing was changed" in page and Membership.objects.get(user=people["mara"]).role == "owner"

    def test_change_their_role(self, mara: Client, people: dict[str, Any]) -> None:
        membership = Membership.objects.get(user=people["theo"])
        mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": "owner"})
        membership.refresh_from_db()
        assert membership.role == "owner"

    def test_take_their_keys_along(self, mara: Client, project: Project, people: dict[str, Any]) -> None:
        membership = Membership.objects.get(user=people["theo"])
        _, secret = Key.issue(project, "theo's", ["ingest", "read", "review", "admin"], people["theo"])
        headers = {"Authorization": f"Bearer {secret}"}

        def statuses() -> tuple[int, int, int]:
            changed = mara.patch("/api/v1/project", {"zone": "UTC"}, content_type="application/json", headers=headers)
            sent = mara.post("/api/v1/signals", [], content_type="application/json", headers=headers)
            return mara.get("/api/v1/project", headers=headers).status_code, sent.status_code, changed.status_code

        assert statuses() == (200, 202, 403)  # as on the pages: a member changes no settings
        mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": "owner"})
        assert statuses() == (200, 202, 200)
        mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": "viewer"})
        assert statuses() == (200, 403, 403)
        mara.post(f"/p/atlas/settings/members/{membership.pk}", {"role": "remove"})
        assert statuses() == (401, 401, 401)
        mara.post("/p/atlas/settings/members/add", {"username": "theo", "role": "member"})
        assert statuses() == (200, 202, 403)

    def test_names_that_can_not_be_a_user_name_are_refused(self, mara: Client) -> None:
        assert mara.post("/p/atlas/settings/members/add", {"username": "a b<", "role": "viewer"}).status_code == 422
        assert not get_user_model().objects.filter(username="a b<").exists()
