import os

from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, workflow

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

Traceloop.init(app_name="my-rag", api_endpoint=URL, headers={"Authorization": f"Bearer {KEY}"})
Traceloop.set_association_properties({"session_id": "s1", "user_id": "u1"})


@task(name="vector_search")
def search(question: str) -> list[dict]:
    return [{"id": "c1", "content": "Call self.retry() in the task.", "score": 0.82, "metadata": {"title": "Retrying"}}]


@task(name="generate")
def generate(prompt: str) -> str:
    return "Call self.retry() in the task [1]."


@workflow(name="answer")
def answer(question: str) -> str:
    passages = "\n".join(f"[{place}] {each['content']}" for place, each in enumerate(search(question), 1))
    return generate(f"{passages}\n\n{question}")


print(answer("How do I retry a task?"))
