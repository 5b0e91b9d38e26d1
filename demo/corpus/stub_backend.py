"""Stands in for every build backend while pip downloads: it copies name and version out of PKG-INFO, and runs nothing.

pip asks a source distribution's backend for metadata even when it only downloads. The real backends need their own
downloads and execute the package's code; this one costs milliseconds. It is copied to a folder put on PYTHONPATH.
"""

import sys
from pathlib import Path

__legacy__ = sys.modules[__name__]


def _field(text: str, name: str) -> str:
    return next(line.split(": ", 1)[1].strip() for line in text.splitlines() if line.startswith(name + ": "))


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
    text = Path("PKG-INFO").read_text(encoding="utf-8")
    name, version = _field(text, "Name"), _field(text, "Version")
    folder = Path(metadata_directory, f"{name.replace('-', '_')}-{version}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: stub\nTag: py3-none-any\n", encoding="utf-8")
    return folder.name


def build_wheel(*arguments: object, **named: object) -> str:
    raise RuntimeError("the demo's corpus is read, not built")
