"""A live server of ours, the clients' own environment, and what a client's run left there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.clients.fakes import provider
from tests.conftest import Sender
from tests.serving import served

ROOT = Path(django_settings.BASE_DIR)
PROGRAMS = Path(__file__).with_name("programs")
CLIENTS_PYTHON = ROOT / ".venv-clients" / "bin" / "python"
NODE_MODULES = ROOT / "docs" / "snippets" / "node_modules"
PATIENCE_SECONDS = 600  # a bound for what hangs: a busy machine takes a minute to import some SDKs
QUIET = {  # nothing leaves this machine
    "TRACELOOP_TELEMETRY": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LANGSMITH_TRACING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    """A live server."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    with served() as found:
        yield found


@pytest.fixture(scope="session")
def models() -> Iterator[str]:
    """The address where two model providers answer."""
    with provider() as found:
        yield found


@dataclass(frozen=True)
class Runner:
    """Runs a user's program, which knows our address and its key from the environment."""

    environment: dict[str, str]
    folder: Path

    def python(self, program: Path, *needs: str, **more: str) -> str:
        """What the program prints; skips where a package that it needs is in no environment here."""
        return self._run([str(interpreter(needs)), str(program)], more)

    def node(self, program: Path, given: str = "") -> str:
        """The same for Node, which finds packages only beside a program: it runs in a folder that has them."""
        if shutil.which("node") is None:
            pytest.skip("no Node here")
        if not NODE_MODULES.is_dir():
            pytest.skip("Node's packages are not installed: `make clients` does it")
        modules = self.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(NODE_MODULES, target_is_directory=True)
        return self._run(["node", str(shutil.copy(program, self.folder))], {}, given)

    def shell(self, program: Path, then: str = "") -> str:
        """The same for a shell, which goes on with another command where one is given."""
        if shutil.which("bash") is None or shutil.which("curl") is None:
            pytest.skip("no bash or no curl here")
        return self._run(["bash", "-euc", f"{program.read_text()}\n{then}"], {})

    def _run(self, command: list[str], more: dict[str, str], given: str = "") -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | more,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout.strip()


def interpreter(needs: tuple[str, ...]) -> Path:
    """The clients' own Python, or this one where it has what is needed."""
    if CLIENTS_PYTHON.exists():
        return CLIENTS_PYTHON
    missing = [name for name in needs if not _installed(name)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: `make clients` makes an environment with all clients")
    return Path(sys.executable)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture
def run(address: str, sender: Sender, models: str, tmp_path: Path) -> Runner:
    """Call its methods to run a program against the live server."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    addresses = {
        "STAGELIGHT_URL": address,
        "STAGELIGHT_KEY": sender.secret,
        "ANTHROPIC_BASE_URL": models,
        "ANTHROPIC_API_KEY": "any",
        "OPENAI_BASE_URL": f"{models}/v1",
        "OPENAI_API_BASE": f"{models}/v1",
        "OPENAI_API_KEY": "any",
    }
    return Runner(kept | QUIET | addresses | {"DSPY_CACHEDIR": str(tmp_path / "dspy")}, tmp_path)


@pytest.fixture
def arrived(drained: Callable[[], None], sender: Sender) -> Callable[[], list[dict[str, Any]]]:
    """Call it for all traces, the first one first, as the API shows each."""

    def traces() -> list[dict[str, Any]]:
        drained()
        listed = sender.get("/api/v1/traces", limit=100).json()["traces"]
        found = [sender.get(f"/api/v1/traces/{each['trace_id']}").json() for each in listed]
        return sorted(found, key=lambda each: str(each["started_at"]))

    return traces
