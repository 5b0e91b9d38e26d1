"""`make demo`: start Stagelight, show it a pipeline with a past, and say where to look. Ctrl-C ends both."""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.__main__ import SECONDS_TO_START, prepare_corpus, serve_page, tell_past
from demo.page.server import wait_until
from demo.settings import Settings, load_settings
from demo.telemetry.server import Server, UnreachableError

ROOT = Path(__file__).parent.parent
SECONDS_TO_STOP = 15
SECONDS_TO_JUDGE = 10
MOST_ASKED = 200
CERTAINTIES = ("certain", "likely", "suspected")
PROJECT = "default"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.start", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of Stagelight")
    parser.add_argument("--page-port", type=int, default=8001, help="of the demo's own page")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _as_interrupt)
    print(
        "Stagelight starts, and beside it a pipeline that reports to it; where to look is said at the end.", flush=True
    )
    url = f"http://127.0.0.1:{options.port}"
    product = _start_product(options.port, url)
    try:
        library = prepare_corpus(load_settings(url))
        if not wait_until(lambda: product.poll() is not None or Server(url, "").is_up(), SECONDS_TO_START):
            raise SystemExit(f"Stagelight did not answer at {url} within {SECONDS_TO_START} s.")
        if product.poll() is not None:
            raise SystemExit("Stagelight did not start; what it said stands above.")
        settings = load_settings(url)
        tell_past(settings, library)
        serve_page(settings, library, options.page_port, _links(settings, options.port))
    except KeyboardInterrupt:
        print()
    finally:
        _stop(product)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _environment(port: int) -> dict[str, str]:
    return os.environ | {"PORT": str(port)}


def _start_product(port: int, url: str) -> "subprocess.Popen[bytes]":
    """In a session of its own, so that Ctrl-C reaches it once, through us."""
    if Server(url, "").is_up():
        raise SystemExit(
            f"Something answers at {url} already: stop it, or choose another port with `make demo PORT=8010`."
        )
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=_environment(port), start_new_session=True)


def _stop(product: "subprocess.Popen[bytes]") -> None:
    if product.poll() is None:
        product.terminate()
        try:
            product.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            product.kill()


def _links(settings: Settings, port: int) -> dict[str, str]:
    """Where to look, in this order. The sign-in link works once and opens the first answer; the others follow."""
    shown = {
        words: shown_best(settings, fault)
        for words, fault in (
            ("an answer that cites the wrong product", "validate:false_anchor"),
            ("an answer of the Tuesday on which the reranker was upside down", "rerank:reverse"),
        )
    }
    for words in (words for words, trace_id in shown.items() if trace_id is None):
        print(f"no link to {words}: no trace of these fourteen days shows it")
    found = [(words, f"/t/{trace_id}") for words, trace_id in shown.items() if trace_id]
    found.append(("all that went wrong in these fourteen days", f"/p/{PROJECT}/traces?q=has%3Afault"))
    (first, path), *rest = found
    return {
        f"Sign in with this, once: it opens {first}": _sign_in(port, settings.url, path),
        **{f"Then {words}": f"{settings.url}{path}" for words, path in rest},
    }


def _sign_in(port: int, url: str, path: str) -> str:
    command = [sys.executable, "manage.py", "signin_link", "admin", "--next", path]
    made = subprocess.run(command, cwd=ROOT, env=_environment(port), capture_output=True, text=True, check=False)
    if made.returncode != 0:
        print(f"no sign-in link: {(made.stderr.strip().splitlines() or ['?'])[-1]}")
    return made.stdout.strip() or f"{url}/"


def shown_best(settings: Settings, fault: str) -> str | None:
    """The trace that shows this fault best, once its traces are judged; None where the past has none."""
    traces, stage = traces_with(settings.truth_file, fault), fault.partition(":")[0]
    server = Server(settings.url, settings.key)
    if traces:
        wait_until(lambda: not set(traces).isdisjoint(blamed_on(server, stage)), SECONDS_TO_JUDGE)
    return surest(traces, blamed_on(server, stage))


def blamed_on(server: Server, stage: str) -> dict[str, str]:
    """How surely traces are blamed on a stage; empty where the server has not the time to say."""
    try:
        status, found = server.call("GET", f"/api/v1/traces?limit={MOST_ASKED}&q=stage:{stage}")
    except UnreachableError:
        return {}
    traces = found["traces"] if status == 200 and isinstance(found, dict) else []
    return {one["trace_id"]: one["verdict"]["certainty"] for one in traces if one["verdict"]}


def surest(traces: Sequence[str], certainties: Mapping[str, str]) -> str | None:
    """The first of those whose stage is blamed most surely; the first of all where none is blamed."""
    blamed = (one for certainty in CERTAINTIES for one in traces if certainties.get(one) == certainty)
    return next(blamed, next(iter(traces), None))


def traces_with(truth_file: Path, fault: str) -> list[str]:
    """Past traces in which this fault took away what the clean run had, or harmed the answer itself; newest first."""
    found = []
    for line in truth_file.read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        harmed = truth["lost"] or truth["stage"] in ("generate", "validate")
        if truth["fault"] == fault and truth["clean_met"] and harmed and truth["seed"].startswith("past|"):
            found.append(truth["trace_id"])
    return found[::-1]


if __name__ == "__main__":
    main()
