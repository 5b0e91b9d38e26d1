"""The demo beside a running Stagelight: `python -m demo --url http://127.0.0.1:8000 --key-file var/key`.

Prepares the corpus, sends a fortnight of past traffic, and serves a page on which to ask and to break stages.
"""

import argparse
import time

from demo.page.server import DemoServer, wait_until
from demo.past.send import send_past
from demo.settings import Settings, load_settings
from demo.telemetry.sender import SendError
from demo.telemetry.server import Server
from demo.workshop import open_library

STARTED = time.monotonic()


def say(line: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.1f} s] {line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--url", help="of the Stagelight server; default STAGELIGHT_URL or http://127.0.0.1:8000")
    parser.add_argument("--key-file", help="default $STAGELIGHT_DATA_DIR/key; STAGELIGHT_KEY wins over both")
    parser.add_argument("--port", type=int, default=8001, help="of the demo's page")
    parser.add_argument("--no-past", action="store_true", help="do not send the fortnight")
    parser.add_argument("--no-page", action="store_true", help="end after the past is sent")
    options = parser.parse_args()
    prepared = open_library(load_settings(options.url, options.key_file), say)
    say(
        f"corpus: {len(prepared.corpus.places):,} sections of {len(prepared.corpus.products)} products, from {prepared.corpus.source}"
    )
    if not wait_until(Server(options.url or load_settings().url, "").is_up, 60):
        raise SystemExit(
            f"No Stagelight answers at {load_settings(options.url).url}: start it with `make up`, then run this again."
        )
    # Read again: a server that was just started writes its key while the corpus is being prepared.
    settings = load_settings(options.url, options.key_file)
    try:
        if not options.no_past:
            send_past(settings, prepared, say)
    except SendError as failure:
        raise SystemExit(str(failure)) from failure
    if not options.no_page:
        serve(DemoServer(("127.0.0.1", options.port), prepared, settings), settings)


def serve(server: DemoServer, settings: Settings) -> None:
    say("ready")
    print(f"\n  Ask, and break a stage:  http://127.0.0.1:{server.server_port}/")
    print(f"  See what happened:       {settings.url}/\n", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
