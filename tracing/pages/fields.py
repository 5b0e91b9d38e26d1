"""Form fields for lists and tables that people type as lines, and a select of many choices."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


class LinesField(forms.CharField):
    """One value a line (or comma), kept as a list without doubles."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """A list is shown as lines."""
        return "\n".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Lines become a list."""
        text = super().to_python(value)
        return list(dict.fromkeys(item.strip() for item in (text or "").replace(",", "\n").split("\n") if item.strip()))


class NumbersField(forms.CharField):
    """One `name = number` a line, kept as a mapping."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """A mapping is shown as lines."""
        return "\n".join(f"{name} = {number:g}" for name, number in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        """Lines become a mapping; a line that is none says which."""
        text = super().to_python(value) or ""
        return dict(_pair(line) for line in text.splitlines() if line.strip())


def _pair(line: str) -> tuple[str, float]:
    name, equals, number = line.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not equals or not name.strip() or not math.isfinite(value):
        raise forms.ValidationError(
            f"'{line.strip()[:80]}' is not a name, an equals sign and a number, as in 'vector = 0.35'."
        )
    return name.strip(), value


class ManyChoices(forms.Select):
    """A select that writes its options at once: by Django's own templates each of them takes two more."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """Its HTML."""
        widget = self.get_context(name, value, attrs)["widget"]
        groups = format_html_join("", "{}", ((_options(label, held),) for label, held, _ in widget["optgroups"]))
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(widget["attrs"]), groups)


def _options(label: str | None, held: Sequence[Mapping[str, Any]]) -> SafeString:
    values = (
        (option["value"], mark_safe(" selected") if option["selected"] else "", option["label"]) for option in held
    )
    options = format_html_join("", '<option value="{}"{}>{}</option>', values)
    return format_html('<optgroup label="{}">{}</optgroup>', label, options) if label else options
