"""A pipeline that its owner traced with Langfuse's SDK 5; only the address and the key in its environment are ours."""

import logging
import sys

logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

from langfuse import Langfuse, get_client, observe, propagate_attributes  # noqa: E402
from langfuse.media import LangfuseMedia  # noqa: E402

CHUNKS = [
    {"id": "tasks#1", "score": 9.5, "content": "A task is retried with exponential backoff by autoretry_for."},
    {"id": "tasks#2", "score": 7.25, "content": "The worker acknowledges a task when it has returned."},
]


@observe(as_type="retriever")
def retrieve(query: str) -> list[dict[str, object]]:
    return CHUNKS


@observe()
def rerank(query: str, chunks: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**chunks[0], "rerank_score": 0.9}]


@observe(as_type="generation")
def generate(prompt: str) -> str:
    get_client().update_current_generation(
        model="claude-sonnet-4-5", usage_details={"input": 40, "output": 9}, cost_details={"total": 0.001}
    )
    return "With autoretry_for [1]."


@observe()
def ask(question: str) -> str:
    with propagate_attributes(user_id="u1", session_id="s1", metadata={"question_id": "q01"}, tags=["docs"]):
        kept = rerank(question, retrieve(question))
        answer = generate(f"Answer from the context.\n\n[1] {kept[0]['content']}\n\n{question}")
        client = get_client()
        client.score_current_trace(name="user_feedback", value=1, data_type="BOOLEAN")
        client.score_current_span(name="fluent", value=0.5)
        picture = LangfuseMedia(content_bytes=b"\x89PNG\r\n", content_type="image/png")
        client.update_current_span(metadata={"picture": picture})
        print(client.get_current_trace_id())
        return answer


def main() -> None:
    client = Langfuse()
    assert client.auth_check()
    ask("How is a task retried?")
    prompt = client.get_prompt("docs-answer", fallback="Answer {{question}}", max_retries=0)
    assert prompt.is_fallback
    client.create_dataset(name="golden", metadata={"v": 1})
    client.create_dataset_item(dataset_name="golden", input={"question": "How is a task retried?"}, expected_output="x")
    dataset = client.get_dataset("golden")
    client.run_experiment(
        name="rerank-v1",
        data=dataset.items,
        task=lambda *, item, **_: ask(item.input["question"]),
        evaluators=[lambda *, output, **_: {"name": "said", "value": float("autoretry" in output)}],
    )
    client.flush()
    client.shutdown()


main()
