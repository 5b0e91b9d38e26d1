"""Signing in, and one-time links."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tracing.models import Membership, Project
from tracing.pages import signin

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(people: dict[str, Any]) -> str:
    return f"/accounts/once/{signin.token(people['mara'], '/p/atlas/settings/')}/"


class TestAOneTimeLink:
    def test_asks_first_so_that_a_preview_does_not_use_it_up(self, client: Client, link: str) -> None:
        assert client.get(link).status_code == 200
        assert client.get(link).status_code == 200
        assert "_auth_user_id" not in client.session

    def test_signs_in_and_opens_its_page(self, client: Client, link: str, people: dict[str, Any]) -> None:
        response = client.post(link)
        assert (response.status_code, response["Location"]) == (302, "/p/atlas/settings/")
        assert client.session["_auth_user_id"] == str(people["mara"].pk)

    def test_works_once(self, client: Client, link: str) -> None:
        client.post(link)
        second = Client()
        assert second.post(link).status_code == 410
        assert "_auth_user_id" not in second.session

    def test_that_was_used_leads_its_person_on_while_they_are_signed_in_and_nobody_else(
        self, client: Client, link: str, people: dict[str, Any]
    ) -> None:
        client.post(link)
        assert client.get(link)["Location"] == "/p/atlas/settings/"
        client.force_login(people["theo"])
        assert client.get(link).status_code == 410
        elsewhere = signin.token(people["theo"], "https://elsewhere.example/")
        client.force_login(people["theo"])
        assert client.get(f"/accounts/once/{elsewhere}/")["Location"] == "/"

    def test_asks_whoever_is_signed_in_as_another_and_does_not_sign_in_by_itself(
        self, client: Client, link: str, people: dict[str, Any]
    ) -> None:
        assert "data-submit-now" in client.get(link).content.decode()
        client.force_login(people["theo"])
        page = client.get(link).content.decode()
        assert "You are signed in as <b>theo</b>. Go on as <b>mara</b>?" in page
        assert "data-submit-now" not in page
        assert client.session["_auth_user_id"] == str(people["theo"].pk)
        client.post(link)
        assert client.session["_auth_user_id"] == str(people["mara"].pk)

    def test_is_void_after_another_sign_in(self, client: Client, link: str) -> None:
        Client().post("/accounts/login/", {"username": "mara", "password": "correct horse"})
        assert client.post(link).status_code == 410

    @pytest.mark.parametrize("joins", [True, False])
    def test_is_void_after_its_person_joined_or_left_a_project(
        self, client: Client, link: str, people: dict[str, Any], joins: bool
    ) -> None:
        if joins:
            Membership.objects.create(project=Project.objects.create(slug="other"), user=people["mara"], role="viewer")
        else:
            Membership.objects.get(user=people["mara"]).delete()
        assert client.post(link).status_code == 410
        fresh = signin.token(people["mara"])
        assert client.post(f"/accounts/once/{fresh}/").status_code == 302

    def test_is_void_after_a_day(self, client: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signin, "LASTS_SECONDS", -1)
        assert client.post(link).status_code == 410

    def test_is_void_when_a_letter_of_it_was_changed(self, client: Client, link: str) -> None:
        changed = link[:-4] + ("A" if link[-4] != "A" else "B") + link[-3:]
        assert client.post(changed).status_code == 410

    def test_is_void_for_somebody_who_was_locked_out(self, client: Client, link: str, people: dict[str, Any]) -> None:
        people["mara"].is_active = False
        people["mara"].save()
        assert client.post(link).status_code == 410

    def test_never_leads_to_another_site(self, client: Client, people: dict[str, Any]) -> None:
        token = signin.token(people["mara"], "https://elsewhere.example/")
        assert client.post(f"/accounts/once/{token}/")["Location"] == "/"

    def test_is_printed_by_a_command(self, people: dict[str, Any], client: Client) -> None:
        printed = StringIO()
        call_command("signin_link", "theo", next="/p/atlas/", stdout=printed)
        path = "/accounts/" + printed.getvalue().strip().partition("/accounts/")[2]
        assert client.post(path)["Location"] == "/p/atlas/"

    def test_is_not_made_for_somebody_unknown(self) -> None:
        with pytest.raises(CommandError, match="nobody here is called 'nobody'"):
            call_command("signin_link", "nobody")


class TestSigningIn:
    def test_leads_back_to_the_page_that_was_asked_for(self, client: Client, people: dict[str, Any]) -> None:
        response = client.get("/p/atlas/settings/")
        assert response["Location"] == "/accounts/login/?next=/p/atlas/settings/"
        data = {"username": "mara", "password": "correct horse", "next": "/p/atlas/settings/"}
        assert client.post("/accounts/login/", data)["Location"] == "/p/atlas/settings/"

    def test_says_that_name_and_password_do_not_go_together(self, client: Client, people: dict[str, Any]) -> None:
        response = client.post("/accounts/login/", {"username": "mara", "password": "wrong"})
        assert "do not go together" in response.content.decode()

    def test_names_both_ways_to_a_link(self, client: Client) -> None:
        page = client.get("/accounts/login/").content.decode()
        assert "An owner of your project can make a link under Settings, Members" in page
        assert "manage.py signin_link admin" in page

    def test_ends_with_sign_out(self, client: Client, people: dict[str, Any]) -> None:
        client.force_login(people["mara"])
        client.post("/accounts/logout/")
        assert client.get("/p/atlas/settings/").status_code == 302

    def test_does_not_end_by_following_a_link(self, client: Client, people: dict[str, Any]) -> None:
        assert client.get("/accounts/logout/")["Location"] == "/accounts/login/"
        client.force_login(people["mara"])
        page = client.get("/accounts/logout/")
        assert (page.status_code, "_auth_user_id" in client.session) == (200, True)
        assert "<h1>Sign out?</h1>" in page.content.decode()


class TestOnesOwnPassword:
    PAGE = "/accounts/password/"
    NEW = "a longer pair of horses"

    def typed(self, new: str = NEW, old: str = "") -> dict[str, str]:
        return {"new_password1": new, "new_password2": new} | ({"old_password": old} if old else {})

    def test_is_set_by_whoever_came_with_a_link_and_they_stay_signed_in(
        self, client: Client, people: dict[str, Any]
    ) -> None:
        people["mara"].set_unusable_password()
        people["mara"].save()
        client.post(f"/accounts/once/{signin.token(people['mara'])}/")
        page = client.get(self.PAGE).content.decode()
        assert "<h1>Set a password</h1>" in page
        assert 'name="old_password"' not in page
        assert client.post(self.PAGE, self.typed())["Location"] == "/"
        assert "Change password" in client.get("/p/atlas/settings/").content.decode()
        signed_in = Client().post("/accounts/login/", {"username": "mara", "password": self.NEW})
        assert signed_in.status_code == 302

    def test_is_not_set_by_whoever_came_with_a_link_of_an_owner(self, client: Client, people: dict[str, Any]) -> None:
        people["mara"].set_unusable_password()
        people["mara"].save()
        client.post(f"/accounts/once/{signin.lent_token(people['mara'])}/")
        for answer in (client.get(self.PAGE), client.post(self.PAGE, self.typed())):
            assert answer.status_code == 403
            assert "a link that an owner of a project made" in answer.content.decode()
        people["mara"].refresh_from_db()
        assert not people["mara"].has_usable_password()

    def test_is_changed_by_whoever_knows_it_and_their_other_sessions_end(
        self, client: Client, people: dict[str, Any]
    ) -> None:
        other = Client()
        for one in (client, other):
            one.force_login(people["mara"])
        assert "<h1>Change your password</h1>" in client.get(self.PAGE).content.decode()
        assert client.post(self.PAGE, self.typed()).status_code == 422
        assert client.post(self.PAGE, self.typed(old="wrong")).status_code == 422
        assert other.get("/p/atlas/settings/").status_code == 200
        assert client.post(self.PAGE, self.typed(old="correct horse"))["Location"] == "/"
        assert client.get("/p/atlas/settings/").status_code == 200
        assert other.get("/p/atlas/settings/").status_code == 302

    @pytest.mark.parametrize(
        ("new", "said"),
        [
            ("a short one", "at least 12 characters"),
            ("mara.schoenberg", "too similar to the username"),
            ("q1w2e3r4t5y6", "too common"),
            ("918273645546372819", "entirely numeric"),
        ],
    )
    def test_is_hard_to_guess(self, client: Client, people: dict[str, Any], new: str, said: str) -> None:
        people["mara"].username = "mara.schoenberger"
        people["mara"].save()
        client.force_login(people["mara"])
        refused = client.post(self.PAGE, self.typed(new, "correct horse"))
        assert refused.status_code == 422
        errors = refused.content.decode().partition('<ul class="errors"')[2]
        assert said in errors
        people["mara"].refresh_from_db()
        assert people["mara"].check_password("correct horse")

    def test_is_nobodys_who_is_signed_out(self, client: Client) -> None:
        for answer in (client.get(self.PAGE), client.post(self.PAGE, self.typed())):
            assert answer["Location"] == "/accounts/login/?next=/accounts/password/"


class TestAPartOfAPageForSomebodyWhoIsSignedOut:
    def asked(self, client: Client, page: str) -> tuple[int, str]:
        headers = {"HX-Request": "true", "HX-Current-URL": page}
        answer = client.get("/p/atlas/traces-count?q=x", headers=headers)
        assert answer.content == b"You are signed out."
        return answer.status_code, answer["Location"]

    def test_is_the_way_to_sign_in_and_back_to_the_page(self, client: Client) -> None:
        login = "/accounts/login/?next=/p/atlas/traces%3Fq%3Dx"
        assert self.asked(client, "http://testserver/p/atlas/traces?q=x") == (401, login)

    @pytest.mark.parametrize("page", ["https://elsewhere.example/p/atlas/traces", "javascript:alert(1)", ""])
    def test_never_leads_to_another_site(self, client: Client, page: str) -> None:
        assert self.asked(client, page) == (401, "/accounts/login/?next=/")


def test_an_icon_that_is_asked_for_by_its_usual_name_is_the_mark(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/tracing/mark.svg"


class TestTheTheme:
    def test_is_not_changed_by_opening_its_address(self, client: Client) -> None:
        answer = client.get("/theme?theme=dark")
        assert (answer["Location"], "theme" in answer.cookies) == ("/", False)

    def test_sticks_without_a_script(self, client: Client) -> None:
        assert client.post("/theme", {"theme": "dark", "next": "/accounts/login/"})["Location"] == "/accounts/login/"
        assert '<html lang="en" data-theme="dark">' in client.get("/accounts/login/").content.decode()

    def test_offers_both_until_one_is_chosen_and_then_the_other(self, client: Client, people: dict[str, Any]) -> None:
        client.force_login(people["mara"])
        offered = [re.findall('name="theme" value="([a-z]+)"', client.get("/nowhere").content.decode())]
        for chosen in ("dark", "light"):
            client.post("/theme", {"theme": chosen})
            offered.append(re.findall('name="theme" value="([a-z]+)"', client.get("/nowhere").content.decode()))
        assert offered == [["light", "dark"], ["light"], ["dark"]]

    def test_takes_nothing_but_light_and_dark_and_leads_nowhere_else(self, client: Client) -> None:
        response = client.post("/theme", {"theme": '"><script>', "next": "//elsewhere.example/"})
        assert response["Location"] == "/"
        assert "theme" not in response.cookies
