"""Every operation of our own OpenAPI, the sign-in among them, with whatever fits its description or just does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from guarded_site import Guarded, standing_house
from live_city import BASE
from prerequisites import ANSWER_S

from accounts.doors import action_of
from accounts.rights import OPEN, RIGHTS
from core.accounts import ADMINISTRATORS, DEVICES, Role

SHORT, LONG = 3, 400  # cases an operation; the short run is the same each time
HEALTH = "GET /healthz"  # says 503 itself: no worker stands behind this house
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house of its own: what is sent here changes it."""
    with standing_house(tmp_path_factory.mktemp("house"), CITYVITALS_API_PER_MIN="10000000") as opened:
        yield opened


def _operations(site: Guarded) -> dict[str, Any]:
    """Door → operation, of all that the website itself describes."""
    import schemathesis  # here: every process of the suite would read it

    described = site.ask("GET", "api/openapi.json", site.colleague(Role.LEADER)).json()
    schema = schemathesis.openapi.from_dict(described)
    operations = {}
    for path, known in described["paths"].items():
        for method in (one for one in METHODS if one in known):
            operations[f"{method.upper()} /{path.removeprefix(BASE)}"] = schema[path][method.upper()]
    return operations


def _who(site: Guarded, door: str) -> dict[str, str]:
    """Somebody who is let through a door; for what is open and ends a session, a stranger."""
    action = action_of(door)
    assert action is not None, door
    if action == OPEN:
        return {} if "sign-" in door else site.colleague(Role.DUTY)
    roles = sorted(RIGHTS[action].roles, key=lambda role: (role in ADMINISTRATORS, role in DEVICES, role))
    return site.as_role(roles[0])


def _fuzz(site: Guarded, door: str, operation: Any, cases: int) -> list[int]:
    """The status of every answer to so many cases of an operation."""
    here, told = site.address.partition(BASE)[0], []
    headers = {"Origin": here} | _who(site, door)

    @hypothesis.settings(
        max_examples=cases,
        derandomize=cases == SHORT,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def send(case: Any) -> None:
        told.append(case.call(base_url=here, headers=headers, timeout=ANSWER_S).status_code)
        hypothesis.note(case.as_curl_command())
        assert told[-1] < 500 or door == HEALTH

    send()
    return told


@pytest.mark.claim("ACCOUNTS", "Whatever is sent to the sign-in or the API, no answer is a 5xx (schemathesis).")
def test_nothing_sent_to_the_api_breaks_it(site: Guarded) -> None:
    operations = _operations(site)
    assert {"POST /sign-in", "GET /api/v1/warnings", "POST /api/v1/readings/{feed}/{device}"} <= set(operations)
    answered = [status for door, one in operations.items() for status in _fuzz(site, door, one, SHORT)]
    assert len(answered) >= len(operations) and {200, 401, 404, 422} <= set(answered)


@pytest.mark.long
def test_nothing_sent_to_the_api_for_long_breaks_it(site: Guarded) -> None:
    for door, operation in _operations(site).items():
        _fuzz(site, door, operation, LONG)
