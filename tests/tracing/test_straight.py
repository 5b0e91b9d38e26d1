"""Exporters meet no middleware of pages."""

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tracing import straight

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("path", straight.PATHS)
def test_a_receiver_takes_no_session_and_sets_no_policy_of_pages(path: str, sender: Sender) -> None:
    response = sender.post(path, protobuf(otlp_span(TRACE)) if path == "/v1/traces" else b"")
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in response.headers
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize("path", straight.PATHS)
def test_a_wrong_method_and_a_wrong_host_are_told_so(path: str, db: None) -> None:
    assert Client().get(path).headers["Allow"] == "POST"
    assert "ALLOWED_HOSTS" in Client().post(path, headers={"host": "collector.internal"}).json()["detail"]


def test_pages_keep_theirs(db: None) -> None:
    assert "Content-Security-Policy" in Client().get("/accounts/login/").headers
