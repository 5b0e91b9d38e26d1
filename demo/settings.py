"""Where the demo keeps its files and which server it reports to."""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    url: str
    key: str

    @property
    def corpus_dir(self) -> Path:
        return self.data_dir / "corpus"

    @property
    def demo_dir(self) -> Path:
        return self.data_dir / "demo"

    @property
    def truth_file(self) -> Path:
        return self.demo_dir / "truth.jsonl"


def load_settings(url: str | None = None, key_file: str | None = None) -> Settings:
    data_dir = Path(os.environ.get("STAGELIGHT_DATA_DIR", "var")).resolve()
    chosen_file = Path(key_file) if key_file else data_dir / "key"
    key = os.environ.get("STAGELIGHT_KEY", "")
    if not key and chosen_file.is_file():
        key = chosen_file.read_text(encoding="utf-8").strip()
    chosen_url = url or os.environ.get("STAGELIGHT_URL", DEFAULT_URL)
    return Settings(data_dir=data_dir, url=chosen_url.rstrip("/"), key=key)
