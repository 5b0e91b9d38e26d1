"""Ask one question: `python -m demo.ask "How do I retry a task?" --fault rerank:reverse`."""

import argparse

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from demo.faults import find_fault
from demo.pipeline.turn import Turn
from demo.push import push_gap
from demo.questions import Question, load_questions
from demo.settings import Settings, load_settings
from demo.telemetry.server import Server
from demo.workshop import Library, Truth, append_truths, open_library, prepare, rehearse, truth_of


def ask_live(
    library: Library, settings: Settings, text: str, fault_key: str | None = None, **about: str
) -> tuple[Turn, Truth]:
    """Answer now, and have the spans exported when this returns."""
    headers = {"Authorization": f"Bearer {settings.key}"}
    exporter = OTLPSpanExporter(f"{settings.url}/v1/traces", headers=headers, compression=Compression.Gzip, timeout=10)
    assistant = library.assistant(exporter)
    asked = next((question for question in load_questions() if question.question == text), None)
    question = asked or Question("live", text, "", (), None, None, "live")
    clean = rehearse(library, text)
    behaviour = question.behaviour or ("refuse" if clean.outcome == "refuse" else None)
    fault = find_fault(fault_key) if fault_key else None
    injection = prepare(assistant, clean, fault, question.anchors, behaviour) if fault else None
    if injection and injection.fault.key == "index:not_indexed":
        push_gap(Server(settings.url, settings.key), library, injection.world.targets)
    turn = assistant.ask(Turn(text, **about), injection)
    assistant.telemetry.provider.shutdown()
    truth = truth_of(turn, clean, question, injection)
    append_truths(settings.truth_file, [truth])
    return turn, truth


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.ask", description=__doc__)
    parser.add_argument("question")
    parser.add_argument("--fault", help="stage:name, for example rerank:reverse")
    parser.add_argument("--url")
    parser.add_argument("--key-file")
    options = parser.parse_args()
    settings = load_settings(options.url, options.key_file)
    turn, _ = ask_live(open_library(settings), settings, options.question, options.fault)
    print(f"\n{turn.answer}\n")
    for citation in turn.citations:
        print(f"  [{citation.anchor}] {citation.title}")
    print(f"\n{turn.outcome or 'error'}, product {turn.product}, confidence {turn.confidence}")
    print(f"{settings.url}/t/{turn.trace_id}")


if __name__ == "__main__":
    main()
