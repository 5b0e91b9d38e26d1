"""Traceloop: a workflow of tasks, OpenAI's client instrumented by its SDK; one answer streamed, one failing."""

import os
from contextlib import suppress

import openai
from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, USER, VECTOR
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, workflow
from traceloop.sdk.instruments import Instruments

Traceloop.init(
    app_name="docs-assistant",
    api_endpoint=os.environ["STAGELIGHT_URL"],
    headers={"Authorization": f"Bearer {os.environ['STAGELIGHT_KEY']}"},
    instruments={Instruments.OPENAI},
)
client = openai.OpenAI(max_retries=0)


def listed(scores):
    return [{"id": each, "content": PASSAGES[each], "score": score} for each, score in scores.items()]


@task(name="vector_search")
def vector_search(question):
    return listed(VECTOR)


@task(name="bm25_search")
def bm25_search(question):
    return listed(LEXICAL)


@task(name="rerank")
def rerank(question, found):
    return listed(dict(sorted(((each, RERANKED[each]) for each in found), key=lambda item: -item[1])[:KEPT]))


@task(name="generate")
def generate(question, kept, stream=False):
    passages = "\n".join(f"[{place}] {each['content']}" for place, each in enumerate(kept, 1))
    messages = [{"role": "user", "content": f"{passages}\n\nQuestion: {question}"}]
    asked = {"model": "gpt-4o-mini", "messages": messages}
    if not stream:
        return client.chat.completions.create(**asked).choices[0].message.content
    chunks = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@workflow(name="ask")
def ask(question, stream=False):
    Traceloop.set_association_properties({"session_id": SESSION, "user_id": USER})
    found = dict.fromkeys(each["id"] for each in vector_search(question) + bm25_search(question))
    return generate(question, rerank(question, list(found)), stream=stream)


print(ask(QUESTION))
print(ask(STREAMED, stream=True))
with suppress(openai.APIError):
    ask(FAILING)
