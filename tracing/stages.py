"""The stages of a pipeline and the faults that each can have: the only place that lists them."""

from collections.abc import Mapping
from enum import Enum


class Stage(Enum):
    """One step of the pipeline, in causal order: of two faults, the earlier stage is the cause."""

    INDEX = ("index", "#8a6d3b", "#c9a25f", "Was it there to be found?")
    ROUTE = ("route", "#6a5acd", "#a79bf0", "Was the question understood?")
    RESOLVE = ("resolve", "#1d7f8d", "#5cc0cf", "Were its names recognised, and was it rewritten well?")
    EMBED = ("embed", "#6b7178", "#a3abb3", "Was the question turned into a vector?")
    RETRIEVE = ("retrieve", "#1f78b4", "#6fb5e8", "Was the right place found?")
    RERANK = ("rerank", "#b85c00", "#f0a04b", "Was the right place kept at the top?")
    CONTEXT = ("context", "#b0578d", "#e08fc0", "Did it reach the prompt?")
    GENERATE = ("generate", "#2f7d40", "#74c48f", "Does the answer follow from the context?")
    VALIDATE = ("validate", "#9b4f4f", "#d99090", "Was a bad answer let through?")

    __hash__ = object.__hash__  # an enumeration's own is made in Python from the member's name, 50 times a trace

    def __init__(self, label: str, hue: str, hue_dark: str, question: str) -> None:
        self.label = label
        self.hue = hue
        self.hue_dark = hue_dark
        self.question = question

    @property
    def order(self) -> int:
        """Position in the pipeline, 0 for the first stage."""
        return _ORDER[self.name]

    @classmethod
    def named(cls, label: str) -> "Stage | None":
        """The stage of that label, or None: an unknown stage is never guessed."""
        return _BY_LABEL.get(label)


_BY_LABEL = {stage.label: stage for stage in Stage}
_ORDER = {stage.name: place for place, stage in enumerate(Stage)}


class Fault(Enum):
    """What can go wrong in a stage; the words are what the page says."""

    NOT_INDEXED = ("not_indexed", Stage.INDEX, "the page that answers it is not in the index")
    STALE_CHUNK = ("stale_chunk", Stage.INDEX, "a cited chunk points at a page that is gone")
    CONTENT_DRIFT = ("content_drift", Stage.INDEX, "the cited chunk is older than its page")
    WRONG_PRODUCT = ("wrong_product", Stage.ROUTE, "it was routed to the wrong product")
    WRONG_INTENT = ("wrong_intent", Stage.ROUTE, "its intent was misread")
    ENTITY_MISSED = ("entity_missed", Stage.RESOLVE, "a name in the question was not recognised")
    ENTITY_WRONG = ("entity_wrong", Stage.RESOLVE, "a name was taken for another product's")
    BAD_REWRITE = ("bad_rewrite", Stage.RESOLVE, "the rewritten question lost a name")
    MISS = ("miss", Stage.RETRIEVE, "the page that answers it was not found")
    FUSION_DROP = ("fusion_drop", Stage.RETRIEVE, "a lane found the page, and fusion dropped it")
    THIN = ("thin", Stage.RETRIEVE, "nothing relevant was found, and it answered all the same")
    DROPPED = ("dropped", Stage.RERANK, "the page that answers it was dropped")
    BUDGET_DROP = ("budget_drop", Stage.CONTEXT, "the token budget cut the page out")
    DEDUPE_DROP = ("dedupe_drop", Stage.CONTEXT, "the page was taken for a duplicate")
    TRUNCATED = ("truncated", Stage.CONTEXT, "the page was cut off")
    UNGROUNDED = ("ungrounded", Stage.GENERATE, "a claim is not supported by the context")
    CONTRADICTS = ("contradicts", Stage.GENERATE, "a claim is opposed by the context")
    INCOMPLETE = ("incomplete", Stage.GENERATE, "the context held the answer, and the answer leaves it out")
    OVER_REFUSAL = ("over_refusal", Stage.GENERATE, "it refused although the context was sufficient")
    BAD_FORMAT = ("bad_format", Stage.GENERATE, "the output never passed the schema")
    UNKNOWN_ANCHOR = ("unknown_anchor", Stage.VALIDATE, "it cites a page that does not exist")
    FALSE_ANCHOR = ("false_anchor", Stage.VALIDATE, "it cites a real page of another product")
    MISSED_REFUSAL = ("missed_refusal", Stage.VALIDATE, "it should have refused, and it answered")
    ERROR = ("error", None, "the stage raised an error")
    TIMEOUT = ("timeout", None, "the stage ran past its deadline")

    def __init__(self, label: str, stage: Stage | None, words: str) -> None:
        self.label = label
        self.stage = stage
        self.words = words

    @classmethod
    def named(cls, label: str) -> "Fault | None":
        """The fault of that label, or None."""
        return _FAULT_BY_LABEL.get(label)


_FAULT_BY_LABEL = {fault.label: fault for fault in Fault}


def refusal_of_times(times: Mapping[str, float]) -> str | None:
    """Why these are no times of stages, as a sentence without its end; None where they are."""
    for name, ms in times.items():
        if Stage.named(name) is None:
            return f"'{name[:40]}' is no stage; the stages are {', '.join(stage.label for stage in Stage)}"
        if ms < 0:
            return f"The time of {name} is below 0"
    return None
