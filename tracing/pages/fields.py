"""Form fields for lists and tables that people type as lines."""

import math
from typing import Any

from django import forms


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
