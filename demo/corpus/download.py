"""Fetch the pinned source distributions with pip, from whatever index the machine is configured for."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
BACKENDS = ("setuptools/build_meta", "flit_core/buildapi", "hatchling/build", "poetry/core/masonry/api")


class DownloadError(RuntimeError):
    """No pip could fetch the corpus; the message is the last one's."""


def pinned() -> dict[str, str]:
    """Archive name to sha256, from the requirements file."""
    archives = {}
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement, digest = line.split(" --hash=sha256:")
            archives[f"{requirement.replace('==', '-')}.tar.gz"] = digest.strip()
    return archives


def ensure_archives(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [folder / name for name in pinned()]
    if not all(path.is_file() for path in wanted):
        _download(folder)
    return wanted


def _download(folder: Path) -> None:
    message = "no pip was found"
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {"PYTHONPATH": str(_stub_backends(Path(scratch))), "PIP_NO_INPUT": "1"}
        options = ["download", "--quiet", "--no-deps", "--require-hashes", "--no-binary", ":all:"]
        options += ["--no-build-isolation", "--use-pep517", "--disable-pip-version-check", "--retries", "1"]
        for pip in _pips():
            command = [*pip, *options, "--dest", str(folder), "--requirement", str(REQUIREMENTS)]
            finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if finished.returncode == 0:
                return
            message = (finished.stderr.strip().splitlines() or [message])[-1]
    raise DownloadError(message)


def _stub_backends(scratch: Path) -> Path:
    for backend in BACKENDS:
        target = scratch / f"{backend}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "stub_backend.py", target)
        for parent in target.relative_to(scratch).parents:
            if parent.name:
                (scratch / parent / "__init__.py").touch()
    return scratch


def _pips() -> Iterator[list[str]]:
    """A venv made by uv has no pip: then the wheel that every Python carries for ensurepip runs from where it lies."""
    if importlib.util.find_spec("pip"):
        yield [sys.executable, "-m", "pip"]
    bundled = Path(os.__file__).parent / "ensurepip" / "_bundled"
    for wheel in [*bundled.glob("pip-*.whl"), *Path("/usr/share/python-wheels").glob("pip-*.whl")]:
        yield [sys.executable, str(wheel / "pip")]
    if shutil.which("uv"):
        yield ["uv", "tool", "run", "pip"]
    if shutil.which("pip"):
        yield ["pip"]
