"""LDAP and Active Directory: look the login up, then bind as whoever was found, with the password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPBindError, LDAPException
from ldap3.utils.conv import escape_filter_chars

from accounts.sources.contract import Claim, Refused

ANSWER_S = 5


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a login is found: below `base`, by a filter with `{login}` in it, as `user` (empty: anonymously)."""

    base: str
    filter: str
    user: str = ""
    password: str = field(default="", repr=False)


class Directory:
    """One directory. Use `ldaps://`, whose certificate is checked: over `ldap://` passwords travel as they are."""

    name = "ldap"

    def __init__(self, url: str, lookup: Lookup) -> None:
        self._url, self._lookup = url, lookup

    def prove(self, login: str, password: str) -> Claim | Refused:
        """Whether the directory takes this password from whoever has this login.

        An empty password is refused here: RFC 4513, section 5.1.2, lets a server answer it as if it were right.
        """
        if not login or not password:
            return Refused("wrong")
        try:
            name = self._find(login)
            if name is None or not self._binds(name, password):
                return Refused("wrong")
        except LDAPException as problem:
            return Refused("server-down", {"server": self._url}, repr(problem))
        return Claim(self.name, login, login)

    def _find(self, login: str) -> str | None:
        """The distinguished name of the one entry with a login; None when there is none, or several."""
        where = self._lookup
        with self._connected(where.user, where.password) as connection:
            if not connection.bind():
                raise LDAPBindError("it refuses the user that looks people up")
            wanted = where.filter.replace("{login}", escape_filter_chars(login))
            connection.search(where.base, wanted, SUBTREE, attributes=[], size_limit=2)
            names = [entry["dn"] for entry in connection.response or () if entry["type"] == "searchResEntry"]
        return names[0] if len(names) == 1 else None

    def _binds(self, name: str, password: str) -> bool:
        with self._connected(name, password) as connection:
            return bool(connection.bind())

    @contextmanager
    def _connected(self, user: str, password: str) -> Iterator[Connection]:
        """A connection that is closed whatever happens: ldap3 leaves its socket open when it cannot connect."""
        tls = Tls(validate=ssl.CERT_REQUIRED)
        # a server object is kept for one connection: after a failure ldap3 shuns its address for five minutes
        server = Server(self._url, connect_timeout=ANSWER_S, tls=tls, get_info=NONE)
        connection = Connection(server, user or None, password or None, receive_timeout=ANSWER_S, read_only=True)
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.unbind()
            if connection.socket is not None:
                connection.socket.close()
