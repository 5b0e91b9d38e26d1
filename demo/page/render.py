"""The demo's own page, as text. Everything that comes from outside is escaped here."""

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from demo.faults import REGISTRY, STAGES
from demo.pipeline.turn import Turn

EXAMPLES = (
    ("How do I run code after a transaction commits in Django?", "rerank:dropped"),
    ("What does task_acks_late do and when should I enable it?", "resolve:entity_missed"),
    ("How do I return API errors as JSON in Flask?", "route:wrong_product"),
    ("How do I retry a failed Celery task?", "validate:false_anchor"),
    ("How do I make an option that can be given multiple times in Click?", "generate:ungrounded"),
    ("How do I deploy to Kubernetes with a Helm chart?", ""),
)
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FAILURES = ("error", "timeout")
STAGE_WORDS = {
    "index": "what is there to be found",
    "route": "which product, which intent",
    "resolve": "names and rewriting",
    "embed": "the question as a vector",
    "retrieve": "two lanes and their fusion",
    "rerank": "the best eight",
    "context": "what fits the prompt",
    "generate": "the answer",
    "validate": "the last look",
}


@dataclass
class View:
    """What one page shows."""

    server: str
    question: str = ""
    fault: str = ""
    problem: str = ""
    advice: str = ""
    link: str = ""
    turn: Turn | None = None
    changed: str = ""
    visible: bool = False
    reviewed: bool = False
    examples: tuple[tuple[str, str], ...] = field(default=EXAMPLES)


def page(view: View) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{'Answer' if view.turn else 'Ask'} · the demo of Stagelight</title>"
        '<link rel="icon" href="/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/page.css"></head><body>'
        f'<header><b>Docs assistant</b> <span>a demo that <a href="{escape(view.server)}">Stagelight</a> watches</span>'
        "</header>"
        f"<main>{_problem(view)}{_result(view)}{_form(view)}</main></body></html>"
    )


def style() -> str:
    """The page's stylesheet. Of the lines beside the button it shows that of the switch that is on."""
    rules = (f'form:has([value="{key}"]:checked) [data-armed="{key}"] {{ display: block }}\n' for key in REGISTRY)
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8") + "".join(rules)


def _problem(view: View) -> str:
    if not view.problem:
        return ""
    link = f' <a href="{escape(view.link)}">Open its trace</a>' if view.link else ""
    return (
        f'<section class="problem" role="alert"><h2>{escape(view.problem)}</h2><p>{escape(view.advice)}{link}</p>'
        "</section>"
    )


def _said(text: str) -> str:
    """Text from outside, which turns neither itself nor what stands beside it round."""
    return f"<bdi>{escape(DIRECTIONS.sub('', text))}</bdi>"


def _result(view: View) -> str:
    turn = view.turn
    if turn is None:
        return ""
    link = f"{view.server}/t/{turn.trace_id}"
    waiting = "" if view.visible else '<p class="muted">It is on its way: the page may need a moment to find it.</p>'
    broke = (
        f"<p>Broken on purpose: <code>{escape(view.fault)}</code>, {escape(view.changed)}.</p>" if view.fault else ""
    )
    if view.fault and not view.changed:
        broke = f"<p><code>{escape(view.fault)}</code> found nothing to break in this question: a clean trace.</p>"
    if view.changed and not view.reviewed:
        broke += (
            '<p class="muted">Nobody has said what this question should be answered from: some faults cannot be told '
            "then, but those of the examples below can.</p>"
        )
    sources = "".join(
        f"<li><b>{escape(citation.title)}</b> <code>{escape(citation.anchor)}</code></li>"
        for citation in turn.citations
    )
    facts = f"{turn.outcome or 'error'} · product {turn.product or 'none'} · intent {turn.intent}"
    return (
        f'<section class="result" aria-live="polite"><h1>{_said(turn.question)}</h1>'
        f'<p class="answer">{_said(turn.answer)}</p>'
        f'{f"<ol>{sources}</ol>" if sources else ""}<p class="muted">{escape(facts)}</p>{broke}'
        f'<p><a class="open" href="{escape(link)}">Open the trace</a> <code>{escape(turn.trace_id)}</code></p>'
        '<p class="muted">If it asks you to sign in: the link for that was printed where the demo was started.</p>'
        f"{waiting}</section>"
    )


def _form(view: View) -> str:
    title = "h2" if view.turn else "h1"
    return (
        f'<form method="post" action="/ask"><{title}><label for="question">Ask about Django, Celery, Flask, Werkzeug, '
        f"Jinja, Click, Kombu, Tornado or ItsDangerous</label></{title}>"
        '<div class="ask"><input id="question" name="question" type="text" maxlength="500" required autocomplete="off" '
        f'value="{escape(view.question)}"><button>Ask</button></div>{_armed()}{_examples(view)}'
        '<fieldset class="faults"><legend>Break a stage, and see whether Stagelight finds it</legend>'
        f"{_switch('', 'nothing broken', 'The pipeline as it should be', view.fault)}"
        f'<div class="stages">{"".join(_stage(stage, view.fault) for stage in STAGES)}</div></fieldset>'
        "<p><button>Ask</button></p></form>"
    )


def _armed() -> str:
    """What is chosen far below, said beside the button: a line for each switch."""
    return "".join(
        f'<p class="armed" data-armed="{escape(key)}">It will be asked with <code>{escape(key)}</code> broken: '
        "see below.</p>"
        for key in REGISTRY
    )


def _stage(stage: str, chosen: str) -> str:
    here = [fault for fault in REGISTRY.values() if fault.stage == stage]
    faults = sorted(here, key=lambda fault: fault.fault in FAILURES)
    switches = "".join(
        _switch(fault.key, fault.key.split(":")[1].replace("_", " "), fault.summary, chosen) for fault in faults
    )
    words = STAGE_WORDS[stage]
    return f'<fieldset data-stage="{stage}"><legend><b>{stage}</b> <span>{words}</span></legend>{switches}</fieldset>'


def _switch(key: str, label: str, summary: str, chosen: str) -> str:
    checked = " checked" if key == chosen else ""
    return (
        f'<label class="switch"><input type="radio" name="fault" value="{escape(key)}"{checked}>'
        f"<span><b>{escape(label)}</b> <small>{escape(summary)}</small></span></label>"
    )


def _examples(view: View) -> str:
    rows = "".join(
        f'<li><a href="/?{escape(urlencode({"question": question, "fault": fault}))}">{escape(question)}</a>'
        f"{f' <code>{escape(fault)}</code>' if fault else ''}</li>"
        for question, fault in view.examples
    )
    return f'<section class="examples"><h2>To begin with</h2><ul>{rows}</ul></section>'
