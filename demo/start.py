"""`make demo`: the product's server and the demo beside it, from one command until Ctrl-C.

python -m demo.start --port 8000
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

READY_SECONDS = 60


def answers(url: str) -> bool:
    """True where a server is ready at that address."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start_server(port: int) -> "subprocess.Popen[bytes]":
    """Start the product's server and wait until it answers."""
    server = subprocess.Popen([sys.executable, "manage.py", "serve", "--port", str(port)])
    until = time.monotonic() + READY_SECONDS
    while not answers(f"http://127.0.0.1:{port}"):
        if server.poll() is not None:
            raise SystemExit(server.returncode or 1)
        if time.monotonic() > until:
            server.terminate()
            raise SystemExit(f"the server did not answer within {READY_SECONDS} s")
        time.sleep(0.1)
    return server


def main() -> None:
    """Start both, and stop both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    options = parser.parse_args()
    url = f"http://127.0.0.1:{options.port}"
    if answers(url):
        raise SystemExit(f"something answers at {url} already: stop it, or choose another PORT")
    os.environ["PORT"] = str(options.port)
    data = Path(os.environ.get("STAGELIGHT_DATA_DIR", "var"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = start_server(options.port)
    demo = subprocess.Popen([sys.executable, "-m", "demo", "--url", url, "--key-file", str(data / "key")])
    try:
        demo.wait()
    except KeyboardInterrupt:
        demo.wait()
    finally:
        for process in (demo, server):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait()
    raise SystemExit(demo.returncode if demo.returncode > 0 else 0)


if __name__ == "__main__":
    main()
