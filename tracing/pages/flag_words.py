"""Flags in words: what was noticed, as a reader says it."""

WORDS = {
    "budget_drop": "the token budget cut a chunk out",
    "check_failed": "a check at {} did not pass",
    "content_drift": "a retrieved chunk is older than its page",
    "dedupe_drop": "a chunk was dropped as a duplicate",
    "ended_in_error": "it ended in an error",
    "entity_wrong": "a name was taken for another product's",
    "error": "{} raised an error",
    "expectation_outdated": "a page that was expected of it is gone",
    "joined": "a reranker that came as a trace of its own was joined to it",
    "no_entities": "no name was found in the question",
    "not_in_context": "a cited chunk was not in the context",
    "redirected": "a cited page has moved, and redirects",
    "retried": "{} was tried more than once",
    "slow": "{} was slow",
    "stale_chunk": "a kept chunk points at a page that is gone",
    "thin_refused": "it refused where nothing relevant was found",
    "thin_retrieval": "nothing that was retrieved reached a floor",
    "timeout": "{} ran past its deadline",
    "truncated": "a chunk was cut short",
    "under_floor": "the best score of {} is under its floor",
    "unstaged_error": "a step outside the stages raised an error",
    "unstaged_timeout": "a step outside the stages ran past its deadline",
    "wrong_intent": "its intent was not the expected one",
    "wrong_product": "its product was not the expected one",
}


def flag_words(flag: str) -> str:
    """A flag as a reader says it; one of the future as it is written."""
    name, _, where = flag.partition(":")
    return WORDS[name].format(where) if name in WORDS else flag
