"""Loaded before Django's settings: tests run on a directory of their own and on a store in memory."""

import os
import tempfile

os.environ["STAGELIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="stagelight-tests-")
os.environ.setdefault("CLICKHOUSE_URL", "chdb://:memory:")
os.environ.setdefault("SECRET_KEY", "only for tests")
