import os

from langfuse import Langfuse, observe, propagate_attributes

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The same as LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY (any text) and LANGFUSE_SECRET_KEY in the environment.
langfuse = Langfuse(base_url=URL, public_key="pk-lf-stagelight", secret_key=KEY)


@observe(as_type="retriever")
def vector(question: str) -> list[dict]:
    return [{"id": "c1", "content": "Call self.retry() in the task.", "score": 0.82, "metadata": {"title": "Retrying"}}]


@observe(as_type="generation")
def generate(prompt: str) -> str:
    langfuse.update_current_generation(model="claude-sonnet-5-5", usage_details={"input": 21, "output": 9})
    return "Call self.retry() in the task [1]."


@observe()
def answer(question: str) -> str:
    with propagate_attributes(session_id="s1", user_id="u1"):
        passages = "\n".join(f"[{place}] {each['content']}" for place, each in enumerate(vector(question), 1))
        said = generate(f"{passages}\n\n{question}")
        langfuse.score_current_trace(name="user_feedback", value=1, data_type="BOOLEAN")
        return said


print(answer("How do I retry a task?"))

langfuse.shutdown()  # sends what is still in the queue
