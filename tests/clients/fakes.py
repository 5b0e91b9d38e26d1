"""The endpoints of two model providers, for SDKs that would call them: real formats, and always the same answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "A task calls self.retry() [1]."
WORDS = ("A task", " calls self.retry()", " [1].")
FAILING = "fail for good"  # in a prompt: the provider answers 500
INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = 40, 9, 12

Event = tuple[str, dict[str, Any]]


@contextmanager
def provider() -> Iterator[str]:
    """Both providers at one address of this machine, for the length of a block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(raw)
        if FAILING in raw.decode():
            self._answer({"type": "error", "error": {"type": "api_error", "message": "the model is down"}}, 500)
        elif self.path.endswith("/embeddings"):
            self._answer(_embeddings(asked))
        elif self.path.endswith("/messages"):
            self._stream(_message_events(asked)) if asked.get("stream") else self._answer(_message(asked))
        elif self.path.endswith("/chat/completions"):
            self._stream(_chunks(asked)) if asked.get("stream") else self._answer(_completion(asked))
        else:
            self._answer({"error": {"message": f"nothing at {self.path}"}}, 404)

    def _answer(self, said: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Iterator[Event]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for name, said in events:
            head = f"event: {name}\n" if name else ""
            self.wfile.write(f"{head}data: {json.dumps(said)}\n\n".encode())
            self.wfile.flush()
        if self.path.endswith("/chat/completions"):
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _embeddings(asked: dict[str, Any]) -> dict[str, Any]:
    given = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    rows = [{"object": "embedding", "index": at, "embedding": [1.0, 0.0, 0.5]} for at in range(len(given))]
    return {"object": "list", "model": asked["model"], "data": rows, "usage": {"prompt_tokens": 5, "total_tokens": 5}}


def _message(asked: dict[str, Any], words: str | None = ANSWER) -> dict[str, Any]:
    usage = {
        "input_tokens": INPUT_TOKENS - CACHED_TOKENS,
        "cache_read_input_tokens": CACHED_TOKENS,
        "cache_creation_input_tokens": 0,
        "output_tokens": OUTPUT_TOKENS if words else 1,
    }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": [{"type": "text", "text": words}] if words else [],
        "stop_reason": "end_turn" if words else None,
        "stop_sequence": None,
        "usage": usage,
    }


def _message_events(asked: dict[str, Any]) -> Iterator[Event]:
    yield "message_start", {"type": "message_start", "message": _message(asked, None)}
    block = {"type": "text", "text": ""}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
    for word in WORDS:
        delta = {"type": "text_delta", "text": word}
        yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": ended, "usage": {"output_tokens": OUTPUT_TOKENS}}
    yield "message_stop", {"type": "message_stop"}


_USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
}


def _completion(asked: dict[str, Any]) -> dict[str, Any]:
    fields = "[[ ## answer ## ]]" in json.dumps(asked)  # DSPy tells the model a form
    words = f"[[ ## answer ## ]]\n{ANSWER}\n\n[[ ## completed ## ]]" if fields else ANSWER
    said = {"index": 0, "message": {"role": "assistant", "content": words}, "finish_reason": "stop"}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"]}
    return {**head, "choices": [said], "usage": _USAGE}


def _chunks(asked: dict[str, Any]) -> Iterator[Event]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
    for at, word in enumerate(WORDS):
        delta = {"role": "assistant", "content": word} if at == 0 else {"content": word}
        yield "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield "", {**head, "choices": [], "usage": _USAGE}
