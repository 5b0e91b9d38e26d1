"""What people type into the pages, and what is wrong with it."""

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator

from tracing import anchor_patterns
from tracing.filters import FilterError, parse, parse_range
from tracing.models import Key, Membership, Project, Scope
from tracing.pages.fields import LinesField, ManyChoices, NumbersField
from tracing.stages import Fault, Stage, refusal_of_times

DAYS = [(1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday")]
SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


def zones() -> list[tuple[str, str]]:
    """Every time zone that this machine knows."""
    return [(name, name) for name in sorted(zoneinfo.available_timezones())]


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A project's settings."""

    zone = forms.ChoiceField(
        choices=zones,
        label="Time zone",
        help_text="Days and weeks are cut in this zone; the ingest account's days are cut in UTC.",
        widget=ManyChoices,
    )
    week_start = forms.TypedChoiceField(choices=DAYS, coerce=int, label="The week starts on")
    live_environments = LinesField(
        required=False,
        label="Live environments",
        help_text="One a line. Rates and alerts read live traffic only. Empty: prod, production, and none given.",
    )
    lane_floors = NumbersField(
        required=False,
        label="Lane floors",
        help_text="One a line, as in 'vector = 0.35': a lane whose best score is lower has found nothing relevant.",
    )
    slow_ms = NumbersField(
        required=False,
        label="Slow stages",
        help_text="One a line, as in 'generate = 4000': from how many milliseconds a stage is marked slow.",
    )
    anchor_pattern = forms.CharField(
        required=False,
        label="Anchor pattern",
        help_text=r"A regular expression: a document's id that matches it is a citable place, as in doc_\w+#[\w-]+.",
    )
    products = LinesField(
        required=False,
        label="Products",
        help_text="One a line: those that questions name. The manifest's products are known beside these.",
    )
    shared_products = LinesField(
        required=False,
        label="Shared products",
        help_text="One a line. Citing one of these is right whatever product was asked for.",
    )
    answer_cut = forms.FloatField(
        validators=SHARE, label="An answer from", help_text="An outcome of this confidence or more is an answer."
    )
    suggest_cut = forms.FloatField(
        validators=SHARE,
        label="A suggestion from",
        help_text="One of this confidence or more, but less than an answer's, is a suggestion; one below is a refusal.",
    )
    groundedness_cut = forms.FloatField(
        validators=SHARE, label="Grounded from", help_text="An answer whose groundedness is below this has failed."
    )

    class Meta:
        model = Project
        fields = (
            "name", "zone", "week_start", "live_environments", "lane_floors", "slow_ms",
            "anchor_pattern", "products", "shared_products", "answer_cut", "suggest_cut", "groundedness_cut",
        )  # fmt: skip

    def as_text(self) -> list[tuple[str, str, str]]:
        """Each setting's label, value and help, for those who may read and not change it."""
        return [(str(field.label), _in_words(field), str(field.help_text)) for field in self]

    def clean_anchor_pattern(self) -> str:
        """A pattern that is not taken says why."""
        pattern: str = self.cleaned_data["anchor_pattern"]
        if pattern and (why := anchor_patterns.refusal(pattern)):
            raise forms.ValidationError(f"{why}.")
        return pattern

    def clean_slow_ms(self) -> dict[str, float]:
        """Only stages have a time, and none is below 0."""
        slow: dict[str, float] = self.cleaned_data["slow_ms"]
        if why := refusal_of_times(slow):
            raise forms.ValidationError(f"{why}.")
        return slow

    def clean(self) -> dict[str, Any]:
        """The two cuts of confidence are in order."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        suggest, answer = data.get("suggest_cut"), data.get("answer_cut")
        if suggest is not None and answer is not None and suggest > answer:
            self.add_error("suggest_cut", f"This must not be above '{self.fields['answer_cut'].label}'.")
        return data


def _in_words(field: forms.BoundField) -> str:
    value = field.value()
    return str(dict(getattr(field.field, "choices", ())).get(value, value))


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key."""

    name = forms.CharField(max_length=80, label="Name", help_text="What will use it, as in 'docs bot, production'.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope.value}: {scope.label}") for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
        initial=[Scope.INGEST.value],
    )
    personal = forms.BooleanField(
        required=False,
        label="It speaks for me",
        help_text="Sign-offs, verdicts and decisions need a person's key; a project's key can't make them.",
    )

    class Meta:
        model = Key
        fields = ("name", "scopes")


class MemberForm(forms.Form):
    """A person to let in."""

    username = forms.CharField(max_length=150, label="User name", validators=[User.username_validator])
    role = forms.ChoiceField(
        choices=[(role.value, role.value) for role in Membership.Role], initial="member", label="Role"
    )


def what_happened() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Every fault under its stage, and what is no fault."""
    choices: list[tuple[str, str | list[tuple[str, str]]]] = [
        ("", "Choose…"),
        (".none", "Nothing went wrong"),
        (".unknown", "It failed, and I can't tell where"),
    ]
    for stage in Stage:
        faults = [fault for fault in Fault if fault.stage in (stage, None)]
        choices.append((stage.label, [(f"{stage.label}.{fault.label}", fault.words) for fault in faults]))
    return choices


class VerdictForm(forms.Form):
    """What a person says went wrong."""

    what = forms.ChoiceField(
        choices=what_happened,
        label="What happened",
        error_messages={"required": "Choose what happened."},
        widget=ManyChoices,
    )
    note = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Why (may be left out)"
    )


class JobForm(forms.Form):
    """Which traces to judge anew."""

    q = forms.CharField(
        max_length=2000, required=False, label="Which traces", help_text="A filter; empty stands for all of them."
    )
    begin = forms.CharField(
        max_length=60, required=False, label="Began at or after", help_text="As in 24h, 2026-11-20, or a time."
    )
    end = forms.CharField(max_length=60, required=False, label="Began before", help_text="A date includes its day.")

    range: tuple[int | None, int | None] = (None, None)  # ns

    def clean_q(self) -> str:
        """A filter that cannot be read says where, and what may have been meant."""
        text: str = self.cleaned_data["q"]
        try:
            parse(text)
        except FilterError as error:
            raise forms.ValidationError(_with_suggestion(error)) from error
        return text

    def clean(self) -> dict[str, Any]:
        """The range in time."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            self.range = parse_range(data.get("begin", ""), data.get("end", ""))
        except FilterError as error:
            self.add_error("begin" if error.field == "from" else "end", _with_suggestion(error))
        return data


def _with_suggestion(error: FilterError) -> str:
    return f"{error.message}. Perhaps: {error.suggestion}" if error.suggestion else error.message


class ViewForm(forms.Form):
    """A list's state to keep under a name."""

    name = forms.CharField(max_length=80)
    query = forms.CharField(max_length=2000, required=False, strip=False)
    since = forms.CharField(max_length=60, required=False)
    until = forms.CharField(max_length=60, required=False)
    sort = forms.CharField(max_length=20, required=False)
    shared = forms.BooleanField(required=False)
