"""DSPy: a module with dspy.Retrieve over a retriever's texts, a prediction by a real model's client."""

import dspy
from corpus import PASSAGES, QUESTION, SESSION, USER, VECTOR
from openinference.instrumentation import using_attributes
from openinference.instrumentation.dspy import DSPyInstrumentor
from telemetry import tracer_provider


class Passage:
    def __init__(self, text):
        self.long_text = text


def search(query, k):
    return [Passage(PASSAGES[each]) for each in list(VECTOR)[:k]]


class Assistant(dspy.Module):
    def __init__(self):
        super().__init__()
        self.retrieve = dspy.Retrieve(k=3)
        self.generate = dspy.Predict("context: list[str], question -> answer")

    def forward(self, question):
        return self.generate(context=self.retrieve(question).passages, question=question)


def main():
    provider = tracer_provider()
    DSPyInstrumentor().instrument(tracer_provider=provider)
    model = dspy.LM("openai/gpt-4o-mini", cache=False, num_retries=0)
    dspy.configure(lm=model, rm=search, adapter=dspy.ChatAdapter())
    with using_attributes(session_id=SESSION, user_id=USER):
        print(Assistant()(question=QUESTION).answer)
    provider.shutdown()


main()
