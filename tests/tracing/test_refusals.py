"""What reads as a refusal, in many styles and languages, and what only denies something."""

import pytest

from tests.tracing.made_cases import RIGHT, cite, trace
from tracing.attribution.lexical import assess
from tracing.attribution.refusals import is_greeting, is_refusal
from tracing.records import Context


@pytest.mark.parametrize(
    "answer",
    [
        "Not found.",
        "No relevant documents were found.",
        "The manual doesn't say.",
        "I have no idea, sorry.",
        "None of the sources provided discuss the cost of the licence.",
        "I searched the documentation and came up empty.",
        "I can only help with questions about our appliances.",
        "It appears that the documents do not contain the answer.",
        "There isn't enough information to answer your question.",
        "Das steht leider nicht im Handbuch.",
        "Die Frage kann mit den vorliegenden Dokumenten nicht beantwortet werden.",
        "Le manuel ne précise pas la couleur.",
        "Je n'ai rien trouvé.",
        "No lo sé.",
        "El manual no lo especifica.",
        "Non lo so.",
        "Não sei.",
        "Dat weet ik niet.",
        "Jag hittade inget svar på den frågan.",
        "Niestety nie mam informacji na ten temat.",
        "Bilmiyorum.",
        "Я не знаю.",
        "我不知道。",
        "わかりません。",
        "모르겠습니다.",
        "لا أعرف الإجابة.",
    ],
)
def test_refusals_of_many_styles(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry you ran into trouble. Restart the router, then log in again.",
        "I'm not sure you need the adapter: the K45 has USB-C built in.",
        "If no information is available on the invoice, call the supplier.",
        "Data that is not mentioned in the export is deleted after 30 days.",
        "The police found no evidence of poison.",
        "The text field does not contain a default value unless you set one.",
        "The contract does not include parking.",
        "The museum is closed on Mondays; no answer is needed.",
        "We do not store any information about your card.",
        "Es gibt keine Begrenzung der Geräte.",
        "Wenn keine Informationen angezeigt werden, starten Sie das Gerät neu.",
        "Il n'y a pas de frais de clôture.",
        "No hay comisión por cerrar la cuenta.",
        "没有手续费。",
        "手数料はありません。",
        "Which model do you have, the K30 or the K45?",
    ],
)
def test_an_answer_that_denies_something_is_no_refusal(answer: str) -> None:
    assert not is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know who invented it, but I do know that it was first sold in 1987 in Oslo.",
        "I couldn't find the noise level in turbo mode, but in eco mode it reaches 44 dB.",
        "While the manual does not give the weight, it lists the dimensions as 60 x 45 x 82 cm.",
        "Zum Preis finde ich nichts, aber das Gerät wiegt zwölf Kilo.",
    ],
)
def test_half_a_sentence_that_answers_all_the_same_is_an_answer(answer: str) -> None:
    assert not is_refusal(answer)
    assert is_refusal("I don't know, but you can ask our support.")


def test_what_the_context_bears_out_beside_a_refusal_is_an_answer_in_part() -> None:
    page = "The K30 weighs twelve kilograms and holds ninety litres. Its drum is made of stainless steel."
    told = "I have no information on the price. The drum of the K30 is made of stainless steel and holds ninety litres."
    made = trace(
        right={"text": page}, query="What does it cost?", answer=told, outcome=None, refused=None, context=Context()
    )
    assert is_refusal(told)
    assert assess(made).refused is False
    other = "I do not have information on the price. Shipping to Norway usually takes three weeks by boat."
    assert assess(trace(right={"text": page}, answer=other, outcome=None, refused=None)).refused is True


@pytest.mark.parametrize("said", ["Bonjour", "Hallo, guten Morgen", "¡Hola!", "你好", "thanks a lot"])
def test_greetings_of_several_languages(said: str) -> None:
    assert is_greeting(said)
    assert not is_greeting("Hallo, wie lange gilt die Garantie der Waschmaschine?")


def test_a_pointer_to_another_page_and_a_greeting_claim_nothing() -> None:
    said = "Hello there. It doubles the wait after each attempt. See also [doc_guide#other-1]."
    pointed = cite(RIGHT, "doc_guide#other-1")
    made = trace(right={"text": "It doubles the wait after each attempt."}, answer=said, citations=pointed)
    assert [claim.text for claim in assess(made).claims] == ["It doubles the wait after each attempt."]


def test_a_hedge_denies_nothing_of_what_follows_it() -> None:
    page = "Thick woodlands covered the island until the middle ages."
    said = "I'm not sure but thick woodlands covered the island until the middle ages"
    made = trace(right={"text": page}, query="What is the weather?", answer=said)
    assert assess(made).claims[0].support == "supported"
    denied = trace(right={"text": page}, answer="Thick woodlands never covered the island until the middle ages.")
    assert assess(denied).claims[0].support == "contradicted"
