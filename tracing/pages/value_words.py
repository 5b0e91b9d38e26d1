"""What the values of a filter's fields mean, in words; the values themselves are what a filter wants."""

from tracing.pages.flag_words import flag_words
from tracing.pages.trace_view import CITATION_WORDS
from tracing.pages.verdict_view import RESTS_ON
from tracing.stages import Fault

OTHER_WORDS = {"unknown": "the cause can't be told yet", "withdrawn": "takes back what was said before"}


def fault_words(label: str) -> str:
    """A fault as a reader says it; one of the future as it is written."""
    fault = Fault.named(label)
    return fault.words if fault else OTHER_WORDS.get(label, label)


def symptom_words(symptom: str) -> str:
    """A fault at its stage, written `stage.fault`, as a reader says it."""
    stage, dot, fault = symptom.partition(".")
    return f"{fault_words(fault)} ({stage})" if dot else symptom


def value_words(field: str, value: str) -> str:
    """The value as a reader says it; the value itself where it is a plain word already, or the sender's own."""
    match field:
        case "fault":
            return fault_words(value)
        case "flag":
            return flag_words(value)
        case "kind":
            return RESTS_ON.get(value, value)
        case "anchor":
            return CITATION_WORDS.get(value, value)
    return value
