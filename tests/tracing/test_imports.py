"""The pure modules, imported by themselves."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["tracing.normalise", "tracing.attribution.engine", "tracing.otlp"])
def test_a_pure_module_can_be_the_first_that_is_imported(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
