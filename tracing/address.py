"""Where `serve` is reached: left in the data directory for the commands that run beside it."""

import os
from pathlib import Path

from django.conf import settings


def _path() -> Path:
    return Path(settings.DATA_DIR) / "address"


def leave() -> None:
    """Say where the pages of this process are."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    _path().write_text(settings.PUBLIC_URL)


def forget() -> None:
    """Nothing serves here any more."""
    _path().unlink(missing_ok=True)


def known() -> str:
    """Where the pages are: as the environment's PUBLIC_URL says, or `serve` on the same data, or the settings."""
    if os.environ.get("PUBLIC_URL") or not _path().exists():
        return str(settings.PUBLIC_URL)
    return _path().read_text().strip()
