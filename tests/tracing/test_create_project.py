"""`manage.py create_project`."""

import pytest
from django.core.management import CommandError, call_command

from tracing.models import Membership, Project

pytestmark = pytest.mark.django_db


def test_a_project_has_the_name_that_it_was_given_and_an_address_made_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_project", "Überraschung & Co", owner="mara")
    project = Project.objects.get()
    assert (project.slug, project.name) == ("uberraschung-co", "Überraschung & Co")
    assert Membership.objects.get().user.get_username() == "mara"
    assert capsys.readouterr().err == "project uberraschung-co, owned by mara\n"


def test_one_that_is_there_stays_as_it_is_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_project", "Docs")
    call_command("create_project", "docs")
    assert Project.objects.get().name == "Docs"
    assert capsys.readouterr().err.endswith("project docs, owned by admin (it was there already)\n")


@pytest.mark.parametrize("name", ["", "  ", "日本語", "!!!"])
def test_a_name_that_makes_no_address_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="no letter from a to z"):
        call_command("create_project", name)
    assert not Project.objects.exists()
