"""`make demo`: start Stagelight, show it a pipeline with a past, and say where to look. Ctrl-C ends both."""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from demo.__main__ import SECONDS_TO_START, prepare_corpus, serve_page, tell_past
from demo.page.server import wait_until
from demo.settings import Settings, load_settings
from demo.telemetry.server import Server

ROOT = Path(__file__).parent.parent
SECONDS_TO_STOP = 15


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.start", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of Stagelight")
    parser.add_argument("--page-port", type=int, default=8001, help="of the demo's own page")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _as_interrupt)
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
    """Where to look first. The sign-in link works once; after it, the others open too."""
    links = {"Sign in, once": _sign_in(port, settings.url)}
    for words, fault in (
        ("An answer that cites the wrong product", "validate:false_anchor"),
        ("An answer of the Tuesday on which the reranker was upside down", "rerank:reverse"),
    ):
        trace_id = _trace_with(settings.truth_file, fault)
        if trace_id:
            links[words] = f"{settings.url}/t/{trace_id}"
    return links


def _sign_in(port: int, url: str) -> str:
    command = [sys.executable, "manage.py", "signin_link", "admin"]
    made = subprocess.run(command, cwd=ROOT, env=_environment(port), capture_output=True, text=True, check=False)
    if made.returncode != 0:
        print(f"no sign-in link: {(made.stderr.strip().splitlines() or ['?'])[-1]}")
    return made.stdout.strip() or f"{url}/"


def _trace_with(truth_file: Path, fault: str) -> str | None:
    """The newest past trace in which this fault took away what the clean run had, or harmed the answer itself."""
    found = None
    for line in truth_file.read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        late = truth["stage"] in ("generate", "validate")
        if (
            truth["fault"] == fault
            and truth["clean_met"]
            and (truth["lost"] or late)
            and truth["seed"].startswith("past|")
        ):
            found = truth["trace_id"]
    return found


if __name__ == "__main__":
    main()
