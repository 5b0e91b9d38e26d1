"""The offline assessor: what words alone tell of an answer and its context."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.tracing.made_cases import OTHERS, RIGHT, chunk, trace
from tracing.attribution.lexical import assess
from tracing.attribution.refusals import is_apology, is_refusal
from tracing.attribution.words import language, sentences, stem, terms
from tracing.records import Assessment, Candidate, Citation, Context, Trace

PAGE = (
    "The retry_backoff option doubles the wait after each attempt. It is capped at 600 seconds by default. "
    "Retries are not made for tasks that were revoked."
)
OTHER = "A crontab schedule names minute, hour and weekday. Only one scheduler may run at a time."
QUESTION = "How does retry_backoff change the wait between attempts?"


def asked(answer: str | None, *chunks: Candidate, query: str = QUESTION, **changes: object) -> Assessment:
    candidates = chunks or (chunk(RIGHT, 1, text=PAGE), chunk(OTHERS[0], 2, text=OTHER))
    made: Trace = trace(query=query, answer=answer, candidates=candidates, context=Context(), refused=None)
    return assess(replace(made, **changes))


@given(some.text(alphabet=some.characters(codec="utf-8")) | some.text(alphabet="aB_9., -'\t\x1c"))
def test_words_of_plain_text_are_cut_as_those_of_any_other(text: str) -> None:
    plain = "".join(character for character in text if character.isascii())
    assert terms(plain) == terms(plain + " \u2014")


def test_a_sentence_of_the_context_is_supported_by_its_chunk() -> None:
    found = asked("The retry_backoff option doubles the wait after each attempt. [1]")
    assert [(claim.support, claim.chunk_id) for claim in found.claims] == [("supported", f"{RIGHT}~0")]
    assert found.groundedness == 1.0
    assert found.by == "lexical"


def test_what_no_chunk_says_is_not_supported() -> None:
    found = asked("Install the helios bridge package on every node. Its licence flag must be purple.")
    assert {claim.support for claim in found.claims} == {"unsupported"}
    assert found.groundedness is not None
    assert found.groundedness < 0.2


@pytest.mark.parametrize(
    "answer",
    [
        "Retries are made for tasks that were revoked.",
        "The retry_backoff option does not double the wait after each attempt.",
        "It is not true that the retry_backoff option doubles the wait after each attempt.",
        "The retry_backoff option doubles the wait before each attempt.",
    ],
)
def test_a_denial_or_an_opposite_contradicts_the_sentence_it_was_made_of(answer: str) -> None:
    assert [claim.support for claim in asked(answer).claims] == ["contradicted"]


@pytest.mark.parametrize(
    "answer",
    [
        "The wait doubles after each attempt, and it is not reset by a success or by the option.",
        "The retry_backoff option not only doubles the wait after each attempt.",
    ],
)
def test_another_sentence_with_a_denial_of_its_own_contradicts_nothing(answer: str) -> None:
    assert all(claim.support != "contradicted" for claim in asked(answer).claims)


def test_a_number_or_a_name_that_the_context_lacks_counts_against_a_claim() -> None:
    right = asked("It is capped at 600 seconds by default.").groundedness
    wrong = asked("It is capped at 900 seconds by default.").groundedness
    other = asked("The retry_jitter option doubles the wait after each attempt.").claims[0].support
    assert right == 1.0
    assert wrong is not None
    assert wrong < 0.55
    assert other == "unsupported"


def test_words_of_the_question_count_as_supported() -> None:
    plain = asked("Throttling is what you want.", query="Throttling?").groundedness
    unasked = asked("Throttling is what you want.").groundedness
    assert plain is not None
    assert unasked is not None
    assert plain > unasked


def test_the_context_suffices_where_one_kept_passage_holds_the_question() -> None:
    assert asked("It doubles.").context_sufficient is True
    assert asked("It doubles.", chunk(OTHERS[0], 1, text=OTHER)).context_sufficient is False
    assert asked("It doubles.", chunk(OTHERS[0], 1, text=None)).context_sufficient is None


def test_a_dropped_passage_that_holds_more_of_the_question_is_named() -> None:
    dropped = chunk(RIGHT, 9, text=PAGE, survived=False)
    found = asked("Only one scheduler may run at a time.", chunk(OTHERS[0], 1, text=OTHER), dropped)
    assert [better.chunk_id for better in found.better] == [f"{RIGHT}~0"]
    assert asked("It doubles the wait.", chunk(RIGHT, 1, text=PAGE), chunk(OTHERS[0], 2, text=OTHER)).better == ()


def test_an_answer_that_leaves_out_what_was_asked_is_not_complete() -> None:
    assert asked("Only one scheduler may run at a time.").complete is False
    assert asked("The retry_backoff option doubles the wait after each attempt.").complete is True


def test_the_prompt_stands_in_where_chunks_came_without_their_text_or_cut_off() -> None:
    whole = Context(text=f"{PAGE}\n\n{OTHER}", source="prompt")
    said = "Retries are not made for tasks that were revoked."
    assert asked(said, chunk(RIGHT, 1, text=None), context=whole).groundedness == 1.0
    assert asked(said, chunk(RIGHT, 1, text=PAGE[:40]), context=whole).groundedness == 1.0


def test_the_names_of_what_is_cited_claim_nothing() -> None:
    cited = (Citation(anchor="kb/4711"), Citation(anchor="880007"))
    said = "The retry_backoff option doubles the wait after each attempt. [kb/4711] [880007]"
    assert asked(said, citations=cited).groundedness == 1.0
    assert len(asked(said, citations=cited).claims) == 1
    assert (asked(said, citations=()).groundedness or 0.0) < 1.0


def test_a_chunk_of_which_only_the_beginning_was_kept_holds_no_more() -> None:
    whole = chunk(RIGHT, 1, text=PAGE, tokens=30)
    said = "Retries are not made for tasks that were revoked."
    assert asked(said, whole).claims[0].support == "supported"
    assert asked(said, whole._replace(kept_tokens=8)).claims[0].support == "unsupported"


def test_a_json_answer_is_read_for_what_it_says() -> None:
    assert asked('{"answer": "It is capped at 600 seconds by default.", "confidence": 0.9}').groundedness == 1.0


def test_a_refusal_is_recognised_and_makes_no_claims() -> None:
    found = asked("I can't find this in the documentation that I have.")
    assert found.refused is True
    assert found.claims == ()
    assert found.groundedness is None
    assert asked(None).refused is None


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know based on the documentation provided.",
        "The provided context does not mention how to do this.",
        "I'm sorry, but I couldn't find an answer to that.",
        "There is no information about this in the given context.",
        "Based on the given context, it is not clear which release added it.",
        "Unfortunately, the documentation does not cover this.",
    ],
)
def test_refusals(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "If the timeout is not specified, the default of 30 seconds applies.",
        "The application context is not available outside of a request.",
        "Variables that the template does not define are looked up in the context.",
        "The worker cannot find the broker when the URL is wrong.",
        "No, signals are not sent for bulk updates.",
    ],
)
def test_documentation_that_denies_something_is_no_refusal(answer: str) -> None:
    assert not is_refusal(answer)


def test_apologies_for_a_failure_are_short_and_say_so() -> None:
    assert is_apology("Sorry, something went wrong. Please try again.")
    assert not is_apology("The worker will retry the task. " * 20 + "Something went wrong.")


def test_words_of_one_stem_meet_and_marks_are_no_words() -> None:
    assert stem("retries") == stem("retry")
    assert stem("doubling") == stem("doubled")
    assert terms("It is 1,000 seconds") == [*terms("1000 seconds")]
    assert sentences("One thing. [1] Another thing. [2]\n- a line") == ["One thing.", "Another thing.", "a line"]


@pytest.mark.parametrize("text", ["", "\x00", "a" * 100_000, "[1" * 20_000, "i do not " * 20_000, "no a b " * 20_000])
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    assert assess(trace(query=text, answer=text, context=Context(text=text))).by == "lexical"


GERMAN = (
    "Die Option retry_backoff verdoppelt die Wartezeit nach jedem Versuch, und sie wird von der Vorgabe auf "
    "zehn Minuten begrenzt. Für Aufgaben, die nicht mehr laufen sollen, wird kein Versuch gemacht. [1]"
)


@pytest.mark.parametrize("answer", [GERMAN, "重试选项会在每次尝试之后将等待时间加倍。默认上限为十分钟。"])
def test_words_say_nothing_of_an_answer_in_another_language_than_the_context(answer: str) -> None:
    found = asked(answer)
    assert (found.groundedness, found.claims, found.complete) == (None, (), None)
    same = asked(answer, chunk(RIGHT, 1, text=answer))
    assert same.groundedness == 1.0


def test_a_question_in_another_language_says_nothing_of_what_was_kept() -> None:
    dropped = chunk(OTHERS[0], 2, text=OTHER, survived=False)
    found = asked(GERMAN, chunk(RIGHT, 1, text=PAGE), dropped, query="Wie wird die Wartezeit verdoppelt?")
    assert (found.context_sufficient, found.relevance, found.better) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PAGE, "english"),
        (GERMAN, "other"),
        (
            "La opción duplica la espera después de cada intento, y el máximo es de diez minutos.",
            "other",
        ),
        ("Опция удваивает ожидание", "script"),
        ("kubectl get pods", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_small_words_or_its_letters(text: str, expected: str | None) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "Es tut mir leid, dazu habe ich keine Informationen in der Dokumentation gefunden.",
        "Leider kann ich diese Frage mit den vorhandenen Artikeln nicht beantworten.",
        "Die Dokumentation enthält dazu leider nichts, und mehr kann ich nicht sagen.",
        "Je n'ai pas trouvé d'informations à ce sujet dans la documentation.",
        "No tengo información sobre eso en la documentación que se me ha dado para responder.",
        "Não encontrei uma resposta para isso nos documentos.",
        "Non ho trovato informazioni su questo, e la documentazione non è di più.",
        "Ik kan hierover geen informatie vinden in de artikelen van het helpcentrum.",
        "抱歉，我在文档中没有找到相关信息。",
        "申し訳ありませんが、その情報はドキュメントに記載されていません。",
        "К сожалению, в документации нет информации об этом.",
    ],
)
def test_a_refusal_is_recognised_in_other_languages(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        GERMAN,
        "Wenn der Schlüssel abläuft, wird keine Nachricht gesendet, und die Aufgabe wird nicht mehr ausgeführt.",
        "L'option est activée par défaut et les tâches ne sont pas relancées si elles sont annulées.",
        "La tarea no se repite si el usuario la cancela, y el límite es de diez minutos.",
        "重试选项会在每次尝试之后将等待时间加倍。默认上限为十分钟。",
    ],
)
def test_an_answer_that_denies_something_in_another_language_is_no_refusal(answer: str) -> None:
    assert not is_refusal(answer)
