"""Sound requests made unsound in any place: no 5xx, no lost neighbour, no span twice, nothing that cannot be read.

FUZZ_CASES says how many requests are sent; `make chaos` sends 20,000.
"""

import os
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from tests.conftest import Sender

pytest.register_assert_rewrite("tests.tracing.fuzz.world")

from tests.tracing.fuzz.requests import Request, any_request  # noqa: E402 (after the above)
from tests.tracing.fuzz.world import World  # noqa: E402

CASES = int(os.environ.get("FUZZ_CASES", "150"))
A_ROUND = 25  # requests that reach the drain together
BOUNDED = settings(
    max_examples=max(1, CASES // A_ROUND),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in Phase if phase is not Phase.shrink or CASES < 1_000],  # a step of it costs a round
)


def test_whatever_is_sent_what_is_sound_beside_it_is_kept_once(
    sender: Sender, clean_store: None, people: dict[str, Any]
) -> None:
    client, viewer = Client(raise_request_exception=False), Client(raise_request_exception=False)
    viewer.force_login(people["mara"])
    world = World(Sender(client, sender.secret), viewer)

    @BOUNDED
    @given(some.lists(any_request(), min_size=A_ROUND, max_size=A_ROUND))
    def survives(sent: list[Request]) -> None:
        world.begin()
        for request in sent:
            world.send(request)
        world.check()

    survives()
    print(f"{world.sent} requests, by answer: {dict(sorted(world.answers.items()))}")
    assert world.sent >= CASES
