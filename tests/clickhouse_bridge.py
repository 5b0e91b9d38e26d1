"""ClickHouse's HTTP protocol in front of chDB, so that tests drive the server path with the real client and engine.

Only what clickhouse-connect sends is understood; sessions, users and progress are not. In a process of its own:
`python -m tests.clickhouse_bridge DIRECTORY` prints its URL and serves until it is ended.
"""

import gzip
import io
import json
import re
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TRANSPORT = {
    "database", "query", "session_id", "session_timeout", "session_check", "query_id", "quota_key", "compress",
    "decompress", "wait_end_of_query", "client_protocol_version", "role", "buffer_size", "enable_http_compression",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms",
}  # fmt: skip
INSERT = re.compile(rb"\s*INSERT\s+INTO\s.+?\sFORMAT\s+\w+[ \t]*\n", re.IGNORECASE | re.DOTALL)
FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
SETTING = re.compile(r"\w+")
LONGEST_FIELD = 131_073  # a server refuses a longer one: http_max_field_value_size
CODE = re.compile(r"Code: (\d+)")


def _lz4(data: bytes) -> bytes:
    import lz4.frame  # what clickhouse-connect compresses with: a frame a block

    unpacked = []
    while data:
        frame = lz4.frame.LZ4FrameDecompressor()
        unpacked.append(frame.decompress(data))
        data = frame.unused_data or b""
    return b"".join(unpacked)


UNPACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress, "lz4": _lz4}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one request asks for."""

    sql: bytes
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    database: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A result's bytes, and their format where there is a result at all."""

    body: bytes
    format: str = ""


def execute(connection: Any, statement: Statement) -> Answer:
    """Run it on a connection of its own, whose settings nobody else sees."""
    if statement.database:
        connection.query(f"USE `{statement.database}`")
    for name, value in statement.settings.items():
        if not SETTING.fullmatch(name):
            raise ValueError(f"Code: 115. DB::Exception: {name!r} is no name of a setting. (UNKNOWN_SETTING)")
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        connection.query(f"SET {name} = '{quoted}'")
    if head := INSERT.match(statement.sql):
        return _insert(connection, head[0].decode(), statement.sql[head.end() :])
    sql = statement.sql.decode()
    parameters = dict(statement.parameters)
    if named := FORMAT.search(statement.sql):
        return Answer(connection.query(sql, "TabSeparated", params=parameters).bytes() or b"", named[1].decode())
    # A statement without a result writes no names either: that is how the two are told apart.
    body = connection.query(sql, "TabSeparatedWithNames", params=parameters).bytes() or b""
    return Answer(body.partition(b"\n")[2], "TabSeparated" if body else "")


def _insert(connection: Any, head: str, data: bytes) -> Answer:
    statement, _, format_name = head.strip().rpartition(" FORMAT ")
    with tempfile.NamedTemporaryFile(suffix=".insert") as file:
        file.write(data)
        file.flush()
        connection.query(f"{statement} FROM INFILE '{file.name}' FORMAT {format_name}")
    return Answer(b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each answer waits 40 ms for the kernel
    server: "_Server"

    def do_GET(self) -> None:
        self._answer(200, b"Ok.\n", {})

    def do_POST(self) -> None:
        try:
            found = execute_apart(self.server.engine, self._statement())
        except Exception as error:  # whatever it is, the client must get it
            message = str(error)
            code = CODE.search(message)
            self._answer(500, message.encode(), {"X-ClickHouse-Exception-Code": code[1] if code else "1001"})
            return
        self._answer(200, found.body, {"X-ClickHouse-Format": found.format} if found.format else {})

    def _statement(self) -> Statement:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self._body()
        if self.headers.get_content_type() == "multipart/form-data":
            given |= _form(self.headers["Content-Type"], body)
            body = b""
        if any(len(value.encode()) > LONGEST_FIELD for value in given.values()):
            raise ValueError("Code: 1000. Poco::Exception: HTML Form Exception: Field value too long")
        sql = b"\n".join(part for part in (given.get("query", "").encode(), body) if part)
        parameters = {name[6:]: value for name, value in given.items() if name.startswith("param_")}
        settings = {k: v for k, v in given.items() if k not in TRANSPORT and not k.startswith("param_")}
        return Statement(sql, parameters, settings, given.get("database", ""))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        encoding = self.headers.get("Content-Encoding")
        return UNPACK[encoding](body) if encoding else body

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return chunk

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and "enable_http_compression=1" in self.path:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        summary = json.dumps({"read_rows": "0", "written_rows": "0"})
        self.send_response(status)
        for name, value in {**headers, "X-ClickHouse-Summary": summary, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read standard error."""


def _form(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parsed = BytesParser(policy=HTTP).parse(io.BytesIO(head + body))
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in parsed.iter_parts()
    }


def execute_apart(engine: str, statement: Statement) -> Answer:
    """Run it on a connection made for it: 0.2 ms, and no settings are left behind."""
    import chdb

    connection = chdb.connect(engine)
    try:
        return execute(connection, statement)
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    engine: str


class Bridge:
    """Serves from its making; `engine` is chDB's path, and a process has one engine at most."""

    def __init__(self, engine: str = ":memory:") -> None:
        import chdb

        self._anchor = chdb.connect(engine)  # an engine in memory is gone with its last connection
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.engine = engine
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/default"
        self._thread = threading.Thread(target=self._server.serve_forever, name="bridge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests; the engine stays open for its other users."""
        self._server.shutdown()
        self._server.server_close()


if __name__ == "__main__":
    print(Bridge(sys.argv[1]).url, flush=True)
    threading.Event().wait()
