"""A corpus of two dozen sections that needs no network, and a pipeline over it."""

from collections.abc import Callable

import pytest

from demo.corpus.library import Corpus, build_corpus
from demo.faults import Fault, Injection, World
from demo.pipeline.assistant import Assistant
from demo.pipeline.turn import Turn
from demo.search.index import Index, build_index
from demo.telemetry.provider import Collector, Telemetry

SUBJECTS = {
    "celery": {
        "Retrying": (
            "The task_acks_late setting decides when a message is acknowledged. Call retry to run a failed "
            "task again after a delay. The countdown says how many seconds the worker waits before the next "
            "attempt."
        ),
        "Routing": (
            "A queue receives tasks by its routing key. The task_routes setting maps a task name to its "
            "queue. Workers consume from the queues that they are told to consume from."
        ),
        "Signals": (
            "Signals let code run before and after a task. The task_prerun signal is dispatched before a "
            "task is executed by the worker. Handlers must accept keyword arguments."
        ),
        "Beat": (
            "The beat scheduler starts periodic tasks at intervals. A crontab schedule names minute, hour "
            "and weekday. Only one scheduler may run at a time."
        ),
    },
    "django": {
        "Signals": (
            "A receiver function is called whenever the signal is sent. Pass dispatch_uid to stop duplicate "
            "signals from being received twice. Receivers are connected in the ready method."
        ),
        "Sessions": (
            "The session framework stores data for each visitor. SESSION_COOKIE_AGE is the age of session "
            "cookies in seconds. Expired sessions are removed by the clearsessions command."
        ),
        "Middleware": (
            "Middleware is a chain of hooks into request processing. The order in MIDDLEWARE matters because "
            "one layer can depend on another. Each layer may answer the request itself."
        ),
        "Migrations": (
            "Migrations carry changes of models into the database schema. Squashing migrations reduces many "
            "files to one. A data migration changes the rows themselves."
        ),
    },
    "flask": {
        "Sessions": (
            "The session object keeps data between requests, signed with the secret key. SESSION_TYPE_NAME "
            "chooses the interface. Set a random secret key before using it."
        ),
        "Context": (
            "The application context holds the current application during a request. Push it by hand with "
            "app_context in scripts. Outside of it, current_app raises a RuntimeError."
        ),
        "Blueprints": (
            "A blueprint groups views, templates and static files. Register the blueprint on the application "
            "to mount its views. Blueprints can be nested inside other blueprints."
        ),
        "Commands": (
            "Custom commands are added with the cli decorator. The command runs inside the application "
            "context. Arguments and options are declared with decorators."
        ),
    },
}
QUESTION = "How does task_acks_late decide when a message is acknowledged?"
EXPECTED = "doc_celery-guide-retrying#retrying"
UNANSWERABLE = "Which restaurant serves vegan lasagne nearby?"


def pages() -> list[tuple[str, str, str]]:
    found = []
    for product, subjects in SUBJECTS.items():
        for title, text in subjects.items():
            named = [word for word in text.replace(".", " ").split() if "_" in word]
            settings = "".join(f".. setting:: {name}\n\n" for name in named)
            body = f"{settings}{title}\n{'=' * len(title)}\n\n{text}\n\nNotes on {title}\n{'-' * (9 + len(title))}\n\n"
            found.append(
                (product, f"guide/{title.lower()}.rst", f"{body}More about {title.lower()} in {product}. {text}\n")
            )
    return found


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return build_corpus("tiny", "test", pages())


@pytest.fixture(scope="session")
def index(corpus: Corpus) -> Index:
    return build_index(corpus)


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def assistant(corpus: Corpus, index: Index, collector: Collector) -> Assistant:
    return Assistant(corpus, index, Telemetry(collector))


@pytest.fixture
def ask(assistant: Assistant, index: Index) -> Callable[..., tuple[Turn, Injection | None]]:
    """Ask, clean or with a fault aimed at some anchors."""

    def asked(question: str, fault: Fault | None = None, targets: tuple[str, ...] = (), key: str = "k") -> tuple:
        world = World(index, assistant.known_anchors, frozenset(targets), assistant.telemetry.clock)
        injection = Injection(fault, world) if fault else None
        return assistant.ask(Turn(question, seed="test"), injection, key), injection

    return asked
