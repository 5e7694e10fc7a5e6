"""Who sent a request: what a proxy says counts only where the settings trust it."""

from __future__ import annotations

import pytest

from core.peer import Peer, Peers

TOLD = {
    "host": "upstream:8050",
    "x-forwarded-for": "6.6.6.6, 10.1.2.3, 10.0.0.2",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "city.example",
}


def scope(client: str, headers: dict[str, str] | None = None, scheme: str = "http") -> dict[str, object]:
    raw = [(name.encode(), value.encode()) for name, value in (TOLD if headers is None else headers).items()]
    return {"type": "http", "client": (client, 1), "headers": raw, "scheme": scheme}


@pytest.mark.claim("ACCOUNTS", "Forwarded headers are believed only from proxies that the settings name.")
@pytest.mark.parametrize("trusted", ["", "192.168.0.0/16", "10.0.0.3"])
def test_strangers_are_not_believed(trusted: str) -> None:
    assert Peers(trusted).of(scope("10.0.0.1")) == Peer("10.0.0.1", "10.0.0.1", False, "upstream:8050")


def test_a_proxy_of_ours_is_believed_as_far_as_it_knows() -> None:
    """The nearest address that is none of our proxies; what stands before it, the client wrote himself."""
    assert Peers("10.0.0.0/24").of(scope("10.0.0.1")) == Peer("10.1.2.3", "10.0.0.1", True, "city.example")


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_tls_of_our_own_counts(scheme: str) -> None:
    assert Peers("").of(scope("9.9.9.9", {}, scheme)).secure


@pytest.mark.parametrize("client", ["", "not-an-address", "fe80::1%eth0"])
def test_what_is_no_address_is_not_trusted(client: str) -> None:
    assert not Peers("10.0.0.0/8").of(scope(client)).secure
