"""The other end of a request: its address, whether it came over TLS, under which host name.

What a proxy says about it is believed only from the addresses that the settings name; anybody could say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sent a request. direct: the address of the connection itself, which no header can change."""

    address: str
    direct: str
    secure: bool
    host: str


class Peers:
    """Tells peers, given the proxies of this installation."""

    def __init__(self, trusted: str) -> None:
        """trusted: addresses or networks with commas between them; empty: no proxy."""
        self._trusted: tuple[Network, ...] = tuple(ip_network(one) for one in trusted.split(",") if one)

    def of(self, scope: Scope) -> Peer:
        """The peer of a request."""
        headers, client = Headers(scope=scope), scope.get("client")
        direct = client[0] if client else ""
        secure, host = scope.get("scheme") in {"https", "wss"}, headers.get("host", "")
        if not self._is_ours(direct):
            return Peer(direct, direct, secure, host)
        told = headers.get("x-forwarded-proto")
        return Peer(
            address=self._first_foreign(headers.get("x-forwarded-for", ""), direct),
            direct=direct,
            secure=told.strip().lower() in {"https", "wss"} if told else secure,
            host=headers.get("x-forwarded-host", host),
        )

    def _first_foreign(self, forwarded: str, direct: str) -> str:
        """The nearest address that is no proxy of ours: everything before it is hearsay."""
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        return next((hop for hop in reversed(hops) if not self._is_ours(hop)), hops[0] if hops else direct)

    def _is_ours(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)
