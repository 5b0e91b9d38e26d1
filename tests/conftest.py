"""What every test may ask for: the real store, emptied; a project with a key; a drained spool; three people."""

import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.tracing import agreement
from tracing import in_hand, keys, receive, store
from tracing.drain import Drain
from tracing.judging import pipelines
from tracing.models import Key, Membership, Project, Scope

# no test is timed: what a busy machine takes its time over is no failure
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

SHARED = Path(settings.BASE_DIR).parent / "shared"
TABLES = (
    "traces", "spans", "chunks", "signals", "marks", "account", "refusals", "manifests", "anchors", "inventories",
    "inventory", "expectations", "verdicts", "assessments", "drift", "drift_runs",
)  # fmt: skip


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker's comparisons of captures, for the process that prints them."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["agreement"] = agreement.plain()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A worker's report travels as UTF-8, and hostile text that a test logged is not always that."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker compared, where the run is shared out among several."""
    agreement.add(getattr(node, "workeroutput", {}).get("agreement", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How far the clients' captures agree with their references, where they were compared."""
    if agreement.TABLE:
        terminalreporter.section("captures: fields that agree with the reference")
        for line in agreement.lines():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def schema() -> None:
    """The store's tables, made once a session."""
    store.apply_schema()


@pytest.fixture(autouse=True)
def no_store_unasked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that needs the store says so, by the fixture `clean_store` or one that rests on it."""
    if "clean_store" in request.fixturenames or "schema" in request.fixturenames:
        return

    def refuse() -> None:
        raise AssertionError("this test did not ask for the store: use the fixture `clean_store`")

    monkeypatch.setattr(store, "client", refuse)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """A slow hash protects people, not tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def clean_store(schema: None) -> Iterator[None]:
    """The real store, empty."""
    yield
    in_hand.clear()
    pipelines.forget()
    for table in TABLES:
        store.command(f"TRUNCATE TABLE {table}")


@pytest.fixture
def spool_dir(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A spool of this test's own."""
    settings.SPOOL_DIR = tmp_path / "spool"
    receive.spool.cache_clear()
    yield settings.SPOOL_DIR
    receive.spool.cache_clear()
    shutil.rmtree(settings.SPOOL_DIR, ignore_errors=True)


@pytest.fixture
def drained(clean_store: None, spool_dir: Path) -> Callable[[], None]:
    """Call it to store all that was acked so far."""
    drain = Drain(receive.spool())

    def run() -> None:
        receive.spool().seal()
        drain.drain()

    return run


@pytest.fixture
def project(db: None) -> Project:
    """A project named atlas."""
    keys.forget()
    return Project.objects.create(slug="atlas", name="Atlas")


@dataclass(frozen=True)
class Sender:
    """A client that sends with a key."""

    client: Client
    secret: str

    def post(self, path: str, data: bytes | str, content_type: str = "application/x-protobuf", **headers: str) -> Any:
        """POST with the key."""
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": content_type, **headers}
        return self.client.post(path, data, content_type=content_type, headers=sent)

    def put(self, path: str, data: bytes | str, **query: str) -> Any:
        """PUT JSON Lines with the key."""
        asked = f"{path}?{urlencode(query)}" if query else path
        sent = {"Authorization": f"Bearer {self.secret}"}
        return self.client.put(asked, data, content_type="application/x-ndjson", headers=sent)

    def get(self, path: str, **query: str) -> Any:
        """GET with the key."""
        return self.client.get(path, query, headers={"Authorization": f"Bearer {self.secret}"})


@pytest.fixture
def sender(project: Project, spool_dir: Path) -> Sender:
    """A client with a key that may send and read."""
    _, secret = Key.issue(project, "test", [Scope.INGEST, Scope.READ])
    return Sender(Client(), secret)


@pytest.fixture
def people(project: Project) -> dict[str, Any]:
    """mara owns the project, theo is a member of it, vera may look, kim belongs elsewhere."""
    users = get_user_model().objects
    found = {name: users.create_user(name, password="correct horse") for name in ("mara", "theo", "vera", "kim")}
    for name, role in (("mara", "owner"), ("theo", "member"), ("vera", "viewer")):
        Membership.objects.create(project=project, user=found[name], role=role)
    return found


@pytest.fixture
def shared() -> Path:
    """The folder of captures and benchmarks beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: captures and benchmarks are kept beside the checkout")
    return SHARED
