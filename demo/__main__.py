"""The demo beside a running Stagelight: `python -m demo --url http://127.0.0.1:8000 --key-file var/key`.

Prepares the corpus, sends a fortnight of past traffic, and serves a page on which to ask and to break stages.
"""

import argparse
import time

from demo.page.server import DemoServer, wait_until
from demo.past.send import send_past
from demo.settings import Settings, load_settings
from demo.telemetry.sender import SendError
from demo.telemetry.server import Server, UnreachableError
from demo.workshop import Library, open_library

SECONDS_TO_START = 60
started = time.monotonic()


def say(line: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)


def main() -> None:
    options = _options()
    settings = load_settings(options.url, options.key_file)
    library = prepare_corpus(settings)
    if not wait_until(Server(settings.url, "").is_up, SECONDS_TO_START):
        raise SystemExit(f"No Stagelight answers at {settings.url}: start it with `make up`, then run this again.")
    # Read again: a server that was just started writes its key while the corpus is being prepared.
    settings = load_settings(options.url, options.key_file)
    if not options.no_past:
        tell_past(settings, library)
    if not options.no_page:
        serve_page(settings, library, options.port, {"See what happened": f"{settings.url}/"})


def prepare_corpus(settings: Settings) -> Library:
    library = open_library(settings, say)
    corpus = library.corpus
    say(f"corpus: {len(corpus.places):,} sections of {len(corpus.products)} products, from {corpus.source}")
    return library


def tell_past(settings: Settings, library: Library) -> None:
    try:
        send_past(settings, library, say)
    except SendError as failure:
        raise SystemExit(str(failure)) from failure
    except UnreachableError as failure:
        raise SystemExit(f"Stagelight at {settings.url} went away: {failure}") from failure


def serve_page(settings: Settings, library: Library, port: int, links: dict[str, str]) -> None:
    """Serve until Ctrl-C."""
    try:
        server = DemoServer(("127.0.0.1", port), library, settings)
    except OSError as failure:
        raise SystemExit(
            f"The demo's page cannot listen on port {port} ({failure.strerror}); choose another."
        ) from failure
    say("ready\n")
    own = f"http://127.0.0.1:{port}/"
    for number, (words, url) in enumerate([*links.items(), ("Ask, and break a stage yourself", own)], start=1):
        print(f"  {number}. {words}:\n     {url}")
    print("\n  Ctrl-C ends it.\n", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--url", help="of the Stagelight server; default STAGELIGHT_URL or http://127.0.0.1:8000")
    parser.add_argument("--key-file", help="default $STAGELIGHT_DATA_DIR/key; STAGELIGHT_KEY wins over both")
    parser.add_argument("--port", type=int, default=8001, help="of the demo's page")
    parser.add_argument("--no-past", action="store_true", help="do not send the fortnight")
    parser.add_argument("--no-page", action="store_true", help="end after the past is sent")
    return parser.parse_args()


if __name__ == "__main__":
    main()
