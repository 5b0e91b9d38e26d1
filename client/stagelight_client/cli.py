"""The command line: what may be asked, and the exit codes.

0 all is done; 1 some records were bad, the others are sent; 2 it did not begin; 3 it broke off: run it again, and it
goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagelight_client import __version__, exporting, importing, pushing
from stagelight_client.detect import FORMATS
from stagelight_client.errors import BROKE_OFF, DONE, StopError
from stagelight_client.manifests import building
from stagelight_client.server import Server, say

INTERRUPTED = 130
EXIT_CODES = "exit codes: 0 done; 1 some records were bad, the others are sent; 2 it did not begin; 3 it broke off"
ENVIRONMENT = (
    "The server is STAGELIGHT_URL (http://127.0.0.1:8000 without it), the key STAGELIGHT_KEY; without one, a server on"
    " this machine is asked with the key in $STAGELIGHT_DATA_DIR/key."
)

Run = Callable[[Any, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="stagelight", description=ENVIRONMENT, epilog=EXIT_CODES)
    top.add_argument("--version", action="version", version=f"stagelight {__version__}")
    top.add_argument("--url", default="", help="the server, instead of STAGELIGHT_URL")
    top.add_argument(
        "--patience", type=float, default=300, metavar="SECONDS", help="how long a busy or silent server is waited for"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_import(commands)
    _add_export(commands)
    _add_corpus(commands)
    expectations = commands.add_parser("expectations", help="what right answers rest on")
    push = _command(expectations.add_subparsers(required=True, metavar="push"), "push", _push_expectations)
    push.add_argument("file", help="JSON Lines; - for standard input")
    bundle = _command(commands, "replay", _replay, "everything that a trace's stages saw, as one JSON bundle")
    bundle.add_argument("trace", help="its id")
    bundle.add_argument("-o", "--output", default="-", metavar="FILE", help="standard output without it")
    return top


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def _command(commands: Commands, name: str, run: Run, words: str | None = None) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=words, description=words, epilog=EXIT_CODES)
    made.set_defaults(run=run)
    return made


def _add_import(commands: Commands) -> None:
    command = _command(commands, "import", _import, "send files of traces; a second time changes nothing")
    command.add_argument("files", nargs="+", metavar="FILE", help="plain or .gz; - for standard input")
    kinds = "; ".join(f"{each.name}: {each.words}" for each in FORMATS.values())
    command.add_argument("--format", default="", choices=FORMATS, help=f"recognised without it. {kinds}")
    command.add_argument("--again", action="store_true", help="from the beginning, also what was sent before")
    command.add_argument("-q", "--quiet", action="store_true", help="only what went wrong")


def _add_export(commands: Commands) -> None:
    command = _command(commands, "export", _export, "write the traces that a filter finds to a file")
    command.add_argument("filter", nargs="?", default="", help="as in 'product:atlas feedback:down'; all without it")
    command.add_argument("--format", default="", choices=exporting.FORMATS, help="that of FILE's name, else jsonl")
    command.add_argument("-o", "--output", default="-", metavar="FILE", help="standard output without it")
    command.add_argument(
        "--from", dest="from_", default="", metavar="TIME", help="began then or later: 24h, 2026-11-20"
    )
    command.add_argument("--to", default="", metavar="TIME", help="began before; a date includes its whole day")
    command.add_argument("--limit", type=int, default=0, metavar="N", help="at most so many, the oldest")


def _add_corpus(commands: Commands) -> None:
    corpus = commands.add_parser("corpus", help="what can be cited, and what the index holds")
    parts = corpus.add_subparsers(required=True, metavar="{build,push,index}")
    build = _command(parts, "build", _build, "make a manifest of a folder of Markdown or HTML, or of an objects.inv")
    build.add_argument("place", type=Path, metavar="DIR", help="the folder, or Sphinx's objects.inv")
    build.add_argument("--product", default="", help="of all pages; without it, the first folder of each page's path")
    build.add_argument("--anchor", default=building.ANCHOR, help="how anchors are made (%(default)s); {product} too")
    build.add_argument("--base-url", default="", metavar="URL", help="before each path, as https://docs.example.com/")
    build.add_argument("--redirects", type=Path, metavar="FILE", help="pairs of an old anchor and where it leads now")
    build.add_argument("-o", "--output", default="-", metavar="FILE", help="standard output without it")
    push = _command(parts, "push", _push_manifest, "push a manifest: the list of what can be cited")
    push.add_argument("file", help="JSON Lines; - for standard input")
    push.add_argument(
        "--version", default="", help="its name, as a release or a commit; made of its content without it"
    )
    push.add_argument("--effective-at", default="", metavar="TIME", help="in force from then on; now without it")
    index = parts.add_parser("index", help="what the retriever's index holds")
    push = _command(index.add_subparsers(required=True, metavar="push"), "push", _push_index)
    push.add_argument("file", help="JSON Lines of chunk_id, anchor, source_hash; - for standard input")
    push.add_argument("--version", default="", help="its name; made of its content without it")


def _import(server: Server, asked: argparse.Namespace) -> int:
    how = importing.Asked(asked.format, again=asked.again, quiet=asked.quiet)
    return importing.import_files(server, asked.files, how)


def _export(server: Server, asked: argparse.Namespace) -> int:
    limit = str(asked.limit) if asked.limit > 0 else ""
    query = {"q": asked.filter, "from": asked.from_, "to": asked.to, "limit": limit}
    return exporting.export(server, query, to=asked.output, format_=asked.format)


def _replay(server: Server, asked: argparse.Namespace) -> int:
    return exporting.replay(server, asked.trace, to=asked.output)


def _build(server: None, asked: argparse.Namespace) -> int:
    plan = building.Plan(asked.product, asked.anchor, asked.base_url)
    return building.build(asked.place, plan, redirects=asked.redirects, to=asked.output)


def _push_manifest(server: Server, asked: argparse.Namespace) -> int:
    return pushing.push_manifest(server, asked.file, version=asked.version, effective_at=asked.effective_at)


def _push_index(server: Server, asked: argparse.Namespace) -> int:
    return pushing.push_index(server, asked.file, version=asked.version)


def _push_expectations(server: Server, asked: argparse.Namespace) -> int:
    return pushing.push_expectations(server, asked.file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    asked = parser().parse_args(arguments)
    try:
        server = None if asked.run is _build else Server.of_environment(asked.url, asked.patience)
        return int(asked.run(server, asked))
    except StopError as error:
        say(str(error))
        if error.code == BROKE_OFF and asked.command == "import":
            say("run the same command again: it goes on where it stopped")
        return error.code
    except KeyboardInterrupt:
        say("interrupted" + ("; run it again, and it goes on" if asked.command == "import" else ""))
        return INTERRUPTED
    except BrokenPipeError:  # who read standard output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
