"""What a proxy of ours checked: a header that names the person, or the subject of his client certificate.

Believed only from addresses that the settings name. A client that sends the same header to us directly, or through a
proxy that passes it on, would else be anybody: the proxy must set or remove the header on every request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from accounts.sources.contract import Claim, Refused

_COMMON_NAME = re.compile(r"(?:^|[,/])\s*CN\s*=\s*([^,/]+)", re.IGNORECASE)
_CERTIFICATE = re.compile(r"[A-Za-z]+\s*=")  # begins as a distinguished name does


class Proxy:
    """The proxies in front of us."""

    name = "proxy"

    def __init__(self, header: str, trusted: str) -> None:
        """header: its name in any case. trusted: addresses or networks with commas between them."""
        self._header = header.lower()
        self._trusted = tuple(ip_network(one) for one in trusted.split(","))

    def read(self, headers: Mapping[str, str], peer: str) -> Claim | Refused:
        """Whom the proxy names. headers: by lower-case name. peer: the other end of the connection, not a header."""
        if not self._trusts(peer):
            return Refused("not-trusted", detail=peer)
        told = headers.get(self._header, "").strip()
        if not told:
            return Refused("not-told")
        if not _CERTIFICATE.match(told.lstrip("/")):
            return Claim(self.name, told, told)
        names = _COMMON_NAME.findall(told)
        if len(names) != 1:
            return Refused("not-told", detail=told)
        name = names[0].strip()
        return Claim(self.name, name, name, strong=True)  # a certificate is a second factor: one has it, and its key

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:  # a socket without an address
            return False
        return any(address in network for network in self._trusted)
